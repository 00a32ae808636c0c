"""Follow what decides a worktree's assignment: its branch, its binding and the config files.

The file system's events only wake us; what changed is read from the files themselves. So an event that
was merged, lost or came from a temporary file (git replaces HEAD by renaming HEAD.lock) does no harm.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from wagit.config.digest import LOCAL, PROJECT
from wagit.core.errors import WagitError
from wagit.core.repository import Repository
from wagit.routing.binding import binding_path
from wagit.routing.head import read_head

_STEP = 50  # milliseconds between two looks at the events, each of which costs a little; none new: handed on
_MOST = 100  # milliseconds until they are handed on in any case
_POLL = 0.5  # seconds, where the system has no events left to give
_HEAD_FILES = ("HEAD", "rebase-merge", "rebase-apply", "BISECT_START", "reftable/tables.list")


class BranchChanged(NamedTuple):
    """The effective branch is another, or HEAD was written: it may have been another in between.

    None when HEAD is detached.
    """

    branch: str | None


class BindingChanged(NamedTuple):
    """`binding.json` was written: it has other content, or had in between."""


class ConfigChanged(NamedTuple):
    """A config file was written, made or removed."""

    path: str


class StateGone(NamedTuple):
    """`<git dir>/wagit` was deleted."""

    path: str


class WorktreeGone(NamedTuple):
    """The worktree or its git directory was removed or moved away."""

    path: str


Change = BranchChanged | BindingChanged | ConfigChanged | StateGone | WorktreeGone
Stat = tuple[int, int, int] | None  # inode, mtime in nanoseconds, size


class View(NamedTuple):
    """What a worktree looked like at one moment."""

    branch: str | None
    head: tuple[Stat, ...]
    binding: Stat
    config: Mapping[str, Stat]
    state: bool
    worktree: bool


def changes(before: View, after: View, repo: Repository) -> Iterator[Change]:
    """Say what differs between two views of one worktree."""
    if not after.worktree:
        if before.worktree:
            yield WorktreeGone(repo.worktree)
        return
    if before.state and not after.state:
        yield StateGone(repo.state_dir)
    # Who was told of a change looks for himself, and may have seen what was here between two views.
    if before.branch != after.branch or _written(before) != _written(after):
        yield BranchChanged(after.branch)
    if after.binding is not None and before.binding != after.binding:
        yield BindingChanged()
    for path, stat in after.config.items():
        if before.config.get(path) != stat:
            yield ConfigChanged(path)


def _written(view: View) -> tuple[Stat, ...]:
    """What changes with each write of this worktree's own HEAD; empty when it could not be read."""
    own = dict(zip(_HEAD_FILES, view.head, strict=False))
    return tuple(own[name] for name in ("HEAD", "reftable/tables.list") if name in own)


def look(repo: Repository, files: Sequence[str], before: View | None = None) -> View:
    """View a worktree. Its branch is read again only where git's files changed since `before`.

    Right for reftable repositories too, whose HEAD file never changes: there `tables.list` tells.
    """
    head = tuple(_stat(os.path.join(base, name)) for base in _git_dirs(repo) for name in _HEAD_FILES)
    branch = before.branch if before else None
    if before is None or before.head != head:
        try:
            branch = read_head(repo).branch
        except (WagitError, OSError):
            head = ()  # caught in the middle of something: look again at the next event
    return View(
        branch,
        head,
        _stat(binding_path(repo)),
        {path: _stat(path) for path in files},
        os.path.isdir(repo.state_dir),
        os.path.isdir(repo.worktree) and os.path.isdir(repo.git_dir),
    )


class Following(Protocol):
    """What follows a worktree."""

    def start(self) -> None:
        """Return once changes from now on are told."""

    def stop(self) -> None:
        """Tell nothing any more."""


class Watcher:
    """Calls `emit` from a thread of its own with every change, until `stop`.

    `files` are config files besides the worktree's own: the main worktree's, the user's, what is trusted.
    A change is told within 150 ms where the system has file events.
    """

    def __init__(self, repo: Repository, emit: Callable[[Change], None], files: Sequence[str] = ()) -> None:
        self._repo = repo
        self._emit = emit
        own = (os.path.join(repo.worktree, name) for name in (PROJECT, LOCAL))
        self._files = tuple(dict.fromkeys((*own, *files)))
        self._stop = threading.Event()
        self._ready = threading.Event()
        self._view = look(repo, self._files)
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Return once changes from now on are told."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Stop promptly; nothing is told afterwards."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            directories = self._directories()
            try:
                self._follow(directories)
            except Exception:  # no inotify instances left, a directory went meanwhile, another watchfiles
                self._ready.set()
                self._stop.wait(_POLL)
            self._compare()

    def _follow(self, directories: Mapping[str, int]) -> None:
        """Return when another set of directories must be watched: one was made, deleted or replaced."""
        # Used directly as its documentation offers (watchfiles.helpmanual.io/api/rust_backend): the public
        # generator does not tell when its watch stands, so a change just before would be lost.
        from watchfiles._rust_notify import RustNotify

        with RustNotify(list(directories), False, False, 0, False, True) as notify:
            self._compare()  # what happened before the watch stood
            self._ready.set()
            while not self._stop.is_set() and directories == self._directories():
                found = notify.watch(_MOST, _STEP, 0, self._stop)
                if isinstance(found, set) and any(self._matters(path) for _, path in found):
                    self._compare()

    def _compare(self) -> None:
        before, self._view = self._view, look(self._repo, self._files, self._view)
        for change in changes(before, self._view, self._repo):
            if not self._stop.is_set():
                self._emit(change)

    def _matters(self, path: str) -> bool:
        return os.path.basename(path) in self._names()

    def _names(self) -> set[str]:
        repo = self._repo
        names = {part for name in _HEAD_FILES for part in name.split("/")}
        paths = (*self._files, binding_path(repo), repo.worktree, repo.git_dir, repo.state_dir)
        return names | {os.path.basename(path) for path in paths}

    def _directories(self) -> dict[str, int]:
        """The directories to watch that exist, with their inodes: a new one of a name needs a new watch."""
        repo = self._repo
        wanted = [repo.worktree, repo.state_dir, *(os.path.dirname(path) for path in self._files)]
        for base in _git_dirs(repo):
            wanted += [base, os.path.join(base, "reftable")]
        found = {path: _inode(path) for path in wanted}
        return {path: inode for path, inode in found.items() if inode is not None}


def _git_dirs(repo: Repository) -> tuple[str, ...]:
    return (repo.git_dir, repo.common_dir) if repo.is_linked else (repo.git_dir,)


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None


def _stat(path: str) -> Stat:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
