from __future__ import annotations

import re

import pytest
import segno

from wagit.browser.qr import render_qr

REF = "2@" + "kqezYSscr-8aRCDjEOkZTwbbg2_" * 5 + ",V3hsLa7YlRkqbPK/VhUclhvhXfBzZea9VheMRpxeg/U=," * 3 + "1"
HALVES = {" ": (0, 0), "▄": (0, 1), "▀": (1, 0), "█": (1, 1)}


def modules(drawn: str, block: int) -> list[list[int]]:
    """The dark modules of a drawing in which a block means `block`."""
    rows = []
    for line in drawn.split("\n"):
        for half in (0, 1):
            rows.append([int(HALVES[character][half] == block) for character in line])
    return rows


@pytest.mark.parametrize("ref", [REF, "short", "x" * 700])
def test_the_drawing_is_the_code_with_its_quiet_zone_in_both_kinds(ref: str) -> None:
    code = segno.make(ref, error="l", micro=False)
    wanted = [[int(bool(module)) for module in row] for row in code.matrix_iter(border=4)]
    coloured = render_qr(ref)
    lines = coloured.split("\n")
    assert all(line.startswith("\x1b[38;5;16;48;5;231m") and line.endswith("\x1b[0m") for line in lines)
    for drawn, block in ((re.sub(r"\x1b\[[0-9;]*m", "", coloured), 1), (render_qr(ref, colour=False), 0)):
        assert modules(drawn, block)[: len(wanted)] == wanted


def test_it_fits_a_terminal_of_80_columns() -> None:
    lines = render_qr(REF, colour=False).split("\n")
    assert max(len(line) for line in lines) <= 80
