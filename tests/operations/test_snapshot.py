"""`wagit snapshot`: what it takes, says and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.sessions import Sessions, creds
from tests.support.setup import data_of, error_of, wagit
from tests.support.wagit import run_wagit
from wagit.cli.render import bytes_text
from wagit.slots import holding
from wagit.snapshots import check
from wagit.snapshots import manifest as manifests


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    made = Sessions.make(tmp_path / "repo")
    made.write({"creds.json": creds(7), "app-state-sync-key-1.json": "{}"})
    return made


def test_this_worktrees_slot(sessions: Sessions) -> None:
    size = sum(path.stat().st_size for path in sessions.data.iterdir())
    done = data_of(sessions.path, "snapshot", "-m", "before the update")
    assert (done["slot"], done["new"], done["files"], done["size"]) == ("production", True, 2, size)
    assert (done["added"], done["tag"], done["dry_run"]) == (size, "clean", False)
    found = manifests.read(sessions.store, "production", done["snapshot"])
    assert (found.header.why, found.header.message) == ("asked", "before the update")
    assert found.header.branch == "main"
    assert found.header.commit == sessions.setup.repo.git("rev-parse", "--short", "HEAD")
    assert (found.header.account, found.header.device) == ("+4915112345678", "7")
    assert check.check_all(sessions.store) == {}


def test_what_is_said(sessions: Sessions) -> None:
    size = bytes_text(sum(path.stat().st_size for path in sessions.data.iterdir()))
    first = wagit(sessions.path, "snapshot").stdout
    name = first.split()[1]
    assert first == f"snapshot {name} of production: 2 files, {size}, {size} new\n"
    assert wagit(sessions.path, "snapshot").stdout.startswith(
        f"nothing changed since snapshot {name} of production, "
    )
    sessions.write({"creds.json": creds(8)})
    assert " 2 files, " in wagit(sessions.path, "snapshot", "production").stdout
    assert wagit(sessions.path, "snapshot", "-q").stdout == ""


def test_the_branch_that_no_hook_told_of_is_followed_first(sessions: Sessions) -> None:
    sessions.setup.repo.git("symbolic-ref", "HEAD", "refs/heads/develop")
    assert error_of(sessions.path, "snapshot")["code"] == "nothing-to-snapshot"
    assert sessions.setup.binding["slot"] == "staging"


def test_a_dry_run_changes_nothing(sessions: Sessions) -> None:
    before = sessions.everything
    would = data_of(sessions.path, "snapshot", "--dry-run")
    assert (would["snapshot"], would["new"], would["dry_run"]) == (None, True, True)
    assert sessions.everything == before
    told = wagit(sessions.path, "snapshot", "--dry-run").stdout
    assert told.startswith("would take a snapshot of production: 2 files, ")
    done = data_of(sessions.path, "snapshot")
    assert (would["files"], would["size"], would["added"]) == (done["files"], done["size"], done["added"])
    assert data_of(sessions.path, "snapshot", "--dry-run")["snapshot"] == done["snapshot"]


@pytest.mark.parametrize("dry_run", [(), ("--dry-run",)])
def test_a_slot_in_use_is_refused_without_hot(sessions: Sessions, dry_run: tuple[str, ...]) -> None:
    with holding.hold(sessions.store, "production", "/", 0.0):
        error = error_of(sessions.path, "snapshot", "production", *dry_run)
        assert (error["code"], error["status"]) == ("slot-busy", 11)
        assert error["hint"].endswith("wagit snapshot --hot")
        done = data_of(sessions.path, "snapshot", "production", "--hot", *dry_run)
        assert (done["tag"], done["new"]) == ("hot", True)
    assert data_of(sessions.path, "snapshot", "production", "--hot", *dry_run)["tag"] == "clean"


def test_a_hot_one_says_so(sessions: Sessions) -> None:
    with holding.hold(sessions.store, "production", "/", 0.0):
        assert " of production, hot: " in wagit(sessions.path, "snapshot", "production", "--hot").stdout


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        ("snapshot nowhere", "no-such-slot", 1),
        ("snapshot ../etc", "bad-slot-name", 2),
        ("snapshot spare", "nothing-to-snapshot", 1),
        ("snapshot nowhere --dry-run", "no-such-slot", 1),
        ("snapshot spare --dry-run", "nothing-to-snapshot", 1),
    ],
)
def test_bad_input(sessions: Sessions, words: str, code: str, status: int) -> None:
    assert wagit(sessions.path, "sessions", "new", "spare").status == 0
    before = sessions.everything
    error = error_of(sessions.path, *words.split())
    assert (error["code"], error["status"]) == (code, status)
    assert error["hint"]
    assert sessions.everything == before


def test_a_mistyped_slot_is_suggested(sessions: Sessions) -> None:
    assert "did you mean production" in error_of(sessions.path, "snapshot", "prodction")["message"]


def test_outside_of_a_set_up_repository(tmp_path: Path) -> None:
    assert error_of(tmp_path, "snapshot")["status"] == 10


def test_a_session_of_its_own_program(sessions: Sessions) -> None:
    """The installed command, in a pipe: no bar, one line."""
    ran = run_wagit(sessions.path, "snapshot", "--json")
    assert (ran.status, ran.stderr, ran.stdout.count("\n")) == (0, "", 1)
    assert json.loads(ran.stdout)["command"] == "snapshot"


def test_sessions_count_their_snapshots(sessions: Sessions) -> None:
    for device in (1, 2):
        sessions.snapshot({"creds.json": creds(device)})
    [row] = [row for row in data_of(sessions.path, "sessions", "ls") if row["slot"] == "production"]
    assert row["snapshots"] == 2
    assert "snapshots   2" in wagit(sessions.path, "sessions", "show", "production").stdout
