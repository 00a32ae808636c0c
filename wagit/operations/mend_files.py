"""Take damaged files from snapshots; the check that follows tells whether they belong to the rest."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.integrity.baileys_check_creds import NAME
from wagit.integrity.findings import Finding
from wagit.integrity.identity import Identity, login_name, read_baileys
from wagit.slots import records
from wagit.slots.records import SlotRecord
from wagit.snapshots import manifest as manifests
from wagit.snapshots import objects
from wagit.snapshots.manifest import DamagedSnapshot, Entry, Header, Manifest, NoSuchSnapshot


class CannotMend(WagitError):
    """What is wrong with a slot's data cannot be mended in it: another one has to take its place."""

    code = "cannot-mend"
    exit_status = 12


class Applied(NamedTuple):
    """In words, what was done to the copy and what is lost nevertheless."""

    done: tuple[str, ...]
    lost: tuple[str, ...]


def take_files(store: Store, slot: str, copy: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Write files of a copy anew from the newest clean snapshot that has each. Raises CannotMend, OSError.

    That is the same file where it never changes once it is written, as tables of a LevelDB and blobs, and
    where it has not changed since. A `CURRENT` names the only MANIFEST there is.
    """
    known = [(identifier, _manifest(store, slot, identifier)) for identifier, _ in _clean(store, slot)]
    snapshots = [(identifier, wanted) for identifier, wanted in known if wanted is not None]
    paths = tuple(dict.fromkeys(paths))
    tables = tuple(_take(store, snapshots, copy, path) for path in paths if not _is_current(path))
    return (*tables, *(_write_current(copy, path) for path in paths if _is_current(path)))


def _take(store: Store, snapshots: Sequence[tuple[str, Manifest]], copy: str, path: str) -> str:
    target = os.path.join(copy, path)
    for identifier, wanted in snapshots:
        entry = _entry(wanted, path)
        if entry is None:
            continue
        _make_room(target)
        with contextlib.suppress(DamagedSnapshot):
            objects.copy_out(store, entry.digest, target, entry.mode)
            return f"took {path} from snapshot {identifier}"
    raise CannotMend(f"no snapshot has {path} whole")


def _is_current(path: str) -> bool:
    return os.path.basename(path) == "CURRENT"


def _write_current(copy: str, path: str) -> str:
    """Have a LevelDB's `CURRENT` name its MANIFEST (db/filename.cc, SetCurrentFile)."""
    directory = os.path.dirname(os.path.join(copy, path))
    names = [name for name in os.listdir(directory) if name.startswith("MANIFEST-")]
    if len(names) != 1:
        raise CannotMend(f"{path}: which MANIFEST it should name is not known")
    _write(os.path.join(copy, path), f"{names[0]}\n".encode())
    return f"wrote {path} anew"


def _make_room(path: str) -> None:
    """Have nothing at a path in a directory that is there."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _clean(store: Store, slot: str) -> Iterator[tuple[str, Header]]:
    """The slot's clean snapshots, newest first."""
    return (item for item in manifests.listing(store, slot).snapshots if item[1].tag == "clean")


def _entry(wanted: Manifest, path: str) -> Entry | None:
    return next((entry for entry in wanted.entries if entry.path == path and entry.kind == "file"), None)


def rebuild_baileys(store: Store, slot: str, copy: str, findings: Sequence[Finding]) -> Applied:
    """Take files of a Baileys folder from snapshots that agree with what is left of it. Raises CannotMend."""
    from wagit.integrity.baileys_rebuild import Source, rebuild

    login = None if any(found.file == NAME for found in findings) else read_baileys(copy).identity
    sources = [
        Source(identifier, header.number, _reader(store, slot, identifier))
        for identifier, header in _clean(store, slot)
        if _is_of(header, records.read_record(store, slot), login)
    ]
    plan = rebuild(copy, findings, sources)
    if plan.reason:
        raise CannotMend(plan.reason)
    for path, content in plan.writes.items():
        _write(os.path.join(copy, path), content)
    for path in plan.drops:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(copy, path))
    done = [
        f"took {path} from snapshot {plan.taken[path]}" if path in plan.taken else f"wrote {path} anew"
        for path in plan.writes
    ]
    return Applied((*done, *(f"dropped {path}" for path in plan.drops)), plan.lost)


def _is_of(header: Header, record: SlotRecord, login: Identity | None) -> bool:
    """Whether a snapshot may be of the login, which the record knows where the data does not tell it."""
    other = login_name(header.account, header.device)
    mine = login_name(*login) if login is not None else login_name(record.account, record.device)
    return other is None or (other != record.removed and mine in (None, other))


def _write(path: str, content: bytes) -> None:
    """Write a file of the copy, in place of whatever has its name."""
    _make_room(path)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _reader(store: Store, slot: str, identifier: str) -> Callable[[str], bytes | None]:
    """What reads a snapshot's files; one that is damaged has none."""
    known: list[Manifest | None] = []

    def read(path: str) -> bytes | None:
        if not known:
            known.append(_manifest(store, slot, identifier))
        entry = _entry(known[0], path) if known[0] is not None else None
        with contextlib.suppress(DamagedSnapshot, OSError):
            return objects.content(store, entry.digest, path) if entry is not None else None
        return None

    return read


def _manifest(store: Store, slot: str, identifier: str) -> Manifest | None:
    try:
        return manifests.read(store, slot, identifier)
    except (DamagedSnapshot, NoSuchSnapshot, OSError):
        return None
