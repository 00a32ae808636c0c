"""The slot that a switch leaves is snapshotted by a process that is in nobody's way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.browser import eventually
from tests.support.leases import held_at, needs_leases
from tests.support.processes import alive
from tests.support.setup import CONFIG, Setup, data_of, ours, wagit
from tests.support.wagit import run_wagit
from wagit.core.repository import find
from wagit.core.store import Store
from wagit.operations import after_switch, snapshot_process
from wagit.operations.switch import Switch
from wagit.slots import holding
from wagit.snapshots import check, manifest
from wagit.snapshots.manifest import Manifest

FILE = "session/Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/000003.log"
NOW = 1_800_000_000.0


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """On main, whose slot has a session; develop has been seen, and its slot is empty."""
    setup = Setup.make(tmp_path / "repo")
    setup.repo.switch("develop")
    setup.repo.switch("main")
    fill(setup, "production")
    return setup


def fill(setup: Setup, slot: str, text: str = "keys") -> Path:
    """Put a session into a slot, and return the file."""
    file = setup.store / "slots" / slot / "data" / FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def late(setup: Setup, slot: str = "production") -> Path:
    """A file that a snapshot reads once all others are copied, while it holds the slot."""
    file = setup.store / "slots" / slot / "data/session/Last Version"
    file.write_text("156.0.7444.59")
    return file


def store(setup: Setup) -> Store:
    return Store(str(setup.store))


def snapshots(setup: Setup, slot: str = "production") -> list[Manifest]:
    """A slot's snapshots, newest first; all of them are whole."""
    assert check.check_all(store(setup)) == {}
    listed = manifest.listing(store(setup), slot).snapshots
    return [manifest.read(store(setup), slot, identifier) for identifier, _ in listed]


def at_work(setup: Setup) -> list[int]:
    """The processes that snapshot a slot of this repository."""
    words = [after_switch.PROGRAM, str(setup.path)]
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if set(words) <= set(process.info["cmdline"] or []) and alive(process.pid)
    ]


def left(setup: Setup, slot: str = "production", **environ: str) -> int:
    """What a switch away from `slot` does at its end, waited for: the process's exit status."""
    done = Switch("staging", slot, linked=True, left="main")
    pid = after_switch.begin(find(str(setup.path)), store(setup), done, {**os.environ, **environ})
    assert pid is not None
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_switch_away_leaves_a_clean_snapshot_of_the_branch_that_was_left(setup: Setup) -> None:
    setup.repo.commit("only-on-main.js")
    ran = setup.repo.run("switch", "develop")
    assert ours(ran.stderr) == ["wagit: session staging (was production)"]
    eventually(lambda: snapshots(setup))
    [taken] = snapshots(setup)
    header = taken.header
    assert (header.tag, header.why, header.branch) == ("clean", "switch", "main")
    assert setup.repo.git("rev-parse", "main").startswith(str(header.commit))
    assert taken.entries[-1].path == FILE


def test_wagit_use_leaves_one_too(setup: Setup) -> None:
    assert wagit(setup.path, "use", "staging").status == 0
    eventually(lambda: snapshots(setup))


@needs_leases
def test_git_neither_waits_for_it_nor_shares_a_stream_with_it(setup: Setup) -> None:
    """Also a pipe beside the three streams is closed, and no variable of git's is handed on."""
    with held_at(late(setup)) as held:
        ran = setup.repo.shell("git switch develop 9>&1 2>&1 | cat")
        assert ran.stdout.splitlines()[0] == "Switched to branch 'develop'"
        held.reached()
        [pid] = at_work(setup)
        process = psutil.Process(pid)
        assert (process.nice(), os.getsid(pid), process.cwd()) == (snapshot_process.NICENESS, pid, "/")
        assert {os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)} == {os.devnull}
        assert "GIT_DIR" not in process.environ()
    eventually(lambda: snapshots(setup))


