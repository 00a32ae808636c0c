"""Check every byte of a LevelDB directory that counts, before a browser can destroy it.

As the reader: nothing is written, and keys are bytes without an order. Files are read in small parts.
Files that no longer count, such as a table that a killed compaction left, are not looked at: LevelDB
removes them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from wagit.integrity.findings import Finding, Read, finding, no_read
from wagit.integrity.leveldb import log_numbers, manifest_name, table_name
from wagit.integrity.leveldb_bytes import Malformed
from wagit.integrity.leveldb_check_log import Span, check_log, ending, padding
from wagit.integrity.leveldb_check_table import SLACK, Fault, check_table
from wagit.integrity.leveldb_codes import CODES
from wagit.integrity.leveldb_file import Source, opened
from wagit.integrity.leveldb_log import BLOCK, Records
from wagit.integrity.leveldb_sequence import check_sequence
from wagit.integrity.leveldb_table import entries
from wagit.integrity.leveldb_version import Table, Version

LARGEST_NOTES = 1 << 20  # bytes
LARGEST_FLUSHED = 64 << 20  # bytes; of tables that are searched for their last write


def check_leveldb(directory: str, read: Read = no_read) -> list[Finding]:
    """Find what is damaged, missing or out of place in `directory`; file names are relative to it.

    `read` is told of each piece that was read. Raises nothing for what is there, readable or not.
    """
    check = _Check(directory, read)
    check.run()
    return check.findings


class _Check:
    """One check: the directory, and what was found so far."""

    def __init__(self, directory: str, read: Read) -> None:
        self.findings: list[Finding] = []
        self._directory, self._read = directory, read
        self._present: set[str] = set()

    def run(self) -> None:
        """Check CURRENT, MANIFEST, the tables and the logs that they say count."""
        try:
            self._present = set(os.listdir(self._directory))
        except FileNotFoundError:
            self._add("CURRENT", Fault("leveldb-empty", None, "the directory is not there"))
            return
        except OSError as problem:
            self._unreadable("CURRENT", problem)
            return
        version = self._version()
        if version is not None:
            for number, table in sorted(version.tables.items()):
                self._table(table_name(number, self._present), table)
            self._logs(version)

    def _version(self) -> Version | None:
        """What MANIFEST says, None when that is not to be found out."""
        manifest = self._current()
        if manifest is None:
            return None
        if manifest not in self._present:
            self._add(manifest, Fault("leveldb-manifest", None, "it is missing, and CURRENT names it"))
            return None
        version = Version()
        try:
            with opened(self._directory, manifest, self._read) as source:
                faults = list(_read_version(source, version))
        except OSError as problem:
            self._unreadable(manifest, problem)
            return None
        self._add(manifest, *faults)
        return None if any(fault.code == "leveldb-manifest" for fault in faults) else version

    def _current(self) -> str | None:
        """The MANIFEST that CURRENT names."""
        if "CURRENT" not in self._present:
            used = sorted(name for name in self._present if name.endswith((".ldb", ".sst", ".log")))
            what = f"it is missing, and there is {used[0]}" if used else "there is no CURRENT"
            self._add("CURRENT", Fault("leveldb-current" if used else "leveldb-empty", None, what))
            return None
        try:
            with opened(self._directory, "CURRENT", self._read) as source:
                return manifest_name(source.part(0, min(source.size, 64)))
        except Malformed as damage:
            self._add("CURRENT", Fault("leveldb-current", 0, str(damage)))
        except OSError as problem:
            self._unreadable("CURRENT", problem)
        return None

    def _table(self, name: str, table: Table) -> None:
        if name not in self._present:
            self._add(name, Fault("leveldb-table-missing", None, "it is missing, and MANIFEST names it"))
            return
        try:
            with opened(self._directory, name, self._read) as source:
                self._add(name, *check_table(source, table))
        except OSError as problem:
            self._unreadable(name, problem)

    def _logs(self, version: Version) -> None:
        numbers = log_numbers(self._present, version)
        if not numbers and version.pristine and self._never_opened():
            self._add("CURRENT", Fault("leveldb-empty", None, "it was made and never opened"))
            return
        spans: dict[int, Span] = {}
        for number in numbers:
            name = f"{number:06}.log"
            try:
                with opened(self._directory, name, self._read) as source:
                    faults, spans[number] = check_log(source, number == numbers[-1], version.sequences)
                self._add(name, *faults)
            except OSError as problem:
                self._unreadable(name, problem)
                spans[number] = Span(None, 0, whole=False)
        for number, fault in check_sequence(version, spans, lambda: self._last_flushed(version)):
            self._add(f"{number:06}.log", fault)

    def _never_opened(self) -> bool:
        """Whether LevelDB's own notes speak of its making only: a kill came before its first log."""
        notes = b""
        for name in sorted({"LOG", "LOG.old"} & self._present):
            try:
                with opened(self._directory, name, self._read) as source:
                    notes += source.part(0, min(source.size, LARGEST_NOTES))
            except (Malformed, OSError):
                return False
        return notes.startswith(b"20") and b"Reusing MANIFEST" not in notes

    def _last_flushed(self, version: Version) -> int | None:
        """The last write in the tables that were flushed when the oldest log began, None if they are gone."""
        tables = version.tables
        sizes = [tables[number].size for number in version.flushed if number in tables]
        if not version.flushed or len(sizes) < len(version.flushed) or sum(sizes) > LARGEST_FLUSHED:
            return None
        try:
            return max(self._last_in(table_name(number, self._present)) for number in version.flushed)
        except (Malformed, OSError):
            return None  # found as a fault of the table

    def _last_in(self, name: str) -> int:
        with opened(self._directory, name) as source:
            return max((entry.sequence for entry in entries(source, SLACK)), default=0)

    def _unreadable(self, name: str, problem: OSError) -> None:
        self._add(name, Fault("leveldb-unreadable", None, problem.strerror or str(problem)))

    def _add(self, name: str, *faults: Fault) -> None:
        self.findings += [finding(CODES, fault.code, name, fault.offset, fault.what) for fault in faults]


def _read_version(source: Source, version: Version) -> Iterator[Fault]:
    """Add up MANIFEST's edits. A bad tail may be cut off, too: what is left says whether that is enough."""
    records = Records(source.blocks(BLOCK), strict=True)
    tail = None
    try:
        for record in records:
            version.apply(record)
    except Malformed as damage:
        tail = ending(source, records, damage, "leveldb-manifest")
    if tail is None or tail.code != "leveldb-manifest":
        try:
            version.complete()
        except Malformed as damage:
            tail = Fault("leveldb-manifest", 0, str(damage))
    yield from padding(records)
    if tail is not None:
        yield tail
