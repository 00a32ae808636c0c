"""Rotate the team: a new secret and id, and every shared session sealed anew in the place that goes with it.

In order: the journal, the leases of all slots, the sessions at the new place, `.wagit.yml`, and the old place
last. Killed anywhere, the old place has all until the new one has, and running it again goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterable
from typing import NamedTuple

from wagit.config import edit
from wagit.core.atomic import atomic_write, fsync_directory, make_directory
from wagit.core.errors import WagitError
from wagit.operations import team_access, team_file
from wagit.operations.context import Context
from wagit.operations.team_hold import hold
from wagit.operations.team_init import SECRET
from wagit.operations.team_remove import UNLINK
from wagit.slots import holding, records
from wagit.team import access as accesses
from wagit.team.access import Access
from wagit.team.keys import Ask
from wagit.team.transfer import Bars, no_bars


class TeamRotated(NamedTuple):
    """What was rotated: ids before and after, slots that moved, and how many `left` that could not be read.

    Not `written` where `.wagit.yml` is such that you have to `paste` it by hand, and to rotate once more
    then: the old place has all until that.
    """

    was: str
    team: str
    slots: tuple[str, ...]
    left: int
    members: tuple[str, ...]
    sent: int
    written: bool
    paste: str
    next: tuple[str, ...]
    dry_run: bool


class Journal(NamedTuple):
    """A rotation that is under way: the new secret, and the id before."""

    secret: str
    was: str


def warning(context: Context) -> tuple[str, ...]:
    """What to know before: who will be able to decrypt, and what rotating cannot do. Raises as `rotate`."""
    team = team_access.team_of(context)
    if team is None:
        raise team_access.NoTeam(*team_access.NO_TEAM)
    names = ", ".join(one.name for one in team.recipients)
    return (
        f"all shared sessions are encrypted anew for {names}, under a new id that .wagit.yml gets",
        f"whoever was removed keeps the session they have: {UNLINK}",
    )


def rotate(
    context: Context, *, bars: Bars = no_bars, ask: Ask | None = None, dry_run: bool = False
) -> TeamRotated:
    """Rotate, or go on with a rotation that was cut short.

    Raises NotTrusted, NotInThisFile, SlotBusy, LeaseHeld, LeaseLost, RolledBack, MovedOn, and as
    `team_access.access` and `team.rotate.move`.
    """
    from wagit.team import rotate as engine

    now = team_access.access(context, ask)
    team_file.require_own_file(context)
    team_file.require_agreement(context)
    journal = _journal(now, dry_run=dry_run)
    old, new = (_as(context, now, digest) for digest in (journal.was, accesses.digest(journal.secret)))
    found = engine.places(old)
    _refuse_in_use(context, found.slots)
    told = TeamRotated(
        old.team.secret_digest, new.team.secret_digest, found.slots, found.unreadable,
        tuple(one.name for one in now.team.recipients), 0, False, "", _next(), dry_run,
    )  # fmt: skip
    if dry_run:
        return told
    with contextlib.ExitStack() as stack:
        leases = team_access.leases(old)
        keepers = [stack.enter_context(hold(old, leases, slot)) for slot in found.slots]
        engine.require_newest(old, {*found.slots, *records.slot_names(context.store)})
        sent = sum(engine.move(old, new, journal.secret, slot, bars) for slot in found.slots)
        for keeper in keepers:
            leases.renew(keeper.held)  # for a whole term from now, or LeaseLost
        edited = _write(context, now, new)
        if not edited.written:
            return told._replace(sent=sent, paste=edited.paste, next=_paste_next())
        _leave(old, new, found.slots)
    _end(now)
    return told._replace(sent=sent, written=True)


def _refuse_in_use(context: Context, slots: Iterable[str]) -> None:
    for slot in slots:
        holder = holding.in_use_by(context.store, slot)
        if holder is not None:
            raise holding.busy(context.store, slot, holder)


def _leave(old: Access, new: Access, slots: Iterable[str]) -> None:
    """Go on at the new place, and empty the old one."""
    from wagit.team import rotate as engine

    for slot in slots:
        engine.note(old, new, slot)
        old.remote.destroy(old.team.space(slot))
        _announce(new, slot)


def _write(context: Context, now: Access, new: Access) -> team_file.Edited:
    """Name the new id in `.wagit.yml`, unless it does already, as after a rotation that was cut short."""
    if now.team.secret_digest == new.team.secret_digest:
        return team_file.Edited(written=True, trusted=True)
    wanted = new.team.secret_digest
    return team_file.edit(
        context, lambda text: edit.with_value(text, ("team", "id"), wanted), f"team.id: {wanted}", trust=True
    )


def _announce(new: Access, slot: str) -> None:
    """Redis gives no lease in a place that it does not know before a term is over: begin to count now."""
    if new.team.lease_at is not None:
        with contextlib.suppress(WagitError, OSError):
            team_access.leases(new).look(slot)


def _as(context: Context, now: Access, secret_digest: str) -> Access:
    """The same members' access to the place that goes with an id."""
    if now.team.secret_digest == secret_digest:
        return now
    team = now.team._replace(secret_digest=secret_digest)
    return now._replace(team=team, remote=team_access.remote(context, team))


def _journal(now: Access, *, dry_run: bool) -> Journal:
    """What is under way, else a new beginning, written down before anything else. Raises OSError."""
    current = now.team.secret_digest
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        with open(_path(now), "rb") as file:
            raw = json.loads(file.read())
        found = Journal(str(raw["secret"]), str(raw["was"]))
        if current in (found.was, accesses.digest(found.secret)):
            return found
    begun = Journal(secrets.token_hex(SECRET), current)
    if not dry_run:
        accesses.remember(now.store, begun.secret)
        make_directory(accesses.directory(now.store))
        atomic_write(_path(now), json.dumps(begun._asdict()).encode() + b"\n")
    return begun


def _end(now: Access) -> None:
    os.unlink(_path(now))
    fsync_directory(accesses.directory(now.store))


def _path(now: Access) -> str:
    return os.path.join(accesses.directory(now.store), "rotating.json")


def _next() -> tuple[str, ...]:
    return (
        team_file.COMMIT,
        "push it, and tell the others: git pull && wagit trust",
        f"if somebody was removed: {UNLINK}",
    )


def _paste_next() -> tuple[str, ...]:
    return ("wagit trust", "wagit team rotate   # once more: it empties the old place")
