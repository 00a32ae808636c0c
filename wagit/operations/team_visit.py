"""What a browser of wagit's own does on a slot that the team shares: as a run does, and for one visit.

Before it opens: the lease, then the team's newest session. After its safe end and its snapshot: the push, and
the lease's return.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from wagit.bots.builtin_stop import Stop
from wagit.bots.events import Asked, Lost
from wagit.core.clock import rfc3339
from wagit.core.errors import WagitError
from wagit.operations import login_visit
from wagit.operations.context import Context
from wagit.operations.login_visit import Pull
from wagit.operations.team_run import Sharing
from wagit.operations.team_slots import newest
from wagit.operations.team_tenure import Tenure, Ways
from wagit.slots import records
from wagit.slots.inspect import is_removed
from wagit.team import seen
from wagit.team.access import Access
from wagit.team.head import Head
from wagit.team.keys import Ask


class Visit:
    """The lease of one slot while a browser has it open; for a slot that is not shared it does nothing.

    `lost` is why it has to close. `saved`: what it left is in a snapshot. `relinked`: a phone was asked to
    link, so that what is there is no older than what the team has.
    """

    def __init__(
        self, context: Context, slot: str, notice: Callable[[str], None], ways: Ways | None, ask: Ask | None
    ) -> None:
        self._context, self._slot, self._notice = context, slot, notice
        self._sharing = Sharing(notice, ways, ask)
        self._sharing.follow(self._heard)
        self._sharing.at(slot)
        self._stop: Stop | None = None
        self._replaced: Head | None = None
        self.lost: WagitError | None = None
        self.saved = False
        self.relinked = False

    def enter(self) -> Pull | None:
        """Have the lease, of a slot that is held, and tell what pulls; the remote must answer.

        Raises as `Sharing.enter`, and LeaseLost.
        """
        return self._sharing.enter(self._context, self._slot, online=True)

    def enter_login(self, confirm: Callable[[str], None]) -> Pull | None:
        """The same for a login, which goes on with a lease that is surely ours without the remote.

        A slot without a login gets no session that a new one would replace; `confirm` asks whether it may.
        """
        pull = self._sharing.enter(self._context, self._slot)
        tenure = self._sharing.tenure(self._slot)
        if pull is None or tenure is None or _is_linked(self._context, self._slot):
            return pull  # a login that is there is opened, and then only its newest state

        def look() -> tuple[str, ...]:
            self._replaced = head = newest(tenure.access, self._slot)
            if head is not None and head.pushed is not None:
                confirm(
                    f"The team has a session of slot {self._slot}, push {head.pushed.number} of"
                    f" {rfc3339(head.pushed.time)} by {head.pushed.by}; `wagit run` starts with it."
                    " Replace it by a new login?"
                )
            return ()

        return look

    def open(self, stop: Stop) -> None:
        """The browser is about to open; `stop` closes it if the lease is lost. Raises LeaseLost, OSError."""
        self._stop = stop
        self._sharing.start(self._slot)

    def keep(self) -> None:
        """What the browser left must not be pushed: the lease is left to its time."""
        tenure = self._sharing.tenure(self._slot)
        if tenure is not None and tenure.dirty:
            self._sharing.keep(tenure, f"slot {self._slot} is not pushed")

    def close(self) -> None:
        """The slot is free again: push what the browser left, and give the lease back."""
        tenure = self._sharing.tenure(self._slot)
        if tenure is not None and tenure.dirty and not tenure.left:
            tenure.stale = not self.saved
            if not login_visit.driver_of(self._context, self._slot).is_linked(
                tenure.access.store.data(self._slot)
            ):
                tenure.dirty = False  # nobody linked it: the team keeps what it has
                tenure.note(lambda old: old._replace(unpushed=False))
            elif self.relinked and tenure.lost is None:
                self._replace(tenure)
        self._sharing.close()

    def _replace(self, tenure: Tenure) -> None:
        """From here on the new login is the newest session, also for a run without the remote."""
        head, lease = self._replaced, tenure.held.id
        if head is not None and head.pushed is not None and head.current is not None:
            seen.based_on(self._context.store, self._slot, head.pushed, head.current.name)
        tenure.note(lambda old: old._replace(ready=lease))

    def _heard(self, event: Lost | Asked) -> None:
        if isinstance(event, Lost):
            self.lost = event.error
            if self._stop is not None:  # else it is raised as the browser would open
                self._notice(f"{self._slot}: {event.error.message}; closing the browser")
                self._stop.request()
        elif event.by:
            self._notice(f"{event.by} asks for {self._slot}: it is theirs as soon as this is done")


@contextlib.contextmanager
def visit(
    context: Context,
    slot: str,
    notice: Callable[[str], None],
    ask: Ask | None,
    ways: Ways | None = None,
) -> Iterator[Visit]:
    """A visit of a slot; at the end, when the slot is not held any more, it is closed."""
    one = Visit(context, slot, notice, ways, ask)
    try:
        yield one
    except login_visit.BrokenAfterwards:
        one.keep()
        raise
    finally:
        one.close()


def one_access(ways: Ways) -> Ways:
    """The same, whose access is opened once for all slots: a passphrase is asked for once."""
    found: list[Access] = []

    def access(context: Context, ask: Ask | None) -> Access:
        if not found:
            found.append(ways.access(context, ask))
        return found[0]

    return ways._replace(access=access)


def _is_linked(context: Context, slot: str) -> bool:
    """Whether a browser would open a login, and not ask for one."""
    identity = login_visit.driver_of(context, slot).identity(context.store.data(slot))
    return identity is not None and not is_removed(records.read_record(context.store, slot), identity)
