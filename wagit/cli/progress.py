"""A bar on stderr for what takes longer than a moment: bytes, rate, time left; gone when it is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from wagit.core.clock import Clock, SystemClock

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

PATIENCE = 0.5  # seconds in which nothing is shown: what is done by then needs no bar


def silent(done: int, total: int) -> None:
    """Show nothing."""


class Bar:
    """Takes bytes done and in all, from any thread; shows them once PATIENCE is over.

    rich is not even imported before. A terminal that cannot move its cursor is left alone.
    """

    def __init__(self, title: str, console: Callable[[], Console], clock: Clock | None = None) -> None:
        self._title = title
        self._console = console
        self._clock = clock or SystemClock()
        self._since = self._clock.monotonic()
        self._lock = threading.Lock()
        self._shown: tuple[Progress, TaskID] | None = None

    def __call__(self, done: int, total: int) -> None:
        """Show how far it is; the first call after PATIENCE draws the bar."""
        with self._lock:
            if self._shown is None and self._clock.monotonic() - self._since >= PATIENCE:
                self._shown = self._draw()
            if self._shown is not None:
                progress, task = self._shown
                progress.update(task, completed=done, total=total)

    def _draw(self) -> tuple[Progress, TaskID]:
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        console = self._console()
        progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=not console.is_interactive,
            get_time=self._clock.monotonic,
        )
        task = progress.add_task(self._title, total=None)
        progress.start()
        return progress, task

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        with self._lock:
            if self._shown is not None and not self._shown[0].disable:
                self._shown[0].stop()
