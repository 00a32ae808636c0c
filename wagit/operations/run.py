"""Run the bot in the foreground on the session of its branch."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping

from wagit.bots.assignment import Assignment, Saving, Snapshots
from wagit.bots.screen import UserScreen
from wagit.bots.supervisor import Supervisor, Work
from wagit.bots.watch import Watcher
from wagit.config.load import load
from wagit.core.errors import WagitError
from wagit.core.git import clean_environ
from wagit.core.locks import HeldLock
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.drivers.node import node_options
from wagit.operations import after_stop, before_start, bot_events, hooks, move, recover, trust, use
from wagit.operations.context import Context
from wagit.operations.which import which
from wagit.routing.binding import read_binding
from wagit.slots import holding, records


class Protected(WagitError):
    """The slot is protected and nobody confirmed a run on it."""

    code = "protected"


def built_in(arguments: list[str]) -> tuple[str, ...]:
    """The command that runs the built-in bot with the user's own options."""
    return (sys.executable, "-m", "wagit", *arguments[1:])


def questions(context: Context) -> list[str]:
    """What to ask before a run: a question for a protected slot."""
    slot = which(context).slot
    protected = before_start.is_protected(context, slot)
    return [f"Slot {slot} is protected. Run the bot on it?"] if protected else []


def run(
    context: Context, command: tuple[str, ...] = (), cwd: str | None = None, *, allow_protected: bool = False
) -> int:
    """Run `command`, or the config's, in `cwd` until it ends or a signal asks; return its exit status.

    Follows the branch: another slot means a safe stop and a new start. Raises SlotBusy, WrongAccount,
    NotTrusted, NoCommand, ConfigProblems, CommandNotFound, RecoveryOff, RecoveryFailed, TookTooLong.
    """
    if not command:
        trust.require_command(context)
    screen = UserScreen()
    for line in hooks.keep(context.repo, context.environ):
        screen.notice(line)
    with _test_mode(context, screen.notice) as standin:
        cwd = cwd or context.repo.worktree
        job = _Job(context, command, cwd, standin, screen.notice, allow_protected=allow_protected)
        work = Work(job.resolve, job.take, job.settle, job.save)
        files = [*(file.path for file in context.config.files), context.store.trust()]
        return Supervisor(
            work, lambda tell: Watcher(context.repo, tell, files), screen.notice, screen=screen
        ).run()


class _Job:
    """What the supervisor asks of wagit: which assignment, its lock, and the link's move."""

    def __init__(
        self,
        context: Context,
        command: tuple[str, ...],
        cwd: str,
        extra: Mapping[str, str],
        notice: Callable[[str], None],
        *,
        allow_protected: bool,
    ) -> None:
        self._context = context
        self._command = command
        self._cwd = cwd
        self._extra = extra
        self._notice = notice
        here = which(context)
        self._allowed = {here.slot}
        self._allow_protected = allow_protected
        self._recoverer = recover.Recoverer()

    def resolve(self) -> Assignment:
        """Bring the binding up to date and return what should run now."""
        context = self._reload()
        use.follow(context, "run")
        binding = read_binding(context.repo)
        slot = binding.slot if binding else context.config.settings.default
        allowed = self._allow_protected or slot in self._allowed
        if not allowed and before_start.is_protected(context, slot):
            raise Protected(
                f"slot {slot} is protected, so no bot runs on it unasked",
                "press Ctrl-C, then: wagit run; or start with: wagit run --yes",
            )
        driver = registry.get(records.read_record(context.store, slot).driver)
        data = context.store.data(slot)
        wanted = context.config.settings.snapshots
        return Assignment(
            slot=slot,
            branch=binding.branch if binding else None,
            data=data,
            profiles=lambda: [os.path.join(data, name) if name else data for name in driver.profiles(data)],
            command=self._command or trust.require_command(context),
            cwd=self._cwd,
            environ=bot_environ(context, driver, slot, binding.branch if binding else None)
            | dict(self._extra),
            grace=context.config.settings.bot.stop.grace,
            title=f"{slot} ({binding.branch})" if binding and binding.branch else slot,
            snapshots=Snapshots(wanted.on_switch, wanted.on_stop, wanted.every),
        )

    def take(self, assignment: Assignment) -> HeldLock:
        """Take the slot, put its session in order, and count that it is opened for writing."""
        context, slot = self._context, assignment.slot
        said = before_start.receive(self._reload(), slot)
        lock = holding.hold(context.store, slot, context.repo.worktree, context.clock.now())
        try:
            before_start.end_orphans(context, slot)
            context = self._reload()
            for line in (*said, *self._recoverer.recover(context, slot)):
                self._notice(line)
            for line in before_start.admit(context, slot):
                self._notice(line)
        except BaseException:
            lock.release()
            raise
        return bot_events.TellingLock(lock, context.store, slot, context.clock)

    def settle(self, assignment: Assignment) -> None:
        """The old bot is gone: the link may move now."""
        del assignment
        use.follow(self._reload(), "run")

    def save(self, assignment: Assignment, why: str) -> Saving:
        """Begin a snapshot of the slot."""
        return after_stop.begin(self._context.repo, assignment, why, self._context.environ)

    def _reload(self) -> Context:
        return self._context._replace(config=load(self._context.repo, self._context.environ, {}))


def bot_environ(context: Context, driver: Driver, slot: str, branch: str | None) -> dict[str, str]:
    """Return the whole environment of a bot on `slot`, without git's variables."""
    data = context.store.data(slot)
    environ = clean_environ(context.environ) | driver.environ(data)
    to_come = move.data_to_come(context, slot)
    session = os.path.normpath(os.path.join(data, os.path.relpath(driver.session_path(to_come), to_come)))
    environ |= {"WAGIT_DATA_DIR": data, "WAGIT_SLOT": slot, "WAGIT_SESSION_PATH": session}
    environ[bot_events.VARIABLE] = bot_events.path_of(context.store, slot)
    environ["WAGIT_BRANCH"] = branch or ""
    if driver.preload is not None:
        environ["NODE_OPTIONS"] = node_options(environ.get("NODE_OPTIONS", ""), driver.preload)
    return environ


@contextlib.contextmanager
def _test_mode(context: Context, notice: Callable[[str], None]) -> Iterator[Mapping[str, str]]:
    """In test mode a stand-in plays WhatsApp, unless one runs already."""
    if not context.config.settings.test_mode or "WAGIT_STANDIN" in context.environ:
        yield {}
        return
    from wagit.standin.server import Standin, StandinRuns, environ_of_running

    state_dir = os.path.join(context.store.root, "standin")
    with contextlib.ExitStack() as stack:
        try:
            environ = stack.enter_context(Standin.start(state_dir)).environ(context.environ)
        except StandinRuns:  # another bot of this repository started it
            environ = environ_of_running(state_dir, context.environ)
        notice(f"test mode: WhatsApp is played offline; its phone is {environ['WAGIT_STANDIN']}")
        yield environ
