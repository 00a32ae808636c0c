"""zstd: pieces compressed and padded, and whatever others made expanded in small pieces of bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from wagit.team import padding

LEVEL = 3
WINDOW = 8 << 20  # bytes: what RFC 8878 wants every decoder to take
PIECE = 128 << 10  # bytes: nothing larger reaches a sink


def compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """One frame of all `pieces`, and the frame that pads it."""
    from zstandard import ZstdCompressor

    compressor = ZstdCompressor(level=LEVEL).compressobj()
    length = 0
    for piece in pieces:
        if out := compressor.compress(piece):
            length += len(out)
            yield out
    last = compressor.flush()
    yield last
    yield padding.frame_after(length + len(last))


class Expanding:
    """A sink for zstd frames; `take` gets what they have in pieces. Raises ValueError for no zstd."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        from zstandard import ZstdDecompressor, ZstdError

        decompressor = ZstdDecompressor(max_window_size=WINDOW)
        self._writer = decompressor.stream_writer(_Output(take), write_size=PIECE, closefd=False)  # type: ignore[arg-type]
        self._error = ZstdError

    def write(self, data: bytes) -> None:
        """Expand the next bytes."""
        try:
            self._writer.write(data)
        except self._error as error:
            raise ValueError(f"no zstd: {error}") from error


class _Output:
    """A function as a file to write to."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self._take = take

    def write(self, data: bytes) -> int:
        self._take(data)
        return len(data)
