"""Mend a Baileys folder file by file, from snapshots that agree with what is left of it: a pure choice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from wagit.integrity.findings import Finding


class Source(NamedTuple):
    """A snapshot to take files from. `number` orders them, the newest has the highest.

    `read` returns a file's bytes by its path in the snapshot, None when it is not in it or is damaged there.
    """

    id: str
    number: int
    read: Callable[[str], bytes | None]


class Plan(NamedTuple):
    """What to do with a copy of the folder, so that Baileys reads the same login from it.

    `writes` are contents by path, `taken` the id of the snapshot that each comes from; `drops` are paths to
    remove. `lost` says in sentences for people what is lost nevertheless. `reason` says why the folder cannot
    be mended, and is empty when it can; the rest is then empty. Paths are relative to the folder.
    """

    writes: Mapping[str, bytes]
    taken: Mapping[str, str]
    drops: tuple[str, ...]
    lost: tuple[str, ...]
    reason: str = ""


def rebuild(folder: str, findings: Collection[Finding], sources: Sequence[Source]) -> Plan:
    """Choose how to mend what `check_baileys` found in `folder`, which is only read.

    The caller writes the plan into a copy, checks that, and swaps it in. Call it when a finding of a Baileys
    folder has the mend `rebuild` or `drop`; files of `findings` are relative to `folder`. The order of
    `sources` does not matter. Raises nothing for what the bytes are.
    """
    raise NotImplementedError
