"""The header of an SQLite file (https://www.sqlite.org/fileformat2.html, section 1.3), and its size."""

from __future__ import annotations

import struct
from typing import NamedTuple

from wagit.integrity.sqlite_copy import MAGIC

LENGTH = 100  # bytes
WAL_MODE = 2


class Header(NamedTuple):
    """`pages` is 0 where the header does not count them; `version` is 2 for a database with a -wal."""

    page_size: int
    version: int
    pages: int


def parse(data: bytes) -> Header | str:
    """Read a header; or say what is wrong with it."""
    if len(data) < LENGTH:
        return f"has only {len(data)} bytes"
    if data[:16] != MAGIC:
        return "does not begin as an SQLite database does"
    page_size, write, read, reserved, *fractions = struct.unpack(">HBBBBBB", data[16:24])
    size = 65536 if page_size == 1 else page_size
    if size < 512 or size & (size - 1):
        return f"names the page size {page_size}"
    schema, encoding = struct.unpack(">I", data[44:48])[0], struct.unpack(">I", data[56:60])[0]
    wrong = {
        "the write version": write not in (1, WAL_MODE),
        "the read version": read not in (1, WAL_MODE),
        "the reserved space": size - reserved < 480,
        "a payload fraction": fractions != [64, 32, 32],
        "the schema format": schema > 4,
        "the text encoding": encoding > 3,
    }
    if names := [name for name, is_wrong in wrong.items() if is_wrong]:
        return f"has {' and '.join(names)} wrong in its header"
    changed, pages, valid_for = *struct.unpack(">II", data[24:32]), struct.unpack(">I", data[92:96])[0]
    return Header(size, read, pages if changed == valid_for else 0)
