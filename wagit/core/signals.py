"""Handle signals for a while."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

HEARD_WITHIN = 1.0
"""Seconds that the main thread sleeps at the most: a signal that another thread gets does not wake it."""


@contextmanager
def handled(
    handlers: Mapping[str, Callable[[int], object]], *, always: Collection[str] = ()
) -> Iterator[None]:
    """Within it each named signal calls its handler with its number; afterwards all is as before.

    A signal that is ignored stays so, as nohup and shells want it, unless it is in `always`; one that this
    system does not have is passed over. Python allows it in the main thread only.
    """
    before = handle(handlers, always=always)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def handle(
    handlers: Mapping[str, Callable[[int], object]], *, always: Collection[str] = ()
) -> dict[int, Any]:
    """Like `handled`, until told otherwise; return what each number did before."""
    before: dict[int, Any] = {}
    for name, handler in handlers.items():
        number = getattr(signal, name, None)
        if number is not None and (name in always or signal.getsignal(number) is not signal.SIG_IGN):
            before[number] = signal.signal(number, _calling(handler))
    return before


def ignore(names: Collection[str]) -> None:
    """Let none of these replace this process' exit status, which is settled, while the interpreter ends.

    A handler would not do: the interpreter takes those away first (CPython, `_PySignal_Fini`).
    """
    for number in (getattr(signal, name, None) for name in names):
        if number is not None:
            signal.signal(number, signal.SIG_IGN)


def _calling(handler: Callable[[int], object]) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, _: FrameType | None) -> None:
        handler(number)

    return handle
