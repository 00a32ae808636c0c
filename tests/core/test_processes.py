from __future__ import annotations

import os
import socket
import subprocess
import sys

import psutil
import pytest

from tests.support.browser import eventually
from wagit.core import processes
from wagit.core.processes import ProcessId, host_name, is_alive, start_time, this_process


@pytest.fixture(autouse=True, params=["/proc", "psutil"])
def source(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to ask about processes; a Mac has only the second."""
    monkeypatch.setattr(processes, "HAS_PROC", request.param == "/proc")


def test_a_process_knows_itself_whoever_asks() -> None:
    me = this_process()
    assert me.host == socket.gethostname() == host_name()
    assert me.pid == os.getpid()
    assert is_alive(me)
    by_psutil = psutil.Process().create_time()
    assert is_alive(me._replace(started=by_psutil)), "what one way wrote the other understands"


def test_a_name_with_spaces_and_brackets_hides_no_start_time() -> None:
    code = "open('/proc/self/comm', 'w').write('a) (b 1 2'); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        started = start_time(child.pid)
        assert started is not None
        assert started >= this_process().started - 1
        assert is_alive(ProcessId(host_name(), child.pid, started))
        child.communicate(b"\n")
    assert start_time(child.pid) is None
    assert is_alive(ProcessId(host_name(), child.pid, started)) is False


def test_one_that_ended_and_that_nobody_waited_for_does_not_run() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        mine = ProcessId(host_name(), child.pid, start_time(child.pid) or 0.0)
        assert is_alive(mine)
        child.stdin.close()
        eventually(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
        assert is_alive(mine) is False


def test_a_pid_that_is_in_use_again_and_another_host() -> None:
    me = this_process()
    assert is_alive(me._replace(started=me.started - 60)) is False
    assert is_alive(me._replace(host="elsewhere")) is None


def test_a_detached_process_that_ended_is_gone_once_the_next_one_starts() -> None:
    first = processes.start_detached(["/bin/true"], {})
    eventually(lambda: psutil.Process(first).status() == psutil.STATUS_ZOMBIE)
    second = processes.start_detached(["/bin/true"], {})
    assert not psutil.pid_exists(first)
    os.waitpid(second, 0)
    os.waitpid(processes.start_detached(["/bin/true"], {}), 0)  # which minds nothing of the second
