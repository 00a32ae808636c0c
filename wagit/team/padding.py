"""How long a padded file is: Padmé, which tells at most O(log log) bits of the length for at most 12 % more.

Nikitin, Barman, Lueks, Underwood, Hubaux, Ford: "Reducing Metadata Leakage from Encrypted Files and
Communication with PURBs", PETS 2019, section 4: https://arxiv.org/abs/1806.03160.
"""

from __future__ import annotations

FRAME = 8  # bytes of a skippable frame's head
MAGIC = 0x184D2A50  # RFC 8878, 3.1.2
LEAST = 4096  # bytes: all that is shorter looks alike


def padme(length: int) -> int:
    """The padded length: only the top bits of it may be other than 0, as many as its exponent needs."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    loose = (1 << (exponent - exponent.bit_length())) - 1
    return (length + loose) & ~loose


def frame_after(length: int) -> bytes:
    """The skippable zstd frame that pads `length` bytes of zstd; `zstd -d` passes over it."""
    rest = max(LEAST, padme(length + FRAME)) - length - FRAME
    return MAGIC.to_bytes(4, "little") + rest.to_bytes(4, "little") + bytes(rest)
