"""What connects a supervisor to the terminal it was started in: signals, suspension, a pty."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from wagit.bots.child import Running, Streams
from wagit.bots.family import others_in_group
from wagit.bots.lines import Lines
from wagit.bots.printer import Printer
from wagit.core.signals import handled

if TYPE_CHECKING:
    from wagit.bots.terminal import Terminal

STOPS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
OnSignal = Callable[[int], None]


class Screen(Protocol):
    """What a supervisor asks of the terminal."""

    @contextmanager
    def entered(self, on_signal: OnSignal) -> Iterator[None]:
        """Report signals, and keys that stand for them, until the end of the block."""

    @contextmanager
    def streams(self) -> Iterator[Streams]:
        """The streams for one bot, started within the block."""

    def bot_gone(self) -> None:
        """Show what the bot wrote last, and forget it."""

    def suspend(self, child: Running | None) -> None:
        """Hold the bot and ourselves until the shell continues us."""


class NoScreen:
    """No signals and no terminal: the bot inherits the streams, for tests and embedding."""

    @contextmanager
    def entered(self, on_signal: OnSignal) -> Iterator[None]:  # noqa: ARG002  # as Screen has it
        """Report nothing."""
        yield

    @contextmanager
    def streams(self) -> Iterator[Streams]:
        """Inherit all three."""
        yield Streams()

    def bot_gone(self) -> None:
        """Nothing was kept."""

    def suspend(self, child: Running | None) -> None:
        """There is no shell to go back to."""


class UserScreen:
    """The process's own signals and terminal; use it in the main thread, once.

    `notice` prints wagit's lines fittingly to stderr. `lines` gets what the bot writes to a pty.
    """

    def __init__(self, lines: Lines | None = None) -> None:
        self.lines = lines or Lines()
        self.notice = Printer(2, self._at_line_start)
        self._terminal: Terminal | None = None

    @contextmanager
    def entered(self, on_signal: OnSignal) -> Iterator[None]:
        """Handle the signals that stop, suspend or resize, and take the terminal if it is a whole one."""
        with ExitStack() as stack:
            handlers = dict.fromkeys((*STOPS, "SIGTSTP"), on_signal)
            stack.enter_context(handled({**handlers, "SIGWINCH": lambda _: self._resize()}))
            if sys.platform != "win32":
                self._enter_terminal(stack, on_signal)
            yield
            self.bot_gone()

    def _enter_terminal(self, stack: ExitStack, on_signal: OnSignal) -> None:
        from wagit.bots.terminal import Terminal, whole_terminal

        if whole_terminal():
            self._terminal = stack.enter_context(Terminal(on_signal, copy=self.lines.feed))
            self.lines.is_fed = True

    @contextmanager
    def streams(self) -> Iterator[Streams]:
        """A pty in a whole terminal; else the streams as they are, so that nothing comes between."""
        if self._terminal is None:
            yield Streams(null_stdin=_is_background_terminal(0))
            return
        pty = self._terminal.open_pty()
        try:
            yield Streams(pty.path, stderr_too=os.isatty(2))
        except BaseException:
            self._terminal.abandon(pty)
            raise
        self._terminal.attach(pty)

    def bot_gone(self) -> None:
        """Show what the bot wrote last, and close its pty."""
        if self._terminal is not None:
            self._terminal.detach()

    def suspend(self, child: Running | None) -> None:
        """Stop the bot's group and ourselves as the shell's Ctrl-Z does; go on when it continues us."""
        if child is not None:
            child.pause()
        with ExitStack() as stack:
            if self._terminal is not None:
                stack.enter_context(self._terminal.lent())
            _stop_ourselves()
        if child is not None:
            child.resume()

    def _resize(self) -> None:
        if self._terminal is not None:
            self._terminal.resize()

    def _at_line_start(self) -> bool:
        return self._terminal is None or self._terminal.at_line_start()


def _is_background_terminal(descriptor: int) -> bool:
    if sys.platform == "win32" or not os.isatty(descriptor):
        return False
    from wagit.bots.terminal import in_foreground

    return not in_foreground(descriptor)


def _stop_ourselves() -> None:
    """Stop our whole group; returns when continued, or at once where no shell could continue us."""
    if sys.platform == "win32":
        return
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    try:
        for pid in others_in_group(os.getpgrp()):  # `make run`: the shell must see all of its job stopped
            with suppress(OSError):
                os.kill(pid, signal.SIGTSTP)
        # To this thread, so that it does not go on before the signal has arrived.
        signal.pthread_kill(threading.get_ident(), signal.SIGTSTP)
    finally:
        signal.signal(signal.SIGTSTP, handler)
