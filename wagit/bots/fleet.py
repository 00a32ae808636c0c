"""Many bots in one process: a supervisor a slot, each in a thread of its own."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from typing import NamedTuple

from wagit.bots.assignment import Assignment, Lock
from wagit.bots.events import Again, Signalled
from wagit.bots.hosting import Hosting
from wagit.bots.outside import Blind, Observe, Outside, Work
from wagit.bots.screen import Screen
from wagit.bots.standing import Standing
from wagit.bots.starts import LONGEST, Gate, is_over
from wagit.bots.supervisor import Supervisor
from wagit.core.errors import WagitError
from wagit.core.signals import HEARD_WITHIN


class Member(NamedTuple):
    """One slot of a fleet: its work, where its bot writes, who looks at its session.

    `longest`: how many seconds its start counts at the most.
    """

    work: Work
    screen: Screen
    observe: Observe
    longest: float = LONGEST


class Fleet:
    """Runs the bot of each slot of `members`, in that order, of which `bound` may start at the same time.

    All share the rest of `outside`, whose screen has the signals. What keeps a slot's first bot from starting
    is told, and tried again, unless `once`.
    """

    def __init__(
        self, members: Mapping[str, Member], bound: int, outside: Outside, *, once: bool = False
    ) -> None:
        self._members = members
        longest = {slot: member.longest for slot, member in members.items()}
        self._gate = Gate(longest, bound, outside.clock)
        self._outside = outside
        self._once = once
        self._changed = threading.Condition()
        self._running: dict[str, Supervisor] = {}
        self._stopped: dict[str, int] = {}
        self._statuses: dict[str, int] = {}
        self._over = False
        self._bug: BaseException | None = None

    def ask(self, event: Again | Signalled, slot: str | None = None) -> bool:
        """Have the bot of one slot, or of all, restarted or stopped as by a signal; from any thread.

        A slot whose bot has ended for good is started again, too. Whether it is run here.
        """
        self._over = self._over or (slot is None and isinstance(event, Signalled))
        for name in self._members if slot is None else {slot} & self._members.keys():
            if isinstance(event, Signalled):
                self._signal(name, event)
            elif (supervisor := self._running.get(name)) is not None:
                supervisor.ask(event)
            else:
                self._start(name)
        return slot is None or slot in self._members

    def _stop_all(self, number: int) -> None:
        self.ask(Signalled(number))

    def run(self) -> int:
        """Run until every bot has ended by itself or was stopped; return 0, or the worst exit status.

        A bot that was asked to end, and did so by our signals or with status 0, ended well.
        """
        with self._outside.screen.entered(self._stop_all):
            for slot in self._members:
                self._start(slot)
            with self._changed:
                while self._running:
                    self._changed.wait(HEARD_WITHIN)
        if self._bug is not None:
            raise self._bug
        return max(self._statuses.values(), default=0)

    def _signal(self, slot: str, event: Signalled) -> None:
        self._stopped[slot] = event.number
        supervisor = self._running.get(slot)
        if supervisor is not None:
            supervisor.ask(event)  # before it hears from the gate
        self._gate.close(slot)

    def _start(self, slot: str) -> None:
        with self._changed:
            if self._over or slot in self._running:
                return
            self._stopped.pop(slot, None)
            self._gate.open(slot)
            self._running[slot] = supervisor = Supervisor(
                self._gated(slot), lambda _: Blind(), self._outside_of(slot)
            )
        threading.Thread(target=self._run, args=(slot, supervisor), name=f"slot {slot}").start()

    def _run(self, slot: str, supervisor: Supervisor) -> None:
        status = 1
        try:
            status = supervisor.run(patient=not self._once)
        except WagitError as error:
            status = error.exit_status
            if slot not in self._stopped:
                self._say(slot, f"{error.message}; {error.hint}" if error.hint else error.message)
        except BaseException as bug:  # raised once the other bots are safe
            self._bug = self._bug or bug
            self.ask(Signalled(signal.SIGTERM))
        finally:
            self._gate.leave(slot)
            asked = self._stopped.get(slot)
            with self._changed:
                self._statuses[slot] = 0 if asked is not None and status in (0, 128 + asked) else status
                del self._running[slot]
                self._changed.notify_all()

    def _gated(self, slot: str) -> Work:
        """The slot's work, whose bot waits for its start: before its session is checked, and at a restart."""
        work = self._members[slot].work

        def take(assignment: Assignment) -> Lock:
            self._gate.enter(slot)
            try:
                return work.take(assignment)
            except BaseException:
                self._gate.leave(slot)
                raise

        def settle(assignment: Assignment) -> None:
            self._gate.enter(slot)
            work.settle(assignment)

        return work._replace(take=take, settle=settle)

    def _outside_of(self, slot: str) -> Outside:
        member = self._members[slot]
        return self._outside._replace(
            notice=lambda text: self._say(slot, text),
            screen=member.screen,
            observe=member.observe,
            tell=self._tell,
            hosting=_OneSlot(self._outside.hosting, slot, self._gate),
        )

    def _say(self, slot: str, text: str) -> None:
        named = text.startswith((f"{slot}: ", f"{slot} (", f"slot {slot} "))
        self._outside.notice(text if named else f"{slot}: {text}")

    def _tell(self, standing: Standing) -> None:
        if is_over(standing):
            self._gate.leave(standing.slot)
        self._outside.tell(standing)


class _OneSlot:
    """The part of a shared hosting that is one slot's: its end is not that of the others."""

    def __init__(self, hosting: Hosting, slot: str, gate: Gate) -> None:
        self._hosting = hosting
        self._slot = slot
        self._gate = gate
        self.environ = hosting.environ
        self.browsers = hosting.browsers
        self.take = hosting.take
        self.after = hosting.after
        self.release = hosting.release

    def leave(self, assignment: Assignment, lock: Lock) -> None:
        """Its bot is gone, so it does not start any more."""
        self._gate.leave(self._slot)
        self._hosting.leave(assignment, lock)

    def close(self) -> None:
        """Close the slot's browser, if it stayed open."""
        self._hosting.release(self._slot)
