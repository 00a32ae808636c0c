"""A repository whose slots hold Baileys sessions, which are easily written, and their snapshots.

sessions = Sessions.make(tmp_path / "repo")
wanted = sessions.snapshot({"creds.json": creds(7)})     # an id
sessions.write({"creds.json": creds(8)})
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from tests.support.baileys_login import creds_json
from tests.support.hooks import File, files_in
from tests.support.setup import CONFIG, Setup, make_repo
from wagit.core.store import Store
from wagit.operations.context import Context, open_at
from wagit.operations.snapshot import Ask, take
from wagit.slots import holding, records
from wagit.slots.records import SlotRecord

NO_SNAPSHOTS = "snapshots: {on_switch: false, on_stop: false}\n"


def creds(device: int, number: str = "4915112345678") -> str:
    """The essential file of a login as this linked device."""
    return creds_json(device, number)


def contents(directory: Path) -> dict[str, str]:
    """The text of every file below a directory, by path."""
    return {str(p.relative_to(directory)): p.read_text() for p in directory.rglob("*") if p.is_file()}


class Sessions:
    """The repository on `main`, whose slot is `production`."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.store = Store(str(setup.store))

    @classmethod
    def make(cls, path: Path, driver: str = "baileys") -> Sessions:
        """Set a repository up whose bots use a client library; no snapshots are taken beside the test's."""
        config = CONFIG.replace("driver: wwebjs", f"driver: {driver}") + NO_SNAPSHOTS
        return cls(Setup(make_repo(path, config)).init())

    @property
    def path(self) -> Path:
        return self.setup.path

    @property
    def data(self) -> Path:
        """The live data of `production`."""
        return Path(self.store.data("production"))

    @property
    def record(self) -> SlotRecord:
        return records.read_record(self.store, "production")

    @property
    def everything(self) -> dict[str, File]:
        """All that is below the worktree, but for who last held a lock."""
        return {name: file for name, file in files_in(self.path).items() if not name.endswith("/lock")}

    @property
    def context(self) -> Context:
        return open_at(str(self.path), os.environ)

    @property
    def device(self) -> int:
        """The linked device whose login `production` holds."""
        found = json.loads((self.data / "creds.json").read_text())
        return int(found["me"]["id"].partition(":")[2].partition("@")[0])

    def write(self, files: Mapping[str, str], remove: tuple[str, ...] = (), slot: str = "production") -> None:
        """Write files of a slot's data, and remove some."""
        for name, content in files.items():
            path = Path(self.store.data(slot), name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        for name in remove:
            Path(self.store.data(slot), name).unlink()

    def snapshot(
        self,
        files: Mapping[str, str] | None = None,
        *,
        slot: str = "production",
        hot: bool = False,
        generation: int | None = None,
        full: bool = False,
    ) -> str:
        """Write files and take a snapshot, as if beside a live writer where `hot`; return its id."""
        self.write(files or {}, slot=slot)
        if generation is not None:
            record = records.read_record(self.store, slot)
            records.write_record(self.store, slot, record._replace(generation=generation))
        repo = self.context.repo
        held = holding.hold(self.store, slot, "/", 0.0) if hot else contextlib.nullcontext()
        with held:
            ask = Ask("asked", time.time(), hot=hot, full=full)
            return take(repo, self.store, slot, ask).snapshot.id
