"""Take blobs out of a repository of our own, believing nothing of what the remote sent."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, NamedTuple

from wagit.team.git_scratch import CHUNK
from wagit.team.incoming import receive
from wagit.team.remote import Blob


class Source(NamedTuple):
    """A repository of our own, and how git is run there."""

    cwd: str
    environ: Mapping[str, str]


class Object(NamedTuple):
    """What stands before an object in `git cat-file --batch` (git-cat-file(1), BATCH OUTPUT)."""

    oid: str
    kind: str
    size: int


def read_small(source: Source, ref: str, most: int) -> tuple[str, bytes] | None:
    """Object id and bytes of a ref's blob; None unless it is one of at most `most` bytes."""
    with _batch(source, [ref]) as out:
        found = _next(out)
        if found is None or found.kind != "blob" or found.size > most:
            return None
        data = out.read(found.size)
        return (found.oid, data) if len(data) == found.size else None


def take_out(source: Source, wanted: Sequence[tuple[str, Blob]], directory: str) -> list[Blob]:
    """Write the blobs of refs to `<directory>/<name>`, each whole and durable; gives those that are damaged.

    Raises OSError.
    """
    damaged: list[Blob] = []
    left = list(wanted)
    while left:
        done = 0
        with _batch(source, [ref for ref, _ in left]) as out:
            for _, blob in left:
                done += 1
                if not _take_one(out, blob, directory):
                    damaged.append(blob)
                    break  # what stands in the pipe is of any size: git is started anew for the rest
        left = left[done:]
    return damaged


def _take_one(out: IO[bytes], blob: Blob, directory: str) -> bool:
    found = _next(out)
    if found is None or found.kind != "blob" or found.size != blob.size:
        return False
    return receive(blob, _chunks(out, blob.size), directory, lambda _: None) and out.read(1) == b"\n"


def _chunks(out: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (chunk := out.read(min(size, CHUNK))):
        size -= len(chunk)
        yield chunk


def _next(out: IO[bytes]) -> Object | None:
    words = out.readline(200).decode(errors="replace").split()
    return Object(words[0], words[1], int(words[2])) if len(words) == 3 and words[2].isdigit() else None


@contextlib.contextmanager
def _batch(source: Source, refs: Sequence[str]) -> Iterator[IO[bytes]]:
    """What `git cat-file --batch` says of refs, a few hundred at most: they have to fit into its pipe."""
    with subprocess.Popen(
        ["git", "cat-file", "--batch"],
        cwd=source.cwd,
        env=dict(source.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write("".join(f"{ref}\n" for ref in refs).encode())
                process.stdin.close()
            yield process.stdout
        finally:
            process.kill()
