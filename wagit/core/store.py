"""The layout of the store, `<git common dir>/wagit`, and the version of its format."""

from __future__ import annotations

import os
from typing import NamedTuple

from wagit.core.atomic import atomic_write
from wagit.core.errors import NotSetUp, WagitError

FORMAT = 1


class NewerFormat(WagitError):
    """The store was written by a newer wagit."""

    code = "newer-format"


class NoStore(NotSetUp):
    """There is no store: `wagit init` was not run here."""

    code = "no-store"


class Store(NamedTuple):
    """Paths within one store. `root` is private (0700), never committed, shared by all worktrees."""

    root: str

    def slots(self) -> str:
        """The directory of all slots."""
        return os.path.join(self.root, "slots")

    def slot(self, slot: str) -> str:
        """The directory of one slot."""
        return os.path.join(self.root, "slots", slot)

    def data(self, slot: str) -> str:
        """The live session directory of a slot: what the bot opens."""
        return os.path.join(self.root, "slots", slot, "data")

    def lock(self, slot: str) -> str:
        """The lock of a slot, held by whoever may write its data."""
        return os.path.join(self.root, "slots", slot, "lock")

    def snapshots(self, slot: str) -> str:
        """The directory of a slot's manifests; it outlives the slot."""
        return os.path.join(self.root, "snapshots", slot)

    def objects(self) -> str:
        """The directory of files under their BLAKE3 names, shared by all snapshots."""
        return os.path.join(self.root, "objects")

    def quarantine(self, slot: str) -> str:
        """Where a slot's removed or broken data is set aside."""
        return os.path.join(self.root, "quarantine", slot)

    def operations(self) -> str:
        """The log of operations, one JSON object a line, appended only."""
        return os.path.join(self.root, "operations.jsonl")

    def trust(self) -> str:
        """The digests of what the user allowed to run."""
        return os.path.join(self.root, "trust.json")

    def renaming(self) -> str:
        """What slot is being renamed; only there meanwhile, and after a crash."""
        return os.path.join(self.root, "renaming")

    def staging(self) -> str:
        """Scratch space on the store's file system."""
        return os.path.join(self.root, "tmp")


def create(root: str) -> Store:
    """Make the store's directories and format file where they are missing. Raises NewerFormat, OSError."""
    store = Store(root)
    os.makedirs(root, mode=0o700, exist_ok=True)
    check_format(store)
    for directory in (store.slots(), store.staging()):
        os.makedirs(directory, mode=0o700, exist_ok=True)
    if not os.path.exists(os.path.join(root, "format")):
        atomic_write(os.path.join(root, "format"), b"%d\n" % FORMAT)
    return store


def open_store(root: str) -> Store:
    """Open an existing store. Raises NoStore, NewerFormat."""
    store = Store(root)
    if not os.path.isdir(store.slots()):
        raise NoStore("wagit is not set up in this repository", "run: wagit init")
    check_format(store)
    return store


def check_format(store: Store) -> None:
    """Raise NewerFormat when a newer wagit wrote the store; a missing file counts as this version."""
    try:
        with open(os.path.join(store.root, "format"), encoding="ascii", errors="replace") as file:
            text = file.read().strip()
    except FileNotFoundError:
        return
    if not text.isdigit() or int(text) > FORMAT:
        raise NewerFormat(
            f"{store.root} has format {text[:20]!r}; this wagit reads format {FORMAT}",
            "upgrade wagit: pip install -U wagit-sessions",
        )
