"""What `doctor` finds in the repository's history: sessions and keys that were committed once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Mapping

from wagit.core.git_blobs import Blob, Git, brought
from wagit.core.repository import Repository
from wagit.integrity.leaks import is_suspicious
from wagit.operations.doctor_check import Check
from wagit.operations.guard import allowed_by, in_shell, leaks_of

PATIENCE = 3.0  # seconds
_PIECE = 200  # files between two looks at the clock


def check(repo: Repository, environ: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> Check:
    """Look at every file that any commit brought under a name that gives reason to; for PATIENCE seconds."""
    until = clock() + PATIENCE
    git = Git(repo.worktree, environ)
    blobs, early = _suspicious(git, lambda: clock() >= until)
    found = []
    for at in range(0, len(blobs), _PIECE):
        if clock() >= until:
            early = True
            break
        found += leaks_of(git, blobs[at : at + _PIECE])[0]
    if found:  # else no config is read for it
        allowed, _ = allowed_by(repo.worktree, environ)
        found = [(blob, leak) for blob, leak in found if not allowed(blob.path)]
    so_far = f"; not all of it was looked at within {PATIENCE:g} s" if early else ""
    if not found:
        return Check("history", "ok", f"no session and no key found in it{so_far}")
    blob, leak = found[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    what = f"{in_shell(blob.path)} of {(blob.commit or '')[:10]} is {leak.what}{more}{so_far}"
    return Check("history", "fail", what, _mend(any(one.kind == "session" for _, one in found)))


def _mend(session: bool) -> str:
    first = (
        "the login is leaked: unlink the device on the phone, then: wagit login"
        if session
        else "the key is leaked: make a new one, and have the old one removed where it was let in"
    )
    return f"{first}; then name the file in guard.allow, or rewrite the history (git filter-repo)"


def _suspicious(git: Git, over: Callable[[], bool]) -> tuple[list[Blob], bool]:
    found: dict[tuple[str, str], Blob] = {}
    with contextlib.closing(_brought(git)) as blobs:
        for number, blob in enumerate(blobs):
            if number % _PIECE == 0 and over():
                return list(found.values()), True
            if is_suspicious(blob.path):
                found.setdefault((blob.path, blob.id), blob)
    return list(found.values()), False


def _brought(git: Git) -> Generator[Blob, None, None]:
    yield from brought(git, ("--all",))
