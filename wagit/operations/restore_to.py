"""Write a snapshot's files to a directory of the user's choice; no slot is touched, none need be free."""

from __future__ import annotations

import os
from collections.abc import Sequence

from wagit.core.atomic import rename_durably, temporary_beside
from wagit.core.errors import UsageError
from wagit.core.git import GitFailed, run_git
from wagit.operations.context import Context
from wagit.operations.restore import Restored, outcome
from wagit.operations.restore_choice import Found, manifest_of, matching, notices
from wagit.operations.restore_files import write
from wagit.slots.records import SlotRecord
from wagit.snapshots.manifest import Manifest
from wagit.snapshots.reading import Progress, no_progress
from wagit.snapshots.staging import discard


class BadTarget(UsageError):
    """The directory to restore to has something in it, or is the store's own."""

    code = "bad-target"


def preview_to(
    context: Context, slot: str, snapshot: str | None, directory: str, paths: Sequence[str] = ()
) -> Restored:
    """What `restore_to` would write. Raises as it does."""
    wanted, passed = manifest_of(context, slot, snapshot)
    told = _outlook(context, wanted, _checked(context, directory), paths)
    return told._replace(notices=(*passed, *told.notices), dry_run=True)


def restore_to(
    context: Context,
    slot: str,
    snapshot: str | None,
    directory: str,
    paths: Sequence[str] = (),
    progress: Progress = no_progress,
) -> Restored:
    """Write a snapshot, or what of it `paths` match, to `directory`, which must be absent or empty.

    It is written beside it and renamed, so that it appears whole or not at all; a kill leaves a directory
    `.tmp-…` beside it. Raises BadTarget, NoSuchSnapshot, OnlyHot, AmbiguousSnapshot, DamagedSnapshot,
    NoSuchFile, OSError.
    """
    wanted, passed = manifest_of(context, slot, snapshot)
    target = _checked(context, directory)
    done = _outlook(context, wanted, target, paths)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    beside = temporary_beside(target)
    os.mkdir(beside, mode=0o700)
    try:
        entries = matching(wanted, paths)[1] if paths else wanted.entries
        write(context.store, wanted, entries, beside, progress)
        rename_durably(beside, target)
    except BaseException:
        discard(beside)
        raise
    return done._replace(notices=(*passed, *done.notices))


def _outlook(context: Context, wanted: Manifest, target: str, paths: Sequence[str]) -> Restored:
    same = SlotRecord(
        wanted.header.driver, 0.0, generation=wanted.header.generation
    )  # nothing is rolled back
    told = (*notices(wanted, Found(same)), *_exposed(context, target))
    return outcome(wanted, paths, target, dry_run=False)._replace(notices=told)


def _exposed(context: Context, target: str) -> tuple[str, ...]:
    """Warn where the next `git add` would take the login along."""
    worktree = os.path.realpath(context.repo.worktree)
    if os.path.commonpath((worktree, target)) != worktree:
        return ()
    try:
        run_git("check-ignore", "-q", f"{target}/", cwd=worktree, environ=context.environ)
    except GitFailed:
        return (f"git does not ignore {target}: keep it out of commits, whoever has it has the login",)
    return ()


def _checked(context: Context, directory: str) -> str:
    """The real path of a directory that may be written. Raises BadTarget."""
    target = os.path.realpath(directory)
    root = os.path.realpath(context.store.root)
    if os.path.commonpath((root, target)) == root:
        raise BadTarget(f"{target} is inside the store {root}", "choose a directory outside of it")
    try:
        names = os.listdir(target)
    except FileNotFoundError:
        return target
    except NotADirectoryError:
        names = [os.path.basename(target)]
    if names or os.path.ismount(target):
        raise BadTarget(f"{target} is there already, and not empty", "choose a new or an empty directory")
    return target
