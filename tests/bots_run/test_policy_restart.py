"""Scripted histories of bots that end by themselves: which are started again, when, and which are not."""

from __future__ import annotations

import signal

import pytest

from tests.support.histories import EDITED, INTERRUPT, MOVED, History, slot
from wagit.bots.assignment import Assignment, Saved, Snapshots
from wagit.bots.events import (
    Again,
    Drop,
    Ended,
    Event,
    Exited,
    Leave,
    Noted,
    Refused,
    Resolve,
    Resolved,
    Save,
    SaveDone,
    Settle,
    Settled,
    Signalled,
    Start,
    Stop,
    Take,
    Taken,
    Tick,
    Unresolved,
)
from wagit.bots.observation import FINAL, AccountSeen, Answered, BotState, QrSeen, Silent, StateSeen
from wagit.bots.pursue import State
from wagit.bots.restart import ENDED_BY_WHATSAPP, Restart, Verdict, judge
from wagit.core.errors import WagitError
from wagit.core.locks import Locked

DELAYS = Restart((5.0, 10.0, 20.0), attempts=4)
BOT = 4711


def lasting(name: str, restart: Restart = DELAYS) -> Assignment:
    return slot(name)._replace(restart=restart)


A, B = lasting("a"), lasting("b")
CRASH: tuple[Event, ...] = (Exited(BOT), Ended(1))
RESTARTED: tuple[Event, ...] = (Tick(), Taken(A), Settled(A))


@pytest.fixture
def happen() -> History:
    return History(State(bot=A, wanted=A))


def saw(state: BotState, reason: str = "") -> Noted:
    return Noted(BOT, StateSeen(state, 0.0, reason))


@pytest.mark.parametrize(
    ("before", "status", "expected"),
    [
        (0, 1, Verdict(5.0)),
        (1, 137, Verdict(10.0)),
        (2, 1, Verdict(20.0)),
        (3, None, Verdict(20.0)),
        (4, 1, Verdict(None, "4 restarts in a row did not help")),
        (0, 0, Verdict(None)),
        (0, 126, Verdict(None)),
        (0, 127, Verdict(None)),
    ],
)
def test_delays_grow_the_last_one_repeats_and_there_is_an_end(
    before: int, status: int | None, expected: Verdict
) -> None:
    assert judge(DELAYS, before, status, "ready") == expected


def test_without_attempts_no_bot_is_restarted_and_nothing_said() -> None:
    assert judge(Restart((5.0,), 0), 0, 1, "ready") == Verdict(None)


@pytest.mark.parametrize("state", sorted(FINAL))
def test_what_whatsapp_ended_is_not_fought_for(state: BotState) -> None:
    assert judge(DELAYS, 0, 1, state) == Verdict(None, state)


def test_a_crashed_bot_is_started_again_after_its_delay(happen: History) -> None:
    assert happen(*CRASH) == [Stop(), Drop(A)]
    assert happen.state.poll == 5.0
    assert happen.said == ["a: the bot ended with status 1; restart 1 of 4 in 5 s"]
    assert happen(*RESTARTED) == [Take(A), Settle(A), Start(A)]
    assert happen.state == State(bot=A, wanted=A, restarts=1)


def test_each_one_in_a_row_waits_longer_until_they_are_given_up(happen: History) -> None:
    waited = []
    for _ in range(4):
        happen(*CRASH)
        waited.append(happen.state.poll)
        happen(*RESTARTED)
    assert waited == [5.0, 10.0, 20.0, 20.0]
    assert happen(*CRASH) == [Stop(), Drop(A), Leave(1)]
    assert happen.said[-1] == "a: the bot is not started again: 4 restarts in a row did not help"


def test_they_are_counted_anew_once_the_session_was_ready(happen: History) -> None:
    happen(*CRASH, *RESTARTED, *CRASH, *RESTARTED, saw("syncing"))
    assert happen.state.restarts == 2
    happen(saw("ready"), *CRASH)
    assert (happen.state.restarts, happen.state.poll) == (1, 5.0)


def test_status_0_ends_the_run(happen: History) -> None:
    assert happen(Exited(BOT), Ended(0)) == [Stop(), Drop(A), Leave(0)]
    assert happen.said == []


def test_once_means_once() -> None:
    one = lasting("a", Restart())
    assert History(State(bot=one, wanted=one))(Exited(BOT), Ended(3)) == [Stop(), Drop(one), Leave(3)]


def test_a_login_that_was_taken_away_is_told_once_and_its_bot_left_ended(happen: History) -> None:
    taken = saw("logged-out", "WhatsApp took the login away")
    assert happen(taken, taken) == []
    assert happen.said == ["a: logged-out: WhatsApp took the login away"]
    assert happen(*CRASH) == [Stop(), Drop(A), Leave(ENDED_BY_WHATSAPP)]
    assert happen.said[-1] == "a: the bot is not started again: logged-out"


