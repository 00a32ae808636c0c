"""What mending does to a copy of a slot's data: cut torn logs, drop dead locks, rebuild files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence

from wagit.core.atomic import fsync_directory, named
from wagit.core.opening import regular
from wagit.core.store import Store
from wagit.drivers.baileys import Baileys
from wagit.drivers.base import Driver
from wagit.integrity.findings import Finding
from wagit.operations.mend_files import Applied, CannotMend, rebuild_baileys, take_files

LOCKS = ("SingletonLock", "SingletonCookie", "SingletonSocket")  # chrome/browser/process_singleton_posix.cc


def refuse_hopeless(findings: Iterable[Finding]) -> None:
    """Raise CannotMend for the first finding that only a snapshot helps against."""
    for found in findings:
        if found.severity != "warning" and found.mend not in ("cut", "drop", "rebuild"):
            raise CannotMend(found.said)


def is_stale_lock(found: Finding) -> bool:
    """Whether a finding is a `Singleton*` that a dead browser left."""
    return found.mend == "drop" and os.path.basename(found.file) in LOCKS


def drop_stale(data: str, due: Iterable[Finding]) -> tuple[str, ...]:
    """Remove files, one step each; tell which. Raises OSError."""
    dropped = []
    for found in due:
        path = os.path.join(data, found.file)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
            fsync_directory(os.path.dirname(path))
            dropped.append(f"dropped {found.file}")
    return tuple(dropped)


def apply(store: Store, slot: str, driver: Driver, copy: str, due: Sequence[Finding]) -> Applied:
    """Mend a copy of the slot's data. Not durable yet. Raises CannotMend, OSError."""
    locks = [found for found in due if is_stale_lock(found)]
    drop_stale(copy, locks)  # where the driver lets them be copied
    done = [_cut(copy, found) for found in due if found.mend == "cut"]
    done += [f"dropped {found.file}" for found in locks]
    rest = [found for found in due if found.mend in ("rebuild", "drop") and not is_stale_lock(found)]
    if not rest:
        return Applied(tuple(done), ())
    if isinstance(driver, Baileys):
        rebuilt = rebuild_baileys(store, slot, copy, rest)
    else:
        rebuilt = Applied(
            (
                *drop_stale(copy, [found for found in rest if found.mend == "drop"]),
                *take_files(store, slot, copy, [f.file for f in rest if f.mend == "rebuild"]),
            ),
            (),
        )
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
