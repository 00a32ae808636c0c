"""Packs: objects one after the other, zstd, padded, sealed for the recipients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from wagit.core.store import Store
from wagit.team.keys import Keys
from wagit.team.remote import Blob, Moved
from wagit.team.settings import Recipient

PACK = 32 << 20  # bytes of objects in one pack, unless one object alone is larger


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
    """Make packs of a store's `objects` (sizes by BLAKE3) in `directory`, each durable before it is given.

    Those that an earlier call with the same objects and recipients left there are given again, as they are.
    Raises DamagedSnapshot, OSError.
    """
    raise NotImplementedError(store, objects, recipients, directory, read)


def unpack(
    path: str, wanted: Mapping[str, tuple[int, int]], keys: Keys, directory: str
) -> Iterable[tuple[str, str]]:
    """Write the `wanted` objects (offset and size by BLAKE3) of a pack to files in `directory`, checked.

    Gives digest and path of each. Raises CannotDecrypt, BlobDamaged, HostileSession, OSError.
    """
    raise NotImplementedError(path, wanted, keys, directory)