def test_a_bot_without_a_sign_of_life_is_stopped_and_started_again(happen: History) -> None:
    assert happen(Noted(BOT, Silent("no answer for 60 s", 0.0))) == [Stop()]
    assert happen.said == ["a: no answer for 60 s; stopping the bot to start it again"]
    assert happen(Noted(BOT, Silent("no answer for 90 s", 0.0))) == [], "it is being stopped"
    assert happen(Ended(None)) == [Drop(A)]
    assert happen.said[-1] == "a: the bot gave no sign of life; restart 1 of 4 in 5 s"
    assert happen(*RESTARTED) == [Take(A), Settle(A), Start(A)]
    assert not happen.state.silent


def test_one_that_ends_with_status_0_when_it_is_stopped_for_silence_is_started_all_the_same(
    happen: History,
) -> None:
    happen(Noted(BOT, Silent("no answer", 0.0)), Ended(0))
    assert happen.state.poll == 5.0


def test_what_is_seen_of_a_session_is_kept_and_does_nothing_else(happen: History) -> None:
    assert happen(Noted(BOT, QrSeen("2@ref", 0.0)), Noted(BOT, Answered(0.0))) == []
    assert (happen.state.seen.state, happen.state.seen.ref) == ("qr", "2@ref")
    assert happen(saw("ready"), Noted(BOT, AccountSeen("4915", 0.0))) == []
    assert happen.state.seen[:4] == ("ready", "", "4915", None)


def test_a_restart_that_is_asked_for_is_at_once_and_counts_anew(happen: History) -> None:
    happen(*CRASH, *RESTARTED)
    assert happen(Again()) == [Stop()]
    assert happen.said[-1] == "restarting the bot of a"
    assert happen(Again()) == [], "once is enough"
    assert happen(Ended(143), Taken(A), Settled(A)) == [Drop(A), Take(A), Settle(A), Start(A)]
    assert happen.state.restarts == 0


def test_one_that_is_asked_for_ends_the_waiting(happen: History) -> None:
    happen(*CRASH)
    assert happen(Again(), Taken(A), Settled(A)) == [Take(A), Settle(A), Start(A)]
    assert happen.state.restarts == 0


def test_none_is_started_once_the_run_is_ending(happen: History) -> None:
    assert happen(INTERRUPT, Again(), Ended(0)) == [Stop(), Drop(A), Leave(0)]


def test_an_edit_meanwhile_does_not_start_it_sooner(happen: History) -> None:
    happen(*CRASH)
    assert happen(EDITED, Resolved(lasting("a"))) == [Resolve()]
    assert happen.state.poll == 5.0


def test_another_branch_meanwhile_does(happen: History) -> None:
    happen(*CRASH)
    assert happen(MOVED, Resolved(B), Taken(B), Settled(B)) == [Resolve(), Take(B), Settle(B), Start(B)]
    assert happen.state == State(bot=B, wanted=B)


def test_a_slot_that_was_taken_meanwhile_is_asked_for_until_it_is_free(happen: History) -> None:
    happen(*CRASH, Tick())
    assert happen(Refused(A, Locked("a is held")), Tick()) == [Take(A)]
    assert happen(Taken(A), Settled(A)) == [Settle(A), Start(A)]
    assert happen.state.restarts == 1


def test_it_waits_for_a_config_that_can_be_read(happen: History) -> None:
    happen(MOVED, Unresolved(WagitError("bad config")), *CRASH)
    assert happen(Tick()) == [Resolve()]
    assert happen(Resolved(A), Taken(A), Settled(A)) == [Take(A), Settle(A), Start(A)]


def test_an_interrupt_ends_the_waiting(happen: History) -> None:
    happen(*CRASH)
    assert happen(Signalled(signal.SIGTERM)) == [Leave(143)]


def test_a_bot_that_follows_the_end_of_one_is_restarted_as_any_other() -> None:
    kept = lasting("a", Restart())._replace(snapshots=Snapshots(on_stop=True))
    happen = History(State(bot=kept, wanted=kept))
    end = Save(kept, "end")
    assert happen(Exited(BOT), Ended(7)) == [Stop(), Drop(kept), end]
    happen(MOVED, Resolved(B), SaveDone(end, Saved()), Taken(B), Settled(B), *CRASH)
    assert (happen.state.over, happen.state.poll) == (False, 5.0)


def test_a_restart_that_is_asked_for_while_a_crashed_bot_ends_is_not_lost() -> None:
    happen = History(State(bot=A, wanted=A, restarts=3))
    assert happen(Exited(1)) == [Stop()]
    assert happen(Again(), Ended(1)) == [Drop(A), Take(A)]
    assert happen.state.restarts == 0
