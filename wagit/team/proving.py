"""Prove that a remote has conditional writes: of two writers at the same time one has to be refused."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from wagit.team.remote import NoConditionalWrites, Overtaken, Remote


def prove(remote: Remote) -> None:
    """Let two make the first head of a space that nobody uses, then two replace it; leave nothing there.

    Raises NoConditionalWrites, RemoteUnreachable, RemoteRefused.
    """
    space = os.urandom(16).hex()
    try:
        first = _one_wins(remote, space, None)
        _one_wins(remote, space, first)
    finally:
        remote.destroy(space)


def _one_wins(remote: Remote, space: str, after: str | None) -> str:
    won: list[str] = []
    failed: list[Exception] = []

    def write() -> None:
        try:
            won.append(remote.advance(space, os.urandom(32), after).version)
        except Overtaken:
            pass
        except Exception as error:  # raised by who waits
            failed.append(error)

    _both(write)
    if failed:
        raise failed[0]
    head = remote.head(space)
    if len(won) != 1 or head is None or head.version != won[0]:
        raise NoConditionalWrites(
            f"{remote.title} lets two writers overwrite each other",
            "share through a remote that has conditional writes: any git remote does",
        )
    return won[0]


def _both(write: Callable[[], None]) -> None:
    threads = [threading.Thread(target=write, name="prove a remote", daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
