"""What a run sees of its bot: by its events, by its log lines, in its page, and what the full check finds."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.observing import Told, whatsapp
from tests.support.sessions import Sessions
from tests.support.setup import CONFIG
from tests.support.wagit import run_wagit
from wagit.bots.assignment import Assignment
from wagit.bots.lines import Lines
from wagit.bots.observation import AccountSeen, Answered, BotState, Observation, QrSeen, Seen, StateSeen
from wagit.core.clock import DAY, rfc3339
from wagit.operations import bot_events, observing
from wagit.operations.context import open_at
from wagit.operations.observing_check import keep_alive, noted, wrong_account
from wagit.operations.observing_told import as_event, of_event
from wagit.slots import records
from wagit.slots.records import SlotRecord
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

PATTERNS = """\
bot:
  log_lines:
    {ready: connected as, reconnecting: connection closed, conflict: replaced, logged_out: logged out}
"""


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


@contextmanager
def observed(
    sessions: Sessions, lines: Lines | None = None, notice: Callable[[str], None] = print
) -> Iterator[Told]:
    """A bot of `production` that has just started."""
    context, told = open_at(str(sessions.path), os.environ), Told()
    record = records.read_record(sessions.store, "production")
    data = sessions.store.data("production")
    assignment = Assignment(
        slot="production", branch="main", data=data, profiles=lambda: [os.path.join(data, "session")],
        command=("bot",), cwd=str(sessions.path), grace=1.0, title="production", driver=record.driver,
        environ={bot_events.VARIABLE: bot_events.path_of(sessions.store, "production")},
    )  # fmt: skip
    following = observing.observe(context, assignment, told, lines, notice)
    following.start()
    try:
        yield told
    finally:
        following.stop()


def says(sessions: Sessions, event: str, **more: str) -> None:
    now = open_at(str(sessions.path), os.environ).clock.now()
    bot_events.tell(bot_events.path_of(sessions.store, "production"), event, now, **more)


def test_a_bot_without_a_page_is_seen_by_what_it_tells(sessions: Sessions) -> None:
    path = bot_events.path_of(sessions.store, "production")
    bot_events.tell(path, "ready", 1_000_000)  # an earlier bot's
    with observed(sessions) as told:
        says(sessions, "qr", ref="2@abc")
        assert told.wait_a(QrSeen)[0] == "2@abc"
        says(sessions, "dancing")
        says(sessions, "linking")
        says(sessions, "account", number="+49 151 00000001")
        says(sessions, "ready")
        told.wait_state("ready")
        assert told.seen == Seen("ready", number="4915100000001")
        says(sessions, "reconnecting", reason="no network")
        assert told.wait_state("reconnecting").reason == "no network"
        says(sessions, "logged-out")
        assert told.wait_state("logged-out").reason == "WhatsApp took the login away"
    assert isinstance(told.all[0], QrSeen)


def test_last_words_are_heard_though_the_bot_is_gone(sessions: Sessions) -> None:
    with observed(sessions) as told:
        says(sessions, "conflict")
    assert told.seen.state == "conflict"


@pytest.mark.parametrize("event", sorted(bot_events.EVENTS))
def test_each_event_means_something(event: str) -> None:
    line = f'{{"event": "{event}", "time": "{rfc3339(5)}", "number": "4915100000001"}}'
    told = bot_events.parse(line)
    assert told is not None
    wanted = AccountSeen("4915100000001", 5) if event == "account" else event
    seen = of_event(told)
    assert seen == wanted or (isinstance(seen, StateSeen) and seen.state == wanted)


@pytest.mark.parametrize(
    "what",
    [
        StateSeen("ready", 5.0),
        StateSeen("reconnecting", 5.0, "net::ERR_INTERNET_DISCONNECTED"),
        AccountSeen("4915100000001", 5.0),
        QrSeen("2@a,b", 5.0),
    ],
)
def test_what_the_built_in_bot_tells_is_what_it_saw(what: Observation, tmp_path: Path) -> None:
    event, more = as_event(what) or ("", {})
    path = tmp_path / "events.jsonl"
    bot_events.tell(str(path), event, 5.0, **more)
    told = bot_events.parse(path.read_text())
    assert told is not None
    assert of_event(told) == what
    assert as_event(Answered(5.0)) is None


def test_lines_of_the_log_tell_states(sessions: Sessions) -> None:
    (sessions.path / ".wagit.yml").write_text(CONFIG.replace("wwebjs", "generic") + PATTERNS)
    lines, said = Lines(), list[str]()
    lines.is_fed = True
    with observed(sessions, lines, said.append) as told:
        for text, state in (
            ("INFO connected as 49151", "ready"), ("WARN connection closed (428)", "reconnecting"),
            ("stream replaced", "conflict"), ("logged out: connected as nobody", "logged-out"),
        ):  # fmt: skip
            lines.feed(f"nothing\r\n{text}\r\n".encode())
            told.wait_state(state)
    lines.feed(b"connected as\n")
    assert told.seen.state == "logged-out"
    assert said == []


def test_a_pattern_that_would_search_for_ever_stops_neither_the_run_nor_the_other_patterns(
    sessions: Sessions,
) -> None:
    patterns = PATTERNS.replace("replaced", "(a|aa)+$")
    (sessions.path / ".wagit.yml").write_text(CONFIG.replace("wwebjs", "generic") + patterns)
    lines, said = Lines(), list[str]()
    lines.is_fed = True
    with observed(sessions, lines, said.append) as told:
        lines.feed(b"connected as " + b"a" * 60 + b"!\n")
        told.wait_state("ready")
        lines.feed(b"aaa\nconnection closed\n")
        told.wait_state("reconnecting")
    assert said == ["bot.log_lines.conflict takes too long, and counts no more: write it more simply"]


def test_that_lines_cannot_be_seen_is_said_once(sessions: Sessions) -> None:
    (sessions.path / ".wagit.yml").write_text(CONFIG.replace("wwebjs", "generic") + PATTERNS)
    said: list[str] = []
    notice = functools.cache(said.append)
    for _ in range(2):
        with observed(sessions, Lines(), notice):
            pass
    assert said == [observing.UNSEEN]


@pytest.mark.browser
def test_while_the_page_is_seen_only_ends_are_believed_of_others(
    tmp_path: Path, standin: Standin, phone: Phone, number: str
) -> None:
    sessions = Sessions.make(tmp_path / "repo", "wwebjs")
    profile = sessions.data / "session"
    profile.mkdir(parents=True)
    with observed(sessions) as told, whatsapp(profile, standin):
        told.wait_a(QrSeen)
        phone.link(number)
        told.wait_state("ready")
        eventually(lambda: sessions.record.last_ready and sessions.record.browser)
        says(sessions, "syncing")
        says(sessions, "banned")
        told.wait_state("banned")
        assert [what.state for what in told.all if isinstance(what, StateSeen)][-2:] == ["ready", "banned"]
        phone.unlink(number)
        told.wait_state("logged-out")
        told.wait_a(QrSeen)
        says(sessions, "logged-out")  # as the bot says it, too: no second log-out
        says(sessions, "conflict")
        told.wait_state("conflict")
        assert [what.state for what in told.all if isinstance(what, StateSeen)].count("logged-out") == 1
    kept = bot_events.read(sessions.store, "production", 1e12) or []
    assert {one.event for one in kept} == {"logged-out"}


def test_a_check_notes_what_is_ready_and_by_which_browser() -> None:
    record = SlotRecord("wwebjs", 1.0, last_ready=5.0)
    assert noted(record, Seen("ready"), 9.0, "156.0.1") == record._replace(last_ready=9.0, browser="156.0.1")
    assert noted(record, Seen("qr"), 9.0, None) == record


@pytest.mark.parametrize(
    ("wanted", "number", "wrong"),
    [
        (None, "4915100000001", False),
        ("+49 151 00000001", None, False),
        ("+49 151 00000001", "4915100000001", False),
        ("+49 151 00000001", "4915100000002", True),
    ],
)
def test_another_account_than_the_rules_is_found(wanted: str | None, number: str | None, wrong: bool) -> None:
    found = wrong_account(wanted, Seen("ready", number=number))
    assert bool(found) == wrong
    assert "4915100000002" not in found


def test_another_account_than_the_rules_is_told_once_it_is_ready(sessions: Sessions) -> None:
    config = CONFIG.replace("wwebjs", "baileys").replace(
        "production\n", 'production\n    account: "+49 151 1"\n', 1
    )
    (sessions.path / ".wagit.yml").write_text(config)
    with observed(sessions) as told:
        says(sessions, "account", number="4915100000002")
        says(sessions, "ready")
        told.wait_state("ready")
        assert "the slot's rule asks for" in told.wait_state("degraded").reason
        eventually(lambda: sessions.record.last_ready)


@pytest.mark.parametrize(("days", "every"), [(None, 300), (1, 300), (4, 150), (9, 150)])
def test_a_session_unused_for_long_is_asked_twice_as_often(
    sessions: Sessions, days: float | None, every: float
) -> None:
    context = open_at(str(sessions.path), os.environ)
    last_ready = None if days is None else context.clock.now() - days * DAY
    records.write_record(sessions.store, "production", sessions.record._replace(last_ready=last_ready))
    assert keep_alive(context, "production") == every


ENDS = """
import json, os, sys, time
with open(os.environ["NOTES"], "a") as notes: print("start", file=notes)
line = {"event": sys.argv[1], "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
with open(os.environ["WAGIT_EVENTS"], "a") as events: print(json.dumps(line), file=events)
sys.exit(1)
"""


@pytest.mark.parametrize(
    ("last", "starts", "status"), [("logged-out", 1, 16), ("conflict", 1, 16), ("syncing", 2, 1)]
)
def test_a_bot_whose_last_word_is_an_end_is_not_started_again(
    sessions: Sessions, tmp_path: Path, last: BotState, starts: int, status: int
) -> None:
    config = CONFIG.replace("wwebjs", "baileys") + "bot: {restart: {delays: [1s], attempts: 1}}\n"
    (sessions.path / ".wagit.yml").write_text(config)
    (sessions.path / "end.py").write_text(ENDS)
    notes = tmp_path / "notes"
    ran = run_wagit(sessions.path, "run", "--", sys.executable, "end.py", last, env={"NOTES": str(notes)})
    assert ran.status == status, ran
    assert len(notes.read_text().split()) == starts, ran.stderr
