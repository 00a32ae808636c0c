"""Change a head that others change, too: lease and push share it, and neither loses what the other wrote."""

from __future__ import annotations

from collections.abc import Callable

from wagit.team.access import Access, Found, read_head, write_head
from wagit.team.head import Head
from wagit.team.remote import Overtaken, RemoteUnreachable

TRIES = 10  # somebody else got on with each that was overtaken

Decide = Callable[[Head | None], Head | None]
"""The head as it should be, from the one that is there; None to leave it. It may be asked several times."""


def change(access: Access, slot: str, decide: Decide, known: Found | None = None) -> Found | None:
    """Read a head, change it as `decide` says and write it, anew when somebody else was faster.

    One that is `known` is not read first: if it has changed since, that is found out at writing it. Returns
    what is there then. Raises what `decide` raises, Overtaken after `TRIES`, and as `read_head` and
    `write_head`: after RemoteUnreachable it may have been done and not be known.
    """
    found = known or read_head(access, slot)
    for _ in range(TRIES - 1):
        try:
            return _once(access, slot, decide, found)
        except Overtaken:
            found = read_head(access, slot)
    return _once(access, slot, decide, found)


def _once(access: Access, slot: str, decide: Decide, found: Found | None) -> Found | None:
    wanted = decide(found.head if found else None)
    if wanted is None:
        return found
    try:
        return write_head(access, wanted, found.version if found else None)
    except RemoteUnreachable:
        now = read_head(access, slot)
        if now is None or now.head != wanted:
            raise
        return now
