"""docs/reference/damage.md, from the rows in damage.json that were measured with a real Chromium."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from tests.support import damage_rows
from tests.support.damage import DAMAGES
from tests.support.damage_rows import Row

INTRODUCTION = """\
# What damage does to a Chromium session

Sessions that a real Chromium made on the [stand-in](../howto/offline-tests.md), linked and closed cleanly,
were damaged in one place. wagit checked them, and after that a real Chromium opened them twice in a row, and
a page read every row of every store.

*ready*: logged in, every row as before. *rows lost*: logged in, and rows are gone or cannot be read; at the
second start also when what the first start wrote is gone. *login lost*: a QR code is shown, and Chromium has
deleted what was left.

*Found* are the [findings](findings.md) that keep wagit from starting a bot, with a snapshot of the session
as it was before. *Without a snapshot* are those where there is none: where it says *nothing*, what is left is
whole in itself, and only a snapshot can tell. *Every* session has the sizes of the first table that have
such a file; one of 0 MB has nearly all of its rows in the logs. Cut is by bytes; a page and the garbage have
4096, at a place of its own for each row.
"""


def page() -> Iterator[str]:
    """Return the lines of the page."""
    rows = damage_rows.kept()
    yield INTRODUCTION
    yield from _counts(rows)
    for file in dict.fromkeys(damage.file for damage in DAMAGES):
        of_file = [row for row in rows if row.file == file]
        if of_file:
            measured = sorted({row.size for row in rows})
            yield from _section(file, of_file, measured)


def _counts(rows: Sequence[Row]) -> Iterator[str]:
    yield "| session | damages | login lost at the first start | at the second | rows lost | found of these |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for size, same_size in itertools.groupby(rows, lambda row: row.size):
        of_size = list(same_size)
        harmful = [row for row in of_size if not row.harmless]
        first = sum(row.first == "login lost" for row in harmful)
        second = sum(row.first != "login lost" and row.second == "login lost" for row in harmful)
        found = sum(not row.missed for row in harmful)
        lost = len(harmful) - first - second
        yield f"| {size} MB | {len(of_size)} | {first} | {second} | {lost} | {found} of {len(harmful)} |"


def _section(file: str, rows: Sequence[Row], measured: Sequence[int]) -> Iterator[str]:
    yield f"\n## {file}\n"
    missing = [size for size in measured if size not in {row.size for row in rows}]
    if missing:
        yield f"A session of {_sizes(missing)} has none.\n"
    yield "| damage | session | first start | second start | found | without a snapshot |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for damage in dict.fromkeys(row.damage for row in rows):
        outcomes: dict[tuple[str, ...], list[int]] = {}
        for row in rows:
            if row.damage == damage:
                outcomes.setdefault(_outcome(row), []).append(row.size)
        for outcome, sizes in outcomes.items():
            every = len(sizes) == len({row.size for row in rows})
            yield f"| {damage} | {'every' if every else _sizes(sizes)} | {' | '.join(outcome)} |"


def _outcome(row: Row) -> tuple[str, ...]:
    found = _codes(row.found) if not row.same else "the same bytes"
    alone = "the same" if row.alone == row.found else _codes(row.alone)
    return row.first, row.second, found, alone


def _codes(codes: Sequence[str]) -> str:
    return ", ".join(f"[`{code}`](findings.md#{code})" for code in codes) or "nothing"


def _sizes(sizes: Sequence[int]) -> str:
    return f"{', '.join(map(str, sizes))} MB"
