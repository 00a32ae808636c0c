"""Packs: objects one after the other, zstd, padded, sealed for the recipients."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from wagit.core.opening import open_to_read
from wagit.core.store import Store
from wagit.snapshots import objects as stored
from wagit.team import sealing, zstd
from wagit.team.index import HostileSession
from wagit.team.keys import Keys
from wagit.team.remote import Blob, Moved
from wagit.team.settings import MOST, Recipient
from wagit.team.unpacking import Cutting

PACK = 32 << 20  # bytes of objects in one pack, unless one object alone is larger
_READ = 1 << 20  # bytes read at a time


class Packed(NamedTuple):
    """A pack that lies at `path`: its blob, and offset and size of each object in it, by BLAKE3."""

    blob: Blob
    path: str
    objects: Mapping[str, tuple[int, int]]


def pack(
    store: Store,
    objects: Mapping[str, int],
    recipients: Sequence[Recipient],
    directory: str,
    read: Moved,
) -> Iterator[Packed]:
    """Make packs of a store's `objects` (sizes by BLAKE3) in `directory`, each whole before it is given.

    Those that an earlier call with the same objects and recipients left there are given again, as they are,
    once they were read and found whole: so none needs to wait for the disk. Raises DamagedSnapshot, OSError.
    """
    left = os.listdir(directory)
    for part in _parts(objects):
        prefix = f"{_plan(part, recipients)}."
        blob = _finished(directory, [name for name in left if name.startswith(prefix)])
        if blob is None:
            pieces = zstd.compressed(_contents(store, part, read))
            blob = sealing.seal_file(pieces, recipients, directory, prefix, durable=False)
        else:
            read(sum(part.values()))
        yield Packed(blob, os.path.join(directory, prefix + blob.name), _places(part))


def unpack(
    path: str, wanted: Mapping[str, tuple[int, int]], keys: Keys, directory: str
) -> Iterable[tuple[str, str]]:
    """Write the `wanted` objects (offset and size by BLAKE3) of a pack to files in `directory`, checked.

    Gives digest and path of each. Raises CannotDecrypt, BlobDamaged, HostileSession, OSError. Reads nothing
    of a pack that goes on behind the last object wanted but what tells whether it is whole.
    """
    if sum(size for _, size in wanted.values()) > MOST:
        raise HostileSession(
            f"a pack of the team's remote has more than {MOST >> 30} GB",
            "look at who pushed it: wagit team ls",
        )
    with Cutting(wanted, directory, os.path.basename(path)) as cutting:
        sealing.unseal_file(path, keys, cutting)
        return cutting.finished()


def _parts(objects: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """What goes into each pack, the same whenever the objects are the same."""
    part: dict[str, int] = {}
    total = 0
    for digest, size in objects.items():
        if part and total + size > PACK:
            yield part
            part, total = {}, 0
        part[digest] = size
        total += size
    if part:
        yield part


def _plan(part: Mapping[str, int], recipients: Sequence[Recipient]) -> str:
    """A digest of what a pack has, and for whom: 32 hex digits."""
    lines = [*part, "", *sorted(one.key for one in recipients)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


def _places(part: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    places, offset = {}, 0
    for digest, size in part.items():
        places[digest] = (offset, size)
        offset += size
    return places


def _finished(directory: str, names: Sequence[str]) -> Blob | None:
    """The pack that lies there already, read to see that it is whole."""
    for name in names:
        path = os.path.join(directory, name)
        if sealing.name_of(path) == name[-64:]:
            return Blob(name[-64:], os.stat(path).st_size)
    return None


def _contents(store: Store, part: Mapping[str, int], read: Moved) -> Iterator[bytes]:
    """The objects' bytes, each checked before the last of them is given. Raises DamagedSnapshot."""
    from blake3 import blake3

    for digest, size in part.items():
        hashed, found = blake3(), 0
        for piece in _pieces(store, digest):
            hashed.update(piece)
            found += len(piece)
            if found >= size and (found > size or hashed.hexdigest() != digest):
                raise stored.damaged(store, digest, digest)
            yield piece
            read(len(piece))
        if found != size:
            raise stored.damaged(store, digest, digest)


def _pieces(store: Store, digest: str) -> Iterator[bytes]:
    if stored.size_of(store, digest) is None:
        raise stored.missing(store, digest, digest)
    try:
        with open(open_to_read(stored.path_of(store, digest)), "rb", buffering=0) as file:
            while piece := file.read(_READ):
                yield piece
    except OSError as error:
        raise stored.unreadable(store, digest, digest, error) from error
