"""Remove the objects that no snapshot names any more, beside running writers.

Read what all manifests name, without a lock; then, while `objects.lock` is held, read the manifests that
came since, and remove what nobody names, some at a time. Who makes a snapshot holds that lock from the
moment it looks which objects are there until its manifest is there too. Nothing is swept while a manifest is
damaged: it may have named anything. A crash leaves objects that nothing names, which the next collection
takes.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from wagit.core.opening import regular
from wagit.core.store import Store
from wagit.snapshots import aside, check, objects, staging
from wagit.snapshots import manifest as manifests
from wagit.snapshots.aside import GRACE

AT_A_TIME = 2000  # objects: writers wait meanwhile

_DIGEST = re.compile(rb'"([0-9a-f]{64})"')
_FAN_OUT = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{62}")


class Collection(NamedTuple):
    """What a collection did: pruned snapshots and objects that went, `freed` in bytes.

    `damaged` names the manifests as `<slot>/<id>` for whose sake nothing went.
    """

    dropped: int = 0
    objects: int = 0
    freed: int = 0
    damaged: tuple[str, ...] = ()


def collect(store: Store, now: float, *, grace: float = GRACE, at_once: Container[str] = ()) -> Collection:
    """Drop the snapshots that have been set aside for `grace` seconds, and sweep what nobody names then.

    `at_once` has slots whose pruned snapshots go whatever their age. Raises Locked, OSError.
    """
    staging.sweep(store)
    over = aside.over(store, now, grace, at_once)
    marks = _Marks(store, over)
    marks.add()
    if marks.damaged:
        return Collection(damaged=tuple(marks.damaged))
    dropped = sum(aside.drop(store, one) for one in over)  # not those that have been brought back
    unnamed = list(_unnamed(store, marks.named))
    sizes: list[int] = []
    for start in range(0, max(1, len(unnamed)), AT_A_TIME):
        with objects.lock(store):
            marks.add()
            if not marks.damaged:
                some = unnamed[start : start + AT_A_TIME]
                sizes += [_remove(path) for path, digest in some if digest not in marks.named]
                _tidy(store)
    return Collection(dropped, len(sizes), sum(sizes), tuple(marks.damaged))


class _Marks:
    """The objects that manifests name; each manifest is read once, and those in `over` no longer count."""

    def __init__(self, store: Store, over: list[aside.Waiting]) -> None:
        self.named: set[bytes] = set()
        self.damaged: list[str] = []
        self._store = store
        self._over = {(aside.place(one.slot), one.id) for one in over}
        self._seen: set[str] = set()

    def add(self) -> None:
        """Read the manifests that have come since the last time. Raises OSError."""
        for slot, where, identifier in _everything(self._store):
            if identifier not in self._seen and (where, identifier) not in self._over:
                self._read(slot, identifier)

    def _read(self, slot: str, identifier: str) -> None:
        for where in (slot, aside.place(slot)):  # it may be set aside just now
            try:
                path = manifests.path_of(self._store, where, identifier)
                with open(path, "rb", opener=regular) as file:
                    document = file.read()
            except FileNotFoundError:
                continue
            except OSError:  # a bad sector, or no file
                self.damaged.append(f"{where}/{identifier}")
                return
            self._seen.add(identifier)
            # All that looks like a digest: quicker than parsing, and one too many only keeps an object.
            self.named.update(_DIGEST.findall(document))
            if where == slot and manifests.id_of(document) != identifier:
                self.damaged.append(f"{slot}/{identifier}")
            return


def _everything(store: Store) -> list[tuple[str, str, str]]:
    """Slot, place and id of every manifest; none is missed because its slot is renamed meanwhile."""
    while True:
        slots = check.slots_with_snapshots(store)
        places = [(slot, slot) for slot in slots] + [(slot, aside.place(slot)) for slot in slots]
        found = [(slot, where, one) for slot, where in places for one in manifests.ids(store, where)]
        if check.slots_with_snapshots(store) == slots:
            return found


def _unnamed(store: Store, named: Container[bytes]) -> Iterator[tuple[str, bytes]]:
    """Path and digest of the objects that no manifest names."""
    for directory in _fan_outs(store):
        for name in _names(directory):
            digest = os.fsencode(os.path.basename(directory) + name)
            if _REST.fullmatch(name) and digest not in named:
                yield os.path.join(directory, name), digest


def _fan_outs(store: Store) -> list[str]:
    names = _names(store.objects())
    return [os.path.join(store.objects(), name) for name in names if _FAN_OUT.fullmatch(name)]


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except FileNotFoundError:  # nothing yet, or another collection removed it
        return []


def _remove(path: str) -> int:
    """Remove an object and return its bytes; none when another collection was quicker."""
    try:
        size = os.stat(path).st_size
        os.unlink(path)
    except (FileNotFoundError, IsADirectoryError):  # the latter is no object
        return 0
    return size


def _tidy(store: Store) -> None:
    """Remove empty directories of objects, and what killed writers left; who writes holds the lock too."""
    for directory in _fan_outs(store):
        with contextlib.suppress(OSError):  # not empty
            os.rmdir(directory)
    for slot in check.slots_with_snapshots(store):
        for name in _names(store.snapshots(slot)):
            if name.startswith(".tmp-"):
                os.unlink(os.path.join(store.snapshots(slot), name))
