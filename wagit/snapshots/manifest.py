"""Manifests: what a snapshot consists of, as one JSON document in `snapshots/<slot>/<id>.json`.

The id is the first 16 hex digits of the document's BLAKE3, so that a changed byte is found. The first line
has all that a list shows, one further line each entry has. Paths are relative to the slot's data, with `/`;
bytes that are no UTF-8 are kept as Python's `surrogateescape` does.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from typing import Any, Literal, NamedTuple

from wagit.core.atomic import atomic_write, make_directory
from wagit.core.errors import WagitError
from wagit.core.opening import regular
from wagit.core.store import Store

FORMAT = 1
ID_LENGTH = 16  # hex digits
Tag = Literal["clean", "hot"]
Kind = Literal["file", "directory", "link"]
KINDS = frozenset({"file", "directory", "link"})
# What the system says of one place that is spoiled, not of itself.
UNREADABLE = frozenset({errno.EIO, errno.EACCES, errno.EPERM, errno.EISDIR, errno.ELOOP, errno.ENXIO})
_DIGEST = re.compile("[0-9a-f]{64}")
# A file's entry from its kind on; in a path the quotes would be escaped.
_FILE = re.compile(rb'"file", \d+, (\d+), -?\d+, -?\d+, \d+, "([0-9a-f]{64})"\]')


class DamagedSnapshot(WagitError):
    """A manifest or an object is missing, cut or changed."""

    code = "snapshot-damaged"
    exit_status = 12


class NoSuchSnapshot(WagitError):
    """No snapshot of the slot has that id, or is that far back."""

    code = "no-such-snapshot"


class Entry(NamedTuple):
    """One file, directory or link. `digest` is a file's BLAKE3 in hex, a link's target, else empty.

    `mode` has the permission bits; `size` in bytes; times in nanoseconds since the epoch. `inode` is 0
    when the file may have changed in the very tick of the clock in which it was read.
    """

    path: str
    kind: Kind
    mode: int
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    digest: str

    @property
    def state(self) -> tuple[int, int, int, int]:
        """What tells an unchanged file without reading it."""
        return (self.size, self.mtime_ns, self.ctime_ns, self.inode)


class Header(NamedTuple):
    """What is known of a snapshot without its entries. `slot` is the one it lies with now.

    `number` counts up within a slot and orders its snapshots, whatever the clock does; `time` in seconds
    since the epoch. `full` when more than the essential data is in it. `browser` is the version that last
    opened the profile, `backend` how it stores IndexedDB (`leveldb` or `sqlite`). `why` is what it was
    taken for (`asked`, `switch`, `stop`, `timer`, `restore`, `move`, `adopt`, `remove`, …), `message` the
    user's own words. `files` counts the files, `size` is their bytes.
    """

    slot: str
    number: int
    time: float
    tag: Tag
    why: str
    message: str
    full: bool
    driver: str
    generation: int
    branch: str | None
    commit: str | None
    account: str | None
    device: str | None
    browser: str | None
    backend: str | None
    files: int
    size: int


class Manifest(NamedTuple):
    """A snapshot: its id, what is known of it, and its entries in order of path."""

    id: str
    header: Header
    entries: tuple[Entry, ...]


def encode(header: Header, entries: tuple[Entry, ...]) -> bytes:
    """Write a manifest as bytes: the header's line, then a line for each entry."""
    first = f'{{"format": {FORMAT}, "snapshot": {json.dumps(header._asdict())},\n"entries": [\n'
    return (first + ",\n".join(json.dumps(entry) for entry in entries) + "\n]}\n").encode("ascii")


def id_of(document: bytes) -> str:
    """The id that a manifest of these bytes has."""
    from blake3 import blake3

    return str(blake3(document).hexdigest()[:ID_LENGTH])


def write(store: Store, header: Header, entries: tuple[Entry, ...], temporary: str | None = None) -> Manifest:
    """Write a manifest durably, by way of `temporary` (in the store's `tmp/`, else beside it).

    Every object it names must be durable already. Raises OSError.
    """
    document = encode(header, entries)
    make_directory(store.snapshots(header.slot))
    manifest = Manifest(id_of(document), header, entries)
    atomic_write(path_of(store, header.slot, manifest.id), document, 0o400, temporary)
    return manifest


def path_of(store: Store, slot: str, identifier: str) -> str:
    """Where the manifest lies."""
    return os.path.join(store.snapshots(slot), f"{identifier}.json")


