"""The slots' verbs: what they show, make, move and set aside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.hooks import files_in
from tests.support.setup import CONFIG, LINK, Setup, data_of, error_of, make_repo, wagit
from wagit.core.store import Store
from wagit.slots import holding, records

BAILEYS = CONFIG.replace("driver: wwebjs", "driver: baileys")
CREDS = {"me": {"id": "4915112345678:7@s.whatsapp.net", "name": "Ada"}}


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup.make(tmp_path / "repo")


@pytest.fixture
def baileys(tmp_path: Path) -> Setup:
    """Its sessions name their account in a file that is easily written."""
    setup = Setup(make_repo(tmp_path / "baileys", BAILEYS))
    setup.repo.write("auth_info_baileys/creds.json", json.dumps(CREDS))
    return setup.init()


def row(setup: Setup, slot: str, *options: str) -> dict[str, object]:
    [found] = [row for row in data_of(setup.path, "sessions", "ls", *options) if row["slot"] == slot]
    assert isinstance(found, dict)
    return found


def test_ls(setup: Setup) -> None:
    setup.repo.switch("develop")
    (setup.path / LINK / "session/Default").mkdir(parents=True)
    (setup.path / LINK / "session/x").write_text("12345")
    rows = data_of(setup.path, "sessions", "ls")
    assert [row["slot"] for row in rows] == ["production", "staging"]
    assert rows[0] == {
        "slot": "production", "driver": "wwebjs", "account": None, "state": "empty", "age": "unknown",
        "last_ready": None, "size": 0, "snapshots": 0, "branches": ["main"], "holder": None, "team": False,
        "lease": None, "origin": None, "twins": [],
    }  # fmt: skip
    assert (rows[1]["state"], rows[1]["size"], rows[1]["branches"]) == ("logged-out", 5, ["develop"])


def test_an_emptied_slot_whose_login_whatsapp_removed_is_logged_out(setup: Setup) -> None:
    store = Store(str(setup.store))
    record = records.read_record(store, "production")._replace(account="+49151", device="2")
    records.write_record(store, "production", record)
    assert row(setup, "production")["state"] == "empty"
    records.write_record(store, "production", record._replace(removed="+49151:2", removed_at=5.0))
    assert row(setup, "production")["state"] == "logged-out"


def test_the_account_is_masked_unless_asked_for(baileys: Setup) -> None:
    assert row(baileys, "production")["state"] == "linked"
    assert row(baileys, "production", "--show-numbers")["account"] == "+4915112345678"
    shown = [
        wagit(baileys.path, *verb.split(), *json).stdout
        for verb in ("sessions ls", "sessions show production", "status", "log")
        for json in ([], ["--json"])
    ]
    assert not [text for text in shown if "4915112345678" in text or "1234567" in text]
    assert row(baileys, "production")["account"] is not None
    assert "+4915112345678" in wagit(baileys.path, "sessions", "show", "production", "--show-numbers").stdout


def test_a_damaged_login(baileys: Setup) -> None:
    creds = baileys.store / "slots/production/data/creds.json"
    creds.write_bytes(creds.read_bytes()[:20])
    assert row(baileys, "production")["state"] == "corrupt"
    assert "not valid JSON" in wagit(baileys.path, "sessions", "show", "production").stdout


def test_show(baileys: Setup) -> None:
    found = data_of(baileys.path, "sessions", "show", "production")
    assert found["device"] == "7"
    assert found["data"] == str(baileys.store / "slots/production/data")
    assert found["session"]["driver"] == "baileys"
    assert found["created"].endswith("Z")


def test_holder_and_age(setup: Setup) -> None:
    store = Store(str(setup.store))
    record = json.loads((setup.store / "slots/production/slot.json").read_text())
    for days, age in {0: "fresh", 5: "aging", 30: "old"}.items():
        ready = time.time() - days * 86400
        (setup.store / "slots/production/slot.json").write_text(json.dumps({**record, "last_ready": ready}))
        assert row(setup, "production")["age"] == age
    with holding.hold(store, "production", str(setup.path), 0.0):
        found = row(setup, "production")
        assert found["state"] == "busy"
        assert f"pid {os.getpid()} on " in str(found["holder"])
    assert row(setup, "production")["holder"] is None


def test_new(setup: Setup) -> None:
    assert data_of(setup.path, "sessions", "new", "extra", "--driver", "baileys")["driver"] == "baileys"
    assert error_of(setup.path, "sessions", "new", "extra")["code"] == "slot-exists"
    assert error_of(setup.path, "sessions", "new", "more", "--driver", "x")["code"] == "unknown-driver"
    assert not (setup.store / "slots/more").exists()
    assert oct((setup.store / "slots/extra/data").stat().st_mode)[-3:] == "700"


def test_adopt_moves(setup: Setup) -> None:
    setup.repo.write("old/session/Default/Cookies", "kept")
    inode = (setup.path / "old/session/Default/Cookies").stat().st_ino
    assert wagit(setup.path, "sessions", "adopt", "taken", "old").status == 0
    moved = setup.store / "slots/taken/data/session/Default/Cookies"
    assert moved.stat().st_ino == inode
    assert not (setup.path / "old").exists()


def test_adopt_one_profile_keeps_its_name(setup: Setup) -> None:
    """LocalAuth of a client with a name opens `session-<name>` inside its data path."""
    setup.repo.write("auth/session-ada/Default/Cookies", "ada")
    setup.repo.write("auth/session-bob/Default/Cookies", "bob")
    assert wagit(setup.path, "sessions", "adopt", "ada", "auth/session-ada").status == 0
    assert (setup.store / "slots/ada/data/session-ada/Default/Cookies").read_text() == "ada"
    assert (setup.path / "auth/session-bob/Default/Cookies").read_text() == "bob"
    assert wagit(setup.path, "sessions", "adopt", "ada", "auth/session-bob").status in (0, 1)


def test_adopt_where_the_link_goes(setup: Setup) -> None:
    """The session a bot made at the link's place, while nothing pointed there, becomes the slot's."""
    (setup.path / LINK).unlink()
    setup.repo.write(f"{LINK}/session/Default/Cookies", "made by a bot")
    told = wagit(setup.path, "use", "--auto")
    assert "take it into one with: wagit sessions adopt SLOT .wwebjs_auth" in told.stderr
    assert told.stdout == "slot production, but the link does not lead there\n"
    assert wagit(setup.path, "sessions", "adopt", "production", LINK).status == 0
    assert setup.slot == "production"
    assert (setup.path / LINK / "session/Default/Cookies").read_text() == "made by a bot"


@pytest.mark.parametrize("what", ["missing", "link", "file", "full slot", "open"])
def test_adopt_refuses(setup: Setup, what: str) -> None:
    setup.repo.write("old/session/Default/Cookies", "kept")
    source, code, bot = "old", "cannot-adopt", None
    if what == "missing":
        source = "nowhere"
    elif what == "link":
        source = LINK
    elif what == "file":
        source = "README"
    elif what == "full slot":
        setup.repo.write(f"{LINK}/session/x", "production's own")
        code = "slot-exists"
    else:
        profile = setup.path / "old/session"
        command = [sys.executable, "-c", "import signal; signal.pause()", f"--user-data-dir={profile}"]
        bot = subprocess.Popen(command, cwd=setup.path)
        import socket

        (profile / "SingletonLock").symlink_to(f"{socket.gethostname()}-{bot.pid}")
        code = "slot-busy"
    try:
        before = files_in(setup.path / "old"), files_in(setup.store / "slots/production/data")
        assert error_of(setup.path, "sessions", "adopt", "production", source)["code"] == code
        assert (files_in(setup.path / "old"), files_in(setup.store / "slots/production/data")) == before
    finally:
        if bot is not None:
            bot.kill()
            bot.wait()


def test_rename(setup: Setup) -> None:
    setup.repo.write(f"{LINK}/session/x", "kept")
    assert wagit(setup.path, "use", "production").status == 0
    ran = wagit(setup.path, "sessions", "rename", "production", "live")
    assert (ran.status, ran.stdout) == (0, "slot production is now live\n")
    assert "the config still sends main to production: change it to live" in ran.stderr
    assert setup.slot == "live"  # it was pinned, and stays on it
    assert (setup.path / LINK / "session/x").read_text() == "kept"


def test_rename_to_the_slot_a_new_rule_has_just_made(setup: Setup) -> None:
    """An adopted session goes where `main` looks, though the empty slot of that name is in use there."""
    setup.repo.write(f"{LINK}/session/x", "kept")
    setup.repo.write(".wagit.yml", CONFIG.replace("slot: production", "slot: live"))
    assert wagit(setup.path, "status").status == 0
    assert setup.slot == "live"
    assert wagit(setup.path, "sessions", "rename", "production", "live", "--dry-run").status == 0
    assert (setup.store / "slots/production/data/session/x").exists()
    assert wagit(setup.path, "sessions", "rename", "production", "live").status == 0
    assert (setup.path / LINK / "session/x").read_text() == "kept"
    assert [path.parent.name for path in (setup.store / "quarantine").glob("*/*")] == ["live"]
    assert wagit(setup.path, "sessions", "new", "spare").status == 0
    assert error_of(setup.path, "sessions", "rename", "spare", "live")["code"] == "slot-exists"


def test_rename_to_its_own_name(setup: Setup) -> None:
    """It is not told that it holds the slot itself."""
    assert error_of(setup.path, "sessions", "rename", "production", "production")["code"] == "slot-exists"


def test_rename_reaches_other_worktrees(setup: Setup) -> None:
    other = Setup(setup.repo.add_worktree(setup.path.parent / "wt", "develop"))
    assert wagit(other.path, "use", "staging").status == 0
    assert wagit(setup.path, "sessions", "rename", "staging", "stage").status == 0
    assert wagit(other.path, "status").status == 0
    assert other.slot == "stage"


def test_rm_sets_aside(setup: Setup) -> None:
    setup.repo.write(f"{LINK}/session/x", "kept")
    dry = wagit(setup.path, "sessions", "rm", "production", "--dry-run")
    assert (dry.status, (setup.path / LINK / "session/x").read_text()) == (0, "kept")
    assert error_of(setup.path, "sessions", "rm", "production")["code"] == "needs-yes"
    place = Path(data_of(setup.path, "sessions", "rm", "production", "--yes")["quarantine"])
    assert (place / "data/session/x").read_text() == "kept"
    assert setup.slot == "production"
    assert row(setup, "production")["state"] == "empty"


def test_rm_reaches_other_worktrees(setup: Setup) -> None:
    """Their next switch makes the slot anew, though they were settled on it."""
    other = Setup(setup.repo.add_worktree(setup.path.parent / "wt", "develop"))
    assert wagit(setup.path, "sessions", "rm", "staging", "--yes").status == 0
    other.repo.switch("release/1", "-c")
    assert other.slot == "staging"


@pytest.mark.parametrize("verb", ["rename staging x", "rm staging --yes"])
def test_a_held_slot_is_left_alone(setup: Setup, verb: str) -> None:
    setup.repo.switch("develop")
    with holding.hold(Store(str(setup.store)), "staging", str(setup.path), 0.0):
        error = error_of(setup.path, "sessions", *verb.split())
        assert (error["code"], error["status"]) == ("slot-busy", 11)
    assert setup.slot == "staging"
