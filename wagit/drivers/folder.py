"""Live writers of data that no lock protects: who has a file open, and which bot may write next."""

from __future__ import annotations

import os
import re

from wagit.core.processes import start_time
from wagit.drivers import proc
from wagit.drivers.base import Writer

RUNTIMES = ("node", "nodejs", "bun", "deno")
# Tools that run for hours in a worktree and write no session; a bot that they start is listed itself.
TOOLS = re.compile(
    r"npm|npx|pnpm|yarn|corepack|npm-cli|npx-cli|nodemon|concurrently|turbo|nx"
    r"|tsc|tsserver|eslint|prettier|vite|vitest|jest|webpack"
)


def open_by(data: str, through: str | None = None) -> list[Writer]:
    """Processes of ours that have a file below `data` open; with `through`, of that worktree only.

    Which files are open is asked last: all of a desktop's take 35 ms, a working directory each takes 1.
    """
    real = os.path.realpath(data)
    found = []
    for pid in proc.pids():
        if through is not None and not proc.works_in(pid, through):
            continue
        path = next((path for path in proc.open_files(pid) if proc.inside(path, real)), None)
        if path is not None:
            found.append(Writer(pid, proc.command(pid), f"this process has {path} open"))
    return found


def bots_in(worktree: str, data: str) -> list[Writer]:
    """JavaScript processes in `worktree` that ran when `data` was last written.

    A library such as Baileys opens a file only while it writes, so this is the best that can be told:
    a process that started after the newest change has not written, any other may have.
    """
    real = os.path.realpath(worktree)
    running = [pid for pid in proc.pids() if _is_bot(pid, real)]
    if not running:
        return []
    newest = newest_change(data)
    return [
        Writer(pid, proc.command(pid), f"this process runs in {worktree} and may have {data} in use")
        for pid in running
        if (start_time(pid) or newest + 1) <= newest
    ]


def _is_bot(pid: int, worktree: str) -> bool:
    """Whether a JavaScript runtime works in `worktree` on a script of it; an editor's server has its own."""
    words = proc.arguments(pid)
    if not words or os.path.basename(words[0]) not in RUNTIMES:
        return False
    directory = proc.directory(pid)
    if not proc.inside(directory, worktree):
        return False
    names = [word for word in words[1:] if not word.startswith("-")]
    if names and TOOLS.fullmatch(os.path.basename(names[0]).partition(".")[0]):
        return False
    return len(words) == 1 or any(_is_file_in(worktree, os.path.join(directory, name)) for name in names)


def _is_file_in(worktree: str, path: str) -> bool:
    return os.path.isfile(path) and proc.inside(os.path.realpath(path), worktree)


def newest_change(data: str) -> float:
    """When a file below `data` was last written, in seconds since the epoch; 0 when there is none."""
    newest = 0.0
    for directory, _, files in os.walk(data):
        for name in files:
            try:
                newest = max(newest, os.lstat(os.path.join(directory, name)).st_mtime)
            except OSError:
                continue  # gone since it was listed
    return newest
