"""Repositories whose sessions are Baileys logins, which are easily written, and where each login lies.

logins = Logins.make(tmp_path)           # rules: feature/{ticket}-* moves dev's session, try/* copies it
logins.link("dev", device=7)
logins.repo.switch("feature/1-menu")
assert logins.held() == {"feature-1": 7}
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.automatic import Automatic
from tests.support.baileys_login import creds_json
from tests.support.git import GitRepo
from tests.support.killing import killed_in_a_fork
from tests.support.setup import Setup, make_repo, ours, wagit
from tests.support.wagit import CHECKOUT
from wagit.core.store import Store
from wagit.operations.context import Context, open_at
from wagit.slots import records
from wagit.slots.records import SlotRecord
from wagit.snapshots import check, manifest
from wagit.snapshots.manifest import Header

LINK = "auth_info_baileys"
MOVING = """\
version: 1
driver: baileys
default: dev
rules:
  - branch: main
    slot: production
  - branch: "feature/{ticket}-*"
    slot: "feature-{ticket}"
    new: move:dev
  - branch: "try/*"
    slot: try
    new: copy:dev
snapshots: {on_switch: false, on_stop: false}
"""
# A bot of Baileys is a JavaScript program of the worktree that ran when the session was last written.
BOT = "import signal; print('runs', flush=True); signal.pause()"
HOLDER = """
import os, sys
sys.path.insert(0, {checkout!r})
from wagit.core.store import Store
from wagit.slots import holding
lock = holding.hold(Store({store!r}), {slot!r}, "/elsewhere", 0.0)
print("runs", flush=True)
sys.stdin.read()
"""


class Logins:
    """A repository on `topic`, which uses `dev`, and the logins in its slots, each by its device number."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.store = Store(str(setup.store))

    @classmethod
    def make(cls, path: Path, config: str = MOVING) -> Logins:
        """Make it, with the branch `try/a` beside the usual ones; `dev` is there, and empty."""
        repo = make_repo(path / "repo", config)
        repo.git("branch", "try/a")
        logins = cls(Setup(repo).init())
        repo.switch("topic")
        return logins

    @property
    def repo(self) -> GitRepo:
        return self.setup.repo

    @property
    def path(self) -> Path:
        return self.setup.path

    @property
    def slot(self) -> str:
        return str(self.setup.binding["slot"])

    def context(self) -> Context:
        """What operations take."""
        return open_at(str(self.path), os.environ)

    def link(self, slot: str, device: int) -> None:
        """Write a login into a slot: two files that must agree."""
        write_login(Path(self.store.data(slot)), device)

    def switch(self, branch: str) -> list[str]:
        """Switch, and return wagit's own lines."""
        return ours(self.repo.switch(branch).stderr)

    def record(self, slot: str) -> SlotRecord:
        return records.read_record(self.store, slot)

    def held(self) -> dict[str, int]:
        """The slots that hold a login, with its device; each is whole."""
        found = {slot: login_in(Path(self.store.data(slot))) for slot in records.slot_names(self.store)}
        return {slot: device for slot, device in found.items() if device is not None}

    def aside(self) -> list[int]:
        """The logins in quarantine, whole, in order."""
        found = [login_in(path.parent) for path in (self.setup.store / "quarantine").rglob("creds.json")]
        return sorted(device for device in found if device is not None)

    def snapshots(self, slot: str) -> list[Header]:
        """A slot's snapshots, newest first; all that there are verify."""
        assert check.check_all(self.store) == {}
        return [header for _, header in manifest.listing(self.store, slot).snapshots]

    def log(self, verb: str) -> list[dict[str, Any]]:
        """The details of all operations of a verb, oldest first."""
        lines = (self.setup.store / "operations.jsonl").read_text().splitlines()
        return [entry["detail"] for line in lines if (entry := json.loads(line))["verb"] == verb]

    @contextlib.contextmanager
    def written_without_wagit(self, slot: str) -> Iterator[int]:
        """A bot that wagit did not start writes a slot's session; yields its pid."""
        script = Path(self.repo.write("bot.js", BOT))
        with runs(["node", script.name], self.path, executable=sys.executable) as pid:
            os.utime(Path(self.store.data(slot)) / "creds.json")
            yield pid
        script.unlink()

    @contextlib.contextmanager
    def held_elsewhere(self, slot: str) -> Iterator[int]:
        """Another process has the slot, as a bot's supervisor in another worktree does; yields its pid."""
        code = HOLDER.format(checkout=str(CHECKOUT), store=self.store.root, slot=slot)
        with runs([sys.executable, "-c", code], self.path) as pid:
            yield pid

    def killed_before_each_step(self, run: Callable[[], object], least: int = 8) -> Iterator[bool]:
        """Run it on the repository as it is now, killed before each step; yields whether it was."""
        kept = self.path.parent / "kept"
        shutil.copytree(self.path, kept, symlinks=True)

        def reset() -> None:
            Automatic(self.path).end()
            shutil.rmtree(self.path)
            shutil.copytree(kept, self.path, symlinks=True)

        step = 0
        for ended in killed_in_a_fork(run, self.path, reset):
            assert ended.killed or "raised" not in ended.output, ended
            assert ended.killed or "status=1" not in ended.output, ended
            step = ended.step
            yield ended.killed
        assert step >= least

    def does(self, *arguments: str) -> str:
        """Run a verb that must succeed; return what it says on stderr."""
        ran = wagit(self.path, *arguments)
        assert ran.status == 0, ran
        return ran.stderr


@contextlib.contextmanager
def runs(command: list[str], cwd: Path, executable: str | None = None) -> Iterator[int]:
    """A program that says `runs` once it does; yields its pid and kills it."""
    with subprocess.Popen(
        command, executable=executable, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"runs\n"
            yield process.pid
        finally:
            process.kill()


def write_login(directory: Path, device: int) -> None:
    """Write a login: two files that must agree."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "creds.json").write_text(creds_json(device))
    session = {"_sessions": {}, "version": "v1", "device": device}
    (directory / "session-1.json").write_text(json.dumps(session))


def login_in(directory: Path) -> int | None:
    """The device of the login in a directory, None where it is empty; a part or a mixture fails."""
    names = {path.name for path in directory.iterdir()} if directory.is_dir() else set()
    if not names:
        return None
    assert names == {"creds.json", "session-1.json"}, names
    device = int(json.loads((directory / "session-1.json").read_text())["device"])
    assert f":{device}@" in (directory / "creds.json").read_text()
    return device
