"""The lines of `info/exclude`, by which git ignores what wagit puts into worktrees. Stdlib only.

Shared by all worktrees and never committed (gitignore(5)).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from wagit.core.atomic import atomic_write
from wagit.core.repository import Repository


def has(repo: Repository, paths: Iterable[str]) -> bool:
    """Whether there is a line for each path."""
    return not _missing(_read(repo), paths)


def add(repo: Repository, paths: Iterable[str]) -> None:
    """Add a line for each path, relative to the worktree, that has none. Raises OSError."""
    kept = _read(repo)
    missing = _missing(kept, paths)
    if not missing:
        return
    os.makedirs(os.path.dirname(_file(repo)), exist_ok=True)
    glue = b"" if not kept or kept.endswith(b"\n") else b"\n"
    atomic_write(_file(repo), kept + glue + b"".join(line + b"\n" for line in missing), mode=0o644)


def _missing(kept: bytes, paths: Iterable[str]) -> list[bytes]:
    present = kept.split(b"\n")
    return [line for path in paths if (line := _line(path)) not in present]


def _line(path: str) -> bytes:
    """The pattern that stands for this very path."""
    return os.fsencode("/" + re.sub(r"([\\*?\[]| $)", r"\\\1", path))


def _read(repo: Repository) -> bytes:
    try:
        with open(_file(repo), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""


def _file(repo: Repository) -> str:
    return os.path.join(repo.common_dir, "info", "exclude")
