"""`wagit verify`: what it tells of a slot or any directory, how bad that is, and what it leaves alone."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import eventually
from tests.support.git import GitRepo
from tests.support.hooks import files_in
from tests.support.sessions import NO_SNAPSHOTS, Sessions, creds
from tests.support.setup import Setup, data_of, make_repo, refused, wagit
from wagit.cli import render_findings
from wagit.core.store import create
from wagit.drivers.baileys import Baileys
from wagit.drivers.chromium import Chromium
from wagit.integrity.findings import Finding
from wagit.operations import damage, verify_look
from wagit.operations.verify_facts import is_older
from wagit.slots import holding, records
from wagit.snapshots import manifest
from wagit.snapshots import seal as seals

FATAL = Finding("torn", "fatal", "creds.json", 7, "it is torn", "it costs the login", "cut", "it is cut")
CONFIG = (
    "version: 1\ndriver: baileys\ndefault: dev\nrules:\n"
    '  - {branch: main, slot: production, account: "+49 151 12345678"}\n' + NO_SNAPSHOTS
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sessions:
    """One repository for all: its store is made anew for each test."""
    path = tmp_path_factory.mktemp("verify") / "repo"
    return Sessions(Setup(make_repo(path, CONFIG)).init())


@pytest.fixture
def sessions(made: Sessions, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """On main, whose slot is linked, as its rule asks; nothing is wrong with it."""
    finds(monkeypatch)
    shutil.rmtree(made.store.root)
    create(made.store.root)
    records.create_slot(made.store, "production", "baileys", 0.0)
    made.write({"creds.json": creds(7)})
    return made


def finds(monkeypatch: pytest.MonkeyPatch, *looks: tuple[Finding, ...]) -> None:
    """Have the checks find this, one look after the other, and the last for ever."""
    left = list(looks or [()])

    def check(_: Baileys, data: str, history: object, read: Callable[[int], object]) -> list[Finding]:
        del history
        read(sum(path.stat().st_size for path in Path(data).iterdir()))
        return list(left.pop(0) if len(left) > 1 else left[0])

    monkeypatch.setattr(Baileys, "check", check)
    monkeypatch.setattr(verify_look, "PAUSE", 0.0)


def found(sessions: Sessions, *arguments: str, status: int = 0) -> Any:
    ran = wagit(sessions.path, "verify", *arguments, "--json")
    assert (ran.status, ran.stderr) == (status, ""), ran
    return json.loads(ran.stdout)["data"]


def test_all_that_is_known_of_a_slot(sessions: Sessions) -> None:
    taken = sessions.snapshot()
    seals.settle()
    told = found(sessions)
    size = len(creds(7))
    assert (told["slot"], told["driver"], told["state"], told["status"]) == (
        "production",
        "baileys",
        "whole",
        0,
    )
    assert (told["path"], told["files"], told["essential"], told["size"]) == (
        str(sessions.data),
        1,
        size,
        size,
    )
    assert (told["fast"], told["read"], told["checked"], told["findings"]) == (False, size, told["whole"], [])
    assert told["login"]["matches"] is True
    assert (told["login"]["account"], told["login"]["device"]) == ("+49 ••••678", "7")
    assert told["locks"] == {"holder": None, "writers": [], "singletons": []}
    assert (told["browser"], told["live"], told["notes"]) == (None, False, [])
    assert (told["kept"]["snapshots"], told["kept"]["newest"]["snapshot"]) == (1, taken)


def test_the_fast_path_says_so(sessions: Sessions) -> None:
    first = found(sessions)
    sessions.write({"creds.json": creds(7)})
    assert not found(sessions)["fast"]  # too young to be sealed

    eventually(lambda: found(sessions)["fast"])
    second = found(sessions)
    assert (second["read"], second["checked"]) == (0, second["whole"])
    assert second["checked"] != first["checked"]
    shown = wagit(sessions.path, "verify").stdout
    assert re.search(r"unchanged since all was read \d+ s ago; --deep reads it again", shown)
    deep = found(sessions, "--deep")
    assert (deep["fast"], deep["read"]) == (False, len(creds(7)))


def test_what_would_cost_the_login(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, (FATAL,))
    told = found(sessions, status=12)
    assert (told["state"], told["status"], told["whole"]) == ("broken", 12, None)
    assert told["findings"] == [FATAL._asdict()]
    shown = wagit(sessions.path, "verify")
    assert shown.status == 12
    for line in ("creds.json:7  it is torn", "effect: it costs the login", "mend: it is cut",
                 "do: wagit repair production"):  # fmt: skip
        assert line in shown.stdout


def test_damage_is_logged_once(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """For who tells of it without reading it all; mended, it is forgotten."""
    finds(monkeypatch, (FATAL,), (FATAL,), ())
    found(sessions, status=12)
    found(sessions, status=12)
    assert damage.standing(sessions.store)["production"].codes == ("torn",)
    log = [line for line in data_of(sessions.path, "log") if line["verb"] == damage.FAILED]
    assert len(log) == 1

    eventually(lambda: found(sessions)["fast"])
    assert damage.standing(sessions.store) == {}


@pytest.mark.parametrize(("severity", "status"), [("fatal", 12), ("loss", 12), ("warning", 0)])
def test_how_bad_it_is(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, severity: Any, status: int
) -> None:
    finds(monkeypatch, (FATAL._replace(severity=severity),))
    found(sessions, status=status)
    [row, *_] = [row for row in found(sessions, "--all", status=status) if row["slot"] == "production"]
    assert row["status"] == status


def test_another_account_than_the_rule_asks_for(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is lost, but no bot is started on it."""
    sessions.write({"creds.json": creds(7, "4915100000009")})
    told = found(sessions, status=1)
    assert (told["state"], told["login"]["matches"]) == ("whole", False)
    assert "+49 ••••009" in told["notes"][0]
    assert "NOT as its rule asks" in wagit(sessions.path, "verify").stdout
    finds(monkeypatch, (FATAL,))
    found(sessions, "--deep", status=12)


