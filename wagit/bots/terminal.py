"""The user's terminal while a bot runs in it: raw on our side, a pty of its own for each bot."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import NamedTuple

from wagit.bots.output_reader import OutputReader

_CHUNK = 65536


class Pty(NamedTuple):
    """A pty for one bot: our end, and the path and a descriptor of the bot's."""

    master: int
    slave: int
    path: str


def whole_terminal(stdin: int = 0, stdout: int = 1) -> bool:
    """Whether input and output are a terminal whose foreground is ours; only then is a pty of use."""
    return os.isatty(stdin) and os.isatty(stdout) and in_foreground(stdin)


def in_foreground(descriptor: int) -> bool:
    """Whether the terminal's foreground group is ours: a shell's background job must not touch it."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


class Terminal:
    """Raw mode for as long as it is entered, restored in every path but SIGKILL.

    Keys go to the pty that is attached, except those that ask for wagit: the interrupt and quit
    characters always (`on_signal(SIGINT)` and SIGQUIT), the suspend character unless the bot reads keys
    raw itself. What the bot writes reaches the terminal byte for byte, and `copy` after it.
    """

    def __init__(
        self,
        on_signal: Callable[[int], None],
        stdin: int = 0,
        stdout: int = 1,
        copy: Callable[[bytes], None] | None = None,
    ) -> None:
        self._on_signal = on_signal
        self._stdin = stdin
        self._stdout = stdout
        self._copy_to = copy
        self._saved = termios.tcgetattr(stdin)
        self._pty: Pty | None = None
        self._output: OutputReader | None = None
        self._attached = threading.Lock()  # no key may be written to a descriptor that is being closed
        self._wake, self._woken = os.pipe()
        self._keys = threading.Thread(target=self._read_keys, name="keys", daemon=True)

    def __enter__(self) -> Terminal:
        self._make_raw()
        self._keys.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.detach()
        os.write(self._woken, b"x")
        self._keys.join()
        self._restore()
        os.close(self._wake)
        os.close(self._woken)

    def open_pty(self) -> Pty:
        """Make a pty with this terminal's modes and size; `attach` it once the bot has it."""
        master, slave = os.openpty()
        os.set_blocking(master, False)  # a bot that reads no keys must not keep us from seeing Ctrl-C
        termios.tcsetattr(slave, termios.TCSANOW, self._saved)
        pty = Pty(master, slave, os.ttyname(slave))
        self._copy_size(master)
        return pty

    def attach(self, pty: Pty) -> None:
        """Let keys and output flow between the terminal and the bot."""
        os.close(pty.slave)  # the bot's copies alone keep it open, so that their end is our end of file
        self._output = OutputReader(pty.master, self._show)
        self._pty = pty

    def abandon(self, pty: Pty) -> None:
        """Close a pty whose bot did not start."""
        os.close(pty.slave)
        os.close(pty.master)

    def detach(self) -> None:
        """Show what the bot wrote last, then close its pty."""
        if self._pty is None or self._output is None:
            return
        with self._attached:
            pty, self._pty = self._pty, None
        self._output.finish()
        os.close(pty.master)

    def at_line_start(self) -> bool:
        """Whether the last output ended a line."""
        return self._output is None or self._output.last in (b"", b"\n")

    def resize(self) -> None:
        """Hand the terminal's size on; the kernel then sends the bot SIGWINCH."""
        if self._pty is not None:
            self._copy_size(self._pty.master)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Give the terminal back as it was, for instance while wagit is suspended."""
        self._restore()
        try:
            yield
        finally:
            self._saved = termios.tcgetattr(self._stdin)
            self._make_raw()
            self.resize()

    def _make_raw(self) -> None:
        tty.setraw(self._stdin, termios.TCSANOW)

    def _restore(self) -> None:
        with suppress(termios.error):  # the terminal may have gone
            termios.tcsetattr(self._stdin, termios.TCSANOW, self._saved)

    def _copy_size(self, master: int) -> None:
        try:
            size = fcntl.ioctl(self._stdin, termios.TIOCGWINSZ, b"\0" * 8)
            fcntl.ioctl(master, termios.TIOCSWINSZ, size)
        except OSError:
            pass

    def _read_keys(self) -> None:
        while True:
            ready, _, _ = select.select([self._stdin, self._wake], [], [])
            if self._wake in ready:
                return
            try:
                keys = os.read(self._stdin, _CHUNK)
            except OSError:
                keys = b""
            if not keys:
                return  # the terminal has gone, and SIGHUP tells so
            self._forward(keys)

    def _forward(self, keys: bytes) -> None:
        taken = self._taken()
        plain = bytearray()
        for key in keys:
            if key in taken:
                self._on_signal(taken[key])
            else:
                plain.append(key)
        with self._attached:
            try:
                while self._pty is not None and plain:
                    del plain[: os.write(self._pty.master, plain)]
            except OSError:
                pass  # the bot has just ended, or reads none of its keys

    def _show(self, output: bytes) -> None:
        left = output
        try:
            while left:
                left = left[os.write(self._stdout, left) :]
        except OSError:
            pass  # the terminal has gone; the bot must not block on it
        if self._copy_to is not None:
            self._copy_to(output)

    def _taken(self) -> dict[int, int]:
        """The keys that are ours now; NUL in the place of a key switches it off, see termios(3)."""
        keys = {
            self._saved[6][termios.VINTR]: signal.SIGINT,
            self._saved[6][termios.VQUIT]: signal.SIGQUIT,
        }
        if not self._bot_is_raw():
            keys[self._saved[6][termios.VSUSP]] = signal.SIGTSTP
        return {key[0]: number for key, number in keys.items() if key != b"\0"}

    def _bot_is_raw(self) -> bool:
        pty = self._pty
        try:
            return pty is not None and not termios.tcgetattr(pty.master)[3] & termios.ISIG
        except (termios.error, OSError):
            return False
