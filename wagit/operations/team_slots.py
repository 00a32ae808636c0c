"""Which slots the team shares, as this worktree's config has it, and how their data stands to the team's."""

from __future__ import annotations

from typing import Literal

from wagit.core.errors import UsageError
from wagit.core.store import Store
from wagit.operations.context import Context
from wagit.operations.team_access import NO_TEAM, NoTeam, is_shared, team_of
from wagit.operations.which import which
from wagit.slots import records
from wagit.slots.inspect import has_files
from wagit.team import seen, state
from wagit.team.access import Access, read_head
from wagit.team.head import Head, Pushed
from wagit.team.settings import Team

Here = Literal["never", "up-to-date", "behind", "ahead", "diverged"]


class NotShared(UsageError):
    """The config does not have the team share that slot."""

    code = "slot-not-shared"


def shared_slots(context: Context) -> list[str]:
    """Those that the config names, and those here that it means, in order."""
    settings = context.config.settings
    named = {rule.slot for rule in settings.rules if "{" not in rule.slot}
    found = {*named, settings.default, *records.slot_names(context.store)}
    return sorted(slot for slot in found if is_shared(context, slot))


def shared_slot(context: Context, slot: str | None) -> str:
    """The slot that is meant, by default this worktree's. Raises NotShared, NoTeam, NotTrusted."""
    named, slot = slot, which(context).slot if slot is None else slot
    if is_shared(context, slot):
        return slot
    names = shared_slots(context)
    if not names and team_of(context) is None:
        raise NoTeam(*NO_TEAM)
    hint = "give its rule `team: true` in .wagit.yml"
    if named is None and names:
        hint = f"name the one that is meant: {names[0]}; or {hint}"
    raise NotShared(
        f"slot {slot[:80]} is not shared by the team; shared are: {', '.join(names) or 'none'}", hint
    )


def newest(opened: Access, slot: str) -> Head | None:
    """A slot's head as the remote has it, noted as seen. Raises RolledBack, and as `read_head`."""
    found = read_head(opened, slot)
    head = found.head if found is not None else None
    seen.check(seen.read(opened.store, opened.team, slot), slot, head, opened.remote.title)
    seen.noticed(opened.store, opened.team, slot, head)
    return head


def is_here(store: Store, slot: str) -> bool:
    """Whether the slot is there and has a session."""
    return records.exists(store, slot) and has_files(store.data(slot))


def moved(store: Store, team: Team, slot: str) -> bool:
    """Whether the slot's session may have changed since it was pushed or pulled, by records alone."""
    if not is_here(store, slot):
        return False
    known, last = state.read(store, slot), seen.read(store, team, slot)
    if known.unpushed or known.base is None:
        return True
    return last.generation is not None and records.read_record(store, slot).generation != last.generation


def here(store: Store, team: Team, slot: str, pushed: Pushed | None) -> Here:
    """How the slot's data stands to the team's session."""
    base = state.read(store, slot).base
    if base is None or not is_here(store, slot):
        return "never"
    changed = moved(store, team, slot)
    if pushed is not None and base.number < pushed.number:
        return "diverged" if changed else "behind"
    return "ahead" if changed or pushed is None or base.number > pushed.number else "up-to-date"
