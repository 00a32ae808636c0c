"""Keep the right bot running: a child, a policy and a watcher, joined by typed events.

When wagit itself is killed by SIGKILL, the bot lives on and holds its slot's lock; in a terminal it gets
SIGHUP, as when the window is closed. Whoever wants the slot next ends it safely, its browser first: see
wagit.operations.orphans.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress

from wagit.bots import events as happened
from wagit.bots import policy
from wagit.bots.assignment import Assignment, Lock, Saved, Session
from wagit.bots.child import Running
from wagit.bots.errands import Errands
from wagit.bots.events import Effect, Event
from wagit.bots.outside import Blind, Outside, Watch, Work
from wagit.bots.pursue import State
from wagit.bots.savings import Savings
from wagit.bots.standing import Standing, left, standing
from wagit.bots.stop import Stopper
from wagit.bots.timer import Timer
from wagit.bots.watch import Following
from wagit.core.errors import WagitError
from wagit.core.signals import HEARD_WITHIN


class Supervisor:
    """Runs the bot that the worktree should run, and follows the branch.

    `watch` makes what follows the worktree, given where to tell changes.
    """

    def __init__(self, work: Work, watch: Watch, outside: Outside) -> None:
        self._work = work
        self._outside = outside
        self._notice = outside.notice
        self._screen = outside.screen
        self._hosting = outside.hosting
        self._clock = outside.clock
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._watcher = watch(lambda change: self._events.put(happened.Changed(change)))
        self._errands = Errands(work, outside.hosting, self._keep, self._events.put)
        self._savings = Savings(work.save, self._events.put)
        self._timer = Timer(self._clock)
        self._observer: Following = Blind()
        self._tick_at: float | None = None
        self._closing: threading.Thread | None = None
        self._locks: dict[Session, Lock] = {}
        self._told: Standing | None = None
        self._child: Running | None = None
        self._pid = 0  # of the bot that was started last
        self._running: Assignment | None = None
        self._stopper: Stopper | None = None
        self._stopping: threading.Thread | None = None
        self._urgent: Event | None = None
        work.follow(self._events.put)

    def ask(self, event: happened.Again | happened.Signalled, slot: str | None = None) -> bool:
        """Have the bot restarted, or the run ended as by a signal; from any thread.

        Whether it was done: the bot of another `slot` is not run here.
        """
        told = self._told
        if slot is not None and (told is None or told.slot != slot):
            return False
        self._events.put(event)
        return True

    def run(self, *, patient: bool = False) -> int:
        """Run until the bot ends by itself or a signal asks to stop; return the exit status.

        What keeps the very first bot from starting is raised: WagitError of `resolve`, `take`, `settle`,
        CommandNotFound, CommandNotStarted. Who is `patient` is told of it instead, and it is tried again.
        """
        self._watcher.start()
        try:
            first = None if patient else self._first()
            with self._screen.entered(lambda number: self._events.put(happened.Signalled(number))):
                return self._supervise(first)
        finally:
            self._watcher.stop()
            self._hosting.close()
            self._savings.cancel()
            for lock in list(self._locks.values()):  # an errand may still take one
                lock.release()
            self._work.over()

    def _first(self) -> Assignment:
        first = self._work.resolve()
        self._keep(first, self._work.take(first))
        self._work.settle(first)
        return first

    def _supervise(self, first: Assignment | None) -> int:
        if first is None:
            self._events.put(happened.Again())  # there is no bot yet
        else:
            self._start(first)
        self._errands.start()
        try:
            return self._loop(State(bot=first, wanted=first, moved=first is None))
        finally:
            self._errands.stop()
            self._rescue()

    def _loop(self, state: State) -> int:
        self._publish(state)
        while True:
            event = self._next_event(state.poll)
            before = state.poll
            state, effects = policy.decide(state, event)
            if state.poll is None or state.poll != before or isinstance(event, happened.Tick):
                self._tick_at = None  # counts from now
            self._publish(state)
            for effect in effects:
                if isinstance(effect, happened.Leave):
                    return effect.status
                if isinstance(effect, happened.Fail):
                    raise effect.error
                self._do(effect)
            self._publish(state)  # with the pid of a bot that was started
            if state.bot is None and (state.over or state.leaving is not None):
                self._close_browsers()

    def _close_browsers(self) -> None:
        """Keep none warm any more, as the run ends: its last snapshots wait for that."""
        if self._closing is None:
            self._closing = threading.Thread(target=self._hosting.close, name="close browsers")
            self._closing.start()

    def _publish(self, state: State) -> None:
        child = self._child
        known = standing(state, self._clock.now(), child.pid if child is not None else None)
        if known is None:
            return
        before, self._told = self._told, known
        if before is not None and before.slot != known.slot:
            self._outside.tell(left(before, known.since))
        self._outside.tell(known)

    def _next_event(self, poll: float | None) -> Event:
        urgent, self._urgent = self._urgent, None
        if urgent is not None:
            return urgent
        try:
            event = self._get(poll)
        except queue.Empty:
            return happened.Due() if self._timer.is_due() else happened.Tick()
        return self._next_event(poll) if self._is_old(event) else event

    def _get(self, poll: float | None) -> Event:
        """The next event; raises queue.Empty when it is time for something else."""
        while (wait := self._timer.left(self._until_tick(poll))) is None or wait > HEARD_WITHIN:
            with suppress(queue.Empty):
                return self._events.get(timeout=HEARD_WITHIN)
        return self._events.get(timeout=wait)

    def _until_tick(self, poll: float | None) -> float | None:
        """Seconds of `poll` that are left: what happens meanwhile does not put it off."""
        if poll is None:
            return None
        now = self._clock.monotonic()
        if self._tick_at is None:
            self._tick_at = now + poll
        return max(0.0, self._tick_at - now)

    def _is_old(self, event: Event) -> bool:
        """Whether it tells of a bot before the one that was started last, whose last words count."""
        return isinstance(event, happened.Exited | happened.Noted) and event.pid != self._pid

    def _do(self, effect: Effect) -> None:
        match effect:
            case happened.Resolve() | happened.Take() | happened.Settle():
                self._errands.put(effect)
            case happened.Drop(assignment):
                self._hosting.leave(assignment, self._locks.pop(assignment.session))
            case happened.Save():
                self._save(effect)
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

    def _save(self, save: happened.Save) -> None:
        """Begin a snapshot; of a slot whose browser stays open once that is closed, if it ever is."""
        if self._child is not None and self._running is save.assignment:
            self._savings.start(save)
            return
        self._hosting.after(
            save.assignment,
            lambda: self._savings.start(save),
            lambda: self._events.put(happened.SaveDone(save, Saved())),
        )

    def _keep(self, assignment: Assignment, lock: Lock) -> None:
        self._locks[assignment.session] = lock

    def _do_start(self, assignment: Assignment) -> None:
        try:
            self._start(assignment)
        except WagitError as error:
            self._urgent = happened.Refused(assignment, error)

    def _start(self, assignment: Assignment) -> None:
        """Start the bot, with the lock's descriptor: the lock lasts as long as the bot."""
        lock = self._locks[assignment.session].descriptor
        with self._screen.streams() as streams:
            environ = {**assignment.environ, **self._hosting.environ(assignment)}
            child = self._outside.spawn(assignment.command, assignment.cwd, environ, (lock,), streams)
        self._child, self._running, self._pid = child, assignment, child.pid
        self._observer = self._outside.observe(
            assignment, lambda what: self._events.put(happened.Noted(child.pid, what))
        )
        self._observer.start()
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
        return Stopper(self._child, self._hosting.browsers(self._running), self._running.grace)

    def _run_stop(self, stopper: Stopper) -> None:
        try:
            stopped = stopper.run()
        except Exception as error:  # handed to the loop, which raises it
            self._events.put(happened.Broke(error))
            self._events.put(happened.Ended(None))
            return
        self._observer.stop()
        self._child = self._running = None
        self._screen.bot_gone()
        for trouble in stopped.troubles:
            self._notice(trouble)
        self._events.put(happened.Ended(stopped.status))

    def _rescue(self) -> None:
        """Whatever went wrong in here: no bot is left behind."""
        if self._stopping is not None:
            self._stopping.join()
        stopper = self._new_stopper()
        if stopper is not None:
            stopper.run()
        self._observer.stop()
