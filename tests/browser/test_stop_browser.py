from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.browser import browser, devtools_browser, eventually, start, writer_page
from wagit.browser.helpers import Helpers
from wagit.browser.profile import browser_at, browser_of, starting_browser
from wagit.browser.stop import _catches_sigint, close_browser
from wagit.browser.waiting import wait_for_exit
from wagit.drivers import proc

pytestmark = pytest.mark.browser


def has_lock(profile: Path) -> bool:
    return os.path.lexists(profile / "SingletonLock")


def line_of(pid: int) -> str:
    return " ".join(proc.arguments(pid))


def test_closing_over_devtools_keeps_what_was_written_a_moment_before(tmp_path: Path) -> None:
    with writer_page() as page:
        with devtools_browser(tmp_path, url=f"{page.url}?value=one") as process:
            page.wait_written("one")
            assert close_browser(str(tmp_path)).how == "devtools"
            assert process.wait() == 0
        assert not has_lock(tmp_path)
        assert page.read(tmp_path) == ("one", "one")


def test_a_browser_without_a_port_is_closed_by_sigint_and_loses_nothing(tmp_path: Path) -> None:
    # SIGKILL at this moment loses the value in Local Storage; SIGTERM leaves the lock, and sometimes loses it
    with writer_page() as page:
        with browser(tmp_path, url=f"{page.url}?value=two") as process:
            page.wait_written("two")
            assert close_browser(str(tmp_path)).how == "sigint"
            assert process.wait() == 0
        assert not has_lock(tmp_path)
        assert page.read(tmp_path) == ("two", "two")


def test_a_helper_that_outlives_its_browser_is_waited_for_and_killed_in_the_end(tmp_path: Path) -> None:
    with browser(tmp_path) as process:
        helpers = Helpers(process.pid)
        gpu = eventually(lambda: [pid for pid in helpers.pids() if "gpu-process" in line_of(pid)])
        os.kill(gpu[0], signal.SIGSTOP)
        assert close_browser(str(tmp_path)).how == "sigint"
        assert helpers.pids() == []
        assert not has_lock(tmp_path), "the browser itself was closed, not killed"


def test_a_browser_that_is_closing_already_is_not_interrupted_again(tmp_path: Path) -> None:
    # the second SIGINT would kill it: exit status -2, the lock left, and Local Storage lost
    with browser(tmp_path) as process:
        eventually(lambda: _catches_sigint(process.pid))
        process.send_signal(signal.SIGINT)
        eventually(lambda: not _catches_sigint(process.pid) or not browser_at(process.pid, str(tmp_path)))
        close_browser(str(tmp_path))
        assert process.wait() == 0
        assert not has_lock(tmp_path)


def test_a_browser_is_found_and_closed_before_it_has_written_its_lock(tmp_path: Path) -> None:
    process = start(tmp_path)
    try:
        eventually(lambda: starting_browser(str(tmp_path)))  # Debian's `chromium` is a shell for 40 ms
        assert not has_lock(tmp_path)
        assert close_browser(str(tmp_path)).how == "sigint"
        assert process.wait() == 0
        assert not has_lock(tmp_path)
    finally:
        process.kill()
        process.wait()


def test_a_browser_that_hangs_is_killed_at_last_and_the_result_says_so(tmp_path: Path) -> None:
    with browser(tmp_path) as process:
        process.send_signal(signal.SIGSTOP)
        assert close_browser(str(tmp_path), timeout=0.5).how == "sigkill"
        assert process.wait() == -signal.SIGKILL


def test_a_hanging_browser_with_a_port_does_not_hang_the_one_who_closes_it(tmp_path: Path) -> None:
    with devtools_browser(tmp_path) as process:
        process.send_signal(signal.SIGSTOP)
        assert close_browser(str(tmp_path), timeout=0.5).how == "sigkill"


def test_the_browser_of_another_directory_is_never_touched(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    with browser(theirs) as process:
        os.symlink(os.readlink(theirs / "SingletonLock"), ours / "SingletonLock")
        assert browser_of(str(ours)) is None
        assert close_browser(str(ours)) == ("not-running", 0.0)
        assert process.poll() is None
        assert browser_of(str(theirs)) is not None


def test_a_program_that_only_mentions_the_directory_is_never_touched(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "input()", f"--user-data-dir={tmp_path}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as other:
        assert close_browser(str(tmp_path)).how == "not-running"
        assert other.poll() is None
        other.communicate(b"\n")


def test_a_link_that_moved_on_does_not_name_the_browser_of_its_old_target(tmp_path: Path) -> None:
    old, new, link = tmp_path / "old", tmp_path / "new", tmp_path / "link"
    old.mkdir()
    new.mkdir()
    link.symlink_to(old)
    with writer_page() as page, browser(link, url=f"{page.url}?value=three") as process:
        page.wait_written("three")
        link.unlink()
        link.symlink_to(new)
        assert close_browser(str(new)).how == "not-running"
        assert process.poll() is None
        assert close_browser(str(old)).how == "sigint"


def test_nothing_runs_on_a_profile_that_does_not_exist(tmp_path: Path) -> None:
    assert close_browser(str(tmp_path / "none")).how == "not-running"


def test_waiting_for_an_exit_is_bounded_and_knows_a_zombie_and_a_process_that_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert not wait_for_exit(process.pid, 0.05)
        assert process.stdin is not None
        process.stdin.close()
        assert wait_for_exit(process.pid, 20)  # a zombie: nobody has waited for it
        process.wait()
    assert wait_for_exit(process.pid, 0)
