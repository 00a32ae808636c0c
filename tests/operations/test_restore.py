"""A snapshot becomes a slot's data again, and what was there is never lost."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.hooks import files_in
from tests.support.sessions import Sessions, creds
from tests.support.setup import Setup, data_of, error_of, wagit
from wagit.operations.restore import restore
from wagit.slots import holding, records
from wagit.snapshots import check, manifest


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


def test_the_data_is_as_it_was_and_what_it_replaced_is_a_snapshot(sessions: Sessions) -> None:
    sessions.write({"creds.json": creds(7), "keys/app.json": "{}"})
    os.chmod(sessions.data / "keys", 0o500)
    was = files_in(sessions.data)
    wanted = sessions.snapshot()
    os.chmod(sessions.data / "keys", 0o700)
    sessions.write({"creds.json": creds(8), "new.json": "[]"}, remove=("keys/app.json",))
    (sessions.data / "keys").rmdir()
    replaced = files_in(sessions.data)
    before = os.readlink(sessions.setup.path / "auth_info_baileys")

    done = data_of(sessions.path, "restore", "production", wanted, "--yes")
    assert (done["snapshot"], done["aside"], done["files"]) == (wanted, None, 2)
    assert files_in(sessions.data) == was
    assert (sessions.data / "keys").stat().st_mode & 0o777 == 0o500
    assert os.readlink(sessions.setup.path / "auth_info_baileys") == before

    back = data_of(sessions.path, "restore", "production", done["replaced"], "--yes")
    assert files_in(sessions.data) == replaced
    assert check.check_all(sessions.store) == {}
    assert os.listdir(sessions.store.staging()) == []
    log = data_of(sessions.path, "log")
    assert (log[0]["verb"], log[0]["detail"]) == (
        "restore",
        {"slot": "production", "snapshot": done["replaced"], "replaced": back["replaced"], "aside": None},
    )


def test_the_newest_clean_one_by_default(sessions: Sessions) -> None:
    clean = sessions.snapshot({"creds.json": creds(7)})
    hot = sessions.snapshot({"creds.json": creds(8)}, hot=True)
    sessions.write({"creds.json": creds(9)})
    assert data_of(sessions.path, "restore", "--dry-run")["snapshot"] == clean
    ran = wagit(sessions.path, "restore", hot, "--dry-run")
    assert f"snapshot {hot} is hot: it was taken beside a live writer" in ran.stderr
    assert wagit(sessions.path, "restore", "--yes").status == 0
    assert sessions.device == 7


def test_a_hot_one_is_never_restored_unasked(sessions: Sessions) -> None:
    hot = sessions.snapshot({"creds.json": creds(8)}, hot=True)
    before = sessions.everything
    error = error_of(sessions.path, "restore", "--yes")
    assert (error["code"], error["status"]) == ("only-hot", 1)
    assert error["hint"].endswith(f"wagit restore production {hot}")
    assert sessions.everything == before
    sessions.write({"creds.json": creds(9)})
    assert wagit(sessions.path, "restore", "production", hot, "--yes").status == 0
    assert sessions.device == 8


def test_without_snapshots(sessions: Sessions) -> None:
    error = error_of(sessions.path, "restore", "--yes")
    assert (error["code"], error["hint"]) == ("no-such-snapshot", "take one: wagit snapshot production")


def test_one_word_is_a_slot_or_a_snapshot_of_this_worktrees(sessions: Sessions) -> None:
    first = sessions.snapshot({"creds.json": creds(7)})
    sessions.snapshot({"creds.json": creds(8)})
    assert data_of(sessions.path, "restore", "latest~1", "--dry-run")["snapshot"] == first
    assert data_of(sessions.path, "restore", first[:9], "--dry-run")["snapshot"] == first
    assert data_of(sessions.path, "restore", "production", "--dry-run")["snapshot"] != first
    error = error_of(sessions.path, "restore", "productoin")
    assert (error["code"], error["status"]) == ("no-slot-or-snapshot", 2)
    assert "did you mean production" in error["message"]
    for name in ("latest~5", "@{2020-01-01}"):
        error = error_of(sessions.path, "restore", name)
        assert (error["code"], "no slot is called" in error["message"]) == ("no-such-snapshot", False)
    error = error_of(sessions.path, "restore", "productoin", first)
    assert error["code"] == "no-such-slot"
    assert "did you mean production" in error["message"]
    assert error_of(sessions.path, "restore", "../production", first)["code"] == "bad-slot-name"


def test_a_slot_that_is_gone_is_made_anew(sessions: Sessions) -> None:
    assert wagit(sessions.path, "sessions", "new", "old", "--driver", "baileys").status == 0
    record = records.read_record(sessions.store, "old")
    records.write_record(sessions.store, "old", record._replace(generation=4))
    was = sessions.snapshot({"creds.json": creds(7)}, slot="old")
    records.write_record(sessions.store, "old", record._replace(generation=6))
    sessions.snapshot({"creds.json": creds(8)}, slot="old")
    assert wagit(sessions.path, "sessions", "rm", "old", "--yes").status == 0
    sessions.setup.repo.write(".wagit.yml", (sessions.path / ".wagit.yml").read_text() + "\n")
    done = data_of(sessions.path, "restore", "old", was)  # nothing is replaced: nobody is asked
    assert (done["replaced"], done["aside"]) == (None, None)
    made = records.read_record(sessions.store, "old")
    assert (made.driver, made.generation, made.newest, made.device) == ("baileys", 4, 6, "7")
    assert json.loads(Path(sessions.store.data("old"), "creds.json").read_text()) == json.loads(creds(7))


def test_what_an_older_generation_means_is_said_and_remembered(sessions: Sessions) -> None:
    older = sessions.snapshot({"creds.json": creds(7)}, generation=5)
    newer = sessions.snapshot({"creds.json": creds(7), "more.json": "1"}, generation=9)
    said = wagit(sessions.path, "restore", older, "--yes").stderr
    assert f"snapshot {older} is older than the session has been (generation 5 of 9)" in said
    assert '"waiting for this message"' in said
    assert "link it again" in said
    record = sessions.record
    assert (record.generation, record.newest_generation) == (5, 9)
    kept = sessions.snapshot()  # the data is of generation 5, and its snapshot says so
    assert manifest.read_header(sessions.store, "production", kept).generation == 5
    records.write_record(sessions.store, "production", record.opened())
    assert "generation 9 of 10" in wagit(sessions.path, "restore", newer, "--dry-run").stderr


def test_the_newest_generation_brings_no_warning(sessions: Sessions) -> None:
    older = sessions.snapshot({"creds.json": creds(7)}, generation=5)
    newer = sessions.snapshot({"creds.json": creds(7), "more.json": "1"}, generation=9)
    assert wagit(sessions.path, "restore", older, "--yes").status == 0
    assert wagit(sessions.path, "restore", newer, "--yes").stderr == ""
    assert sessions.record.newest_generation == 9


def test_another_login_is_named_with_its_middle_hidden(sessions: Sessions) -> None:
    one = sessions.snapshot({"creds.json": creds(7)})
    other = sessions.snapshot({"creds.json": creds(7, "4915199999999")})
    said = wagit(sessions.path, "restore", one, "--dry-run").stderr
    assert "the login of +49 ••••678, the data that of +49 ••••999" in said
    assert wagit(sessions.path, "restore", one, "--yes").status == 0
    assert (sessions.record.account, sessions.record.device) == ("+4915112345678", "7")
    sessions.write({"creds.json": creds(8)})
    assert f"snapshot {one} is linked device 7, the data device 8" in (
        wagit(sessions.path, "restore", one, "--dry-run").stderr
    )
    assert other


def test_a_login_that_whatsapp_logged_out_is_named(sessions: Sessions) -> None:
    one = sessions.snapshot({"creds.json": creds(7)})
    assert "logged out" not in wagit(sessions.path, "restore", one, "--dry-run").stderr
    gone = sessions.record._replace(removed="+4915112345678:7", removed_at=1_700_000_000.0)
    records.write_record(sessions.store, "production", gone)
    said = wagit(sessions.path, "restore", one, "--dry-run").stderr
    assert f"snapshot {one} is a linked device that WhatsApp logged out on 2023-11-14T22:13:20" in said


def test_a_backend_that_the_browser_would_drop_is_named(tmp_path: Path) -> None:
    sessions = Sessions(Setup.make(tmp_path / "repo"))
    database = "session/Default/IndexedDB/https_web.whatsapp.com_0"
    was = sessions.snapshot({f"{database}.indexeddb.leveldb/CURRENT": "x"})
    sessions.write({f"{database}/db": "SQLite"}, remove=(f"{database}.indexeddb.leveldb/CURRENT",))
    os.rmdir(sessions.data / f"{database}.indexeddb.leveldb")
    said = wagit(sessions.path, "restore", was, "--dry-run").stderr
    assert f"snapshot {was} keeps IndexedDB in leveldb, the data in sqlite" in said


@pytest.mark.parametrize("who", ["holder", "stranger"])
def test_a_slot_in_use_is_left_alone(tmp_path: Path, who: str) -> None:
    sessions = Sessions(Setup.make(tmp_path / "repo"))
    profile = sessions.data / "session"
    sessions.snapshot({"session/Default/IndexedDB/x": "1"})
    sessions.write({"session/Default/IndexedDB/x": "2"})
    lock, bot = None, None
    if who == "holder":
        lock = holding.hold(sessions.store, "production", str(sessions.path), 0.0)
    else:
        command = [sys.executable, "-c", "import signal; signal.pause()", f"--user-data-dir={profile}"]
        bot = subprocess.Popen(command, cwd=sessions.path)
        (profile / "SingletonLock").symlink_to(f"{socket.gethostname()}-{bot.pid}")
    try:
        before = sessions.everything
        for extra in (["--yes"], ["--dry-run"], []):
            error = error_of(sessions.path, "restore", *extra)
            assert (error["code"], error["status"]) == ("slot-busy", 11)
        assert sessions.everything == before
        out = str(tmp_path / "out")
        assert wagit(sessions.path, "restore", "--to", out).status == 0  # needs no free slot
        assert Path(out, "session/Default/IndexedDB/x").read_text() == "1"
    finally:
        if lock is not None:
            lock.release()
        if bot is not None:
            bot.kill()
            bot.wait()


def test_data_that_is_missing_is_made(sessions: Sessions) -> None:
    sessions.snapshot({"creds.json": creds(7)})
    (sessions.data / "creds.json").unlink()
    sessions.data.rmdir()
    assert data_of(sessions.path, "restore", "production")["replaces"] is False
    assert sessions.device == 7


def test_it_asks_and_a_dry_run_changes_nothing(sessions: Sessions) -> None:
    wanted = sessions.snapshot({"creds.json": creds(7)})
    sessions.write({"creds.json": creds(8)})
    before = sessions.everything
    error = error_of(sessions.path, "restore")
    assert (error["code"], error["status"]) == ("needs-yes", 2)
    assert f"Replace the session in slot production by snapshot {wanted}" in error["message"]
    ran = wagit(sessions.path, "restore", "--dry-run")
    assert ran.stdout.startswith(f"would restore snapshot {wanted} (")
    assert sessions.everything == before


def test_progress_counts_the_bytes(sessions: Sessions) -> None:
    sessions.snapshot({"creds.json": creds(7), "keys/a.json": "x" * 1000})
    (sessions.data / "creds.json").unlink()
    seen: list[tuple[int, int]] = []
    restore(sessions.context, "production", progress=lambda done, total: seen.append((done, total)))
    size = len(creds(7)) + 1000
    assert (size, size) in seen
    assert all(done <= total for done, total in seen)


def test_what_is_not_essential_does_not_come_back(tmp_path: Path) -> None:
    sessions = Sessions(Setup.make(tmp_path / "repo"))
    database = "session/Default/IndexedDB"
    sessions.snapshot({f"{database}/x": "1", f"{database}/LOCK": "", "session/Default/Cache/y": "cached"})
    assert wagit(sessions.path, "restore", "--yes").status == 0
    assert [str(path.relative_to(sessions.data)) for path in sessions.data.rglob("*") if path.is_file()] == [
        f"{database}/x"
    ]


def test_completion_offers_slots_and_snapshots(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    import typer

    from wagit.cli import complete
    from wagit.cli.app import app

    monkeypatch.chdir(sessions.path)
    wanted = sessions.snapshot({"creds.json": creds(7)})
    command = typer.main.get_command(app).commands["restore"]  # type: ignore[attr-defined]
    context = typer.Context(command)
    assert [name for name, _ in complete.snapshots(context, "")] == ["production", wanted[:8]]
    context.params = {"slot": "production"}
    assert [name for name, _ in complete.snapshots(context, wanted[0])] == [wanted[:8]]
