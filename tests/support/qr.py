"""Read a QR as a phone's camera does: from what a terminal shows, or from a picture."""

from __future__ import annotations

import os
import re
import struct
import zlib

import zxingcpp

# What each character shows: its upper and its lower half, where 1 has the foreground's colour.
_HALVES = {" ": (0, 0), "▄": (0, 1), "▀": (1, 0), "█": (1, 1)}
_PIXELS = 4  # a module's width and height


def scan(picture: object) -> str:
    """What a picture's QR says; empty when no QR can be read in it."""
    found = zxingcpp.read_barcodes(picture)
    return found[0].text if found else ""


def scan_terminal(drawn: str) -> str:
    """What a drawing of wagit's says on a terminal: black on white by its colours, else white on black."""
    coloured = "\x1b[" in drawn
    lines = [
        line
        for line in re.sub(r"\x1b\[[0-9;]*[mFJ]", "", drawn).splitlines()
        if line and set(line) <= _HALVES.keys()
    ]
    rows = [[_HALVES[character][half] for character in line] for line in lines for half in (0, 1)]
    shades = (255, 0) if coloured else (0, 255)
    pixels = [
        bytes(shades[bit] for bit in row for _ in range(_PIXELS)) for row in rows for _ in range(_PIXELS)
    ]
    if not pixels:
        return ""
    shown = memoryview(b"".join(pixels)).cast("B", (len(pixels), len(pixels[0])))
    return scan(shown)


def scan_svg(path: str | os.PathLike[str]) -> str:
    """What an SVG of segno's says, drawn by its strokes: `M x y h length m dx dy h …` in modules."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    size = int(re.findall(r'width="(\d+)"', text)[0]) // int(float(re.findall(r"scale\(([\d.]+)\)", text)[0]))
    grid = [[255] * size for _ in range(size)]
    strokes = re.findall(r'class="qrline"[^>]* d="([^"]+)"', text)[0]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", strokes):
        values = [float(value) for value in numbers.split()]
        if command == "h":
            grid[int(y)][int(x) : int(x + values[0])] = [0] * int(values[0])
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    pixels = b"".join(bytes(shade for shade in row for _ in range(_PIXELS)) * _PIXELS for row in grid)
    return scan(memoryview(pixels).cast("B", (size * _PIXELS, size * _PIXELS)))


def scan_png(path: str | os.PathLike[str]) -> str:
    """What a PNG of segno's says: greyscale of one bit; a row is as it is, or the sum with the one above."""
    with open(path, "rb") as file:
        data = file.read()
    width, height = struct.unpack(">II", data[16:24])
    packed, position = b"", 8
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        if data[position + 4 : position + 8] == b"IDAT":
            packed += data[position + 8 : position + 8 + length]
        position += length + 12
    raw, stride = zlib.decompress(packed), (width + 7) // 8 + 1
    rows = [bytes(stride - 1)]
    for line in (raw[y * stride : (y + 1) * stride] for y in range(height)):
        above = rows[-1] if line[0] == 2 else bytes(stride - 1)
        rows.append(bytes((a + b) & 255 for a, b in zip(line[1:], above, strict=True)))
    pixels = bytes(255 * (row[x // 8] >> (7 - x % 8) & 1) for row in rows[1:] for x in range(width))
    return scan(memoryview(pixels).cast("B", (height, width)))
