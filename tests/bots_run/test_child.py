from __future__ import annotations

import fcntl
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.processes import CHECKOUT, NOTING, alive, end, python, read_pid
from wagit.bots.child import CommandNotFound, CommandNotStarted, Running, start
from wagit.core.locks import Locked, acquire

BYTES = 1_000_000
PATIENCE = 20.0

# Starts the command it is given as wagit does, and exits with its status.
STARTER = """
import os, sys
from wagit.bots.child import start
child = start(sys.argv[1:], os.getcwd(), os.environ)
child.wait()
child.reap()
sys.exit(child.status)
"""


def run(source: str, cwd: Path, **env: str) -> int:
    child = start(python(source), str(cwd), {**os.environ, **env})
    assert child.wait(PATIENCE)
    child.reap()
    assert child.status is not None
    return child.status


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Running]:
    child = start(python("import time; time.sleep(1000)"), str(tmp_path), os.environ)
    yield child
    child.kill()
    child.wait(PATIENCE)
    child.reap()


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_its_exit_status(tmp_path: Path, status: int) -> None:
    assert run(f"import sys; sys.exit({status})", tmp_path) == status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_ended_by_a_signal_it_has_the_shells_status(tmp_path: Path, number: int) -> None:
    assert run(f"import os; os.kill(os.getpid(), {number})", tmp_path) == 128 + number


def test_it_gets_its_directory_and_exactly_its_environment(tmp_path: Path) -> None:
    # What Python itself adds to its environment is in none of the names.
    check = "import os; assert os.getcwd() == os.environ['WANTED']; assert 'HOME' not in os.environ"
    child = start(python(check), str(tmp_path), {"WANTED": str(tmp_path.resolve())})
    assert child.wait(PATIENCE)
    child.reap()
    assert child.status == 0


def test_our_own_directory_stays(tmp_path: Path) -> None:
    before = os.getcwd()
    run("", tmp_path)
    assert os.getcwd() == before


def test_it_leads_a_session_of_its_own(sleeper: Running) -> None:
    assert os.getsid(sleeper.pid) == os.getpgid(sleeper.pid) == sleeper.pid


def test_a_program_is_found_on_its_own_path(tmp_path: Path) -> None:
    tool = tmp_path / "bin" / "my-bot"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\nexit 9\n")
    tool.chmod(0o755)
    for command, path in (("my-bot", str(tool.parent)), ("bin/my-bot", "/nowhere"), (str(tool), "/nowhere")):
        child = start([command], str(tmp_path), {"PATH": path})
        assert child.wait(PATIENCE)
        child.reap()
        assert child.status == 9


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(CommandNotFound, match="no program 'no-such-bot'"):
        start(["no-such-bot"], str(tmp_path), os.environ)
    with pytest.raises(CommandNotFound, match="not a directory"):
        start(["true"], str(tmp_path / "missing"), os.environ)
    assert CommandNotFound.exit_status == 127


def test_a_command_that_cannot_be_executed(tmp_path: Path) -> None:
    (tmp_path / "bot").write_text("#!/bin/sh\n")
    with pytest.raises(CommandNotStarted, match="Permission denied"):
        start(["./bot"], str(tmp_path), os.environ)
    assert CommandNotStarted.exit_status == 126


def test_it_holds_the_lock_after_we_have_let_go(tmp_path: Path) -> None:
    lock = acquire(tmp_path / "lock")
    child = start(python("import time; time.sleep(1000)"), str(tmp_path), os.environ, (lock.descriptor,))
    lock.release()
    with pytest.raises(Locked):
        acquire(tmp_path / "lock")
    child.kill()
    child.wait(PATIENCE)
    child.reap()
    acquire(tmp_path / "lock").release()


