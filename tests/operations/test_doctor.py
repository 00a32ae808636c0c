"""`wagit doctor`: each thing a working set-up needs, what is wrong with it, and what to do."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.support.sessions import Sessions, creds
from tests.support.setup import CONFIG, LINK, Setup, wagit
from tests.support.slot_records import change, seal
from wagit.core import journal
from wagit.core.journal import Operation
from wagit.operations import sessions_ls
from wagit.operations.doctor import doctor
from wagit.operations.doctor_check import Check
from wagit.operations.doctor_slots import MUCH
from wagit.slots import holding


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup.make(tmp_path / "repo")


def checks(directory: Path) -> dict[str, Check]:
    return {check.name: check for check in doctor(str(directory), os.environ).checks}


def test_a_good_set_up_has_nothing_to_do(setup: Setup) -> None:
    found = checks(setup.path)
    assert set(found) >= {
        "git",
        "hooks",
        "config",
        "trust",
        "locks",
        "browser",
        "driver",
        "space",
        "store",
        "link",
    }
    wrong = [check for name, check in found.items() if check.state == "fail" and name != "browser"]
    assert wrong == []


def test_what_is_wrong_says_what_to_do(setup: Setup) -> None:
    (setup.path / LINK).unlink()
    setup.store.chmod(0o755)
    setup.repo.config("core.hooksPath", "/nonexistent")
    setup.repo.write(".wagit.local.yml", "bot: {command: [true]}\n")
    setup.repo.write("package.json", '{"dependencies": {"@whiskeysockets/baileys": "6"}}')
    found = checks(setup.path)
    wrong = {name for name, check in found.items() if check.state != "ok"}
    assert wrong - {"browser", "space"} == {"link", "store", "hooks", "driver"}
    assert found["link"].do == "wagit use --auto"
    assert found["store"].do == f"chmod 700 {setup.store}"
    assert found["hooks"].do == "wagit hooks install"
    assert found["driver"].do == "set in .wagit.yml: driver: baileys"
    ran = wagit(setup.path, "doctor")
    assert ran.status == 1
    assert ran.stdout.count("do: ") >= 4


def test_a_session_in_the_place_of_the_link(tmp_path: Path) -> None:
    """What to do is what helps there: the link cannot be made over it."""
    setup = Setup.make(tmp_path / "repo")
    (setup.path / LINK).unlink()
    setup.repo.write(f"{LINK}/session/Default/Cookies", "made by a bot")
    found = checks(setup.path)["link"]
    assert "is a directory that wagit did not make" in found.found
    assert found.do == f"wagit sessions adopt SLOT {LINK}"


def test_it_changes_nothing_and_needs_no_set_up(tmp_path: Path) -> None:
    assert checks(tmp_path)["repository"].state == "fail"
    assert wagit(tmp_path, "doctor").status == 1
    assert list(tmp_path.iterdir()) == []


def test_one_login_in_two_slots(tmp_path: Path) -> None:
    setup = Setup.make(tmp_path / "repo", CONFIG.replace("driver: wwebjs", "driver: baileys"))
    for slot in ("one", "two"):
        wagit(setup.path, "sessions", "new", slot)
        (setup.store / f"slots/{slot}/data/creds.json").write_text(
            json.dumps({"me": {"id": "4915112345678:7@s.whatsapp.net"}})
        )
    found = checks(setup.path)["accounts"]
    assert (found.state, found.found) == ("warn", "one login in several slots: one, two")


class TestSlots:
    """What `doctor` says of sessions and their logins."""

    @pytest.fixture
    def sessions(self, tmp_path: Path) -> Sessions:
        return Sessions.make(tmp_path / "repo")

    def test_four_devices_of_a_number(self, sessions: Sessions) -> None:
        """A twin is no device of its own, nor is one that WhatsApp has logged out."""
        link(sessions, {"one": 1, "two": 2, "three": 3, "twin": 3, "gone": 9})
        change(sessions, "gone", removed="+4915112345678:9")
        assert checks(sessions.path)["devices"].state == "ok"
        link(sessions, {"four": 4})
        found = checks(sessions.path)["devices"]
        assert (found.state, found.found) == ("warn", "4 of +49 ••••678: one, two, three and twin, four")

    def test_sessions_that_nobody_ran(self, sessions: Sessions) -> None:
        link(sessions, {"a": 1, "b": 2, "c": 3})
        day = 86400.0
        for slot, days in {"a": 5, "b": 9, "c": 1}.items():
            change(sessions, slot, last_ready=time.time() - days * day)
        found = checks(sessions.path)["sessions"]
        assert (found.state, found.found) == ("warn", "old: b; aging: a")
        with holding.hold(sessions.store, "b", "/", 0.0):
            assert checks(sessions.path)["sessions"].found == "aging: a"

    def test_damage_that_the_last_check_found(self, sessions: Sessions) -> None:
        link(sessions, {"dev": 1})
        failed = Operation(
            time.time(), "check-failed", "/", None, "verify", {"slot": "dev", "codes": ["cut"]}
        )
        journal.record(sessions.store, failed)
        found = checks(sessions.path)["damage"]
        assert (found.state, found.do) == ("fail", "wagit repair dev")
        assert found.found.endswith("failed: cut")
        states = {row.slot: row.state for row in sessions_ls.ls(sessions.context)}
        assert (states["dev"], states["production"]) == ("corrupt", "empty")
        seal(sessions, "dev")
        assert checks(sessions.path)["damage"].state == "ok"

    def test_a_login_that_was_removed_is_logged_out(self, sessions: Sessions) -> None:
        link(sessions, {"dev": 1})
        for removed, state in {"+4915112345678:1": "logged-out", "+4915112345678:2": "linked"}.items():
            change(sessions, "dev", removed=removed)
            assert sessions_ls.one(sessions.context, "dev").state == state

    def test_what_was_set_aside(self, sessions: Sessions) -> None:
        assert checks(sessions.path)["quarantine"].found == "empty"
        aside = Path(sessions.store.quarantine("dev"), "time", "big")
        aside.parent.mkdir(parents=True)
        with aside.open("wb") as file:
            file.truncate(MUCH + 1)
        found = checks(sessions.path)["quarantine"]
        assert (found.state, found.found) == ("warn", "1.1 GB")
        assert str(aside.parents[2]) in found.do


def link(sessions: Sessions, devices: dict[str, int]) -> None:
    for slot, device in devices.items():
        wagit(sessions.path, "sessions", "new", slot)
        sessions.write({"creds.json": creds(device)}, slot=slot)
