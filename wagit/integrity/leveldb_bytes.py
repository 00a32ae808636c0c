"""The encodings that LevelDB's files share (util/coding.h), and the error for what is not one of them."""

from __future__ import annotations

from wagit.core.errors import WagitError


class LevelDBUnreadable(WagitError):
    """A LevelDB directory is damaged, or no LevelDB at all."""

    code = "leveldb-unreadable"
    exit_status = 12


class Malformed(Exception):
    """Bytes that cannot be what they should be; becomes LevelDBUnreadable once the file is known.

    `offset` is where in the file, in bytes, None where that is not known.
    """

    def __init__(self, what: str, offset: int | None = None) -> None:
        super().__init__(what)
        self.offset = offset


class Torn(Malformed):
    """A log's last record is not complete: what a writer that was killed leaves."""


def varint(data: bytes, position: int) -> tuple[int, int]:
    """The number at `position`, and where it ends: seven bits a byte, the lowest first, ten bytes at most.

    Raises Malformed.
    """
    value = shift = 0
    for byte in data[position : position + 10]:
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise Malformed(f"there is no whole number before {position}")


class Cursor:
    """Reads numbers and strings off `data` from `position` on. Raises Malformed past the end."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def __bool__(self) -> bool:
        return self.position < len(self.data)

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        end = self.position + length
        if end > len(self.data):
            raise Malformed(f"it ends at {len(self.data)}, {end - len(self.data)} bytes too early")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def varint(self) -> int:
        """A number as `varint` reads it."""
        value, self.position = varint(self.data, self.position)
        return value

    def string(self) -> bytes:
        """A length and as many bytes."""
        return self.take(self.varint())

    def fixed(self, length: int) -> int:
        """A number of `length` bytes, the lowest first."""
        return int.from_bytes(self.take(length), "little")
