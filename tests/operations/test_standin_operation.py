"""The stand-in for a command or until interrupted, as its own process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wagit.operations.standin import CommandMissing, StandinStarted, serve
from wagit.standin.phone import Phone, StandinGone

ASKS = """
import os
from wagit.standin.phone import Phone
print(Phone(os.environ["WAGIT_STANDIN"]).devices())
"""
SERVES = """
import json, sys
from wagit.operations.standin import serve
sys.exit(serve(None, 0, sys.argv[1:], lambda started: print(json.dumps(started._asdict()), flush=True)))
"""
STAYS = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
print("up", flush=True)
while True:
    signal.pause()
"""


def test_a_command_runs_against_it_and_its_status_is_returned(capfd: pytest.CaptureFixture[str]) -> None:
    started: list[StandinStarted] = []
    assert serve(None, 0, [sys.executable, "-c", ASKS + "raise SystemExit(7)"], started.append) == 7
    assert capfd.readouterr().out == "[]\n"
    with pytest.raises(StandinGone):
        Phone(started[0].control_url).devices()


def test_a_signal_that_ends_the_command_is_its_status() -> None:
    command = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    assert serve(None, 0, command, lambda _: None) == 128 + signal.SIGKILL


def test_a_command_that_is_missing_is_named() -> None:
    with pytest.raises(CommandMissing, match="/nowhere/bot"):
        serve(None, 0, ["/nowhere/bot"], lambda _: None)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_without_a_command_it_runs_until_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    program = [sys.executable, "-c", SERVES]
    environ = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(program, stdout=subprocess.PIPE, env=environ, text=True) as process:
        assert process.stdout
        started = json.loads(process.stdout.readline())
        assert Phone(started["control_url"]).devices() == []
        process.send_signal(number)
        assert process.wait(20) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_signal_is_passed_on_to_the_command() -> None:
    program = [sys.executable, "-c", SERVES, sys.executable, "-c", STAYS]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.wait(20) == 3