def test_no_other_descriptor_of_ours_reaches_it(tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret:
        check = (
            f"import os\ntry: os.fstat({secret.fileno()})\nexcept OSError: pass\nelse: raise SystemExit(1)"
        )
        assert run(check, tmp_path) == 0


def test_a_broken_pipe_ends_it_as_it_would_without_us(tmp_path: Path) -> None:
    shell = "grep SigIgn /proc/self/status > ignored"  # Python ignores SIGPIPE; a bot must not inherit that
    child = start(["sh", "-c", shell], str(tmp_path), os.environ)
    assert child.wait(PATIENCE)
    child.reap()
    ignored = int((tmp_path / "ignored").read_text().split()[1], 16)
    assert not ignored >> (signal.SIGPIPE - 1) & 1


def test_output_passes_byte_for_byte_without_a_terminal() -> None:
    writer = f"""
import hashlib, os, random
data = random.Random(1).randbytes({BYTES})
for at in range(0, len(data), 7777):
    os.write(1, data[at:at + 7777])
os.write(2, hashlib.sha256(data).hexdigest().encode())
"""
    done = subprocess.run(
        [sys.executable, "-c", STARTER, *python(writer)],
        cwd=CHECKOUT, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert len(done.stdout) == BYTES
    assert hashlib.sha256(done.stdout).hexdigest() == done.stderr.decode()


def test_input_passes_and_both_outputs_keep_their_order() -> None:
    echo = "import os\nfor i in range(500): os.write(1 + i % 2, b'%d ' % i)\nos.write(1, os.read(0, 9))"
    done = subprocess.run(
        [sys.executable, "-c", STARTER, *python(echo)],
        cwd=CHECKOUT, input=b"typed", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True,
    )  # fmt: skip
    assert done.stdout == b"".join(b"%d " % i for i in range(500)) + b"typed"


def test_a_paused_bot_stands_still_until_it_goes_on(sleeper: Running) -> None:
    import psutil

    process = psutil.Process(sleeper.pid)
    sleeper.pause()
    eventually(lambda: process.status() == psutil.STATUS_STOPPED)
    sleeper.resume()
    eventually(lambda: process.status() != psutil.STATUS_STOPPED)


def test_a_paused_bot_still_ends_in_its_own_way(tmp_path: Path) -> None:
    source = f"{NOTING}\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
    source += "open('pid', 'w').write(str(os.getpid()))\nwhile True: signal.pause()"
    bot = start(python(source), str(tmp_path), {**os.environ, "NOTES": str(tmp_path / "notes")})
    read_pid(tmp_path / "pid")
    bot.pause()
    bot.terminate()
    assert bot.wait(PATIENCE)
    assert bot.status == 3
    bot.reap()


def test_signals_reach_the_whole_group(tmp_path: Path) -> None:
    source = f"{NOTING}\nimport subprocess\nchild = subprocess.Popen(['sleep', '1000'])\n"
    source += "open('pid', 'w').write(str(child.pid)); child.wait()"
    bot = start(python(source), str(tmp_path), {**os.environ, "NOTES": str(tmp_path / "notes")})
    pid = read_pid(tmp_path / "pid")
    bot.terminate()
    eventually(lambda: not alive(pid) and not bot.family.group_alive())
    bot.reap()
    end(pid)


def test_until_it_is_reaped_its_number_is_not_given_away(tmp_path: Path) -> None:
    child = start(["true"], str(tmp_path), os.environ)
    assert child.wait(PATIENCE)
    os.kill(child.pid, 0)
    child.reap()
    with pytest.raises(ProcessLookupError):
        os.kill(child.pid, 0)


def test_the_lock_is_the_only_thing_passed_on(tmp_path: Path) -> None:
    lock = acquire(tmp_path / "lock")
    check = f"import fcntl; fcntl.fcntl({lock.descriptor}, fcntl.F_GETFD)"
    child = start(python(check), str(tmp_path), os.environ, (lock.descriptor,))
    child.wait(PATIENCE)
    child.reap()
    assert child.status == 0
    assert fcntl.fcntl(lock.descriptor, fcntl.F_GETFD) & fcntl.FD_CLOEXEC, "ours is not inherited elsewhere"
    lock.release()
