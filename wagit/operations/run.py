"""Run the bot in the foreground on the session of its branch."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping

from wagit.bots.assignment import Assignment
from wagit.bots.screen import UserScreen
from wagit.bots.supervisor import Supervisor, Work
from wagit.bots.watch import Watcher
from wagit.config.load import load
from wagit.core.errors import WagitError
from wagit.core.git import clean_environ
from wagit.core.locks import HeldLock
from wagit.drivers import registry
from wagit.drivers.base import Driver, Writer
from wagit.drivers.node import node_options
from wagit.integrity.identity import account_digits, masked
from wagit.operations import hooks, trust, use
from wagit.operations.context import Context
from wagit.operations.which import which
from wagit.routing.binding import read_binding
from wagit.slots import holding, records


class WrongAccount(WagitError):
    """The slot holds another number's login than its rule asks for."""

    code = "wrong-account"


class Protected(WagitError):
    """The slot is protected and nobody confirmed a run on it."""

    code = "protected"


def built_in(arguments: list[str]) -> tuple[str, ...]:
    """The command that runs the built-in bot with the user's own options."""
    return (sys.executable, "-m", "wagit", *arguments[1:])


def questions(context: Context) -> list[str]:
    """What to ask before a run: a question for a protected slot."""
    here = which(context)
    return [f"Slot {here.slot} is protected. Run the bot on it?"] if _is_protected(context, here.slot) else []


def run(
    context: Context, command: tuple[str, ...] = (), cwd: str | None = None, *, allow_protected: bool = False
) -> int:
    """Run `command`, or the config's, in `cwd` until it ends or a signal asks; return its exit status.

    Follows the branch: another slot means a safe stop and a new start. Raises SlotBusy, WrongAccount,
    NotTrusted, NoCommand, ConfigProblems, CommandNotFound.
    """
    chosen = command or trust.require_command(context)
    screen = UserScreen()
    for line in hooks.keep(context.repo, context.environ):
        screen.notice(line)
    with _test_mode(context, screen.notice) as standin:
        job = _Job(context, chosen, cwd or context.repo.worktree, standin, allow_protected)
        work = Work(job.resolve, job.take, job.settle)
        files = [file.path for file in context.config.files]
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
        allow_protected: bool,
    ) -> None:
        self._context = context
        self._command = command
        self._cwd = cwd
        self._extra = extra
        here = which(context)
        self._allowed = {here.slot}
        self._allow_protected = allow_protected

    def resolve(self) -> Assignment:
        """Bring the binding up to date and return what should run now."""
        context = self._reload()
        use.follow(context, "run")
        binding = read_binding(context.repo)
        slot = binding.slot if binding else context.config.settings.default
        if slot not in self._allowed and not self._allow_protected and _is_protected(context, slot):
            raise Protected(
                f"slot {slot} is protected", "run wagit there yourself, or start with: wagit run --yes"
            )
        driver = registry.get(records.read_record(context.store, slot).driver)
        data = context.store.data(slot)
        return Assignment(
            slot=slot,
            branch=binding.branch if binding else None,
            data=data,
            profiles=lambda: [os.path.join(data, name) if name else data for name in driver.profiles(data)],
            command=self._command,
            cwd=self._cwd,
            environ=bot_environ(context, driver, slot, binding.branch if binding else None)
            | dict(self._extra),
            grace=context.config.settings.bot.stop.grace,
            title=f"{slot} ({binding.branch})" if binding and binding.branch else slot,
        )

    def take(self, assignment: Assignment) -> HeldLock:
        """Take the slot and count that it is opened for writing."""
        context, slot = self._context, assignment.slot
        lock = holding.hold(context.store, slot, context.repo.worktree, context.clock.now())
        try:
            _end_orphans(context, slot)
            _check_account(self._reload(), slot)
            _count_start(context, slot)
        except BaseException:
            lock.release()
            raise
        return lock

    def settle(self, assignment: Assignment) -> None:
        """The old bot is gone: the link may move now."""
        del assignment
        use.follow(self._reload(), "run")

    def _reload(self) -> Context:
        return self._context._replace(config=load(self._context.repo, self._context.environ, {}))


def bot_environ(context: Context, driver: Driver, slot: str, branch: str | None) -> dict[str, str]:
    """Return the whole environment of a bot on `slot`, without git's variables."""
    data = context.store.data(slot)
    environ = clean_environ(context.environ) | driver.environ(data)
    environ |= {"WAGIT_DATA_DIR": data, "WAGIT_SLOT": slot, "WAGIT_SESSION_PATH": driver.session_path(data)}
    environ["WAGIT_BRANCH"] = branch or ""
    if driver.preload is not None:
        environ["NODE_OPTIONS"] = node_options(environ.get("NODE_OPTIONS", ""), driver.preload)
    return environ


def _end_orphans(context: Context, slot: str) -> None:
    """Close a browser that outlived its bot; a bot that somebody runs without wagit keeps the slot."""
    from wagit.browser.stop import close_browser

    data = context.store.data(slot)
    driver = registry.get(records.read_record(context.store, slot).driver)
    for writer in driver.writers(data, context.repo.worktree):
        if not _is_orphan(writer):
            where = f" on {writer.host}" if writer.host else ""
            raise holding.SlotBusy(
                f"slot {slot} is open in {writer.command or 'a program'} (pid {writer.pid}{where})",
                "stop that program first; WhatsApp allows one writer a login",
            )
        for name in driver.profiles(data):
            close_browser(os.path.join(data, name) if name else data)


def _is_orphan(writer: Writer) -> bool:
    """Whether the bot that started a browser is gone: then init, or a subreaper, is its parent."""
    if writer.host:
        return False
    import psutil

    try:
        parent = psutil.Process(writer.pid).parent()
    except psutil.Error:
        return True
    return parent is None or parent.pid == 1 or "systemd" in parent.name()


def _check_account(context: Context, slot: str) -> None:
    wanted = next(
        (rule.account for rule in context.config.settings.rules if rule.slot == slot and rule.account), None
    )
    record = records.read_record(context.store, slot)
    identity = registry.get(record.driver).identity(context.store.data(slot))
    if wanted and identity and account_digits(identity.account) != account_digits(wanted):
        raise WrongAccount(
            f"slot {slot} holds the login of {masked(identity.account)}, its rule asks for {masked(wanted)}",
            "correct `account:` in the rule, or set the slot aside: wagit sessions rm SLOT",
        )


def _count_start(context: Context, slot: str) -> None:
    record = records.read_record(context.store, slot)
    identity = registry.get(record.driver).identity(context.store.data(slot))
    if identity is not None:
        record = record._replace(account=identity.account, device=identity.device)
    counted = record._replace(generation=record.generation + 1, starts=record.starts + 1)
    records.write_record(context.store, slot, counted)


def _is_protected(context: Context, slot: str) -> bool:
    return any(rule.protect and rule.slot == slot for rule in context.config.settings.rules)


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
