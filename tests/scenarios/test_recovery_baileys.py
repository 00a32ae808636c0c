"""`wagit run` on a damaged Baileys folder: the bot finds it whole, or does not start. A small bot."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.baileys_login import creds_json
from tests.support.git import Ran
from tests.support.sessions import Sessions, contents
from tests.support.wagit import run_wagit
from wagit.core import journal
from wagit.core.locks import holder_of

# What Baileys does first: a creds.json that cannot be read becomes a new identity.
BOT = """
import json, os, pathlib
path = pathlib.Path(os.environ["WAGIT_DATA_DIR"], "creds.json")
print("me", json.loads(path.read_text())["me"]["id"] if path.exists() else "nobody")
"""
ME = "me 4915112345678:7@s.whatsapp.net\n"


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    sessions = Sessions.make(tmp_path / "repo")
    sessions.write({"creds.json": creds_json(7)})
    sessions.snapshot()
    return sessions


def run(sessions: Sessions, **environ: str) -> Ran:
    return run_wagit(sessions.path, "run", "--", sys.executable, "-c", BOT, env=environ)


def truncate(sessions: Sessions) -> None:
    path = sessions.data / "creds.json"
    path.write_text(path.read_text()[:700])


def test_truncated_creds_are_whole_again_before_the_bot_reads_them(sessions: Sessions) -> None:
    assert run(sessions).stdout == ME
    truncate(sessions)
    ran = run(sessions)
    assert (ran.status, ran.stdout) == (0, ME)
    assert ran.stderr.count("slot production is broken: creds.json") == 1
    again = run(sessions)
    assert (again.stdout, "broken" in again.stderr) == (ME, False)


def test_where_recovery_is_off_the_bot_does_not_start_and_nothing_changes(sessions: Sessions) -> None:
    truncate(sessions)
    before = contents(sessions.data), list(journal.read(sessions.store))
    ran = run(sessions, WA_AUTO_RECOVERY="false")
    assert (ran.status, ran.stdout) == (12, "")
    assert "wagit: slot production is broken: creds.json " in ran.stderr
    assert "wagit repair production" in ran.stderr
    assert (contents(sessions.data), list(journal.read(sessions.store))) == before
    assert holder_of(sessions.store.lock("production")) is None
    told = run_wagit(sessions.path, "run", "--json", "--", "true", env={"WAGIT_AUTO_RECOVERY": "false"})
    assert json.loads(told.stdout)["error"]["code"] == "recovery-off"


def test_in_no_time_it_does_not_start_either(sessions: Sessions) -> None:
    truncate(sessions)
    before = contents(sessions.data)
    ran = run(sessions, WA_MAX_RECOVERY_TIME="0")
    assert (ran.status, ran.stdout) == (12, "")
    assert "max_recovery_time" in ran.stderr
    assert contents(sessions.data) == before


def test_with_every_snapshot_bad_it_starts_afresh_and_all_is_in_quarantine(sessions: Sessions) -> None:
    shutil.rmtree(sessions.store.objects())
    truncate(sessions)
    broken = contents(sessions.data)
    ran = run(sessions)
    assert (ran.status, ran.stdout) == (0, "me nobody\n")
    assert "scan the QR code" in ran.stderr
    [aside] = Path(sessions.store.quarantine("production")).iterdir()
    assert contents(aside) == broken


def test_a_restored_login_that_goes_again_counts_as_logged_out(sessions: Sessions) -> None:
    """As where a bot without the preload deletes its folder on a log-out, and tells nobody."""
    assert run(sessions).stdout == ME
    shutil.rmtree(sessions.data)
    assert run(sessions).stdout == ME
    shutil.rmtree(sessions.data)
    for _ in range(2):
        ran = run(sessions)
        assert ran.stdout == "me nobody\n"
        assert "WhatsApp logged the linked device of slot production out" in ran.stderr
