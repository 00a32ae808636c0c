"""What a bot told of its login, folded into its slot's record."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from tests.support.failing import failing_call
from tests.support.sessions import Sessions, creds
from wagit.bots import builtin
from wagit.bots.builtin import BotEvent, Ended
from wagit.browser.launch import Launch
from wagit.browser.states import PageState
from wagit.browser.stop import Closed
from wagit.browser.watch import StateChanged
from wagit.core.clock import SystemClock, rfc3339
from wagit.core.locks import acquire
from wagit.integrity.identity import Identity
from wagit.operations import bot, bot_events
from wagit.operations.bot_events import LOGGED_OUT, READY, Told, after
from wagit.slots import records
from wagit.slots.records import SlotRecord

NOW = 1_800_000_000.0
LOGIN = "+4915112345678:7"
LINKED = SlotRecord("baileys", 1.0, account="+4915112345678", device="7")


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


def events_of(sessions: Sessions) -> Path:
    return Path(bot_events.path_of(sessions.store, "production"))


def noted(sessions: Sessions, account: str = "+4915112345678", device: str = "7") -> None:
    record = sessions.record._replace(account=account, device=device)
    records.write_record(sessions.store, "production", record)


@pytest.mark.parametrize(
    ("told", "removed", "ready"),
    [
        ([], None, None),
        ([Told(READY, 5.0)], None, 5.0),
        ([Told(READY, 5.0), Told(READY, 3.0)], None, 5.0),
        ([Told(READY, 5.0), Told(LOGGED_OUT, 7.0)], LOGIN, 5.0),
        ([Told(LOGGED_OUT, 7.0)], LOGIN, None),
        ([Told(LOGGED_OUT, 7.0), Told(READY, 9.0)], LOGIN, 9.0),
        ([Told("qr", 5.0), Told("conflict", 6.0), Told("reconnecting", 7.0)], None, None),
        ([Told(LOGGED_OUT, 7.0), Told("qr", 9.0)], LOGIN, None),
    ],
)
def test_a_log_out_takes_the_login_that_the_record_names(
    told: list[Told], removed: str | None, ready: float | None
) -> None:
    done = after(LINKED, told, None)
    assert (done.removed, done.last_ready) == (removed, ready)
    assert done.removed_at == (7.0 if removed else None)


def test_a_log_out_of_a_login_that_nobody_knew_takes_none() -> None:
    assert after(SlotRecord("wwebjs", 1.0), [Told(LOGGED_OUT, 7.0)], None).removed is None


def test_a_login_that_works_again_was_not_removed() -> None:
    gone = LINKED._replace(removed=LOGIN, removed_at=2.0)
    identity = Identity("+4915112345678", "7")
    assert after(gone, [Told(READY, 3.0)], identity).removed is None
    assert after(gone, [Told(READY, 3.0)], identity._replace(device="8")).removed == LOGIN
    assert after(gone, [Told(READY, 3.0), Told(LOGGED_OUT, 4.0)], identity).removed_at == 4.0


def test_what_was_told_is_noted_once_and_forgotten(sessions: Sessions) -> None:
    noted(sessions)
    path = str(events_of(sessions))
    bot_events.tell(path, READY, NOW - 10)
    bot_events.tell(path, LOGGED_OUT, NOW - 5)
    bot_events.fold(sessions.store, "production", NOW)
    record = sessions.record
    assert (record.last_ready, record.removed, record.removed_at) == (NOW - 10, LOGIN, NOW - 5)
    assert not events_of(sessions).exists()
    bot_events.fold(sessions.store, "production", NOW)
    assert sessions.record == record


def test_torn_and_foreign_lines_are_passed_over_and_times_to_come_are_now(sessions: Sessions) -> None:
    noted(sessions)
    events_of(sessions).write_bytes(
        b'\xff\xfe\n[]\n{}\n"ready"\n{"event": "ready", "time": 5}\n{"event": "ready", "time": "x"}\n'
        b'{"event": "dancing", "time": "2026-11-20T09:51:00.000Z"}\n'
        b'{"event": "ready", "time": "2026-11-20T09:51:00.000"}\n'
        b'{"event": "ready", "time": "9026-11-20T09:51:00.000Z"}\n{"event": "logged-out", "ti'
    )
    bot_events.fold(sessions.store, "production", NOW)
    assert (sessions.record.last_ready, sessions.record.removed) == (NOW, None)
    assert not events_of(sessions).exists()


def test_of_a_flood_the_newest_counts(sessions: Sessions) -> None:
    noted(sessions)
    line = f'{{"event": "ready", "time": "{rfc3339(NOW - 9)}"}}\n'
    gone = f'{{"event": "logged-out", "time": "{rfc3339(NOW - 3)}"}}\n'
    events_of(sessions).write_text(line * 50_000 + gone)
    assert len(bot_events.read(sessions.store, "production", NOW) or ()) < 2_000
    bot_events.fold(sessions.store, "production", NOW)
    assert sessions.record.removed == LOGIN


def test_a_log_out_is_found_behind_the_qrs_of_a_weekend(sessions: Sessions) -> None:
    noted(sessions)
    path = events_of(sessions)
    bot_events.tell(str(path), LOGGED_OUT, NOW - 9)
    qr = f'{{"event": "qr", "time": "{rfc3339(NOW - 5)}", "ref": "{"2@" + "x" * 200}"}}\n'
    with path.open("a") as file:
        file.write(qr * 15_000 + '{"event": "conflict", "time": "2026-11-20T09:51:00.000Z"}\n')
    bot_events.fold(sessions.store, "production", NOW)
    assert (sessions.record.removed, sessions.record.removed_at) == (LOGIN, NOW - 9)


def test_a_pipe_in_the_way_stops_nothing(sessions: Sessions) -> None:
    os.mkfifo(events_of(sessions))
    bot_events.fold(sessions.store, "production", NOW)
    assert sessions.record.last_ready is None


def test_what_cannot_be_noted_is_kept_for_the_next_time(sessions: Sessions) -> None:
    bot_events.tell(str(events_of(sessions)), READY, NOW)
    with failing_call(1, errno.ENOSPC, ("fsync",)) as failed:
        bot_events.fold(sessions.store, "production", NOW)
    assert failed
    assert sessions.record.last_ready is None
    bot_events.fold(sessions.store, "production", NOW)
    assert sessions.record.last_ready == NOW


def test_telling_never_fails_a_bot(sessions: Sessions) -> None:
    bot_events.tell("", READY, NOW)
    bot_events.tell(str(sessions.path / "gone" / "events.jsonl"), READY, NOW)


def test_the_lock_notes_it_all_before_it_is_let_go(sessions: Sessions) -> None:
    sessions.write({"creds.json": creds(7)})
    lock = acquire(sessions.store.lock("production"))
    held = bot_events.TellingLock(lock, sessions.store, "production", SystemClock())
    bot_events.tell(str(events_of(sessions)), READY, NOW)
    held.release()
    held.release()
    record = sessions.record
    assert (record.account, record.device) == ("+4915112345678", "7")
    assert not events_of(sessions).exists()
    acquire(sessions.store.lock("production")).release()


def test_the_built_in_bot_tells_of_the_same(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def run(_: str, __: Launch, on_event: Callable[[BotEvent], object], *___: object) -> Ended:
        for at, state in enumerate(("booting", "qr", "ready", "offline", "logged-out", "qr")):
            on_event(StateChanged(cast("PageState", state), None, NOW - 10 + at, None))
        return Ended("asked", Closed("devtools", 0.1), NOW)

    monkeypatch.setattr(builtin, "run", run)
    environ = {"WAGIT_CHROMIUM": sys.executable, "WAGIT_EVENTS": str(events_of(sessions))}
    told: list[BotEvent] = []
    assert bot.run(str(tmp_path), environ, True, told.append) == 0
    assert len(told) == 6
    kept = bot_events.read(sessions.store, "production", NOW) or []
    assert [(one.event, one.time) for one in kept] == [(READY, NOW - 8), (LOGGED_OUT, NOW - 6)]
    told_all = [json.loads(line)["event"] for line in events_of(sessions).read_text().splitlines()]
    assert told_all == ["starting", "qr", "ready", "reconnecting", "logged-out", "qr"]
    assert bot.run(str(tmp_path), {"WAGIT_CHROMIUM": sys.executable}, True, told.append) == 0
