"""The link in a worktree that points an unmodified bot at its slot. Stdlib only: the hook swaps it."""

from __future__ import annotations

import contextlib
import os
import re
from typing import Literal, NamedTuple

from wagit.core.atomic import atomic_symlink
from wagit.core.errors import WagitError
from wagit.core.git import GitFailed, run_git
from wagit.core.repository import Repository
from wagit.core.store import Store
from wagit.slots import exclude

State = Literal["absent", "ours", "lost", "directory", "file", "foreign"]
IN_A_SLOT = re.compile(r".*/slots/[^/]+/data(/[^/]+)?")


class LinkRefused(WagitError):
    """The link's place is taken by something that is not wagit's."""

    code = "link-refused"


class Link(NamedTuple):
    """Where the link is, what is there now, and the slot it points at when it is ours.

    A `lost` one leads to a slot that is not there any more, as after the repository or its store moved.
    """

    path: str
    state: State
    slot: str | None = None


def inspect(repo: Repository, store: Store, relative: str) -> Link:
    """Look at the link's place. Raises LinkRefused when it is outside the worktree, or in git's directory."""
    path = os.path.normpath(os.path.join(repo.worktree, relative))
    parent = os.path.realpath(os.path.dirname(path))
    root = os.path.realpath(repo.worktree)
    if os.path.commonpath([parent, root]) != root or path == os.path.normpath(repo.worktree):
        raise LinkRefused(f"the link {relative} leaves the worktree", "set bot.link to a path inside it")
    if _is_within(parent, repo.git_dir) or _is_within(parent, repo.common_dir):
        raise LinkRefused(f"the link {relative} lies in git's own directory", "set bot.link to another path")
    if os.path.islink(path) or _is_junction(path):
        target = os.path.join(parent, os.readlink(path))
        slot = _slot_of_target(store, target)
        is_lost = IN_A_SLOT.fullmatch(target) and not os.path.isdir(target.rpartition("/data")[0])
        return Link(path, "ours" if slot else "lost" if is_lost else "foreign", slot)
    if os.path.isdir(path):
        return Link(path, "directory")
    return Link(path, "file" if os.path.lexists(path) else "absent")


def _is_within(parent: str, directory: str) -> bool:
    """Whether `parent` is `directory` or below it: a link that was committed may lead there."""
    real = os.path.realpath(directory)
    return os.path.commonpath([parent, real]) == real


def point(repo: Repository, store: Store, relative: str, target: str, *, is_file: bool = False) -> bool:
    """Point the link at `target`, a slot's data or a file within it, by one rename; True when it changed.

    The place must be absent or wagit's own link, even a lost one, and untracked. Raises LinkRefused, OSError.
    """
    link = inspect(repo, store, relative)
    written = _as_written(repo, store, target, link.path)
    if link.state == "ours" and os.readlink(link.path) == written:
        return False
    _refuse_what_is_not_ours(repo, link, relative)
    if link.state == "absent":
        _keep_untracked(repo, relative)
    os.makedirs(os.path.dirname(link.path), exist_ok=True)
    atomic_symlink(link.path, written, is_directory=not is_file)
    return True


def remove(repo: Repository, store: Store, relative: str) -> bool:
    """Remove the link when it is wagit's own; True when it was."""
    link = inspect(repo, store, relative)
    if link.state != "ours":
        return False
    os.unlink(link.path)
    return True


def _refuse_what_is_not_ours(repo: Repository, link: Link, relative: str) -> None:
    if link.state in ("directory", "file"):
        raise LinkRefused(
            f"{relative} is a {link.state} that wagit did not make, so it does not point at a slot",
            f"take it into one with: wagit sessions adopt SLOT {relative}",
        )
    if link.state == "foreign":
        raise LinkRefused(f"{relative} is a link that wagit did not make", "move it away, or set bot.link")
    if link.state in ("absent", "lost") and _is_tracked(repo, relative):
        raise LinkRefused(f"{relative} is tracked by git", f"untrack it: git rm -r --cached {relative}")


def _is_tracked(repo: Repository, relative: str) -> bool:
    try:
        return bool(run_git("ls-files", "--", f":(literal){relative}", cwd=repo.worktree))
    except GitFailed:
        return False


def _keep_untracked(repo: Repository, relative: str) -> None:
    """See to it that git ignores the link: else it could be committed, or stand in a switch's way."""
    with contextlib.suppress(GitFailed, OSError):
        if not run_git("check-ignore", "--", relative, cwd=repo.worktree, accept=(0, 1)):
            exclude.add(repo, [relative])


def _as_written(repo: Repository, store: Store, target: str, link: str) -> str:
    """Relative where the store is inside the worktree, so that a moved repository keeps its links."""
    root = os.path.realpath(repo.worktree)
    if os.name != "nt" and os.path.commonpath([os.path.realpath(store.root), root]) == root:
        return os.path.relpath(os.path.realpath(target), os.path.realpath(os.path.dirname(link)))
    return target


def _slot_of_target(store: Store, target: str) -> str | None:
    """Return the slot whose data `target` is or lies in."""
    slots = os.path.realpath(store.slots()) + os.sep
    resolved = os.path.normpath(
        os.path.join(os.path.realpath(os.path.dirname(target)), os.path.basename(target))
    )
    return resolved.removeprefix(slots).split(os.sep)[0] if resolved.startswith(slots) else None


def _is_junction(path: str) -> bool:
    return bool(getattr(os.path, "isjunction", lambda _: False)(path))
