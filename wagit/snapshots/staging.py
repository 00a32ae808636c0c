"""Private directories in the store's `tmp/`, each locked by its process; what a killed one left is swept."""

from __future__ import annotations

import contextlib
import os
import shutil
from types import TracebackType

from wagit.core.locks import HeldLock, Locked, acquire
from wagit.core.store import Store

OWNER = "owner"
PATIENCE = 30.0  # seconds


class Staging:
    """A directory that goes when the `with` block ends, or with the next `sweep` after a crash."""

    def __init__(self, store: Store) -> None:
        os.makedirs(store.staging(), mode=0o700, exist_ok=True)
        self.path = os.path.join(store.staging(), f"{os.getpid()}-{os.urandom(6).hex()}")
        self._lock = _make(self.path)
        self._named = 0

    def new_name(self) -> str:
        """A path inside that nothing has yet."""
        self._named += 1
        return os.path.join(self.path, str(self._named))

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        try:
            discard(self.path)
        finally:
            self._lock.release()


def _make(path: str) -> HeldLock:
    while True:
        os.mkdir(path, mode=0o700)
        with contextlib.suppress(FileNotFoundError):  # swept before its lock was there
            try:
                return acquire(os.path.join(path, OWNER), wait=PATIENCE)  # a sweeper looks, then lets go
            except OSError:
                discard(path)
                raise


def sweep(store: Store) -> int:
    """Remove what killed processes left in `tmp/`; return how many directories went."""
    swept = 0
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(store.staging()):
            swept += _sweep(os.path.join(store.staging(), name))
    return swept


def _sweep(path: str) -> bool:
    try:
        with acquire(os.path.join(path, OWNER), wait=0):
            discard(path)
            return True
    except Locked:
        return False  # in use
    except OSError:
        return False  # no directory of ours, or swept by somebody else


def discard(path: str) -> None:
    """Remove a directory and all in it, also where modes forbid writing; what resists stays."""
    _make_writable(path)
    for parent, names, _ in os.walk(path):
        for name in names:  # before the walk looks into it
            _make_writable(os.path.join(parent, name))
    with contextlib.suppress(OSError):  # it raises some, told to ignore them or not
        shutil.rmtree(path, ignore_errors=True)


def _make_writable(directory: str) -> None:
    with contextlib.suppress(OSError):
        if not os.path.islink(directory):
            os.chmod(directory, 0o700)
