"""What mending does to a copy of a slot's data: cut torn logs, drop dead locks, rebuild files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from wagit.core.atomic import fsync_directory, named
from wagit.core.copying import hash_of
from wagit.core.errors import WagitError
from wagit.core.opening import open_to_read, regular
from wagit.core.store import Store
from wagit.integrity.findings import Finding
from wagit.snapshots import manifest as manifests
from wagit.snapshots import objects
from wagit.snapshots.manifest import DamagedSnapshot, Manifest, NoSuchSnapshot

LOCKS = ("SingletonLock", "SingletonCookie", "SingletonSocket")  # chrome/browser/process_singleton_posix.cc


class CannotMend(WagitError):
    """What is wrong with a slot's data cannot be mended in it: another one has to take its place."""

    code = "cannot-mend"
    exit_status = 12


class Applied(NamedTuple):
    """In words, what was done to the copy and what is lost nevertheless."""

    done: tuple[str, ...]
    lost: tuple[str, ...]


def refuse_hopeless(findings: Iterable[Finding]) -> None:
    """Raise CannotMend for the first finding that only a snapshot helps against."""
    for found in findings:
        if found.severity != "warning" and found.mend not in ("cut", "drop", "rebuild"):
            raise CannotMend(f"{found.file}: {found.what}")


def is_stale_lock(found: Finding) -> bool:
    """Whether a finding is a `Singleton*` that a dead browser left."""
    return found.mend == "drop" and os.path.basename(found.file) in LOCKS


def drop_stale(data: str, due: Iterable[Finding]) -> tuple[str, ...]:
    """Remove dead locks, one step each; tell which. Raises OSError."""
    dropped = []
    for found in due:
        path = os.path.join(data, found.file)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
            fsync_directory(os.path.dirname(path))
            dropped.append(f"dropped {found.file}")
    return tuple(dropped)


def apply(store: Store, slot: str, copy: str, due: Sequence[Finding]) -> Applied:
    """Mend a copy of the slot's data. Not durable yet. Raises CannotMend, OSError."""
    locks = [found for found in due if is_stale_lock(found)]
    drop_stale(copy, locks)  # where the driver lets them be copied
    done = [_cut(copy, found) for found in due if found.mend == "cut"]
    done += [f"dropped {found.file}" for found in locks]
    rest = [found for found in due if found.mend in ("rebuild", "drop") and not is_stale_lock(found)]
    if not rest:
        return Applied(tuple(done), ())
    rebuilt = _rebuild(store, slot, copy, rest)
    return Applied((*done, *rebuilt.done), rebuilt.lost)


def _cut(copy: str, found: Finding) -> str:
    """Truncate a log behind its last whole record."""
    path = os.path.join(copy, found.file)
    if found.offset is None:
        raise CannotMend(f"{found.file}: where to cut it is not known")
    descriptor = regular(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        with named(path):
            size = os.fstat(descriptor).st_size
            if found.offset > size:
                raise CannotMend(f"{found.file} is shorter than when it was read")
            os.ftruncate(descriptor, found.offset)
    finally:
        os.close(descriptor)
    return f"cut {size - found.offset} bytes of a torn write off {found.file}"


def _rebuild(store: Store, slot: str, copy: str, findings: Sequence[Finding]) -> Applied:
    """Take files of a Baileys folder from snapshots that agree with what is left of it."""
    from wagit.integrity.baileys_rebuild import Source, rebuild

    found = []
    for identifier, header in manifests.listing(store, slot).snapshots:
        if header.tag == "clean":
            found.append(Source(identifier, header.number, _reader(store, slot, identifier)))
    plan = rebuild(copy, findings, found)
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


def _write(path: str, content: bytes) -> None:
    """Write a file of the copy, in place of whatever has its name."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _reader(store: Store, slot: str, identifier: str) -> Callable[[str], bytes | None]:
    """What reads a snapshot's files; one that is damaged has none."""
    known: list[Manifest | None] = []

    def read(path: str) -> bytes | None:
        if not known:
            known.append(_manifest(store, slot, identifier))
        wanted = known[0]
        entry = (
            next((e for e in wanted.entries if e.path == path and e.kind == "file"), None) if wanted else None
        )
        return _content(objects.path_of(store, entry.digest), entry.digest) if entry is not None else None

    return read


def _manifest(store: Store, slot: str, identifier: str) -> Manifest | None:
    try:
        return manifests.read(store, slot, identifier)
    except (DamagedSnapshot, NoSuchSnapshot, OSError):
        return None


def _content(path: str, digest: str) -> bytes | None:
    """The bytes of an object; None when they are not what was written."""
    with contextlib.suppress(OSError):
        descriptor = open_to_read(path)
        with open(descriptor, "rb") as file:
            if hash_of(descriptor) == digest:
                os.lseek(descriptor, 0, os.SEEK_SET)
                return file.read()
    return None
