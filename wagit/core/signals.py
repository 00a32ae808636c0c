"""Handle signals for a while."""

from __future__ import annotations

import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType


@contextmanager
def handled(
    handlers: Mapping[str, Callable[[int], object]], *, always: Collection[str] = ()
) -> Iterator[None]:
    """Within it each named signal calls its handler with its number; afterwards all is as before.

    A signal that is ignored stays so, as nohup and shells want it, unless it is in `always`; one that this
    system does not have is passed over. Python allows it in the main thread only.
    """
    before = {}
    for name, handler in handlers.items():
        number = getattr(signal, name, None)
        if number is not None and (name in always or signal.getsignal(number) is not signal.SIG_IGN):
            before[number] = signal.signal(number, _calling(handler))
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _calling(handler: Callable[[int], object]) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, _: FrameType | None) -> None:
        handler(number)

    return handle
