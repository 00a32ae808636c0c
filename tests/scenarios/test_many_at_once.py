"""Eight processes that write, snapshot, restore, prune and switch over two slots: nothing is torn or lost."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.browser import eventually
from tests.support.git import GitRepo
from tests.support.setup import Setup, wagit
from tests.support.snapshots import Kept
from wagit.core.store import Store
from wagit.slots import holding, records
from wagit.snapshots import check, manifest, staging

PROCESSES = 8
ROUNDS = 30  # of each; together 15 to 30 seconds on two cores
SLOTS = ("dev", "staging")
NAMES = ("creds.json", "keys/1", "keys/2", "log")
CONFIG = "version: 1\ndriver: generic\ndefault: dev\nrules: []\n"
# The last two: its snapshot was pruned for good after it was chosen.
ALLOWED = {"slot-busy", "data-changing", "switch-busy", "snapshot-gone", "no-such-snapshot"}


def write(store: Store, worktree: Path, slot: str, version: str) -> None:
    """Be a bot: hold the slot and bring all its files to one version, some in place and some by rename."""
    with holding.hold(store, slot, str(worktree), time.time()):
        for name in NAMES:
            path = Path(store.data(slot), name)
            path.parent.mkdir(exist_ok=True)
            text = f"{version} " * (1 + len(version) * 100)
            if name == "log":
                path.write_text(text)
            else:
                path.with_name("tmp").write_text(text)
                path.with_name("tmp").rename(path)


def versions(directory: Path) -> set[str]:
    """The versions of all the files of a slot's data."""
    return {word for name in NAMES for word in (directory / name).read_text().split()}


class Worker:
    """One of the processes: what it did, and what went wrong that must not."""

    def __init__(self, setup: Setup, number: int) -> None:
        self.setup = setup
        self.number = number
        self.random = random.Random(number)
        self.done: dict[str, int] = {}

    def run(self) -> None:
        for turn in range(ROUNDS):
            slot = self.random.choice(SLOTS)
            self.random.choice(self.acts())(slot, f"{self.number}.{turn}")

    def acts(self) -> list[Callable[[str, str], None]]:
        return [
            self.write, self.write,
            lambda slot, _: self.wagit("snapshot", slot),
            lambda slot, _: self.wagit("snapshot", slot, "--hot"),
            lambda slot, version: self.wagit("snapshot", slot, "-m", version),
            lambda slot, _: self.wagit("restore", slot, "--yes"),
            lambda slot, _: self.wagit("snapshots", "prune", slot, "--keep-last", "2", "--yes"),
            lambda *_: self.wagit("snapshots", "prune", "--all", "--keep-last", "3", "--now", "--yes"),
            lambda slot, _: self.wagit("use", slot),
        ]  # fmt: skip

    def write(self, slot: str, version: str) -> None:
        try:
            write(Store(str(self.setup.store)), self.setup.path, slot, version)
        except holding.SlotBusy:
            self.count("busy")
        else:
            self.count("write")

    def wagit(self, *arguments: str) -> None:
        ran = wagit(self.setup.path, "--json", *arguments)
        answer = json.loads(ran.stdout)
        if ran.status:
            assert answer["error"]["code"] in ALLOWED, (arguments, answer["error"], ran.stderr)
            self.count("busy")
        else:
            self.count(arguments[0])

    def count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


def test_eight_processes_over_two_slots_lose_and_tear_nothing(tmp_path: Path) -> None:
    repo = GitRepo.init(tmp_path / "repo", "main")
    repo.commit(".wagit.yml", CONFIG)
    setup = Setup(repo).init()
    store = Store(str(setup.store))
    for slot in SLOTS:
        if not records.exists(store, slot):
            records.create_slot(store, slot, "generic", 1.0)
        write(store, repo.path, slot, "first")
        assert wagit(repo.path, "snapshot", slot).status == 0
    ended = [start(Worker(setup, number), tmp_path / f"said {number}") for number in range(PROCESSES)]
    done: dict[str, int] = {}
    for pid, said in ended:
        os.waitpid(pid, 0)
        told = json.loads(said.read_text())
        assert isinstance(told, dict), told
        done = {what: done.get(what, 0) + told.get(what, 0) for what in done | told}
    assert sum(done.values()) == PROCESSES * ROUNDS
    assert {"write", "snapshot", "restore", "snapshots", "use"} <= set(done), done
    is_whole(setup, tmp_path)


def start(worker: Worker, said: Path) -> tuple[int, Path]:
    """Run a worker in a fork; it says what it did, or what went wrong."""
    pid = os.fork()
    if pid == 0:
        try:
            worker.run()
            said.write_text(json.dumps(worker.done))
        except BaseException as error:
            said.write_text(json.dumps(repr(error)))
        finally:
            os._exit(0)
    return pid, said


def is_whole(setup: Setup, tmp_path: Path) -> None:
    """Everything verifies; clean snapshots and live data are of one version each."""
    kept = Kept(setup.store, setup.path)
    assert check.check_all(kept.store) == {}
    for slot in SLOTS:
        with holding.hold(kept.store, slot, str(setup.path), 1.0):
            assert len(versions(Path(kept.store.data(slot)))) == 1
        known = manifest.listing(kept.store, slot)
        assert known.snapshots
        assert len({header.number for _, header in known.snapshots}) == len(known.snapshots)
        for identifier, header in known.snapshots:
            out = tmp_path / "out" / identifier
            kept.write_out(manifest.read(kept.store, slot, identifier), out)
            assert header.tag == "hot" or len(versions(out)) == 1, (identifier, header)
    eventually(lambda: staging.sweep(kept.store) == 0 and not left(kept))  # a snapshot after a switch may run


def left(kept: Kept) -> list[str]:
    """What lies in the store's `tmp/` beside locks: of snapshots after a switch, of who ends orphans."""
    return [name for name in kept.left() if not name.endswith((".snapshot", ".orphans"))]
