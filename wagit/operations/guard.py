"""Look for sessions and keys in what is about to be committed or pushed. Needs no store and no network."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from wagit.config.load import load
from wagit.core.errors import WagitError
from wagit.core.git import GitFailed, run_git
from wagit.core.git_blobs import LINK, OF_HOOKS, Blob, Git, brought, staged, starts
from wagit.core.opening import regular
from wagit.core.repository import NotARepository, find
from wagit.integrity.leaks import START, Leak, leak_of
from wagit.operations.guard_push import Push
from wagit.routing.patterns import compile_pattern


class Found(NamedTuple):
    """A file that gives something away: its path, `commit` that brought it or null, what it is, what to do.

    `kind` is `session` or `key`.
    """

    path: str
    commit: str | None
    what: str
    kind: str
    do: str


class Guarded(NamedTuple):
    """What was found in how many files; `notices` are said beside it."""

    leaks: tuple[Found, ...]
    files: int
    notices: tuple[str, ...]


def in_index(directory: str, environ: Mapping[str, str], *, of_hook: bool = True) -> Guarded:
    """Look at what is staged. `of_hook`: the index is the one that git has its hook look at.

    Raises NotARepository, GitFailed, GitMissing.
    """
    git = _git(directory, environ, of_hook)
    return _guarded(git, staged(git))


def in_push(directory: str, environ: Mapping[str, str], push: Push, *, of_hook: bool = True) -> Guarded:
    """Look at every file that the commits of a push bring. Raises as `in_index`."""
    git = _git(directory, environ, of_hook)
    return _guarded(git, brought(git, push.tips, push.known) if push.tips else ())


def in_files(directory: str, environ: Mapping[str, str], paths: Iterable[str]) -> Guarded:
    """Look at files as they are on the disk, named from `directory`; what is none is passed over."""
    read = [one for path in paths if (one := _read(directory, path)) is not None]
    found = [(Blob(path, "", ""), leak_of(path, start, link=link)) for path, start, link in read]
    return _told(directory, environ, found, len(read))


def leaks_of(git: Git, blobs: Iterable[Blob]) -> tuple[list[tuple[Blob, Leak]], int]:
    """The files that give something away, and how many were looked at. Raises GitFailed, GitMissing."""
    by_id: dict[str, dict[tuple[str, str], Blob]] = {}
    for blob in blobs:
        by_id.setdefault(blob.id, {}).setdefault((blob.path, blob.mode), blob)
    found = [
        (blob, leak)
        for identifier, start in starts(git, by_id, START)
        for blob in by_id[identifier].values()
        if (leak := leak_of(blob.path, start, link=blob.mode == LINK)) is not None
    ]
    return found, sum(map(len, by_id.values()))


def allowed_by(directory: str, environ: Mapping[str, str]) -> tuple[Callable[[str], bool], tuple[str, ...]]:
    """Which paths `guard.allow` lets pass; a config that cannot be read lets none pass, and that is said."""
    try:
        patterns = load(find(directory, environ), environ).settings.guard.allow
    except WagitError as error:
        return (lambda path: False), (f"guard.allow is not heeded: {error.message}",)  # noqa: ARG005
    compiled = [compile_pattern(pattern) for pattern in patterns]
    return (lambda path: any(pattern.fullmatch(path) for pattern in compiled)), ()


def open_on_failure(look: Callable[[], Guarded]) -> Guarded:
    """Look; where that fails, say that nothing was checked: a bug of the guard's blocks no commit.

    Raises NotARepository.
    """
    try:
        return look()
    except NotARepository:
        raise
    except Exception as error:
        why = error.message if isinstance(error, WagitError) else f"{type(error).__name__}: {error}"
        return Guarded((), 0, (f"the guard could not look, so NOTHING WAS CHECKED: {why}",))


def _git(directory: str, environ: Mapping[str, str], of_hook: bool) -> Git:
    git = Git(directory, environ, OF_HOOKS if of_hook else ())
    if "GIT_DIR" not in git.environment():
        try:
            run_git("rev-parse", "--git-dir", cwd=directory, environ=environ)
        except GitFailed as failed:
            raise NotARepository(
                f"{directory} is not in a git repository", "run wagit inside one, or name it with -C"
            ) from failed
    return git


def _guarded(git: Git, blobs: Iterable[Blob]) -> Guarded:
    found, files = leaks_of(git, blobs)
    return _told(git.directory, git.environ, found, files)


def _told(
    directory: str, environ: Mapping[str, str], looked: Iterable[tuple[Blob, Leak | None]], files: int
) -> Guarded:
    found = [(blob, leak) for blob, leak in looked if leak is not None]
    if not found:
        return Guarded((), files, ())
    allowed, notices = allowed_by(directory, environ)
    told = [_found(blob, leak) for blob, leak in found if not allowed(blob.path)]
    return Guarded(tuple(sorted(told, key=lambda one: (one.path, one.commit or ""))), files, notices)


def _found(blob: Blob, leak: Leak) -> Found:
    if blob.commit:
        short = blob.commit[:10]
        return Found(
            blob.path, blob.commit, leak.what, leak.kind, f"take it out of {short}: git rebase -i {short}~"
        )
    return Found(blob.path, None, leak.what, leak.kind, f"git rm --cached -- {in_shell(blob.path)}")


def in_shell(path: str) -> str:
    """A path as one word of a shell's, on one line whatever it is made of."""
    if path.isprintable():
        return shlex.quote(path)
    return "$'" + "".join(f"\\x{byte:02x}" if byte < 32 or byte > 126 or byte in b"\\'" else chr(byte)
                          for byte in os.fsencode(path)) + "'"  # fmt: skip


def _read(directory: str, path: str) -> tuple[str, bytes, bool] | None:
    whole = os.path.join(directory, path)
    try:
        if os.path.islink(whole):
            return path, os.fsencode(os.readlink(whole)), True
        with open(whole, "rb", opener=regular) as file:
            return path, file.read(START), False
    except OSError:
        return None
