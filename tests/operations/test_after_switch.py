"""The slot that a switch leaves is snapshotted by a process that is in nobody's way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.automatic import FILE, Automatic
from tests.support.browser import eventually
from tests.support.leases import held_at, needs_leases
from tests.support.processes import alive
from tests.support.setup import CONFIG, Setup, data_of, ours, wagit
from tests.support.wagit import run_wagit
from wagit.core.repository import find
from wagit.operations import after_switch, snapshot_process
from wagit.operations.switch import Switch
from wagit.slots import holding

NOW = 1_800_000_000.0


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """On main, whose slot has a session; develop has been seen, and its slot is empty."""
    setup = Setup.make(tmp_path / "repo")
    setup.repo.switch("develop")
    setup.repo.switch("main")
    return setup


@pytest.fixture
def auto(setup: Setup) -> Automatic:
    auto = Automatic(setup.path)
    auto.fill("production")
    return auto


def left(setup: Setup, **environ: str) -> int:
    """What a switch away from production does at its end, waited for: the process's exit status."""
    done = Switch("staging", "production", linked=True, left="main")
    pid = after_switch.begin(
        find(str(setup.path)), Automatic(setup.path).store, done, {**os.environ, **environ}
    )
    assert pid is not None
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_switch_leaves_a_clean_snapshot_of_the_branch_before(setup: Setup, auto: Automatic) -> None:
    setup.repo.commit("only-on-main.js")
    ran = setup.repo.run("switch", "develop")
    assert ours(ran.stderr) == ["wagit: session staging (was production)"]
    eventually(lambda: auto.snapshots("production"))
    [taken] = auto.snapshots("production")
    header = taken.header
    assert (header.tag, header.why, header.branch) == ("clean", "switch", "main")
    assert setup.repo.git("rev-parse", "main").startswith(str(header.commit))
    assert taken.entries[-1].path == FILE


def test_wagit_use_leaves_one_too(setup: Setup, auto: Automatic) -> None:
    assert wagit(setup.path, "use", "staging").status == 0
    eventually(lambda: auto.snapshots("production"))


@needs_leases
def test_git_neither_waits_for_it_nor_shares_a_stream_with_it(setup: Setup, auto: Automatic) -> None:
    """Also a pipe beside the three streams is closed, and no variable of git's is handed on."""
    with held_at(auto.late("production")) as held:
        ran = setup.repo.shell("git switch develop 9>&1 2>&1 | cat")
        assert ran.stdout.splitlines()[0] == "Switched to branch 'develop'"
        held.reached()
        [pid] = auto.at_work()
        process = psutil.Process(pid)
        nicer = min(os.nice(0) + snapshot_process.NICENESS, 19)
        assert (process.nice(), os.getsid(pid), process.cwd()) == (nicer, pid, "/")
        assert {os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)} == {os.devnull}
        assert "GIT_DIR" not in process.environ()
    eventually(lambda: auto.snapshots("production"))


@needs_leases
def test_who_wants_the_slot_gets_it_at_once_and_nothing_is_lost(setup: Setup, auto: Automatic) -> None:
    data = auto.fill("production")
    assert left(setup) == 0
    data.write_text("newer keys")
    with held_at(auto.late("production")) as held:
        setup.repo.switch("develop")
        held.reached()
        [pid] = auto.at_work()
        setup.repo.switch("main")
        ran = run_wagit(setup.path, "run", "--", "sh", "-c", 'echo "on $WAGIT_SLOT"',
                        env={"WHATSAPP_AUTO_BACKUP": "false"})  # fmt: skip
        assert (ran.status, ran.stdout) == (0, "on production\n")
        assert not alive(pid)
        [before] = auto.snapshots("production")
        assert auto.left_behind(), "it was killed while it copied"
    setup.repo.switch("develop")
    eventually(lambda: auto.snapshots("production")[0].id != before.id)
    eventually(lambda: not auto.at_work())
    assert auto.left_behind() == []
    assert data.read_text() == "newer keys"


