from __future__ import annotations

import signal
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
