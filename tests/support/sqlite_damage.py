"""Damage to one file of an SQLite database, and copies of a database with its other files.

DAMAGES["half"](file, the same file of another database)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

PARTS = ("", "-wal", "-journal", "-shm")
PAGE = 4096
Damage = Callable[[Path, Path], object]


def flip(place: Callable[[int], int]) -> Damage:
    def do(file: Path, _: Path) -> None:
        content = bytearray(file.read_bytes())
        content[place(len(content))] ^= 0x10
        file.write_bytes(content)

    return do


def zero(page: Callable[[int], int]) -> Damage:
    def do(file: Path, _: Path) -> None:
        content = bytearray(file.read_bytes())
        start = page(len(content) // PAGE) * PAGE
        content[start : start + PAGE] = bytes(len(content[start : start + PAGE]))
        file.write_bytes(content)

    return do


def cut(count: int) -> Damage:
    return lambda file, _: file.write_bytes(file.read_bytes()[:-count])


DAMAGES: dict[str, Damage] = {
    "deleted": lambda file, _: file.unlink(),
    "empty": lambda file, _: file.write_bytes(b""),
    "half": lambda file, _: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "cut by 1": cut(1),
    "cut by 300": cut(300),
    "flipped at the start": flip(lambda size: 20),  # noqa: ARG005
    "flipped in the middle": flip(lambda size: size // 2),
    "flipped at the end": flip(lambda size: size - 1),
    "first page zeroed": zero(lambda pages: 0),  # noqa: ARG005
    "page zeroed": zero(lambda pages: pages // 2),
    "last page zeroed": zero(lambda pages: pages - 1),
    "garbage appended": lambda file, _: file.write_bytes(file.read_bytes() + Random(1).randbytes(5000)),
    "swapped": lambda file, other: shutil.copy(other, file),
}


def copy_of(database: Path, directory: Path, parts: tuple[str, ...] = PARTS) -> Path:
    for part in parts:
        if os.path.exists(f"{database}{part}"):
            shutil.copy(f"{database}{part}", directory / f"store.db{part}")
    return directory / "store.db"
