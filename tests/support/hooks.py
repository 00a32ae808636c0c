"""Stand-ins for what the sh hooks call, and facts about which shells are there."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import GitRepo
from wagit.core.repository import Repository, find
from wagit.githooks.status import HookStatus
from wagit.githooks.texts import EVENTS

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / "hooks"
SHELLS = {
    "dash": ["dash"],
    "bash": ["bash"],
    "bash-posix": ["bash", "--posix"],
    "busybox": ["busybox", "ash"],
}


def shell_command(name: str) -> list[str]:
    """The argument vector of a shell; skips where it is not installed."""
    command = SHELLS[name]
    found = shutil.which(command[0])
    if found is None:
        pytest.skip(f"{command[0]} is not installed")
    return [found, *command[1:]]


class Stub:
    """A `hook.py` and interpreter that note each call; `calls` has event, directory and git directory."""

    def __init__(self, directory: Path, *, body: str = "") -> None:
        self.home = directory
        self.log = directory / "calls"
        directory.mkdir(parents=True, exist_ok=True)
        note = f"open({str(self.log)!r}, 'a').write(repr(sys.argv[1:]) + '\\n')"
        program = f"import sys\n{note}\nassert sys.stdin.read() == ''\n{body}"
        (directory / "hook.py").write_text(program)

    @property
    def calls(self) -> list[list[str]]:
        if not self.log.exists():
            return []
        calls = []
        for line in self.log.read_text().splitlines():
            words: list[str] = eval(line)
            calls.append(words)
        return calls

    @property
    def events(self) -> list[str]:
        return [call[0] for call in self.calls]

    def preamble(self, event: str, python: str = sys.executable) -> str:
        """The lines that hand over to the hook, as an installed one has them."""
        return (
            f"wagit_python='{python}' wagit_home='{self.home}' wagit_sh='{HOOKS}'\n"
            f'. "$wagit_sh/{event}" || :\n'
        )


def settle(repo: GitRepo, slot: str = "dev", *branches: str) -> Path:
    """Write the route of a worktree as if each branch had been decided to use `slot`; return the config."""
    config = repo.write(".wagit.yml", "version: 1\n")
    age(config, seconds=60)
    routes = repo.state_dir / "routes"
    for branch in branches or (repo.branch,):
        file = routes / branch
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{slot}\ndigest\n")
    absent = repo.path / ".wagit.local.yml"
    data = repo.common_dir / "wagit/slots" / slot / "data"
    data.mkdir(parents=True, exist_ok=True)
    (repo.path / "auth").symlink_to(data)
    (repo.state_dir / "route").write_text(f"{slot}\ndigest\n@auth\n>{data}\n={config}\n!{absent}\n")
    seen = repo.state_dir / "seen/1"
    seen.parent.mkdir()
    seen.touch()
    os.utime(seen, ns=(config.stat().st_mtime_ns, config.stat().st_mtime_ns))
    return config


def age(file: Path, seconds: int) -> None:
    """Make a file older."""
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns - seconds * 10**9))


def processes_started(command: list[str], cwd: Path, env: dict[str, str]) -> int:
    """Count the processes that a command starts besides itself, as strace sees them; skips without it."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    done = subprocess.run(
        [strace, "-f", "-qq", "-e", "trace=fork,vfork,clone,clone3,execve", *command],
        cwd=cwd, env=env, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    calls = [
        line for line in done.stderr.splitlines() if "fork(" in line or "clone" in line or "execve(" in line
    ]
    return len(calls) - 1


File = tuple[str, int, bytes]


def files_in(directory: Path) -> dict[str, File]:
    """Every file and link: kind, mode and content."""
    found: dict[str, File] = {}
    for path in sorted(directory.rglob("*")):
        mode = path.lstat().st_mode
        name = str(path.relative_to(directory))
        if path.is_symlink():
            found[name] = ("link", 0, os.fsencode(os.readlink(path)))
        elif path.is_file():
            found[name] = ("file", stat.S_IMODE(mode), path.read_bytes())
        else:
            found[name] = ("directory", stat.S_IMODE(mode), b"")
    return found


def hooks_and_config(repo: GitRepo) -> dict[str, File]:
    kept = files_in(repo.common_dir / "hooks")
    return kept | {"../config": ("file", 0, (repo.common_dir / "config").read_bytes())}


def wagit_sees(repo: GitRepo) -> Repository:
    return find(str(repo.path))


def events(found: list[HookStatus]) -> dict[str, bool]:
    return {each.event: each.fires for each in found}


ALL_FIRE = dict.fromkeys(EVENTS, True)
