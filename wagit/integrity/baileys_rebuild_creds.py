"""Which snapshot's `creds.json` belongs to the rest of a Baileys folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from wagit.integrity.baileys_check import pre_keys
from wagit.integrity.baileys_check_creds import NAME, Creds, check_creds, is_linked
from wagit.integrity.baileys_check_json import parse
from wagit.integrity.baileys_check_keys import at, decoded
from wagit.integrity.findings import broken

# Files that keep their bytes for as long as they are there, so that they tell logins apart.
_WITNESSES = ("pre-key-", "app-state-sync-key-")


class Source(NamedTuple):
    """A snapshot to take files from. `number` orders them, the newest has the highest.

    `read` returns a file's bytes by its path in the snapshot, None when it is not in it or is damaged there.
    """

    id: str
    number: int
    read: Callable[[str], bytes | None]


class Chosen(NamedTuple):
    """A `creds.json`: its bytes, what is in it, and the snapshot it is of, None for the folder's own."""

    data: bytes
    creds: Creds
    source: Source | None


def healthy(data: bytes | None) -> Creds | None:
    """The contents of a `creds.json` that a phone has linked and nothing is wrong with."""
    creds = parse(data).value if data is not None else None
    if not isinstance(creds, Mapping) or broken(check_creds(creds)) or not is_linked(creds):
        return None
    return creds


def choose(damaged: bytes | None, files: Mapping[str, bytes], sources: Sequence[Source]) -> Chosen | None:
    """Choose a `creds.json` for a folder: what is whole of its own, else the newest that belongs to it.

    `files` are the folder's other files that are whole, `sources` come newest first.
    """
    found = parse(damaged) if damaged is not None else None
    if damaged is not None and found is not None and found.trouble == "trailing":
        own = healthy(damaged[: found.offset])
        if own is not None:
            return Chosen(damaged[: found.offset], own, None)
    left = found.value if found is not None and isinstance(found.value, Mapping) else {}
    return next(_belonging(left, files, sources), None)


def _belonging(left: Creds, files: Mapping[str, bytes], sources: Sequence[Source]) -> Iterator[Chosen]:
    for source in sources:
        data = source.read(NAME)
        creds = healthy(data)
        if data is None or creds is None or not keeps(files, source):
            continue
        if not is_linked(left) or sum(map(_same, identity_of(creds), identity_of(left))) >= 2:
            yield Chosen(data, creds, source)


def _same(one: object, other: object) -> bool:
    return one == other


def keeps(files: Mapping[str, bytes], source: Source) -> bool:
    """Whether the keys that a folder and a snapshot have in common are the same ones.

    A folder without any tells nothing against it. A pre-key that was made twice, after a kill, may differ.
    """
    names = [name for name in files if name.startswith(_WITNESSES)]
    pairs = [(files[name], other) for name in names if (other := source.read(name)) is not None]
    same = sum(one == other for one, other in pairs)
    return not names or (same > 0 and same * 2 >= len(pairs))


def identity_of(creds: Creds) -> tuple[object, object, object]:
    """What stays the same for as long as a login lives."""
    key = decoded(at(creds, "signedIdentityKey", "public"))
    return key, creds.get("registrationId"), at(creds, "me", "id")


def is_same_login(creds: Creds, source: Source) -> bool:
    """Whether a snapshot is of this login."""
    other = parse(source.read(NAME) or b"").value
    return isinstance(other, Mapping) and identity_of(other) == identity_of(creds)


def past(creds: Creds, names: list[str]) -> dict[str, Any]:
    """Changes to an older `creds.json`, so that no pre-key of the folder is made again with other bytes."""
    highest = max(pre_keys(names), default=0)
    if highest < int(creds["nextPreKeyId"]):
        return {}
    return {"nextPreKeyId": highest + 1, "firstUnuploadedPreKeyId": highest + 1}


def newest_key(names: Iterable[str]) -> str | None:
    """The id of the newest key of the settings among the names of a folder: its bytes end in a counter."""
    ids = [
        name[len("app-state-sync-key-") : -len(".json")] for name in names if name.startswith(_WITNESSES[1])
    ]
    return max((one.replace("__", "/") for one in ids), key=lambda one: decoded(one) or b"", default=None)


def changed(data: bytes, changes: Mapping[str, Any]) -> bytes:
    """Write a `creds.json` with some of its keys changed, and those of None removed."""
    creds = {**json.loads(data), **changes}
    kept = {key: value for key, value in creds.items() if not (key in changes and value is None)}
    return json.dumps(kept, separators=(",", ":")).encode()
