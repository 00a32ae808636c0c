"""Damage to a Baileys folder: what can happen to a file of each class, and what real Baileys makes of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tests.support.baileys_real import Baileys, Reading, history_of
from wagit.integrity.baileys_check import check_baileys
from wagit.integrity.findings import NO_HISTORY, Finding, History, broken

# A file of each class, by the beginning of its name.
CLASSES = {
    "creds.json": "creds.json",
    "pre-key": "pre-key-",
    "session": "session-4915200000002",
    "sender-key": "sender-key-120363000000000001@g.us--4915100000001",
    "app-state-sync-key": "app-state-sync-key-",
    "app-state-sync-version": "app-state-sync-version-regular",
    "sender-key-memory": "sender-key-memory-",
}
# What Baileys makes again by itself, so that no more than a warning is due.
DISPENSABLE = ("app-state-sync-version", "sender-key-memory")
# What of creds.json is the login, and what the keys beside it depend on; Baileys does without the rest.
LOGIN = ("me.id", "noiseKey", "signedIdentityKey", "signedPreKey", "account")
COUNTS = ("registrationId", "nextPreKeyId", "firstUnuploadedPreKeyId", "myAppStateKeyId")

Damage = Callable[[bytes, bytes], bytes | None]  # the file, another login's; None: it is gone
Outcome = Literal["login lost", "keys lost", "nothing lost"]


def flipped(data: bytes, bit: int) -> bytes:
    """The bytes with one bit turned."""
    content = bytearray(data)
    content[bit // 8] ^= 1 << bit % 8
    return bytes(content)


DAMAGES: Mapping[str, Damage] = {
    "deleted": lambda data, other: None,  # noqa: ARG005  # every damage is asked alike
    "empty": lambda data, other: b"",  # noqa: ARG005  # as above
    "half": lambda data, other: data[: len(data) // 2],  # noqa: ARG005  # as above
    "bit flipped at the start": lambda data, other: flipped(data, 3),  # noqa: ARG005  # as above
    "bit flipped in the middle": lambda data, other: flipped(data, len(data) // 2 * 8 + 1),  # noqa: ARG005  # as above
    "bit flipped at the end": lambda data, other: flipped(data, len(data) * 8 - 3),  # noqa: ARG005  # as above
    "zeroed": lambda data, other: bytes(len(data)),  # noqa: ARG005  # as above
    "second half zeroed": lambda data, other: data[: len(data) // 2] + bytes(len(data) - len(data) // 2),  # noqa: ARG005  # as above
    "garbage appended": lambda data, other: data + b"\x00\xffgarbage",  # noqa: ARG005  # as above
    "another login's": lambda data, other: other,  # noqa: ARG005  # as above
}


def cut(count: int) -> Damage:
    """Shorten by so many bytes, or to nothing."""
    return lambda data, other: data[: max(0, len(data) - count)]  # noqa: ARG005  # as above


class Row(NamedTuple):
    """One damage: what it costs when Baileys opens the folder, and what a check found before.

    `differ` are the places in the JSON that Baileys reads otherwise than before.
    """

    file: str
    damage: str
    outcome: Outcome
    differ: tuple[str, ...]
    found: tuple[Finding, ...]
    alone: tuple[Finding, ...]  # without a history

    @property
    def broken(self) -> bool:
        return broken(self.found)


class Bench:
    """A healthy folder of real Baileys, another login's, and a place to damage a copy."""

    def __init__(self, baileys: Baileys, directory: Path) -> None:
        self.baileys = baileys
        self.folder = baileys.make(directory / "healthy", device=12)
        self.other = baileys.make(directory / "other", device=13)
        self.copy = directory / "copy"
        self.names = sorted(path.name for path in self.folder.iterdir())
        self.history: History = history_of(self.folder)
        self.before: Reading = baileys.read(self.folder)
        self.fresh()

    def name_of(self, kind: str, folder: Path | None = None) -> str:
        """The file of a class."""
        names = sorted(path.name for path in (folder or self.folder).iterdir())
        return next(name for name in names if name.startswith(CLASSES[kind]))

    def fresh(self) -> Path:
        """A copy of the healthy folder."""
        shutil.rmtree(self.copy, ignore_errors=True)
        return Path(shutil.copytree(self.folder, self.copy))

    def row(self, kind: str, damage: str, do: Damage) -> Row:
        """Damage the file of a class in the copy, check it, and have Baileys read it."""
        name = self.name_of(kind)
        other = (self.other / self.name_of(kind, self.other)).read_bytes()
        return self.damaged(name, damage, do((self.folder / name).read_bytes(), other))

    def damaged(self, name: str, damage: str, content: bytes | None) -> Row:
        """The row of one file with other content; None: gone."""
        path = self.copy / name
        path.unlink() if content is None else path.write_bytes(content)
        try:
            found = tuple(check_baileys(str(self.copy), self.history))
            alone = tuple(check_baileys(str(self.copy), NO_HISTORY))
            outcome, differ = self.cost()
        finally:
            shutil.copy(self.folder / name, path)
        return Row(name, damage, outcome, differ, found, alone)

    def is_found(self, name: str, content: bytes) -> bool:
        """Whether the check finds one file with other content: a bot must not start."""
        (self.copy / name).write_bytes(content)
        try:
            return broken(check_baileys(str(self.copy), self.history))
        finally:
            shutil.copy(self.folder / name, self.copy / name)

    def cost(self) -> tuple[Outcome, tuple[str, ...]]:
        """What Baileys reads otherwise than from the healthy folder."""
        after = self.baileys.read(self.copy, self.names)
        creds = tuple(differences(self.before.creds, after.creds))
        keys = tuple(name for name, text in self.before.keys.items() if after.keys[name] != text)
        if any(path.startswith(LOGIN) for path in creds):
            return "login lost", creds
        lost = keys or any(path.startswith(COUNTS) for path in creds)
        return ("keys lost" if lost else "nothing lost"), creds + keys


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Paths in JSON, joined by dots, at which two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in {**one, **other}:
            yield from differences(one.get(key), other.get(key), f"{path}.{key}" if path else key)
    elif one != other:
        yield path
