"""Draw a QR in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segno import QRCode

_QUIET = 4  # modules of margin that ISO/IEC 18004 asks for
_BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
_RESET = "\x1b[0m"
_HALVES = {(0, 0): " ", (0, 1): "▄", (1, 0): "▀", (1, 1): "█"}  # (upper, lower), 1 is a dark module


def encode(ref: str) -> QRCode:
    """The code of `ref`, as small as it can be: a screen needs no error correction."""
    import segno

    return segno.make(ref, error="l", micro=False)


def render_qr(ref: str, *, colour: bool = True) -> str:
    """Draw what a phone scans, two rows of modules to a line: a WhatsApp QR takes 33 lines of 65 columns.

    With `colour`, black on white whatever the terminal's theme; without, for terminals with light text
    on a dark ground, where an inverted QR would not scan. No newline at the end.
    """
    rows = [list(row) for row in encode(ref).matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return "\n".join(_line(upper, lower, colour) for upper, lower in pairs)


def _line(upper: list[int], lower: list[int], colour: bool) -> str:
    dark = 1 if colour else 0  # without colours the block is the light part
    text = "".join(
        _HALVES[int(bool(above) == dark), int(bool(below) == dark)]
        for above, below in zip(upper, lower, strict=True)
    )
    return f"{_BLACK_ON_WHITE}{text}{_RESET}" if colour else text