def test_an_empty_slot(sessions: Sessions) -> None:
    (sessions.data / "creds.json").unlink()
    told = found(sessions)
    assert (told["state"], told["checked"], told["findings"], told["read"]) == ("empty", None, [], 0)
    shown = wagit(sessions.path, "verify").stdout
    assert "nothing to verify yet" in shown
    assert shown.endswith("do: link a device: wagit run\n")


def test_an_empty_slot_that_has_snapshots(sessions: Sessions) -> None:
    sessions.snapshot()
    (sessions.data / "creds.json").unlink()
    assert "wagit restore production; or link a device" in wagit(sessions.path, "verify").stdout


def test_who_holds_it(sessions: Sessions) -> None:
    with holding.hold(sessions.store, "production", str(sessions.path), 0.0):
        told = found(sessions)
    assert told["live"] is True
    assert str(os.getpid()) in told["locks"]["holder"]


def test_a_moment_of_a_live_session_is_no_damage(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that is being written is whole at the next look; damage stays where it is."""
    moved = FATAL._replace(offset=9)
    other = FATAL._replace(code="other")
    with holding.hold(sessions.store, "production", str(sessions.path), 0.0):
        finds(monkeypatch, (FATAL,), (moved,), (FATAL,))
        assert found(sessions)["findings"] == []
        finds(monkeypatch, (FATAL, other), (other, moved))
        told = found(sessions, status=12)
        assert [one["code"] for one in told["findings"]] == ["other"]
        assert (
            "do: stop what has it open, then: wagit repair production"
            in wagit(sessions.path, "verify").stdout
        )
    finds(monkeypatch, (FATAL,), (moved,))
    assert found(sessions, status=12)["findings"] == [FATAL._asdict()]  # nobody writes: one look tells


def test_every_slot(sessions: Sessions) -> None:
    assert wagit(sessions.path, "sessions", "new", "other").status == 0
    rows = found(sessions, "--all")
    assert [(row["slot"], row["state"]) for row in rows] == [("other", "empty"), ("production", "whole")]
    table = wagit(sessions.path, "verify", "--all").stdout
    assert [line.split()[0] for line in table.splitlines()] == [
        "slot",
        "─" * len(table.splitlines()[1]),
        "other",
        "production",
    ]


def test_every_slot_tells_the_worst(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, (FATAL,))
    wagit(sessions.path, "sessions", "new", "other")
    found(sessions, "--all", status=12)
    assert "see: wagit verify production" in wagit(sessions.path, "verify", "--all").stdout


# ----- directories


def test_any_directory_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, (FATAL,))
    folder = tmp_path / "elsewhere/auth"
    folder.mkdir(parents=True)
    (folder / "creds.json").write_text(creds(3))
    before = files_in(tmp_path)
    ran = wagit(tmp_path, "verify", "elsewhere/auth", "--json")
    told = json.loads(ran.stdout)["data"]
    assert ran.status == 12
    assert (told["slot"], told["path"], told["driver"], told["kept"]) == (None, str(folder), "baileys", None)
    assert (told["fast"], told["login"]["device"], told["login"]["matches"]) == (False, "3", None)
    assert f"wagit sessions adopt SLOT {folder}" in wagit(tmp_path, "verify", str(folder)).stdout
    assert files_in(tmp_path) == before


def test_a_directory_that_is_a_slots_data_is_that_slot(sessions: Sessions) -> None:
    for way in ("auth_info_baileys", str(sessions.data), "./auth_info_baileys/"):
        assert found(sessions, way)["slot"] == "production"


def test_a_slot_before_a_directory_of_that_name(sessions: Sessions) -> None:
    folder = sessions.path / "production"
    folder.mkdir()
    (folder / "creds.json").write_text(creds(3))
    assert found(sessions, "production")["slot"] == "production"
    assert found(sessions, "./production")["slot"] is None


def profile(path: Path) -> None:
    (path / "Default/Local Storage/leveldb").mkdir(parents=True)


def database(path: Path) -> None:
    import sqlite3

    with sqlite3.connect(path) as opened:
        opened.execute("CREATE TABLE whatsmeow_device (jid TEXT)")
    opened.close()


@pytest.mark.parametrize(
    ("make", "name", "driver"),
    [(profile, "", "chromium"),
     (lambda path: profile(path / "session"), "", "wwebjs"),
     (lambda path: profile(path / "session-one"), "", "wwebjs"),
     (lambda path: profile(path / "session-one"), "session-one", "chromium"),
     (lambda path: profile(path / "sales"), "", "wppconnect"),
     (lambda path: database(path / "store.db"), "", "whatsmeow"),
     (lambda path: database(path / "store.db"), "store.db", "whatsmeow")],
    ids=["profile", "LocalAuth", "LocalAuth with a client id", "one of its profiles", "tokens",
         "folder with a database", "database"],
)  # fmt: skip
def test_whose_a_directory_is(tmp_path: Path, make: Callable[[Path], None], name: str, driver: str) -> None:
    at = tmp_path / "x"
    at.mkdir()
    make(at)
    told = json.loads(wagit(tmp_path, "verify", str(at / name), "--json").stdout)["data"]
    assert (told["driver"], told["path"]) == (driver, str(at / name))


def test_only_the_database_that_is_named(tmp_path: Path) -> None:
    for name in ("one.db", "two.db"):
        database(tmp_path / name)
    (tmp_path / "two.db").write_bytes((tmp_path / "two.db").read_bytes()[:5000])
    told = json.loads(wagit(tmp_path, "verify", "one.db", "--json").stdout)["data"]
    assert (told["profiles"], told["files"], told["essential"]) == (
        ["one.db"],
        1,
        (tmp_path / "one.db").stat().st_size,
    )
    assert {one["file"] for one in told["findings"]} <= {"one.db"}


# ----- what cannot be


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [(["nowhere"], "no-session", 2), (["."], "no-session", 2), (["--all", "production"], "usage", 2),
     (["--all", "--snapshots"], "usage", 2), (["--snapshots", "nowhere"], "no-such-slot", 1)],
)  # fmt: skip
def test_what_cannot_be_verified(sessions: Sessions, words: list[str], code: str, status: int) -> None:
    assert refused(sessions.path, "verify", *words) == (code, status)


def test_where_nothing_is_set_up(repo: GitRepo) -> None:
    for words in ([], ["--all"], ["--snapshots"]):
        assert refused(repo.path, "verify", *words) == ("no-store", 10)
    assert refused(repo.path, "verify", "dev") == ("no-session", 2)


def test_a_mistyped_slot(sessions: Sessions) -> None:
    ran = wagit(sessions.path, "verify", "prodution")
    assert "production" in ran.stderr


# ----- browsers


@pytest.mark.parametrize(
    ("installed", "wrote", "older"),
    [("155.0.1", "156.0.0", True), ("156.0.10", "156.0.9", False), ("9.9", "10.0", True),
     ("156", None, False), (None, "156", False), ("156.0.1", "156.0.1", False)],
)  # fmt: skip
def test_an_older_browser(installed: str | None, wrote: str | None, older: bool) -> None:
    assert is_older(installed, wrote) is older


@pytest.fixture
def chromium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """A slot with a profile, of which nothing is read."""
    monkeypatch.setattr(Chromium, "check", lambda *_: [])
    sessions = Sessions.make(tmp_path / "repo", "chromium")
    profile(sessions.data)
    (sessions.data / "Default/Local Storage/leveldb/000003.log").write_bytes(b"x")
    (sessions.data / "Last Version").write_text("999.0.1.2")
    return sessions


def test_a_browser_that_is_older_than_the_profile(chromium: Sessions) -> None:
    told = found(chromium)
    assert told["browser"]["version"] == "999.0.1.2"
    assert "999.0.1.2 wrote it last" in told["notes"][0]
    (chromium.data / "Last Version").write_text("1.0")
    assert found(chromium)["notes"] == []


def test_another_kind_of_indexeddb_than_in_the_newest_snapshot(chromium: Sessions) -> None:
    (chromium.data / "Last Version").unlink()
    (chromium.data / "Default/IndexedDB/https_x_0.indexeddb.leveldb").mkdir(parents=True)
    chromium.snapshot()
    assert found(chromium)["notes"] == []
    os.rename(
        chromium.data / "Default/IndexedDB/https_x_0.indexeddb.leveldb",
        chromium.data / "Default/IndexedDB/https_x_0",
    )
    told = found(chromium)
    assert (told["browser"]["backend"], told["kept"]["newest"]["backend"]) == ("sqlite", "leveldb")
    assert "IndexedDB is kept in sqlite, in the newest snapshot in leveldb" in told["notes"][0]


@pytest.mark.parametrize(
    ("target", "says"),
    [(f"{os.uname().nodename}-999999999", "pid 999999999, which is gone"),
     ("elsewhere-7", "pid 7 on the host elsewhere"),
     ("nonsense", "not Chromium's")],
)  # fmt: skip
def test_what_a_lock_of_a_profile_says(chromium: Sessions, target: str, says: str) -> None:
    os.symlink(target, chromium.data / "SingletonLock")
    [line] = found(chromium)["locks"]["singletons"]
    assert says in line


# ----- snapshots


def damage_object(sessions: Sessions, snapshot: str) -> None:
    known = manifest.read(sessions.store, "production", snapshot)
    digest = next(entry.digest for entry in known.entries if entry.path == "creds.json")
    path = Path(sessions.store.objects(), digest[:2], digest[2:])
    path.chmod(0o600)
    path.write_bytes(b"#" * path.stat().st_size)


def test_snapshots_that_are_whole(sessions: Sessions) -> None:
    assert "no snapshots yet" in wagit(sessions.path, "verify", "--snapshots").stdout
    for device in (7, 8):
        sessions.snapshot({"creds.json": creds(device), "same": "x"})
    told = found(sessions, "--snapshots")
    assert (told["slots"], told["snapshots"], told["damaged"], told["status"]) == (["production"], 2, [], 0)
    assert told["read"] == 2 * len(creds(7))  # what both have is read once; "same" is not essential
    assert wagit(sessions.path, "verify", "--snapshots").stdout.startswith("2 snapshots: all whole")


def test_a_damaged_object(sessions: Sessions) -> None:
    first = sessions.snapshot()
    second = sessions.snapshot({"creds.json": creds(8), "keys-1.json": "{}"})
    damage_object(sessions, second)
    [spoiled] = found(sessions, "--snapshots", status=12)["damaged"]
    assert (spoiled["slot"], spoiled["snapshot"], spoiled["better"]) == ("production", second, first)
    assert (spoiled["files"], spoiled["good"], len(spoiled["problems"])) == (2, 1, 1)
    shown = wagit(sessions.path, "verify", "--snapshots", "production").stdout
    assert "1 of 2 files are good\n" in shown
    assert f"whole: wagit restore production {first[:8]}\n" in shown


def test_a_damaged_manifest_and_nothing_better(sessions: Sessions) -> None:
    only = sessions.snapshot()
    path = Path(manifest.path_of(sessions.store, "production", only))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-5])
    [spoiled] = found(sessions, "--snapshots", status=12)["damaged"]
    assert (spoiled["good"], spoiled["better"]) == (0, None)
    shown = wagit(sessions.path, "verify", "--snapshots").stdout
    assert "nothing of it can be had" in shown
    assert f"drop it: wagit snapshots rm production {only[:8]}" in shown


def test_snapshots_of_a_slot_that_is_gone(sessions: Sessions) -> None:
    taken = sessions.snapshot()
    assert wagit(sessions.path, "sessions", "rm", "production", "--yes").status == 0
    damage_object(sessions, taken)
    found(sessions, "--snapshots", "production", status=12)


# ----- what people see


@pytest.mark.parametrize("columns", ["80", "120"])
def test_no_line_is_wider_than_the_terminal(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    path = "session/Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/000385.ldb"
    long = FATAL._replace(file=path, what="it is torn, " * 20, effect="the login, " * 20, remedy="cut, " * 30)
    finds(
        monkeypatch,
        (*(long._replace(offset=n) for n in range(9)), FATAL._replace(code="b", severity="warning")),
    )
    shown = wagit(sessions.path, "verify").stdout
    assert max(len(line) for line in shown.splitlines() if "repo/" not in line) <= int(columns)
    assert ".leveldb/000385.ldb:3\n" in shown
    assert "and 4 more: wagit verify production --json" in shown
    assert "findings: 9 would cost the login, 1 harmless" in shown


def test_what_does_nothing_to_a_terminal(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, (FATAL._replace(file="a\x1b[2Jb", what="\x07"),))
    assert not {"\x1b", "\x07"} & set(wagit(sessions.path, "verify").stdout)


def test_numbers_are_masked_unless_asked_for(sessions: Sessions) -> None:
    assert "+4915112345678" not in wagit(sessions.path, "verify").stdout
    assert "+4915112345678" in wagit(sessions.path, "verify", "--show-numbers").stdout
    assert "+4915112345678" in wagit(sessions.path, "verify", "--all", "--show-numbers").stdout


def test_findings_of_one_kind_stand_together() -> None:
    harmless = FATAL._replace(code="a", severity="warning")
    rows = [harmless, FATAL._replace(code="b", severity="loss"), harmless]
    assert [[one.code for one in group] for group in render_findings.grouped(rows)] == [["b"], ["a", "a"]]


def test_the_data_is_as_it_was(sessions: Sessions) -> None:
    before = files_in(sessions.data)
    found(sessions, "--deep")
    assert files_in(sessions.data) == before
