"""Which slots the team shares, as this worktree's config has it."""

from __future__ import annotations

from wagit.core.errors import UsageError
from wagit.operations.context import Context
from wagit.operations.team_access import is_shared
from wagit.operations.which import which
from wagit.slots import records


class NotShared(UsageError):
    """The config does not have the team share that slot."""

    code = "slot-not-shared"


def shared_slots(context: Context) -> list[str]:
    """Those that the config names, and those here that it means, in order."""
    settings = context.config.settings
    named = {rule.slot for rule in settings.rules if rule.slot is not None and "{" not in rule.slot}
    found = {*named, settings.default, *records.slot_names(context.store)}
    return sorted(slot for slot in found if slot and is_shared(context, slot))


def shared_slot(context: Context, slot: str | None) -> str:
    """The slot that is meant, by default this worktree's. Raises NotShared."""
    slot = which(context).slot if slot is None else slot
    if not is_shared(context, slot):
        names = ", ".join(shared_slots(context)) or "none"
        raise NotShared(
            f"slot {slot[:80]} is not shared by the team; shared are: {names}",
            "give its rule `team: true` in .wagit.yml",
        )
    return slot
