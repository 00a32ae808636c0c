"""The slots that the team shares: which session is there, by whom, who holds it, and what is here."""

from __future__ import annotations

from typing import NamedTuple

from wagit.core.clock import rfc3339
from wagit.core.errors import WagitError
from wagit.operations import team_access
from wagit.operations.context import Context
from wagit.operations.team_slots import Here, here, newest, shared_slot, shared_slots
from wagit.team import seen
from wagit.team.access import Access
from wagit.team.keys import Ask
from wagit.team.leases import Leases
from wagit.team.remote import RemoteRefused, RemoteUnreachable
from wagit.team.seen import Seen


class TeamSlot(NamedTuple):
    """One row of `team ls`; all of the session is null before the first push.

    `holder` is who has the lease, on `holder_host`; `left` the seconds until anybody may take it, as far as
    this machine can tell, `ours` whether this store has it, `requested` who asked for it. `here` is how this
    slot's data stands to it: `never` pushed or pulled, `up-to-date`, `behind`, `ahead`, `diverged`. `known`
    is when the remote told so: RFC 3339, null for never; `online` whether it was just now.
    """

    slot: str
    number: int | None
    generation: int | None
    time: str | None
    by: str | None
    host: str | None
    size: int | None
    holder: str | None
    holder_host: str | None
    left: float
    ours: bool
    requested: str | None
    here: Here
    known: str | None
    online: bool


class Listed(NamedTuple):
    """The rows, and what the user should know; a line each."""

    slots: tuple[TeamSlot, ...]
    notices: tuple[str, ...]


def ls(context: Context, *, ask: Ask | None = None) -> Listed:
    """Look at every slot that the team shares; what cannot be reached is told as it was known last.

    Raises NoTeam, NotTrusted, NoKey, CannotDecrypt, NotAMember, OSError.
    """
    opened = team_access.access(context, ask)
    looking = _Looking(context, opened)
    return Listed(tuple(looking.row(slot) for slot in looking.names()), tuple(looking.notices))


def status(context: Context, slot: str | None = None, *, ask: Ask | None = None) -> Listed:
    """The same of one slot, by default this worktree's. Raises NotShared, too."""
    slot = shared_slot(context, slot)
    looking = _Looking(context, team_access.access(context, ask))
    return Listed((looking.row(slot),), tuple(looking.notices))


class _Looking:
    """One look at the remote, which is asked no more once it cannot be reached."""

    def __init__(self, context: Context, opened: Access) -> None:
        self._context = context
        self._opened = opened
        self._leases: Leases = team_access.leases(opened)
        self._online = True
        self.notices: list[str] = []

    def names(self) -> list[str]:
        """The slots that the config shares, and others that the remote has."""
        named = set(shared_slots(self._context))
        spaces = {self._opened.team.space(slot) for slot in named}
        try:
            others = [one for one in self._opened.remote.spaces() if one not in spaces]
        except (RemoteUnreachable, RemoteRefused) as error:
            self._offline(error)
            return sorted(named)
        return sorted(named | {name for name in map(self._name_of, others) if name})

    def row(self, slot: str) -> TeamSlot:
        """What there is to tell of a slot, and a notice of what could not be told."""
        known = seen.read(self._opened.store, self._opened.team, slot)
        if self._online:
            try:
                known = self._look(slot)
            except (RemoteUnreachable, RemoteRefused) as error:
                self._offline(error)
            except WagitError as error:
                self.notices.append(f"{slot}: {error.message}")
        return self._row(slot, known)

    def _look(self, slot: str) -> Seen:
        """Ask the remote, and remember what it says. Raises as `newest`."""
        opened = self._opened
        newest(opened, slot)
        look = self._leases.look(slot)
        return seen.looked(opened.store, opened.team, slot, look, self._context.clock.now())

    def _name_of(self, space: str) -> str | None:
        """The slot whose place a space is, as its head says."""
        from wagit.team import head_file

        opened = self._opened
        try:
            mark = opened.remote.head(space)
            head = mark and head_file.decode(mark.data, opened.team, opened.keys, None)
        except WagitError as error:
            self.notices.append(f"a slot that is not in the config: {error.message}")
            return None
        return head.slot if head is not None and opened.team.space(head.slot) == space else None

    def _offline(self, error: WagitError) -> None:
        self._online = False
        self.notices.append(f"{error.message}; this is what was last known")

    def _row(self, slot: str, known: Seen) -> TeamSlot:
        pushed, lease = known.pushed, known.lease
        passed = 0.0 if self._online or known.looked is None else self._context.clock.now() - known.looked
        request = lease.request if lease is not None else None
        return TeamSlot(
            slot,
            pushed.number if pushed else None,
            pushed.generation if pushed else None,
            rfc3339(pushed.time) if pushed else None,
            pushed.by if pushed else None,
            pushed.host if pushed else None,
            pushed.size if pushed else None,
            lease.by if lease else None,
            lease.host if lease else None,
            max(0.0, known.left - max(0.0, passed)),
            known.ours,
            request.by if request else None,
            here(self._context.store, self._opened.team, slot, pushed),
            None if known.looked is None else rfc3339(known.looked),
            self._online,
        )
