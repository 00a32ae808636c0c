from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from wagit.core.signals import handled


@pytest.fixture(params=[signal.SIG_DFL, signal.SIG_IGN], ids=["default", "ignored"])
def before(request: pytest.FixtureRequest) -> Iterator[signal.Handlers]:
    """What SIGHUP did before."""
    old = signal.signal(signal.SIGHUP, request.param)
    yield request.param
    signal.signal(signal.SIGHUP, old)


def test_a_signal_is_handled_for_a_while(before: signal.Handlers) -> None:
    seen: list[int] = []
    with handled({"SIGHUP": seen.append, "SIGNONE": seen.append}, always=("SIGHUP", "SIGNONE")):
        signal.raise_signal(signal.SIGHUP)
    assert seen == [signal.SIGHUP]
    assert signal.getsignal(signal.SIGHUP) is before


def test_one_that_nohup_ignores_stays_ignored() -> None:
    seen: list[int] = []
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with handled({"SIGHUP": seen.append}):
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, old)
    assert seen == []


@pytest.mark.parametrize("settled", [True, False])
def test_a_signal_while_the_interpreter_ends_changes_no_settled_status(settled: bool) -> None:
    ends = f"""
import os, signal, threading
from wagit.core.signals import handle, ignore
handle({{"SIGTERM": lambda _: None}})
if {settled}:
    ignore(["SIGTERM"])
class Late:
    def __init__(self):
        self.kill = os.kill, os.getpid(), signal.SIGTERM
    def __del__(self):  # called when the handlers are gone
        kill, pid, number = self.kill
        kill(pid, number)
import sys
sys.late = Late()
"""
    done = subprocess.run([sys.executable, "-c", ends], check=False)
    assert done.returncode == (0 if settled else -signal.SIGTERM)
