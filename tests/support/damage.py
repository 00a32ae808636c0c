"""Damage to a Chromium session: which files there are, and what can happen to one of them. Seeded.

damaged = copy_of(session.profile, tmp_path / "damaged")
file = DAMAGES[3].do(damaged, other.profile, seed="20 MB")
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

from wagit.integrity.identity import INDEXED_DB, LOCAL_STORAGE
from wagit.integrity.leveldb import live_files

PAGE = 4096  # bytes
_LEVELDB = INDEXED_DB + ".indexeddb.leveldb"
FILES = {
    f"{name} {kind}": f"{directory}/{pattern}"
    for name, directory in (("IndexedDB", _LEVELDB), ("Local Storage", LOCAL_STORAGE))
    for kind, pattern in (
        ("CURRENT", "CURRENT"),
        ("MANIFEST", "MANIFEST-*"),
        (".log", "*.log"),
        (".ldb", "*.ldb"),
    )
} | {"IndexedDB blob": INDEXED_DB + ".indexeddb.blob/*/*/*"}
DIRECTORIES = {"IndexedDB, whole": _LEVELDB, "Local Storage, whole": LOCAL_STORAGE}

Kind = Callable[[Path, Random, Path], object]  # the file, chance, the same file of another session


def _flip(place: Callable[[int], int]) -> Kind:
    def flip(file: Path, chance: Random, _: Path) -> None:
        content = bytearray(file.read_bytes())
        content[place(len(content))] ^= 1 << chance.randrange(8)
        file.write_bytes(content)

    return flip


def _cut(count: int) -> Kind:
    return lambda file, _, __: file.write_bytes(file.read_bytes()[:-count])


def _zero_a_page(file: Path, chance: Random, _: Path) -> None:
    content = bytearray(file.read_bytes())
    start = PAGE * chance.randrange(max(1, len(content) // PAGE))
    content[start : start + PAGE] = bytes(len(content[start : start + PAGE]))
    file.write_bytes(content)


def _replace_directory(path: Path, _: Random, other: Path) -> None:
    shutil.rmtree(path)
    shutil.copytree(other, path)


KINDS: dict[str, Kind] = {
    "deleted": lambda file, _, __: file.unlink(),
    "empty": lambda file, _, __: file.write_bytes(b""),
    "half": lambda file, _, __: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    **{f"cut by {count}": _cut(count) for count in (1, 7, 50, 300)},
    "bit flipped at the start": _flip(lambda size: 0),  # noqa: ARG005
    "bit flipped in the middle": _flip(lambda size: size // 2),
    "bit flipped at the end": _flip(lambda size: size - 1),
    "page zeroed": _zero_a_page,
    "garbage appended": lambda file, chance, _: file.write_bytes(file.read_bytes() + chance.randbytes(PAGE)),
    "another session's": lambda file, _, other: shutil.copyfile(other, file),
}
KINDS_OF_DIRECTORY: dict[str, Kind] = {
    "deleted": lambda path, _, __: shutil.rmtree(path),
    "another session's": _replace_directory,
}


class Damage(NamedTuple):
    """A row of the matrix: a class of files, and what happens to one of them."""

    file: str
    kind: str

    def do(self, profile: Path, other: Path, seed: str) -> str | None:
        """Damage a profile; return which file, relative to it, or None where it has none of the class.

        `other` is another session's profile. The same seed chooses the same file of those there are.
        """
        chance = Random(f"{seed}/{self.file}/{self.kind}")
        pattern = FILES.get(self.file) or DIRECTORIES[self.file]
        files, others = _live(profile, pattern), _live(other, pattern)
        if not files or not others:
            return None
        chosen = chance.choice(files)
        kinds = KINDS if self.file in FILES else KINDS_OF_DIRECTORY
        kinds[self.kind](chosen, chance, others[-1])
        return chosen.relative_to(profile).as_posix()


DAMAGES = [Damage(file, kind) for file in FILES for kind in KINDS] + [
    Damage(file, kind) for file in DIRECTORIES for kind in KINDS_OF_DIRECTORY
]


def _live(profile: Path, pattern: str) -> list[Path]:
    """The files that match; of tables those that count, for Chromium may leave merged ones behind."""
    files = sorted(profile.glob(pattern))
    return [
        file for file in files if file.suffix != ".ldb" or file.name in live_files(str(file.parent)).tables
    ]


def copy_of(profile: Path, to: Path) -> Path:
    """Copy a profile that no browser has open, without what belongs to its last one."""
    return Path(shutil.copytree(profile, to, symlinks=True, ignore=shutil.ignore_patterns("Singleton*")))
