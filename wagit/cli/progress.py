"""A bar on stderr for what takes longer than a moment: bytes, rate, time left; gone when it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from wagit.cli.render import bytes_text
from wagit.core.clock import Clock, SystemClock

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

PATIENCE = 0.5  # seconds in which nothing is shown: what is done by then needs no bar


class Timer(Protocol):
    """What the bar asks of `threading.Timer`."""

    def start(self) -> None:
        """Begin to wait."""

    def cancel(self) -> None:
        """Never mind."""


def _timer(seconds: float, act: Callable[[], None]) -> Timer:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    return timer


def silent(done: int, total: int) -> None:
    """Show nothing."""


class Bar:
    """Takes bytes done and in all, from any thread; shows them once PATIENCE is over, not before.

    rich is not even imported before. A terminal that cannot move its cursor is left alone.
    """

    def __init__(
        self,
        title: str,
        console: Callable[[], Console],
        timer: Callable[[float, Callable[[], None]], Timer] = _timer,
        clock: Clock | None = None,
    ) -> None:
        self._title = title
        self._console = console
        self._timer = timer(PATIENCE, self._show)
        self._clock = clock or SystemClock()
        self._since = self._clock.monotonic()
        self._lock = threading.Lock()
        self._done, self._total = 0, 0
        self._shown: tuple[Progress, TaskID] | None = None
        self._ended = False

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is."""
        with self._lock:
            self._done, self._total = done, total
            self._update()

    def _show(self) -> None:
        with self._lock:
            if not self._ended:
                self._shown = self._draw()
                self._update()

    def _update(self) -> None:
        if self._shown is not None:
            progress, task = self._shown
            progress.update(task, completed=self._done, total=self._total or None, pace=self._pace())

    def _pace(self) -> str:
        """Rate and time left. Over all the time: bytes come a file at a time, seldom and unevenly."""
        seconds = self._clock.monotonic() - self._since
        if not self._done or seconds <= 0:
            return ""
        left = round(max(0, self._total - self._done) * seconds / self._done)
        return f"{bytes_text(round(self._done / seconds))}/s, {left // 60}:{left % 60:02} left"

    def _draw(self) -> tuple[Progress, TaskID]:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        console = self._console()
        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TextColumn("{task.fields[pace]}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_interactive,
        )
        task = progress.add_task(self._title, total=self._total or None, pace="")
        progress.start()
        return progress, task

    def __enter__(self) -> Bar:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            self._ended = True
            if self._shown is not None and not self._shown[0].disable:
                self._shown[0].stop()
