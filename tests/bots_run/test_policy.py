"""Scripted histories: what happened, and what the supervisor decided to do about it."""

from __future__ import annotations

import signal

import pytest

from tests.support.histories import EDITED, INTERRUPT, MOVED, History, slot
from wagit.bots.events import (
    Broke,
    Changed,
    Drop,
    Ended,
    Exited,
    Fail,
    Hurry,
    Leave,
    Refused,
    Resolve,
    Resolved,
    Settle,
    Settled,
    Signalled,
    Start,
    Stop,
    Suspend,
    Take,
    Taken,
    Tick,
    Unresolved,
)
from wagit.bots.policy import BUSY_POLL, POLL
from wagit.bots.pursue import State
from wagit.bots.watch import BindingChanged, BranchChanged, StateGone, WorktreeGone
from wagit.core.errors import WagitError
from wagit.core.locks import Locked

A, B, C = slot("a"), slot("b"), slot("c")
RUNNING = State(bot=A, wanted=A)
BUSY = Locked("b is held by somebody")
BROKEN = WagitError("b is broken", "mend it")


@pytest.fixture
def happen() -> History:
    return History(RUNNING)


def test_a_switch_stops_the_old_bot_while_it_takes_the_new_slot(happen: History) -> None:
    assert happen(MOVED) == [Resolve()]
    assert happen(Resolved(B)) == [Stop(), Take(B)]
    assert happen(Taken(B)) == []
    assert happen(Ended(0)) == [Drop(A), Settle(B)]
    assert happen(Settled(B)) == [Start(B)]
    assert happen.state == State(bot=B, wanted=B)


def test_taking_may_last_longer_than_stopping(happen: History) -> None:
    happen(MOVED, Resolved(B))
    assert happen(Ended(0)) == [Drop(A)]
    assert happen(Taken(B)) == [Settle(B)]


def test_a_branch_of_the_same_slot_changes_nothing(happen: History) -> None:
    assert happen(MOVED, Resolved(slot("a"))) == [Resolve()]
    assert happen.said == []


def test_another_command_of_the_same_slot_is_told_once(happen: History) -> None:
    happen(EDITED, Resolved(slot("a", "new")), EDITED, Resolved(slot("a", "new")))
    assert len(happen.said) == 1
    assert happen.state.bot == A


def test_the_newest_command_is_started(happen: History) -> None:
    happen(MOVED, Resolved(B), Taken(B), Ended(0), EDITED, Resolved(slot("b", "new")))
    assert happen(Settled(B)) == [Start(slot("b", "new"))]


def test_changes_during_an_answer_ask_again_and_ignore_the_stale_one(happen: History) -> None:
    assert happen(MOVED, MOVED, MOVED) == [Resolve()]
    assert happen(Resolved(B)) == [Resolve()]
    assert happen(Resolved(A)) == []


def test_there_and_back_starts_the_first_slot_again(happen: History) -> None:
    happen(MOVED, Resolved(B), Taken(B))
    assert happen(MOVED, Resolved(A)) == [Resolve(), Drop(B)]
    assert happen(Ended(0)) == [Drop(A), Take(A)]
    assert happen(Taken(A), Settled(A)) == [Settle(A), Start(A)]


def test_on_to_a_third_slot_while_the_second_is_being_taken(happen: History) -> None:
    happen(MOVED, Resolved(B), MOVED, Resolved(C))
    assert happen(Taken(B)) == [Drop(B), Take(C)]
    assert happen(Ended(0), Taken(C)) == [Drop(A), Settle(C)]


def test_on_to_a_third_slot_while_the_second_is_being_settled(happen: History) -> None:
    happen(MOVED, Resolved(B), Taken(B), Ended(0), MOVED)
    assert happen(Resolved(C)) == []
    assert happen(Settled(B)) == [Drop(B), Take(C)]


def test_a_held_slot_is_told_once_and_asked_for_until_it_is_free(happen: History) -> None:
    assert happen(MOVED, Resolved(B), Refused(B, BUSY)) == [Resolve(), Stop(), Take(B)]
    assert happen.state.poll == BUSY_POLL
    assert happen(Ended(0)) == [Drop(A), Take(B)]
    assert happen(Refused(B, BUSY), Tick()) == [Take(B)]
    assert happen(Refused(B, BUSY), Tick(), Taken(B), Settled(B)) == [Take(B), Settle(B), Start(B)]
    assert sum("held by" in text for text in happen.said) == 1


def test_a_slot_that_is_broken_is_tried_less_often(happen: History) -> None:
    happen(MOVED, Resolved(B), Ended(0), Refused(B, BROKEN))
    assert happen.state.poll == POLL
    assert happen.said[-1] == "b is broken; mend it"


def test_a_held_slot_is_given_up_for_the_next_branch(happen: History) -> None:
    happen(MOVED, Resolved(B), Ended(0), Refused(B, BUSY))
    assert happen(MOVED, Resolved(C)) == [Resolve(), Take(C)]


def test_a_refusal_that_comes_too_late_is_no_news(happen: History) -> None:
    happen(MOVED, Resolved(B), Ended(0), MOVED, Resolved(C))
    assert happen(Refused(B, BUSY)) == [Take(C)]
    assert not any("held by" in text for text in happen.said)


