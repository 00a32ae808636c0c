"""Findings as text for people: those of one kind together, and lines that fit the terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wagit.cli.front import WIDTH
from wagit.cli.grid import printable
from wagit.cli.render import MARKS

if TYPE_CHECKING:
    from wagit.integrity.findings import Finding

WIDEST = 120  # columns: longer lines are hard to read
MOST = 5  # findings of one code; JSON has all
SEVERITY = {"fatal": MARKS["fail"], "loss": MARKS["fail"], "warning": MARKS["warn"]}


def grouped(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Those of one code together, the worst first."""
    found: dict[str, list[Finding]] = {}
    for one in sorted(findings, key=lambda one: list(SEVERITY).index(one.severity)):
        found.setdefault(one.code, []).append(one)
    return list(found.values())


def findings(alike: Sequence[Finding], word: str) -> list[str]:
    """Where they are and what they are; then what they do, and how they are mended."""
    first = alike[0]
    lines = [f"{SEVERITY[first.severity]}  {first.code}"]
    for one in alike[:MOST]:
        lines += _one(_where(one), printable(one.what))
    if len(alike) > MOST:
        lines.append(f"    and {len(alike) - MOST} more: wagit verify {word} --json")
    lines += wrapped(f"    effect: {printable(first.effect)}", "      ")
    return [*lines, *wrapped(f"    mend: {printable(first.remedy)}", "      ")]


def _one(where: str, what: str) -> list[str]:
    """A file and what is wrong with it, on one line where there is room."""
    if len(where) + len(what) + 6 <= columns():
        return [f"    {where}  {what}"]
    return [f"    {where}", *wrapped(f"      {what}", "      ")]


def _where(one: Finding) -> str:
    """File and offset; of a path that is too long directories in its middle are left out."""
    text = printable(one.file) + (f":{one.offset}" if one.offset is not None else "")
    parts = text.split("/")
    while len(text) + 4 > columns() and len(parts) > 3:
        parts[1:3] = ["…"]
        text = "/".join(parts)
    return text


def wrapped(text: str, indent: str) -> list[str]:
    """Text in lines that fit, all but the first indented."""
    return textwrap.wrap(
        text, columns(), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def columns() -> int:
    """How wide a line may be."""
    return min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDEST)
