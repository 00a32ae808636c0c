"""Check every record of one of LevelDB's logs, and tell a torn or spoilt tail from damage before it.

LevelDB reads past a torn tail in silence (db/log_reader.cc), and with `reuse_logs`, as Chromium has it, goes
on writing at the file's end (db/db_impl.cc, RecoverLogFile): at the next start the torn record stands before
whole ones, and is damage. So it is to be cut off where the last whole record ends; there LevelDB goes on as
if nothing else had ever been written, padding a block's end itself (db/log_writer.cc).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import NamedTuple

from wagit.integrity.leveldb_bytes import Malformed, Torn
from wagit.integrity.leveldb_check_table import Fault
from wagit.integrity.leveldb_file import Source
from wagit.integrity.leveldb_log import BLOCK, HEADER, LAST, ZEROS, Records, batch, read_fragment, span


class Span(NamedTuple):
    """The sequence numbers that a log holds, from `first` to `last`; `first` is None without a record.

    `whole`: nothing before its tail is damaged.
    """

    first: int | None
    last: int
    whole: bool


def check_log(source: Source, newest: bool, noted: Collection[int]) -> tuple[list[Fault], Span]:
    """Find what is wrong with a log. Raises OSError.

    The `newest` one is written to when the database is opened. A gap behind a number that is `noted` in
    MANIFEST is from an earlier loss: what is written then goes on from there.
    """
    records = Records(source.blocks(BLOCK), strict=True)
    faults: list[Fault] = []
    first, last, whole = None, 0, True
    try:
        for record in records:
            sequence, count = span(record)
            deque(batch(record), maxlen=0)
            if first is None:
                first = sequence
            elif sequence != last + 1:
                faults.append(gap(records.start, last, sequence, noted))
            last = sequence + count - 1
    except Malformed as damage:
        fault = ending(source, records, damage, "leveldb-log")
        whole = fault.code != "leveldb-log"
        if fault.code == "leveldb-torn-tail" and not newest:
            fault = fault._replace(code="leveldb-left-out")
        faults.append(fault)
    return faults + padding(records), Span(first, last, whole)


def gap(offset: int | None, last: int, sequence: int, noted: Collection[int]) -> Fault:
    """The fault where a log goes on with another number than it should, now or for long."""
    code = "leveldb-lost-before" if sequence > last and sequence - 1 in noted else "leveldb-log-gap"
    return Fault(code, offset, f"it goes on with write {sequence} behind {last}")


def padding(records: Records) -> list[Fault]:
    """The faults of blocks' ends that should be zero."""
    return [Fault("leveldb-padding", at, "a block's last bytes should be zero") for at in records.padding]


def ending(source: Source, records: Records, damage: Malformed, before: str) -> Fault:
    """The fault that ended reading: a tail's, to be cut behind the last whole record, or `before`.

    It is a tail's when nothing follows that was written whole: a length that damage made larger looks
    torn, too, but whole records come behind it. Raises OSError.
    """
    if damage.offset is None or _goes_on(source, damage.offset):
        return Fault(before, records.start if damage.offset is None else damage.offset, str(damage))
    left = source.size - records.end
    code = "leveldb-torn-tail" if isinstance(damage, Torn) else "leveldb-bad-tail"
    return Fault(code, records.end, f"{damage}; the last whole one ends {left} bytes before the end")


def _goes_on(source: Source, at: int) -> bool:
    """Whether any fragment from `at` on is whole: at any place in this block, at the start of later ones."""
    base = at - at % BLOCK
    places = range(at - base, BLOCK)
    for block in source.blocks(BLOCK, base):
        if any(_is_whole(block, place) for place in places if place + HEADER <= len(block)):
            return True
        places = range(1)
    return False


def _is_whole(block: bytes, place: int) -> bool:
    if not ZEROS < block[place + 6] <= LAST:
        return False
    try:
        read_fragment(block, place)
    except Malformed:
        return False
    return True