def test_a_refused_settle_gives_the_lock_back(happen: History) -> None:
    happen(MOVED, Resolved(B), Taken(B), Ended(0))
    assert happen(Refused(B, BROKEN)) == [Drop(B)]
    assert happen(EDITED, Resolved(B)) == [Resolve(), Take(B)]


def test_a_bot_that_does_not_start_gives_the_lock_back_and_is_tried_again(happen: History) -> None:
    happen(MOVED, Resolved(B), Taken(B), Ended(0), Settled(B))
    assert happen(Refused(B, BROKEN)) == [Drop(B)]
    assert happen.state.bot is None
    assert happen(Tick()) == [Take(B)]


def test_a_bad_config_in_the_middle_of_an_edit_keeps_the_bot(happen: History) -> None:
    assert happen(EDITED, Unresolved(BROKEN), EDITED, Unresolved(BROKEN)) == [Resolve(), Resolve()]
    assert len(happen.said) == 1
    assert happen(EDITED, Resolved(A), EDITED, Unresolved(BROKEN)) == [Resolve(), Resolve()]
    assert len(happen.said) == 2, "after it was mended it is news again"


@pytest.mark.parametrize("change", [BranchChanged("other"), BindingChanged()])
def test_a_branch_with_a_bad_config_stops_the_bot_of_the_old_one(
    happen: History, change: BranchChanged | BindingChanged
) -> None:
    assert happen(Changed(change), Unresolved(BROKEN)) == [Resolve(), Stop()]
    assert happen(Ended(0)) == [Drop(A)]
    assert happen(Tick()) == [Resolve()]
    assert happen(Resolved(A), Taken(A), Settled(A)) == [Take(A), Settle(A), Start(A)]


def test_a_bot_that_ends_by_itself_ends_the_run_with_its_status(happen: History) -> None:
    assert happen(Exited(1)) == [Stop()]
    assert happen(Ended(7)) == [Drop(A), Leave(7)]


def test_a_bot_that_ends_since_the_branch_changed_under_it_is_followed(happen: History) -> None:
    assert happen(Exited(1), MOVED, Ended(7)) == [Stop(), Resolve(), Drop(A)]
    assert happen(Resolved(B)) == [Take(B)]


def test_a_bot_that_ends_and_the_branch_is_of_its_slot(happen: History) -> None:
    happen(Exited(1), MOVED, Ended(7))
    assert happen(Resolved(A)) == [Leave(7)]


@pytest.mark.parametrize(("given", "expected"), [(0, 0), (3, 3), (None, 130)])
def test_an_interrupt_stops_the_bot_and_gives_its_status(
    happen: History, given: int | None, expected: int
) -> None:
    assert happen(INTERRUPT) == [Stop()]
    assert happen(Ended(given)) == [Drop(A), Leave(expected)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_other_signals_do_too(happen: History, number: int) -> None:
    assert happen(Signalled(number), Ended(None)) == [Stop(), Drop(A), Leave(128 + number)]


def test_a_second_interrupt_hurries(happen: History) -> None:
    assert happen(INTERRUPT, INTERRUPT, INTERRUPT) == [Stop(), Hurry(), Hurry()]


def test_an_interrupt_during_a_switch_stops_there(happen: History) -> None:
    happen(MOVED, Resolved(B), Taken(B))
    assert happen(INTERRUPT) == []
    assert happen(Ended(0)) == [Drop(A), Drop(B), Leave(0)]


def test_an_interrupt_while_a_slot_is_taken_waits_for_the_answer(happen: History) -> None:
    happen(MOVED, Resolved(B), Ended(0))
    assert happen(INTERRUPT) == []
    assert happen(Taken(B)) == [Drop(B), Leave(130)]


def test_a_second_interrupt_does_not(happen: History) -> None:
    happen(MOVED, Resolved(B), Ended(0), INTERRUPT)
    assert happen(INTERRUPT) == [Leave(130)]


def test_an_interrupt_while_waiting_for_a_held_slot(happen: History) -> None:
    happen(MOVED, Resolved(B), Ended(0), Refused(B, BUSY))
    assert happen(INTERRUPT) == [Leave(130)]


def test_the_suspend_key(happen: History) -> None:
    assert happen(Signalled(signal.SIGTSTP)) == [Suspend()]


def test_deleted_state_is_told_and_the_bot_goes_on(happen: History) -> None:
    gone = WagitError("wagit is not set up")
    assert happen(Changed(StateGone("/r/.git/wagit")), Unresolved(gone)) == [Resolve()]
    assert happen.state.bot == A
    assert len(happen.said) == 2


def test_a_worktree_that_is_gone_ends_the_run(happen: History) -> None:
    assert happen(Changed(WorktreeGone("/r")), Ended(None)) == [Stop(), Drop(A), Leave(1)]


def test_an_unforeseen_error_ends_the_run_once_the_bot_is_safe(happen: History) -> None:
    error = RuntimeError("a bug")
    assert happen(Broke(error)) == [Stop()]
    assert happen(Ended(0)) == [Drop(A), Fail(error)]
