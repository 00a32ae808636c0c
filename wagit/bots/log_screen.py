"""What a supervisor has in the place of a terminal when it runs in the background: a log."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wagit.bots.child import Running, Streams
from wagit.bots.lines import Lines
from wagit.bots.log_rotation import RotatingLog
from wagit.bots.printer import PREFIX
from wagit.bots.screen import STOPS, OnSignal
from wagit.core.clock import Clock, SystemClock, rfc3339
from wagit.core.signals import handled

_CHUNK = 1 << 16
_QUIET = 0.05  # seconds without output after which a bot that has ended has nothing left to say
_ENDS = str.maketrans({"\n": " ", "\r": " "})


class LogScreen:
    """Signals as a terminal has them, and the bot's output in `log`, byte for byte, wagit's lines between.

    `started` is called once signals are heard. What the bot writes is fed to `lines`, too.
    """

    def __init__(
        self,
        log: RotatingLog,
        started: Callable[[], None] = lambda: None,
        lines: Lines | None = None,
        clock: Clock = SystemClock(),  # noqa: B008 - has no state
    ) -> None:
        self.lines = lines or Lines()
        self.lines.is_fed = True
        self._log = log
        self._started = started
        self._clock = clock
        self._output: _Output | None = None

    def notice(self, text: str) -> None:
        """Write one line of wagit's own, with the time."""
        start = "" if self._log.last == b"\n" else "\n"
        line = f"{start}{PREFIX}{rfc3339(self._clock.now())} {text.translate(_ENDS)}\n"
        self._log.write(line.encode(errors="backslashreplace"))

    @contextmanager
    def entered(self, on_signal: OnSignal) -> Iterator[None]:
        """Handle the signals that stop."""
        with handled(dict.fromkeys(STOPS, on_signal)):
            self._started()
            yield
            self.bot_gone()

    @contextmanager
    def streams(self) -> Iterator[Streams]:
        """Nothing to read, and a pipe for both outputs."""
        reading, writing = os.pipe()
        try:
            yield Streams(output=writing, errors=writing)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)  # the bot's copies alone keep it open
        self._output = _Output(reading, self._take)

    def bot_gone(self) -> None:
        """Log what the bot wrote last."""
        output, self._output = self._output, None
        if output is not None:
            output.finish()

    def write(self, slot: str, stream: int, line: bytes) -> None:
        """Log a line that one of many bots wrote, behind its slot."""
        del stream
        self._log.write(f"{slot} | ".encode() + line)

    def suspend(self, child: Running | None) -> None:
        """There is no shell to go back to."""

    def _take(self, chunk: bytes) -> None:
        self._log.write(chunk)
        self.lines.feed(chunk)


class _Output:
    """Reads one bot's pipe until the bot and all its heirs have closed it."""

    def __init__(self, reading: int, take: Callable[[bytes], None]) -> None:
        self._reading = reading
        self._take = take
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._read, name="bot's output", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Return once what was written before this call is taken."""
        os.write(self._woken, b"x")
        self._thread.join()
        for descriptor in (self._reading, self._wake, self._woken):
            os.close(descriptor)

    def _read(self) -> None:
        watched = [self._reading, self._wake]
        while True:
            ready, _, _ = select.select(watched, [], [], None if len(watched) == 2 else _QUIET)
            if self._wake in ready:
                watched = [self._reading]
            elif not ready:
                return
            if self._reading in ready:
                chunk = os.read(self._reading, _CHUNK)
                if not chunk:
                    return
                self._take(chunk)
