"""Keep the right bot running: a child, a policy and a watcher, joined by typed events.

When wagit itself is killed by SIGKILL, the bot lives on and holds its slot's lock, so that the next run
names it; in a terminal it gets SIGHUP, as when the window is closed. Its browser is closed by whoever
takes the slot next.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import NamedTuple

from wagit.bots import child as children
from wagit.bots import events as happened
from wagit.bots import policy
from wagit.bots.assignment import Assignment, Lock, Saving
from wagit.bots.child import Running, Spawn
from wagit.bots.events import Effect, Event
from wagit.bots.pursue import State
from wagit.bots.savings import Savings
from wagit.bots.screen import NoScreen, Screen
from wagit.bots.stop import Browsers, SlotBrowsers, Stopper
from wagit.bots.timer import Timer
from wagit.bots.watch import Change, Following
from wagit.core.clock import SystemClock
from wagit.core.errors import WagitError


class Work(NamedTuple):
    """What a supervisor leaves to others; each raises a WagitError when it cannot.

    `resolve` says what the worktree should run. `take` takes a slot's lock and verifies its data, while
    another slot's bot may still be stopping. `settle` points the worktree at the slot; it is called
    before each start, when no bot runs. No two of them run at the same time, though not all in the
    thread that called `run`. `save` begins a snapshot of a slot, and gives the reason as its header
    has it; only asked for where the assignment wants snapshots.
    """

    resolve: Callable[[], Assignment]
    take: Callable[[Assignment], Lock]
    settle: Callable[[Assignment], None]
    save: Callable[[Assignment, str], Saving]


class Supervisor:
    """Runs the bot that the worktree should run, and follows the branch.

    `watch` makes what follows the worktree, given where to tell changes. `notice` prints one line.
    `screen` owns the terminal and the signals.
    """

    def __init__(
        self,
        work: Work,
        watch: Callable[[Callable[[Change], None]], Following],
        notice: Callable[[str], None],
        *,
        screen: Screen | None = None,
        spawn: Spawn = children.start,
        browsers: Callable[[Assignment], Browsers] = lambda assignment: SlotBrowsers(assignment.profiles),
    ) -> None:
        self._work = work
        self._notice = notice
        self._screen = screen or NoScreen()
        self._spawn = spawn
        self._browsers = browsers
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._watcher = watch(lambda change: self._events.put(happened.Changed(change)))
        self._errands: queue.SimpleQueue[Callable[[], Event] | None] = queue.SimpleQueue()
        self._savings = Savings(work.save, self._events.put)
        self._timer = Timer(SystemClock())
        self._locks: dict[tuple[str, str], Lock] = {}
        self._child: Running | None = None
        self._running: Assignment | None = None
        self._stopper: Stopper | None = None
        self._stopping: threading.Thread | None = None
        self._urgent: Event | None = None

    def run(self) -> int:
        """Run until the bot ends by itself or a signal asks to stop; return the exit status.

        What keeps the very first bot from starting is raised: WagitError of `resolve`, `take`, `settle`,
        CommandNotFound, CommandNotStarted.
        """
        self._watcher.start()
        try:
            first = self._work.resolve()
            self._locks[_key(first)] = self._work.take(first)
            self._work.settle(first)
            with self._screen.entered(lambda number: self._events.put(happened.Signalled(number))):
                return self._supervise(first)
        finally:
            self._watcher.stop()
            self._savings.cancel()
            for lock in self._locks.values():
                lock.release()

    def _supervise(self, first: Assignment) -> int:
        self._start(first)
        worker = threading.Thread(target=self._run_errands, name="errands", daemon=True)
        worker.start()
        try:
            return self._loop(State(bot=first, wanted=first))
        finally:
            self._errands.put(None)
            self._rescue()

    def _loop(self, state: State) -> int:
        while True:
            state, effects = policy.decide(state, self._next_event(state.poll))
            for effect in effects:
                if isinstance(effect, happened.Leave):
                    return effect.status
                if isinstance(effect, happened.Fail):
                    raise effect.error
                self._do(effect)

    def _next_event(self, timeout: float | None) -> Event:
        urgent, self._urgent = self._urgent, None
        if urgent is not None:
            return urgent
        try:
            event = self._events.get(timeout=self._timer.left(timeout))
        except queue.Empty:
            return happened.Due() if self._timer.is_due() else happened.Tick()
        return self._next_event(timeout) if self._is_old(event) else event

    def _is_old(self, event: Event) -> bool:
        """Whether it tells of a bot that has been stopped since."""
        child = self._child
        return isinstance(event, happened.Exited) and (child is None or child.pid != event.pid)

    def _do(self, effect: Effect) -> None:
        match effect:
            case happened.Resolve():
                self._errands.put(self._do_resolve)
            case happened.Take(assignment):
                self._errands.put(lambda: self._do_take(assignment))
            case happened.Settle(assignment):
                self._errands.put(lambda: self._do_settle(assignment))
            case happened.Drop(assignment):
                self._locks.pop(_key(assignment)).release()
            case happened.Save():
                self._savings.start(effect)
            case happened.Start(assignment):
                self._do_start(assignment)
            case happened.Stop():
                self._timer.stop()
                self._stop()
            case happened.Hurry() if self._stopper is not None:
                self._stopper.hurry()
            case happened.Suspend():
                self._screen.suspend(self._child)
            case happened.Say(text):
                self._notice(text)

    def _run_errands(self) -> None:
        while (errand := self._errands.get()) is not None:
            try:
                self._events.put(errand())
            except Exception as error:  # handed to the loop, which raises it
                self._events.put(happened.Broke(error))

    def _do_resolve(self) -> Event:
        try:
            return happened.Resolved(self._work.resolve())
        except WagitError as error:
            return happened.Unresolved(error)

    def _do_take(self, assignment: Assignment) -> Event:
        try:
            self._locks[_key(assignment)] = self._work.take(assignment)
        except WagitError as error:
            return happened.Refused(assignment, error)
        return happened.Taken(assignment)

    def _do_settle(self, assignment: Assignment) -> Event:
        try:
            self._work.settle(assignment)
        except WagitError as error:
            return happened.Refused(assignment, error)
        return happened.Settled(assignment)

    def _do_start(self, assignment: Assignment) -> None:
        try:
            self._start(assignment)
        except WagitError as error:
            self._urgent = happened.Refused(assignment, error)

    def _start(self, assignment: Assignment) -> None:
        """Start the bot, with the lock's descriptor: the lock lasts as long as the bot."""
        lock = self._locks[_key(assignment)]
        with self._screen.streams() as streams:
            child = self._spawn(
                assignment.command, assignment.cwd, assignment.environ, (lock.descriptor,), streams
            )
        self._child, self._running = child, assignment
        self._timer.start(assignment.snapshots.every)
        threading.Thread(target=self._await, args=(child,), name="await bot", daemon=True).start()

    def _await(self, child: Running) -> None:
        child.wait()
        self._events.put(happened.Exited(child.pid))

    def _stop(self) -> None:
        self._stopper = stopper = self._new_stopper()
        if stopper is not None:
            self._stopping = threading.Thread(target=self._run_stop, args=(stopper,), name="stop bot")
            self._stopping.start()

    def _new_stopper(self) -> Stopper | None:
        if self._child is None or self._running is None:
            return None
        return Stopper(self._child, self._browsers(self._running), self._running.grace)

    def _run_stop(self, stopper: Stopper) -> None:
        try:
            stopped = stopper.run()
        except Exception as error:  # handed to the loop, which raises it
            self._events.put(happened.Broke(error))
            self._events.put(happened.Ended(None))
            return
        self._child = self._running = None
        self._screen.bot_gone()
        if stopped.problem:
            self._notice(stopped.problem)
        if stopped.left:
            self._notice(f"{stopped.left} processes of the bot do not end, not even by SIGKILL")
        self._events.put(happened.Ended(stopped.status))

    def _rescue(self) -> None:
        """Whatever went wrong in here: no bot is left behind."""
        if self._stopping is not None:
            self._stopping.join()
        stopper = self._new_stopper()
        if stopper is not None:
            stopper.run()


def _key(assignment: Assignment) -> tuple[str, str]:
    return assignment.slot, assignment.data
