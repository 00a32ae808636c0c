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


class Cursor:
    """Reads numbers and strings off `data` from `position` on. Raises Malformed past the end."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def __bool__(self) -> bool:
        return self.position < len(self.data)

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        end = self.position + length
        if end > len(self.data):
            raise Malformed(f"it ends at {len(self.data)}, {end - len(self.data)} bytes too early")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def varint(self) -> int:
        """A number in groups of seven bits, the lowest first, at most 64 bits."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise Malformed(f"a number before {self.position} has more than 64 bits")

    def string(self) -> bytes:
        """A length and as many bytes."""
        return self.take(self.varint())

    def fixed(self, length: int) -> int:
        """A number of `length` bytes, the lowest first."""
        return int.from_bytes(self.take(length), "little")
