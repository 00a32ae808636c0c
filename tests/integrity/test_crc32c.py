from __future__ import annotations

from collections.abc import Callable

import pytest

from wagit.integrity.crc32c import crc32c, masked_crc32c, slow_crc32c


@pytest.mark.parametrize(
    ("data", "value"),
    [  # RFC 3720, appendix B.4
        (b"\0" * 32, 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"", 0),
    ],
)
def test_matches_the_published_examples(data: bytes, value: int) -> None:
    assert slow_crc32c(0, data) == crc32c(0, data) == value


@pytest.mark.parametrize("extend", [crc32c, slow_crc32c])
def test_goes_on_where_it_stopped(extend: Callable[[int, bytes], int]) -> None:
    data = bytes(range(200))
    assert extend(extend(0, data[:77]), data[77:]) == extend(0, data)


def test_masks_as_leveldb_does() -> None:
    assert masked_crc32c(b"") == 0xA282EAD8
