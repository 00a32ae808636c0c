"""Reads the lines of an index one by one, and believes none that was not checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from wagit.snapshots.manifest import Entry, Header, Kind
from wagit.team import head_file, values
from wagit.team.head import Pushed
from wagit.team.index import KEPT, Index, Place, Session
from wagit.team.remote import Blob
from wagit.team.session_check import MOST_ENTRIES, Checking
from wagit.team.settings import MOST

LONGEST_LINE = 1 << 16  # bytes; a path takes at most 24 kB
MOST_PACKS = 10_000
MOST_OBJECTS = KEPT * MOST_ENTRIES
LARGEST_PACK = MOST + (MOST >> 3) + (1 << 20)  # bytes: what padding and age add is less


class _Begun(NamedTuple):
    """A session whose entries are being read."""

    pushed: Pushed
    header: Header
    entries: list[Entry]
    checking: Checking


class Lines:
    """Takes the text of an index in pieces. What is wrong raises ValueError with the reason.

    The first line raises HeadForged unless who wrote it knows the secret of `secret_digest`.
    """

    def __init__(self, secret_digest: str, slot: str, what: str) -> None:
        self._secret_digest = secret_digest
        self._slot = slot
        self._what = what
        self._rest = b""
        self._first: dict[str, Any] | None = None
        self._packs: list[Blob] = []
        self._objects: dict[str, Place] = {}
        self._sizes: dict[str, int] = {}
        self._sessions: list[Session] = []
        self._begun: _Begun | None = None

    def take(self, data: bytes) -> None:
        """Read the next bytes."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if len(line) > LONGEST_LINE:
                break
            self._line(values.document(line))
        else:
            if len(self._rest) <= LONGEST_LINE:
                return
        raise ValueError("a line that is too long")

    def finished(self) -> Index:
        """The index, once all of it was taken."""
        self._end_session()
        if self._first is None or self._rest:
            raise ValueError("it is cut off")
        return Index(
            self._slot, self._first["secret"], tuple(self._sessions), tuple(self._packs), self._objects,
            self._first["sealed"],
        )  # fmt: skip

    def _line(self, row: object) -> None:
        if self._first is None:
            head_file.check(row, self._secret_digest, self._slot, self._what)
            self._first = values.dictionary(row, "format", "slot", "secret", "sealed")
            if self._first["sealed"] != "":
                values.hexadecimal(self._first["sealed"], 16)
            return
        match row:
            case ["file", path, mode, size, mtime, digest]:
                self._entry(path, "file", mode, size, mtime, values.digest(digest))
            case ["directory", path, mode, mtime]:
                self._entry(path, "directory", mode, 0, mtime, "")
            case ["object", digest, pack, offset, size]:
                self._object(values.digest(digest), pack, offset, size)
            case ["pack", name, size]:
                self._pack(Blob(values.digest(name), values.natural(size, LARGEST_PACK)))
            case ["session", pushed, header]:
                self._session(values.pushed(pushed), header_of(header))
            case _:
                raise ValueError(f"neither a file nor a directory: {str(row)[:100]}")

    def _pack(self, blob: Blob) -> None:
        self._packs.append(blob)
        if len(self._packs) > MOST_PACKS:
            raise ValueError(f"more than {MOST_PACKS} packs")

    def _object(self, digest: str, pack: object, offset: object, size: object) -> None:
        place = Place(
            values.natural(pack, len(self._packs) - 1),
            values.natural(offset, MOST),
            values.natural(size, MOST),
        )
        if digest in self._objects or place.offset + place.size > MOST:
            raise ValueError("an object that is there twice, or beyond its pack")
        self._objects[digest] = place
        self._sizes[digest] = place.size
        if len(self._objects) > MOST_OBJECTS:
            raise ValueError(f"more than {MOST_OBJECTS} objects")

    def _session(self, pushed: Pushed, header: Header) -> None:
        self._end_session()
        if len(self._sessions) == KEPT or header.slot != self._slot:
            raise ValueError(f"more than {KEPT} sessions, or another slot's")
        self._begun = _Begun(pushed, header, [], Checking(self._sizes))

    def _entry(
        self, path: object, kind: Kind, mode: object, size: object, mtime: object, digest: str
    ) -> None:
        if self._begun is None or not isinstance(path, str):
            raise ValueError("a file of no session, or without a name")
        mode, size, mtime = values.natural(mode), values.natural(size), values.natural(mtime, (1 << 63) - 1)
        entry = Entry(path, kind, mode, size, mtime, 0, 0, digest)
        self._begun.checking.add(entry)
        self._begun.entries.append(entry)

    def _end_session(self) -> None:
        if self._begun is None:
            return
        pushed, header, entries, checking = self._begun
        checking.end(pushed, header.files, header.size)
        self._sessions.append(Session(pushed, header, tuple(entries)))
        self._begun = None


def header_of(value: object) -> Header:
    """What is known of a session's snapshot."""
    known = values.dictionary(value, *Header._fields)
    if known["tag"] not in ("clean", "hot"):
        raise ValueError("no tag")
    read: dict[str, Callable[[object], Any]] = {
        **dict.fromkeys(("number", "generation", "files", "size"), values.natural),
        **dict.fromkeys(("tag", "why", "message", "driver"), values.text),
        **dict.fromkeys(("branch", "commit", "account", "device", "browser", "backend"), values.text_or_none),
        "slot": values.slot, "time": values.seconds, "full": values.truth,
    }  # fmt: skip
    return Header(**{name: read[name](known[name]) for name in Header._fields})
