from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.support.browser import browser
from wagit.browser.profile import browser_of, lock_state

pytestmark = pytest.mark.browser


def ended_process() -> int:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def test_the_browser_of_a_profile_is_known_by_any_path_to_it(tmp_path: Path) -> None:
    profile, link = tmp_path / "a profile", tmp_path / "link"
    link.symlink_to(profile)
    with browser(profile) as process:
        found = browser_of(str(link))
        assert found is not None
        assert (found.pid, found.profile) == (process.pid, str(profile))
        assert lock_state(str(link)) == ("live", socket.gethostname(), process.pid)


def test_a_relative_directory_on_the_command_line_is_taken_from_the_browsers_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with browser("profile") as process:
        monkeypatch.chdir("/")
        found = browser_of(str(tmp_path / "profile"))
        assert found is not None
        assert found.pid == process.pid


def test_locks_of_the_dead_of_other_hosts_and_of_recycled_pids(tmp_path: Path) -> None:
    lock = tmp_path / "SingletonLock"
    states = {}
    for target in (
        f"{socket.gethostname()}-{ended_process()}",
        f"{socket.gethostname()}-{os.getpid()}",
        "a-host-with-dashes-42",
        "nonsense",
    ):
        lock.symlink_to(target)
        states[target] = lock_state(str(tmp_path)).state
        assert browser_of(str(tmp_path)) is None
        lock.unlink()
    assert list(states.values()) == ["dead", "dead", "elsewhere", "absent"]
    assert lock_state(str(tmp_path)) == ("absent", "", 0)
