"""What a LevelDB MANIFEST says: its version edits, added up (db/version_edit.cc)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wagit.integrity.leveldb_bytes import Cursor, Malformed

COMPARATOR, LOG, NEXT_FILE, LAST_SEQUENCE, POINTER, DELETED, NEW, PREVIOUS_LOG = 1, 2, 3, 4, 5, 6, 7, 9
_NUMBERS = (LOG, NEXT_FILE, LAST_SEQUENCE, PREVIOUS_LOG)


class Table(NamedTuple):
    """A live table: its size in bytes, and its first and last internal key."""

    size: int
    smallest: bytes
    largest: bytes


class Version:
    """What is live: tables by number, and the logs from `log` on.

    `sequences` are all last sequence numbers that were ever noted, for as long as this MANIFEST exists.
    `began` is the one noted when `log` became the oldest log, and `flushed` the tables written then: they
    hold all that the logs before had.
    """

    def __init__(self) -> None:
        self.comparator = ""
        self.sequences: set[int] = set()
        self.began = 0
        self.flushed: list[int] = []
        self._tables: dict[tuple[int, int], Table] = {}
        self._numbers: dict[int, int] = {}

    @property
    def tables(self) -> dict[int, Table]:
        """The live tables by number."""
        return {number: table for (_, number), table in self._tables.items()}

    @property
    def log(self) -> int:
        """The oldest log that counts."""
        return self._numbers[LOG]

    @property
    def previous_log(self) -> int:
        """A still older log that counts, as LevelDB did it once; 0 for none."""
        return self._numbers.get(PREVIOUS_LOG, 0)

    @property
    def last_sequence(self) -> int:
        """The highest sequence number that was written at the time of the last edit."""
        return self._numbers[LAST_SEQUENCE]

    @property
    def pristine(self) -> bool:
        """Whether it was made, and never edited."""
        return not (self.log or self.last_sequence or self._tables)

    def counts(self, log: int) -> bool:
        """Whether a log of this number is live."""
        return log >= self.log or log == self.previous_log

    def apply(self, record: bytes) -> None:
        """Add one edit. Raises Malformed."""
        before = self._numbers.get(LOG)
        cursor = Cursor(record)
        added: list[int] = []
        while cursor:
            tag = cursor.varint()
            if tag in _NUMBERS:
                self._numbers[tag] = cursor.varint()
            elif tag == COMPARATOR:
                self.comparator = cursor.string().decode("latin-1")
            else:
                self._edit_tables(tag, cursor, added)
        if LAST_SEQUENCE in self._numbers:
            self.sequences.add(self.last_sequence)
        if self._numbers.get(LOG) != before:
            self.began, self.flushed = self._numbers.get(LAST_SEQUENCE, 0), added

    def _edit_tables(self, tag: int, cursor: Cursor, added: list[int]) -> None:
        if tag == POINTER:  # where the next compaction of a level starts
            cursor.varint()
            cursor.string()
        elif tag == DELETED:
            self._tables.pop((cursor.varint(), cursor.varint()), None)
        elif tag == NEW:
            place = cursor.varint(), cursor.varint()
            self._tables[place] = Table(cursor.varint(), cursor.string(), cursor.string())
            added.append(place[1])
        else:
            raise Malformed(f"it has an edit of the unknown type {tag}")

    def complete(self) -> None:
        """Raise Malformed when what every MANIFEST has is missing."""
        if not {LOG, NEXT_FILE, LAST_SEQUENCE} <= self._numbers.keys():
            raise Malformed("it names no log, next file or last sequence")


def version(records: Iterable[bytes]) -> Version:
    """Add up the edits of a MANIFEST. Raises Malformed, and what iterating raises."""
    result = Version()
    for record in records:
        result.apply(record)
    result.complete()
    return result
