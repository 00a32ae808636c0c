from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import CHECKOUT
from wagit.core.processes import host_name
from wagit.core.store import Store, create
from wagit.slots import holding, records

HOLD = """
import os, signal, sys
from wagit.core.locks import Holder, acquire
lock = acquire(sys.argv[1], Holder(sys.argv[2], os.getpid(), 12.5, "wagit snapshot", "/", 0.0, yields=True))
print("held", flush=True)
signal.pause()
"""


@pytest.mark.parametrize("suspended", [False, True])
def test_a_holder_that_yields_is_ended_whatever_the_clock_says(tmp_path: Path, suspended: bool) -> None:
    store = create(str(tmp_path / "store"))
    records.create_slot(store, "dev", "generic", 0.0)
    with holder(store, host_name()) as process:
        if suspended:
            process.send_signal(signal.SIGSTOP)
        holding.hold(store, "dev", "/", 0.0).release()
        assert process.wait(5) == -signal.SIGKILL


def test_a_holder_on_another_host_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "BRIEFLY", 0.05)
    store = create(str(tmp_path / "store"))
    records.create_slot(store, "dev", "generic", 0.0)
    with holder(store, "elsewhere") as process:
        with pytest.raises(holding.SlotBusy):
            holding.hold(store, "dev", "/", 0.0)
        assert process.poll() is None
        process.kill()


def holder(store: Store, host: str) -> subprocess.Popen[str]:
    """A process that holds the slot `dev`, with a start time that is not its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, store.lock("dev"), host],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process