@needs_leases
def test_who_wants_the_slot_gets_it_at_once_and_nothing_is_lost(setup: Setup) -> None:
    data = fill(setup, "production")
    assert left(setup) == 0
    data.write_text("newer keys")
    with held_at(late(setup)) as held:
        setup.repo.switch("develop")
        held.reached()
        [pid] = at_work(setup)
        setup.repo.switch("main")
        ran = run_wagit(setup.path, "run", "--", "sh", "-c", 'echo "on $WAGIT_SLOT"',
                        env={"WHATSAPP_AUTO_BACKUP": "false"})  # fmt: skip
        assert (ran.status, ran.stdout) == (0, "on production\n")
        assert not alive(pid)
        [before] = snapshots(setup)
        assert any(path.is_dir() for path in (setup.store / "tmp").iterdir()), "it was killed while it copied"
    setup.repo.switch("develop")
    eventually(lambda: snapshots(setup)[0].id != before.id)
    eventually(lambda: not at_work(setup))
    assert [path for path in (setup.store / "tmp").iterdir() if path.is_dir()] == []
    assert data.read_text() == "newer keys"


@needs_leases
def test_quick_switches_to_and_fro_have_one_process_at_work_and_no_complaint(setup: Setup) -> None:
    with held_at(late(setup)) as held:
        setup.repo.switch("develop")
        held.reached()
        [first] = at_work(setup)
        for branch in ("main", "develop", "main", "develop"):
            ran = setup.repo.run("switch", branch)
            assert (ran.status, len(ours(ran.stderr))) == (0, 1), ran
        assert left(setup) == 0, "one that comes later leaves it to the first"
        eventually(lambda: at_work(setup) == [first])
    eventually(lambda: not at_work(setup))
    assert len(snapshots(setup)) == 1
    assert failed(setup) == []


def test_where_there_is_nothing_to_do_no_process_starts(setup: Setup) -> None:
    repo = find(str(setup.path))
    for done in (
        Switch("production", "production", linked=True),
        Switch("production", None, linked=True),
        Switch("production", "staging", linked=True),  # which is empty
        Switch("production", "removed", linked=True),
    ):
        assert after_switch.begin(repo, store(setup), done, os.environ) is None
    with holding.hold(store(setup), "production", repo.worktree, NOW):
        done = Switch("staging", "production", linked=True)
        assert after_switch.begin(repo, store(setup), done, os.environ) is None, "its bot runs"


@pytest.mark.parametrize("name", ["WAGIT_SNAPSHOTS_ON_SWITCH", "WHATSAPP_AUTO_BACKUP"])
def test_it_is_switched_off(setup: Setup, name: str) -> None:
    assert left(setup, **{name: "false"}) == 0
    assert snapshots(setup) == []
    assert left(setup, **{name: "true"}) == 0
    assert len(snapshots(setup)) == 1


def test_a_broken_config_is_no_reason_to_lose_a_session(setup: Setup) -> None:
    setup.repo.write(".wagit.yml", "rules: nonsense\n")
    assert left(setup) == 0
    assert len(snapshots(setup)) == 1


def test_a_program_that_has_the_session_open_is_left_in_peace(tmp_path: Path) -> None:
    setup = Setup.make(tmp_path / "repo", CONFIG.replace("driver: wwebjs", "driver: generic"))
    data = fill(setup, "production")
    code = f"import sys; file = open({str(data)!r}, 'r+'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as bot:
        assert bot.stdout
        bot.stdout.readline()
        assert left(setup) == 0
        assert snapshots(setup) == []
    assert failed(setup) == []
    assert left(setup) == 0
    assert len(snapshots(setup)) == 1


def failed(setup: Setup) -> list[str]:
    """What went wrong, as the log of operations has it."""
    done = data_of(setup.path, "log", "-n", "0")
    return [entry["detail"]["error"] for entry in done if entry["verb"] == snapshot_process.FAILED]


def test_a_failure_is_told_by_doctor_until_a_snapshot_was_taken(setup: Setup) -> None:
    def told() -> dict[str, str]:
        checks = {check["name"]: check for check in data_of(setup.path, "doctor")["checks"]}
        return dict(checks["snapshots"])

    assert left(setup) == 0
    assert told()["state"] == "ok"
    fill(setup, "production", "other keys")
    objects = setup.store / "objects"
    objects.rename(setup.store / "aside")
    objects.write_text("in the way")
    assert left(setup) == 1
    assert "objects" in failed(setup)[0]
    assert told()["state"] == "warn"
    assert "production" in told()["found"]
    assert told()["do"] == "mend it, then: wagit snapshot production"
    fill(setup, "production")
    objects.unlink()
    (setup.store / "aside").rename(objects)
    assert left(setup) == 0
    assert len(snapshots(setup)) == 1, "nothing had changed since the first one"
    assert told()["state"] == "ok"
