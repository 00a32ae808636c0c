"""CRC32C (Castagnoli) as LevelDB stores it."""

from __future__ import annotations

import importlib
from collections.abc import Callable


def masked_crc32c(data: bytes) -> int:
    """The masked CRC32C of `data` (LevelDB, util/crc32c.h): a CRC over a CRC would be weak."""
    return masked(crc32c(0, data))


def masked(crc: int) -> int:
    """A CRC as LevelDB stores it."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _table() -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)  # noqa: PLW2901  # the loop variable is the register
        table.append(value)
    return table


def slow_crc32c(crc: int, data: bytes) -> int:
    """CRC32C in plain Python: about 10 MB/s, where no wheel of google-crc32c is installed."""
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


TABLE = _table()


def _fastest() -> Callable[[int, bytes], int]:
    try:
        extend: Callable[[int, bytes], int] = importlib.import_module("google_crc32c").extend
    except ImportError:
        return slow_crc32c
    return extend


crc32c = _fastest()
"""The CRC32C of what `crc` is that of, and `data` behind it; `crc` is 0 at the start."""
