"""`wagit doctor`: each thing a working set-up needs, what is wrong with it, and what to do."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.setup import CONFIG, LINK, Setup, wagit
from wagit.operations.doctor import Check, doctor


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
