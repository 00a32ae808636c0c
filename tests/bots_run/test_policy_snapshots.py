"""Scripted histories of snapshots: when the supervisor asks for one, and when the run waits for it."""

from __future__ import annotations

import pytest

from tests.support.histories import EDITED, INTERRUPT, MOVED, History, slot
from wagit.bots.assignment import Assignment, Saved, Snapshots
from wagit.bots.events import (
    Broke,
    Drop,
    Due,
    Ended,
    Exited,
    Fail,
    Leave,
    Resolve,
    Resolved,
    Save,
    SaveDone,
    Settle,
    Settled,
    Start,
    Stop,
    Take,
    Taken,
    Tick,
)
from wagit.bots.pursue import SHORTLY, State


def kept(name: str, *, on_switch: bool = True, on_stop: bool = True) -> Assignment:
    return slot(name)._replace(snapshots=Snapshots(on_switch, on_stop, 3600.0))


A, B = kept("a"), kept("b")
SWITCHED, STOPPED, ENDED = Save(A, "switch"), Save(A, "stop"), Save(A, "end")
ID = "3f9a0c1d2e4b5a69"


@pytest.fixture
def happen() -> History:
    return History(State(bot=A, wanted=A))


def test_a_switch_snapshots_the_old_slot_beside_the_next_bots_start(happen: History) -> None:
    happen(MOVED, Resolved(B), Taken(B))
    assert happen(Ended(0)) == [Drop(A), SWITCHED, Settle(B)]
    assert happen(Settled(B)) == [Start(B)]
    said = len(happen.said)
    assert happen(SaveDone(SWITCHED, Saved(ID))) == []
    assert happen.state == State(bot=B, wanted=B)
    assert len(happen.said) == said, "nobody waits for it"


def test_back_on_the_slot_its_bot_waits_for_nothing(happen: History) -> None:
    happen(MOVED, Resolved(B), Taken(B), Ended(0), MOVED, Resolved(A))
    assert happen(Settled(B)) == [Drop(B), Take(A)]
    assert happen(Taken(A), SaveDone(SWITCHED, Saved()), Settled(A)) == [Settle(A), Start(A)]


def test_an_interrupt_waits_for_the_snapshot_and_names_it(happen: History) -> None:
    assert happen(INTERRUPT, Ended(0)) == [Stop(), Drop(A), STOPPED]
    assert happen(SaveDone(STOPPED, Saved(ID))) == [Leave(0)]
    assert happen.said[-1] == f"snapshot {ID} of a"


def test_a_snapshot_of_what_was_there_already_is_not_named(happen: History) -> None:
    happen(INTERRUPT, Ended(0))
    assert happen(SaveDone(STOPPED, Saved())) == [Leave(0)]
    assert happen.said == ["stopping"]


def test_a_slow_one_is_told_of_once(happen: History) -> None:
    happen(INTERRUPT, Ended(0))
    assert happen.state.poll == SHORTLY
    assert happen(Tick()) == []
    assert happen.said[-1] == "taking a snapshot of a; Ctrl-C or SIGTERM skips it"
    assert happen.state.poll is None


def test_a_second_interrupt_skips_it(happen: History) -> None:
    happen(INTERRUPT, Ended(3), Tick())
    assert happen(INTERRUPT) == [Leave(3)]


def test_a_bot_that_ended_by_itself_is_snapshotted_and_its_status_given(happen: History) -> None:
    assert happen(Exited(1), Ended(7)) == [Stop(), Drop(A), ENDED]
    assert happen(SaveDone(ENDED, Saved(ID))) == [Leave(7)]
    assert happen.said == [f"snapshot {ID} of a"]


def test_a_branch_that_changes_under_that_snapshot_is_followed(happen: History) -> None:
    happen(Exited(1), Ended(7))
    assert happen(MOVED, Resolved(B)) == [Resolve(), Take(B)]
    assert happen(SaveDone(ENDED, Saved(ID)), Taken(B), Settled(B)) == [Settle(B), Start(B)]


def test_the_run_waits_for_each_of_two(happen: History) -> None:
    happen(MOVED, Resolved(B), Taken(B), Ended(0), Settled(B), INTERRUPT)
    assert happen(Ended(0)) == [Drop(B), Save(B, "stop")]
    assert happen(SaveDone(Save(B, "stop"), Saved(ID))) == []
    assert happen(SaveDone(SWITCHED, Saved(ID))) == [Leave(0)]


def test_a_failure_is_told_whenever_it_happens(happen: History) -> None:
    happen(MOVED, Resolved(B), Taken(B), Ended(0), Settled(B))
    happen(SaveDone(SWITCHED, Saved(problem="No space left on device")))
    assert happen.said[-1] == "there is no new snapshot of a: No space left on device"


@pytest.mark.parametrize("on_switch", [True, False])
@pytest.mark.parametrize("on_stop", [True, False])
def test_each_is_switched_off_by_itself(on_switch: bool, on_stop: bool) -> None:
    one = kept("a", on_switch=on_switch, on_stop=on_stop)
    left = History(State(bot=one, wanted=one))(MOVED, Resolved(B), Ended(0))
    assert any(isinstance(effect, Save) for effect in left) == (on_switch or on_stop)
    stopped = History(State(bot=one, wanted=one))(INTERRUPT, Ended(0))
    assert any(isinstance(effect, Save) for effect in stopped) == on_stop


def test_one_is_due_only_beside_a_bot_that_goes_on(happen: History) -> None:
    timer = Save(A, "timer")
    assert happen(Due()) == [timer]
    assert happen(SaveDone(timer, Saved(ID)), EDITED, Resolved(A)) == [Resolve()]
    assert happen.said == []
    assert happen(INTERRUPT, Due()) == [Stop()]
    assert happen(Ended(0), Due()) == [Drop(A), STOPPED]


def test_one_beside_the_bot_that_ends_late_is_not_taken_for_that_after_it(happen: History) -> None:
    happen(Due(), INTERRUPT, Ended(0))
    assert happen(SaveDone(Save(A, "timer"), Saved())) == []
    assert happen(SaveDone(STOPPED, Saved(ID))) == [Leave(0)]


def test_what_an_unforeseen_error_leaves_is_not_snapshotted(happen: History) -> None:
    error = RuntimeError("a bug")
    assert happen(Broke(error), Ended(None)) == [Stop(), Drop(A), Fail(error)]