def ids(store: Store, slot: str) -> list[str]:
    """The ids of a slot's snapshots, in no particular order."""
    try:
        names = os.listdir(store.snapshots(slot))
    except FileNotFoundError:
        return []
    return [name[:-5] for name in names if len(name) == ID_LENGTH + 5 and name.endswith(".json")]


def read(store: Store, slot: str, identifier: str) -> Manifest:
    """Read one snapshot whole. Raises NoSuchSnapshot, DamagedSnapshot, OSError."""
    document = _document(store, slot, identifier)
    try:
        known = json.loads(document)
        _check_format(known, store, slot, identifier)
        entries = tuple(_checked(Entry(*entry)) for entry in known["entries"])
        return Manifest(identifier, _header(known, slot), entries)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(store, slot, identifier) from error


def read_header(store: Store, slot: str, identifier: str) -> Header:
    """Read what is known of one snapshot; its document is checked. Raises as `read`."""
    document = _document(store, slot, identifier)
    try:
        line = document[: document.index(b"\n")]
        known = json.loads(line.rstrip(b",") + b"}")
        _check_format(known, store, slot, identifier)
        return _header(known, slot)
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(store, slot, identifier) from error


def sizes(store: Store, slot: str, identifier: str) -> dict[str, int]:
    """Bytes of a snapshot's objects by digest, found without parsing the document. Raises as `read`."""
    found = _FILE.finditer(_document(store, slot, identifier))
    return {sys.intern(file[2].decode()): int(file[1]) for file in found}  # most are in others too


class Listing(NamedTuple):
    """A slot's snapshots, newest first, and the ids of manifests that are damaged."""

    snapshots: tuple[tuple[str, Header], ...]
    damaged: tuple[str, ...]


def listing(store: Store, slot: str) -> Listing:
    """Read the headers of all of a slot's snapshots. Raises OSError."""
    found, damaged = [], []
    for identifier in ids(store, slot):
        try:
            found.append((identifier, read_header(store, slot, identifier)))
        except NoSuchSnapshot:
            continue  # pruned since it was listed
        except DamagedSnapshot:
            damaged.append(identifier)
    found.sort(key=lambda item: (item[1].number, item[1].time, item[0]), reverse=True)
    return Listing(tuple(found), tuple(sorted(damaged)))


def _document(store: Store, slot: str, identifier: str) -> bytes:
    try:
        with open(path_of(store, slot, identifier), "rb", opener=regular) as file:
            document = file.read()
    except FileNotFoundError:
        raise NoSuchSnapshot(
            f"slot {slot} has no snapshot {identifier}", f"list them: wagit snapshots ls {slot}"
        ) from None
    except OSError as error:
        if error.errno not in UNREADABLE:
            raise
        raise DamagedSnapshot(
            f"the manifest {path_of(store, slot, identifier)} cannot be read: {error.strerror}",
            f"look at that place; or use another: wagit snapshots ls {slot}",
        ) from error
    if id_of(document) != identifier:
        raise _damaged(store, slot, identifier)
    return document


def _header(known: dict[str, Any], slot: str) -> Header:
    """A snapshot is of the slot it lies with: that may have another name than when it was taken."""
    return Header(**{**known["snapshot"], "slot": slot.partition(os.sep)[0]})


def _check_format(known: dict[str, Any], store: Store, slot: str, identifier: str) -> None:
    if known["format"] != FORMAT:
        raise DamagedSnapshot(
            f"the manifest {path_of(store, slot, identifier)} has format {str(known['format'])[:20]}; "
            f"this wagit reads format {FORMAT}",
            "upgrade wagit: pip install -U wagit-sessions",
        )


def _checked(entry: Entry) -> Entry:
    """Raise ValueError for an entry that would be written anywhere but below its target."""
    if entry.kind not in KINDS or not 0 <= entry.mode <= 0o7777 or "\0" in entry.path + entry.digest:
        raise ValueError(entry)
    if {"", ".", ".."} & set(entry.path.split("/")):
        raise ValueError(entry)
    if entry.kind == "file" and not _DIGEST.fullmatch(entry.digest):
        raise ValueError(entry)
    return entry


def _damaged(store: Store, slot: str, identifier: str) -> DamagedSnapshot:
    return DamagedSnapshot(
        f"the manifest {path_of(store, slot, identifier)} is damaged: it is not what was written",
        f"use another: wagit snapshots ls {slot}; then drop it: wagit snapshots rm {slot} {identifier}",
    )
