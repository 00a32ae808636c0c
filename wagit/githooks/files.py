"""wagit's part of a hook file: lines behind the shebang, a shim, or a new file; and how each comes out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from wagit.core.repository import Repository
from wagit.githooks import texts
from wagit.githooks.changes import (
    Change,
    KeepAs,
    MakeDirectory,
    RemoveDirectory,
    RemoveFile,
    Rename,
    Step,
    WriteFile,
)
from wagit.githooks.places import Found, look, refusal
from wagit.githooks.texts import HookFiles

MOVED_BY_OTHERS = (".legacy", ".old")  # where pre-commit and lefthook put the hook they replace


def plan_file(
    repo: Repository, event: str, path: str, files: HookFiles, environ: Mapping[str, str] | None
) -> Iterator[Change]:
    """Plan wagit's part of the hook file at `path`; nothing when it is there and current."""
    why = refusal(repo, path, environ)
    if why:
        yield from _plan_piece(repo, event, path, files, why)
        return
    found = look(path)
    if found.kind == "absent":
        steps: tuple[Step, ...] = (WriteFile(path, texts.new_file(event, files), 0o755),)
        if not os.path.isdir(os.path.dirname(path)):
            steps = (MakeDirectory(os.path.dirname(path), 0o755), *steps)
        yield Change(event, "install", path, f"a new file {path}", steps)
    elif found.kind == "shell" or texts.has_block(found.content):
        yield from _plan_lines(event, found, files)
    else:
        yield _plan_shim(event, found, files)
    yield from _plan_others_removal(event, path)


def _plan_lines(event: str, found: Found, files: HookFiles) -> Iterator[Change]:
    content = texts.insert(found.content, event, files)
    mode = found.mode if found.kind == "shell" else found.mode | 0o111
    if (content, mode) != (found.content, found.mode):
        action = "refresh" if texts.has_block(found.content) else "install"
        steps = (WriteFile(found.path, content, mode),)
        yield Change(event, action, found.path, f"a marked block in {found.path}", steps)


def _plan_shim(event: str, found: Found, files: HookFiles) -> Change:
    original = _unused_name(found.path)
    content = texts.shim(event, files, os.path.basename(original), runs=found.kind == "other")
    steps = (KeepAs(found.path, original), WriteFile(found.path, content, 0o755))
    kept = (
        "which runs after wagit's part"
        if found.kind == "other"
        else "which git ignores: it is not executable"
    )
    return Change(event, "install", found.path, f"a shim {found.path} for {original}, {kept}", steps)


def _unused_name(path: str) -> str:
    name, count = f"{path}.wagit-original", 1
    while os.path.lexists(name) and not os.path.samestat(os.lstat(name), os.lstat(path)):
        count += 1
        name = f"{path}.wagit-original-{count}"
    return name


def _plan_piece(repo: Repository, event: str, path: str, files: HookFiles, why: str) -> Iterator[Change]:
    """Prepare for a line that the user may commit: it finds this machine's paths in the git directory."""
    piece = _piece(repo.git_dir, event)
    content = texts.run_lines(event, files)
    steps = (MakeDirectory(os.path.dirname(piece), 0o700), WriteFile(piece, content, 0o600))
    if texts.has_portable_line(look(path).content, event):
        if look(piece).content != content:
            yield Change(event, "install", path, f"the line for wagit in {path}", steps)
    else:
        hint = f"{why}; put this line first in {path}: {texts.portable_line(event)}"
        yield Change(event, "refuse", path, hint, steps)


def _piece(git_dir: str, event: str) -> str:
    return os.path.join(git_dir, "wagit", "hooks", event)


def plan_piece_removal(event: str, git_dir: str) -> Iterator[Change]:
    """Plan to remove what the line for committed hook files finds in a worktree's git directory."""
    piece = _piece(git_dir, event)
    if os.path.exists(piece):
        parent = os.path.dirname(piece)
        steps = (RemoveFile(piece), RemoveDirectory(parent), RemoveDirectory(os.path.dirname(parent)))
        yield Change(event, "remove", piece, piece, steps)


def plan_removal(event: str, path: str) -> Iterator[Change]:
    """Plan to take wagit's part out of a hook file and of what pre-commit or lefthook made of it."""
    yield from _plan_one_removal(event, path)
    yield from _plan_others_removal(event, path)


def _plan_others_removal(event: str, path: str) -> Iterator[Change]:
    for suffix in MOVED_BY_OTHERS:
        yield from _plan_one_removal(event, path + suffix)


def _plan_one_removal(event: str, path: str) -> Iterator[Change]:
    found = look(path)
    if not texts.has_block(found.content):
        return
    rest = texts.remove(found.content)
    original = texts.original_of(found.content)
    step: Step = WriteFile(path, rest, found.mode)
    if original is not None:
        step = Rename(os.path.join(os.path.dirname(path), original), path)
    elif texts.is_alone(found.content) and rest == texts.SHEBANG:
        step = RemoveFile(path)
    yield Change(event, "remove", path, f"wagit's part of {path}", (step,))