@needs_leases
def test_quick_switches_to_and_fro_have_one_process_at_work(setup: Setup, auto: Automatic) -> None:
    with held_at(auto.late("production")) as held:
        setup.repo.switch("develop")
        held.reached()
        [first] = auto.at_work()
        for branch in ("main", "develop", "main", "develop"):
            ran = setup.repo.run("switch", branch)
            assert (ran.status, len(ours(ran.stderr))) == (0, 1), ran
        assert left(setup) == 0, "one that comes later leaves it to the first"
        eventually(lambda: auto.at_work() == [first])
    eventually(lambda: not auto.at_work())
    assert len(auto.snapshots("production")) == 1
    assert failed(setup) == []


def test_where_there_is_nothing_to_do_no_process_starts(setup: Setup, auto: Automatic) -> None:
    repo = find(str(setup.path))
    for done in (
        Switch("production", "production", linked=True),
        Switch("production", None, linked=True),
        Switch("production", "staging", linked=True),  # which is empty
        Switch("production", "removed", linked=True),
    ):
        assert after_switch.begin(repo, auto.store, done, os.environ) is None
    with holding.hold(auto.store, "production", repo.worktree, NOW):
        done = Switch("staging", "production", linked=True)
        assert after_switch.begin(repo, auto.store, done, os.environ) is None, "its bot runs"


@pytest.mark.parametrize("name", ["WAGIT_SNAPSHOTS_ON_SWITCH", "WHATSAPP_AUTO_BACKUP"])
def test_it_is_switched_off(setup: Setup, auto: Automatic, name: str) -> None:
    assert left(setup, **{name: "false"}) == 0
    assert auto.snapshots("production") == []
    assert left(setup, **{name: "true"}) == 0
    assert len(auto.snapshots("production")) == 1


def test_a_broken_config_is_no_reason_to_lose_a_session(setup: Setup, auto: Automatic) -> None:
    setup.repo.write(".wagit.yml", "rules: nonsense\n")
    assert left(setup) == 0
    assert len(auto.snapshots("production")) == 1


def test_a_program_that_has_the_session_open_is_left_in_peace(tmp_path: Path) -> None:
    setup = Setup.make(tmp_path / "repo", CONFIG.replace("driver: wwebjs", "driver: generic"))
    auto = Automatic(setup.path)
    data = auto.fill("production")
    code = f"import sys; file = open({str(data)!r}, 'r+'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as bot:
        assert bot.stdout
        bot.stdout.readline()
        assert left(setup) == 0
        assert auto.snapshots("production") == []
    assert failed(setup) == []
    assert left(setup) == 0
    assert len(auto.snapshots("production")) == 1


def failed(setup: Setup) -> list[str]:
    """What went wrong, as the log of operations has it."""
    done = data_of(setup.path, "log", "-n", "0")
    return [entry["detail"]["error"] for entry in done if entry["verb"] == snapshot_process.FAILED]


def test_a_failure_is_told_by_doctor_until_a_snapshot_was_taken(setup: Setup, auto: Automatic) -> None:
    def told() -> dict[str, str]:
        checks = {check["name"]: check for check in data_of(setup.path, "doctor")["checks"]}
        return dict(checks["snapshots"])

    assert left(setup) == 0
    assert told()["state"] == "ok"
    auto.fill("production", "other keys")
    objects = setup.store / "objects"
    objects.rename(setup.store / "aside")
    objects.write_text("in the way")
    assert left(setup) == 1
    assert "objects" in failed(setup)[0]
    assert told()["state"] == "warn"
    assert "production" in told()["found"]
    assert told()["do"] == "mend it, then: wagit snapshot production"
    auto.fill("production")
    objects.unlink()
    (setup.store / "aside").rename(objects)
    assert left(setup) == 0
    assert len(auto.snapshots("production")) == 1, "nothing had changed since the first one"
    assert told()["state"] == "ok"
