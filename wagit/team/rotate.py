"""Move one shared slot to a team's new place: all its sessions packed and sealed anew, under the new secret.

Nothing of the old place is touched. Killed at any point it leaves blobs that no head names, which the next
try finds or replaces: the head of the new place comes last.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from typing import NamedTuple

from wagit.core.atomic import make_directory
from wagit.core.errors import WagitError
from wagit.team import access as accesses
from wagit.team import head_file, index_file, seen, state
from wagit.team.access import Access, Found, read_head, write_head
from wagit.team.head import Head
from wagit.team.head_file import HeadForged
from wagit.team.index import Index
from wagit.team.keys import CannotDecrypt
from wagit.team.pack import pack
from wagit.team.plan import plan, source
from wagit.team.remote import Blob, BlobDamaged
from wagit.team.settings import sealed_for
from wagit.team.transfer import Bars, counting, read_index


class MovedOn(WagitError):
    """The new place has a session that the old one does not know: nothing is overwritten."""

    code = "team-moved-on"


class Places(NamedTuple):
    """What lies at a team's old place: slots that can be read, and how many that cannot."""

    slots: tuple[str, ...]
    unreadable: int


def places(old: Access) -> Places:
    """Look through the old place. Raises RemoteUnreachable, RemoteRefused."""
    slots, unreadable = [], 0
    for space in old.remote.spaces():
        mark = old.remote.head(space)
        if mark is None:
            continue
        try:
            head = head_file.decode(mark.data, old.team, old.keys, None)
        except (CannotDecrypt, HeadForged, BlobDamaged):
            unreadable += 1
            continue
        if old.team.space(head.slot) == space:
            slots.append(head.slot)
        else:
            unreadable += 1
    return Places(tuple(sorted(slots)), unreadable)


def require_newest(old: Access, slots: Iterable[str]) -> None:
    """Raise RolledBack when the old place has an older session of a slot than was seen there, or none.

    A head that is there and cannot be read is for `Places.unreadable`. Raises as `Remote.head`, too.
    """
    for slot in slots:
        known = seen.read(old.store, old.team, slot)
        if known.pushed is None:
            continue
        try:
            found = read_head(old, slot)
        except (CannotDecrypt, HeadForged, BlobDamaged):
            continue
        seen.check(known, slot, found.head if found is not None else None, old.remote.title)


def move(old: Access, new: Access, secret: str, slot: str, bars: Bars) -> int:
    """Copy a slot's sessions to the new place, unless they are there; how many bytes went.

    The lease at the old place has to be ours. Raises MovedOn, CannotDecrypt, HeadForged, BlobGone,
    BlobDamaged, HostileSession, DamagedSnapshot, RemoteUnreachable, RemoteRefused, Overtaken, OSError.
    """
    found, there = read_head(old, slot), read_head(new, slot)
    if found is None or found.head.current is None or found.head.pushed is None:
        return 0
    if there is not None and there.head.pushed is not None:
        if there.head.pushed == found.head.pushed:
            return 0
        if there.head.lease is not None or there.head.pushed.number >= found.head.pushed.number:
            raise MovedOn(
                f"slot {slot} was pushed both before and after the team was rotated",
                f"what was pushed before is still where it was; the newest is with: wagit team pull {slot}",
            )
    directory = _scratch(old, slot)
    blob, files = _packed(old, secret, slot, found.head, directory, bars)
    total = sum(one.size for one in files)
    with bars(f"sending {slot}") as progress:
        new.remote.put(new.team.space(slot), files, counting(progress, total))
    head = Head(slot, secret, found.head.fence, None, blob, found.head.pushed)
    write_head(new, head, there.version if there is not None else None)
    shutil.rmtree(directory, ignore_errors=True)
    return total


def note(old: Access, new: Access, slot: str) -> Found | None:
    """Keep that this machine's slot is based on what now lies at the new place. Raises OSError, Locked."""
    found = read_head(new, slot)
    if found is None or found.head.pushed is None or found.head.current is None:
        return found
    pushed, name = found.head.pushed, found.head.current.name
    base = state.read(new.store, slot).base
    if base is not None and base.number == pushed.number:
        seen.based_on(new.store, slot, pushed, name)
    before = seen.read(new.store, old.team, slot)
    seen.update(new.store, new.team, slot, lambda _: before._replace(place=new.team.place, pushed=pushed))
    return found


def _packed(
    old: Access, secret: str, slot: str, head: Head, directory: str, bars: Bars
) -> tuple[Blob, dict[Blob, str]]:
    """All packs and the index, in `directory`: the index's blob, and the path of each blob."""
    assert head.current is not None
    space, recipients = old.team.space(slot), old.team.recipients
    index = read_index(old, slot, head.current, directory)
    newest, rest = index.sessions[0], index._replace(sessions=index.sessions[1:])
    planned = plan(old, rest, old.remote.blobs(space), newest.entries, anew=True)
    with bars(f"packing {slot}") as progress:
        read = counting(progress, sum(planned.lacking.values()))
        store = source(old, space, planned, directory)
        packs = list(pack(store, planned.lacking, recipients, directory, read))
    sessions = (newest, *planned.sessions)
    made = Index(slot, secret, sessions, *planned.with_packs(packs), sealed_for(recipients))
    blob = index_file.write(made, recipients, directory)
    return blob, {**{one.blob: one.path for one in packs}, blob: os.path.join(directory, blob.name)}


def _scratch(old: Access, slot: str) -> str:
    """Scratch space; packs that an earlier try left there are found again."""
    directory = os.path.join(accesses.directory(old.store), "rotating", slot)
    make_directory(directory)
    return directory
