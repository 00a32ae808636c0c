from __future__ import annotations

import json

import pytest

from wagit.bots.builtin import BotEvent, Ended, PageTrouble
from wagit.browser.stop import Closed
from wagit.browser.watch import AccountKnown, QrShown, StateChanged
from wagit.operations.bot import as_json, exit_status

TIME = "2026-11-20T09:51:00.250Z"
SECONDS = 1795168260.25


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (
            StateChanged("qr", None, SECONDS, None),
            {"event": "state", "state": "qr", "before": None, "version": None},
        ),
        (AccountKnown("4915100000001", SECONDS), {"event": "account", "number": "4915100000001"}),
        (QrShown("2@a", SECONDS), {"event": "qr", "ref": "2@a"}),
        (
            PageTrouble("crashed", "the page crashed", 1.0, SECONDS),
            {"event": "trouble", "what": "crashed", "detail": "the page crashed", "retry_in": 1.0},
        ),
        (
            Ended("asked", Closed("devtools", 0.12345), SECONDS),
            {"event": "ended", "reason": "asked", "closed": "devtools", "seconds": 0.123},
        ),
    ],
)
def test_each_event_as_json(event: BotEvent, fields: dict[str, object]) -> None:
    assert as_json(event) == {**fields, "time": TIME}
    assert "\n" not in json.dumps(as_json(event))


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        (Ended("asked", Closed("devtools", 0.1), 0), 0),
        (Ended("closed", Closed("not-running", 0), 0), 0),
        (Ended("died", Closed("not-running", 0), 0), 1),
        (Ended("asked", Closed("sigkill", 15), 0), 1),
    ],
)
def test_the_exit_status_says_whether_all_is_written(ended: Ended, status: int) -> None:
    assert exit_status(ended) == status
