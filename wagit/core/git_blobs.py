"""Files as git has them: what is staged, what commits brought, and how each begins. Nothing is fetched."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import IO, NamedTuple

from wagit.core.git import GitFailed
from wagit.core.git_stream import stream_git

LINK = "120000"
SUBMODULE = "160000"
# What git hands to its hooks and a look at the index needs: `git commit FILE` has an index of its own.
OF_HOOKS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
# A partial clone asks its remote for what it lacks: git 2.44 knows how not to, older ones get no protocol.
_OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none", "GIT_TERMINAL_PROMPT": "0"}
_MOST_RESTARTS = 100
_PIECE = 1 << 20  # bytes


class Blob(NamedTuple):
    """A file's bytes: path from the worktree's top, mode, object id; `commit` is the one that brought it."""

    path: str
    mode: str
    id: str
    commit: str | None = None


class Git(NamedTuple):
    """Where git is asked: the directory, the environment, and which variables of a hook it may see."""

    directory: str
    environ: Mapping[str, str]
    kept: tuple[str, ...] = ()

    def environment(self) -> dict[str, str]:
        """What is added to git's environment."""
        return {**_OFFLINE, **{name: self.environ[name] for name in self.kept if name in self.environ}}


def staged(git: Git) -> Iterator[Blob]:
    """What the index has other than HEAD, or all of it before the first commit. Raises GitFailed."""
    options = ("--raw", "-z", "--no-abbrev", "--no-renames", "--no-relative", "--no-ext-diff")
    with _stream(git, "diff", "--cached", *options, "--ignore-submodules") as out:
        yield from _raw(out)


def brought(git: Git, tips: Iterable[str], known: Iterable[str] = ()) -> Iterator[Blob]:
    """What the commits of `tips` brought that those of `known` do not have, newest first.

    Both are words of `git rev-list`: `--all`, `--remotes=origin`, a commit. Raises GitFailed.
    """
    with tempfile.TemporaryFile() as commits:
        with _stream(git, "rev-list", "--ignore-missing", *tips, "--not", *known) as out:
            while piece := out.read(_PIECE):
                commits.write(piece)
        commits.seek(0)
        options = ("--stdin", "-r", "-c", "--root", "-z", "--no-renames", "--no-abbrev")  # -c: own of a merge
        with _stream(git, "diff-tree", *options, stdin=commits) as out:
            yield from _raw(out)


def starts(git: Git, ids: Iterable[str], length: int) -> Iterator[tuple[str, bytes]]:
    """The first `length` bytes of each blob that is here, by one `git cat-file`. Raises GitFailed.

    A git that ends at one that is missing (before 2.44, in a partial clone) is started again behind it.
    """
    waiting = list(ids)
    for _ in range(_MOST_RESTARTS):
        done = 0
        with tempfile.TemporaryFile() as asked:
            asked.write("".join(f"{one}\n" for one in waiting).encode())
            asked.seek(0)
            with _stream(git, "cat-file", "--batch", "--buffer", stdin=asked, any_status=True) as out:
                for identifier in waiting:
                    answer = out.readline().split()
                    if not answer:
                        break
                    done += 1
                    if answer[1:2] == [b"blob"]:
                        yield identifier, _start(out, int(answer[2]), length)
        waiting = waiting[done + 1 :] if done < len(waiting) else []
        if not waiting:
            return
    raise GitFailed(f"git cat-file ended {_MOST_RESTARTS} times", "see: git fsck")


def _start(out: IO[bytes], size: int, length: int) -> bytes:
    start = out.read(min(size, length))
    left = size - len(start) + 1  # git writes a line feed behind each
    while left > 0 and (piece := out.read(min(left, _PIECE))):
        left -= len(piece)
    return start


def _stream(
    git: Git, *arguments: str, stdin: IO[bytes] | None = None, any_status: bool = False
) -> AbstractContextManager[IO[bytes]]:
    environ, added = git.environ, git.environment()
    return stream_git(
        *arguments, cwd=git.directory, environ=environ, added=added, stdin=stdin, any_status=any_status
    )


def _raw(out: IO[bytes]) -> Iterator[Blob]:
    """The files of git's raw output (git-diff(1), "Raw output format") that are there afterwards."""
    commit: str | None = None
    words = _words(out)
    for word in words:
        if not word.startswith(b":"):
            commit = word.decode()
            continue
        # A merge has as many colons as parents, then a mode and an id of each; the result's come last.
        parents = len(word) - len(word.lstrip(b":"))
        fields = word.lstrip(b":").decode().split()
        mode, identifier = fields[parents], fields[2 * parents + 1]
        path = next(words).decode(errors="surrogateescape")
        if mode not in ("000000", SUBMODULE) and identifier.strip("0"):
            yield Blob(path, mode, identifier, commit)


def _words(out: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while piece := out.read(_PIECE):
        *whole, rest = (rest + piece).split(b"\0")
        yield from whole
