"""A login that a real Chromium wrote is had back after Chromium, or who else, dropped it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.hooks import files_in
from tests.support.linked_profile import LINKED, read_profile, write_profile
from tests.support.sessions import Sessions
from tests.support.setup import Setup, data_of
from wagit.drivers import registry

pytestmark = pytest.mark.browser

LOGIN = ("Default/IndexedDB", "Default/Local Storage/leveldb")


def test_a_chromium_login_is_had_back(tmp_path: Path) -> None:
    sessions = Sessions(Setup.make(tmp_path / "repo"))
    profile = write_profile(sessions.data / "session")
    driver = registry.get("wwebjs")
    was = driver.identity(str(sessions.data))
    login = {name: files_in(profile / name) for name in LOGIN}
    taken = data_of(sessions.path, "snapshot")["snapshot"]
    assert was is not None

    for name in LOGIN:
        shutil.rmtree(profile / name)
    assert driver.identity(str(sessions.data)) is None
    done = data_of(sessions.path, "restore", "--yes")

    assert done["snapshot"] == taken
    assert driver.identity(str(sessions.data)) == was
    assert sessions.record.account == was.account
    assert sorted(os.listdir(sessions.data / "session")) == ["Default"]
    for name in LOGIN:
        found = files_in(profile / name)
        assert {path: login[name][path] for path in found} == found
        assert {Path(path).name for path in login[name].keys() - found.keys()} <= {"LOCK"}
    values, databases = read_profile(profile)
    assert {key: values[key] for key in LINKED} == LINKED
    assert "wawc" in databases
