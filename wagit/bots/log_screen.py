"""What a supervisor has in the place of a terminal when it runs in the background: a log."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wagit.bots.child import Running, Streams
from wagit.bots.lines import Lines
from wagit.bots.log_rotation import RotatingLog
from wagit.bots.output_reader import OutputReader
from wagit.bots.printer import PREFIX
from wagit.bots.screen import STOPS, OnSignal
from wagit.core.clock import Clock, SystemClock, rfc3339
from wagit.core.signals import handled

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
        self._reading = -1
        self._output: OutputReader | None = None

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
        self._reading, self._output = reading, OutputReader(reading, self._take)

    def bot_gone(self) -> None:
        """Log what the bot wrote last."""
        output, self._output = self._output, None
        if output is not None:
            output.finish()
            os.close(self._reading)

    def write(self, slot: str, stream: int, line: bytes) -> None:
        """Log a line that one of many bots wrote, behind its slot."""
        del stream
        self._log.write(f"{slot} | ".encode() + line)

    def suspend(self, child: Running | None) -> None:
        """There is no shell to go back to."""

    def _take(self, chunk: bytes) -> None:
        self._log.write(chunk)
        self.lines.feed(chunk)
