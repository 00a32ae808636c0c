"""Show a QR that waits: in the terminal, and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from wagit.operations.joined import Joined


@contextmanager
def attach(joined: Joined) -> Iterator[None]:
    """Show each QR as it comes, until the run ends."""
    del joined
    yield
