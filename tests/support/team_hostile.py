"""What others wrote: sealed as age files whatever it says, cut and changed, and how it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.long import longer
from tests.support.team_keys import Owner
from tests.support.team_sessions import digest_of
from wagit.core.errors import WagitError
from wagit.team import index_file, sealing, zstd
from wagit.team.index import Index

EMPTY = digest_of(b"")


def lines_of(index: Index) -> list[Any]:
    return [json.loads(line) for line in index_file._lines(index)]


def written(lines: Iterable[object], ada: Owner, directory: Path) -> Path:
    """Seal lines as an index, whatever they say."""
    texts = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    pieces = (text + b"\n" for text in texts)
    return sealed(zstd.compressed(pieces), ada, directory)


def sealed(pieces: Iterable[bytes], ada: Owner, directory: Path) -> Path:
    return directory / sealing.seal_file(pieces, [ada.recipient], str(directory), durable=False).name


def zeros(gigabytes: int) -> Iterator[bytes]:
    """So many GB of zeros, as zstd."""
    from zstandard import ZstdCompressor

    frame = ZstdCompressor().compress(bytes(1 << 28))
    yield from (frame for _ in range(4 * gigabytes))


def changed_everywhere(data: bytes) -> Iterator[tuple[int, bytes]]:
    """With one bit flipped, in each byte of the header and many of the rest."""
    header = data.index(b"\n--- ") + 60
    for at in [*range(header), *range(header, len(data), longer(31, 1)), len(data) - 1]:
        yield at, data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


def cut_everywhere(data: bytes) -> Iterator[tuple[int, bytes]]:
    for length in range(0, len(data), longer(31, 1)):
        yield length, data[:length]
    yield len(data) - 1, data[:-1]


def is_refused(read: Callable[[], object], *errors: type[WagitError]) -> None:
    with pytest.raises(errors) as raised:
        read()
    assert raised.value.hint
