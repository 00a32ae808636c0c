"""Who has a session open, with real browsers and real processes."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browser import browser, eventually
from wagit.core import processes
from wagit.drivers import chrome, proc
from wagit.drivers.registry import get


@pytest.fixture(autouse=True, params=["/proc", "psutil"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to ask about processes; a Mac has only the second."""
    for module in (proc, processes):
        monkeypatch.setattr(module, "HAS_PROC", request.param == "/proc")


@contextmanager
def program(*command: str, cwd: Path | None = None) -> Iterator[int]:
    """A process that has said it is ready on its stdout; killed at the end."""
    process = subprocess.Popen(command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        process.communicate()


class TestChrome:
    @pytest.mark.browser
    def test_names_the_browser_that_has_a_profile_open(self, tmp_path: Path) -> None:
        driver, data = get("wwebjs"), tmp_path / "slot"
        link = tmp_path / ".wwebjs_auth"
        data.mkdir()
        link.symlink_to(data)
        with browser(link / "session-x") as process:
            (writer,) = driver.writers(str(data), str(tmp_path))
            assert writer.pid == process.pid
            assert writer.host == ""
            assert "chrom" in writer.command
            assert not {"/", " "} & set(writer.command)
            assert str(data / "session-x") in writer.why
            lasting = str(data / "session-x/Default/Local Storage/leveldb/LOCK")
            eventually(lambda: lasting in proc.open_files(process.pid))
            link.unlink()  # the name on its command line is gone, its files are not
            assert driver.writers(str(data), str(tmp_path)) == [writer]
        assert os.path.islink(data / "session-x" / "SingletonLock")  # it was killed
        assert driver.writers(str(data), str(tmp_path)) == []

    @pytest.mark.browser
    def test_the_same_for_a_plain_profile(self, tmp_path: Path) -> None:
        with browser(tmp_path / "data") as process:
            (writer,) = get("chromium").writers(str(tmp_path / "data"), str(tmp_path))
        assert writer.pid == process.pid

    def test_a_pid_that_another_program_has_now_counts_for_nothing(self, tmp_path: Path) -> None:
        (tmp_path / "SingletonLock").symlink_to(f"{socket.gethostname()}-{os.getpid()}")
        assert chrome.writers_of(str(tmp_path)) == []

    def test_another_host_s_lock_is_reported_as_such(self, tmp_path: Path) -> None:
        (tmp_path / "SingletonLock").symlink_to("build-server-2-4711")
        (writer,) = chrome.writers_of(str(tmp_path))
        assert (writer.host, writer.pid, writer.command) == ("build-server-2", 4711, "")
        assert "build-server-2" in writer.why

    @pytest.mark.parametrize("target", ["", "x", "host-", "host-12x", "host-١٢"])
    def test_a_lock_that_is_not_chromium_s_is_none(self, tmp_path: Path, target: str) -> None:
        if target:
            (tmp_path / "SingletonLock").symlink_to(target)
        else:
            (tmp_path / "SingletonLock").touch()
        assert chrome.lock_of(str(tmp_path)) is None
        assert chrome.writers_of(str(tmp_path)) == []


class TestWhatsmeow:
    OPEN = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1])\n"
        "c.execute('CREATE TABLE whatsmeow_device (jid)'); c.commit()\n"
        "print('ready', flush=True); sys.stdin.read()"
    )

    def test_names_the_process_that_has_the_database_open(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        data.mkdir()
        (tmp_path / "link.db").symlink_to(data / "bot.db")
        with program(sys.executable, "-c", self.OPEN, str(tmp_path / "link.db")) as pid:
            (writer,) = get("whatsmeow").writers(str(data), str(tmp_path))
            assert writer.pid == pid
            assert "bot.db" in writer.why
        assert get("whatsmeow").writers(str(data), str(tmp_path)) == []

    @pytest.mark.parametrize("name", ["whatsmeow", "generic"])
    def test_through_a_worktree_are_those_that_work_in_it_or_name_it(self, name: str, tmp_path: Path) -> None:
        data, worktree = tmp_path / "data", tmp_path / "worktree"
        data.mkdir()
        worktree.mkdir()
        (worktree / "link.db").symlink_to(data / "bot.db")

        def through() -> list[int]:
            return [writer.pid for writer in get(name).writers_through(str(data), str(worktree))]

        for cwd, file in ((worktree, "link.db"), (tmp_path, str(worktree / "link.db"))):
            with program(sys.executable, "-c", self.OPEN, file, cwd=cwd) as pid:
                assert through() == [pid]
            (data / "bot.db").unlink()
        with program(sys.executable, "-c", self.OPEN, str(data / "bot.db"), cwd=tmp_path) as pid:
            assert through() == []
            assert [writer.pid for writer in get(name).writers(str(data), str(worktree))] == [pid]

    def test_reading_it_ourselves_is_no_writer(self, tmp_path: Path) -> None:
        opened = sqlite3.connect(tmp_path / "bot.db")
        opened.execute("CREATE TABLE t (x)")
        assert get("whatsmeow").writers(str(tmp_path), str(tmp_path)) == []
        opened.close()


@pytest.mark.node
@pytest.mark.skipif(not shutil.which("node"), reason="there is no node")
@pytest.mark.parametrize("name", ["baileys", "generic"])
class TestFolder:
    WAIT = "console.log('ready'); process.stdin.resume()"

    @pytest.fixture
    def worktree(self, tmp_path: Path) -> Path:
        (tmp_path / "worktree" / "src").mkdir(parents=True)
        (tmp_path / "worktree" / "src" / "bot.js").write_text(self.WAIT)
        (tmp_path / "data").mkdir()
        return tmp_path / "worktree"

    def touch(self, worktree: Path, later: float = 10) -> str:
        """Write the data now, give or take; return its directory."""
        file = worktree.parent / "data" / "creds.json"
        file.touch()
        os.utime(file, (time.time() + later,) * 2)
        return str(worktree.parent / "data")

    def test_a_bot_that_ran_when_it_was_written(self, name: str, worktree: Path) -> None:
        (worktree.parent / "link").symlink_to(worktree)
        with program("node", "--trace-warnings", "bot.js", cwd=worktree / "src") as pid:
            data = self.touch(worktree)
            (writer,) = get(name).writers(data, str(worktree.parent / "link"))
            assert writer.pid == pid
            assert "node" in writer.command
        eventually(lambda: get(name).writers(data, str(worktree)) == [])

    def test_not_a_bot_that_started_later(self, name: str, worktree: Path) -> None:
        data = self.touch(worktree, later=-60)
        with program("node", "src/bot.js", cwd=worktree):
            assert get(name).writers(data, str(worktree)) == []

    def test_not_a_bot_of_another_worktree(self, name: str, worktree: Path) -> None:
        other = worktree.parent / "worktree-2"
        other.mkdir()
        (other / "bot.js").write_text(self.WAIT)
        with program("node", "bot.js", cwd=other):
            assert get(name).writers(self.touch(worktree), str(worktree)) == []

    @pytest.mark.parametrize("tool", ["npm-cli.js", "vite.js", "tsc"])
    def test_not_a_tool_that_runs_beside_it(self, name: str, worktree: Path, tool: str) -> None:
        (worktree / tool).write_text(self.WAIT)
        with program("node", f"./{tool}", cwd=worktree):
            assert get(name).writers(self.touch(worktree), str(worktree)) == []

    def test_not_an_editors_server_that_works_in_it(self, name: str, worktree: Path) -> None:
        server = worktree.parent / "eslintServer.js"
        server.write_text(self.WAIT)
        with program("node", str(server), "--stdio", cwd=worktree):
            assert get(name).writers(self.touch(worktree), str(worktree)) == []

    def test_not_a_python_program(self, name: str, worktree: Path) -> None:
        code = "import sys; print('ready', flush=True); sys.stdin.read()"
        with program(sys.executable, "-c", code, cwd=worktree):
            assert get(name).writers(self.touch(worktree), str(worktree)) == []

    def test_only_generic_counts_any_program_with_an_open_file(self, name: str, worktree: Path) -> None:
        data = self.touch(worktree, later=-60)
        code = "import sys; f = open(sys.argv[1]); print('ready', flush=True); sys.stdin.read()"
        with program(sys.executable, "-c", code, f"{data}/creds.json") as pid:
            found = [writer.pid for writer in get(name).writers(data, str(worktree))]
        assert found == ([pid] if name == "generic" else [])
