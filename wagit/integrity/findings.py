"""What a check finds: damage and what it costs, in the same form for every kind of file.

A check is a function of bytes to findings. It reads only, needs no browser, and raises nothing for what
the bytes are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Literal, NamedTuple

# `fatal`: the login is lost once a bot opens the data. `loss`: rows or keys are lost, or were already; the
# login may stay. `warning`: worth knowing, costs nothing.
Severity = Literal["fatal", "loss", "warning"]

# How wagit mends it: `cut` a torn tail, `drop` a stale file, `rebuild` the file from snapshots, or `restore`
# a snapshot of the whole session. None: nothing is to be mended.
Mend = Literal["cut", "drop", "rebuild", "restore"]


class Code(NamedTuple):
    """What all findings of one code have in common: how bad, what it does to the login, how to mend it."""

    severity: Severity
    title: str  # a few words: "torn tail of a log"
    effect: str  # what it will do to the login, one sentence
    mend: Mend | None
    remedy: str  # how to mend it, in words


class Finding(NamedTuple):
    """One thing that is not as it should be.

    `file` is relative to what was checked, with `/`; `offset` in bytes, None where it has none. `what` says
    in one sentence what is there and what should be.
    """

    code: str
    severity: Severity
    file: str
    offset: int | None
    what: str
    effect: str
    mend: Mend | None
    remedy: str

    @property
    def said(self) -> str:
        """`what`, after the file it is about, which is named once."""
        return self.what if self.what.startswith(self.file) else f"{self.file}: {self.what}"


class Known(NamedTuple):
    """A file as it was when the session was last known to be whole: size in bytes, BLAKE3 in hex."""

    size: int
    digest: str


History = Mapping[str, Known]  # by path as in Finding.file
Read = Callable[[int], object]  # is told of each piece that was read, in bytes

NO_HISTORY: History = {}


def no_read(_: int) -> None:
    """Tell nobody of what was read."""


def finding(codes: Mapping[str, Code], code: str, file: str, offset: int | None, what: str) -> Finding:
    """Make a finding of a code in `codes`."""
    known = codes[code]
    return Finding(code, known.severity, file, offset, what, known.effect, known.mend, known.remedy)


def broken(findings: Collection[Finding]) -> bool:
    """Whether a bot must not open the data as it is."""
    return any(found.severity != "warning" for found in findings)


def worst(findings: Collection[Finding]) -> Finding:
    """The first of the most severe findings, of which there must be one."""
    order = ("fatal", "loss", "warning")
    return min(findings, key=lambda found: order.index(found.severity))


def below(directory: str, findings: Collection[Finding]) -> list[Finding]:
    """The findings of a check of `directory`, with files relative to its parent."""
    prefix = f"{directory}/" if directory else ""
    return [found._replace(file=prefix + found.file) for found in findings]
