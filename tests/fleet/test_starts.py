"""How many bots start at once: bounded, in order, and one that hangs holds up no other."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.browser import eventually
from wagit.bots.observation import BotState
from wagit.bots.standing import Standing
from wagit.bots.starts import EACH, LONGEST, Gate, NotStarted, Starts, at_once, is_over
from wagit.core.clock import SystemClock

LONG = dict.fromkeys("abcdef", LONGEST)


@pytest.mark.parametrize(
    ("cores", "bots_that_fit", "starts"), [(2, 100, 3), (8, 100, 9), (8, 4, 4), (1, 1, 1), (4, 0, 1)]
)
def test_one_more_than_the_cores_start_at_once_if_memory_allows(
    cores: int, bots_that_fit: int, starts: int
) -> None:
    assert at_once(cores, bots_that_fit * EACH + 1) == starts


def test_the_first_ones_start_first_and_the_next_when_one_is_over() -> None:
    starts = Starts(2, ("a", "b", "c", "d")).admit(0.0, LONG)
    assert (starts.counts("a"), starts.counts("b"), starts.waiting) == (True, True, ("c", "d"))
    assert starts.admit(1.0, LONG) == starts
    assert starts.leave("b").admit(1.0, LONG).waiting == ("d",)


def test_a_start_that_hangs_counts_no_more_after_its_time() -> None:
    starts = Starts(1, ("a", "b")).admit(0.0, {"a": 60.0, "b": 60.0})
    assert starts.left(20.0) == 40.0
    assert not starts.admit(59.9, LONG).counts("b")
    assert starts.admit(60.0, LONG).counts("b")


def test_who_comes_again_waits_behind_the_others() -> None:
    starts = Starts(1, ("a", "b", "c")).admit(0.0, LONG).leave("a").enter("a")
    assert starts.waiting == ("b", "c", "a")
    assert starts.enter("b") == starts


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.sampled_from(["enter", "leave", "wait"]), st.sampled_from("abcdef"))),
)
def test_never_more_than_the_bound_and_nobody_waits_beside_room(
    bound: int, steps: list[tuple[str, str]]
) -> None:
    starts, now = Starts(bound), 0.0
    for what, slot in steps:
        now += 25.0 if what == "wait" else 1.0
        if what != "wait":
            starts = starts.enter(slot) if what == "enter" else starts.leave(slot)
        starts = starts.admit(now, LONG)
        names = [name for name, _ in starts.starting]
        assert len(names) <= bound
        assert len({*names, *starts.waiting}) == len(names) + len(starts.waiting)
        assert not starts.waiting or len(names) == bound


@pytest.mark.parametrize(
    ("state", "pid", "over"),
    [("starting", 7, False), ("syncing", 7, False), ("linking", 7, False), ("ready", 7, True),
     ("qr", 7, True), ("conflict", 7, True), ("degraded", 7, True), ("reconnecting", None, False),
     ("starting", None, False)],
)  # fmt: skip
def test_a_start_is_over_once_the_bot_has_come_as_far_as_it_comes(
    state: BotState, pid: int | None, over: bool
) -> None:
    assert is_over(Standing("dev", None, state, 0.0, pid=pid)) is over


def test_the_gate_lets_the_next_one_in_when_one_leaves_and_turns_away_who_is_to_stop() -> None:
    gate = Gate(dict.fromkeys("abc", LONGEST), 1, SystemClock())
    came: list[str] = []
    turned_away: list[str] = []

    def come(slot: str) -> None:
        try:
            gate.enter(slot)
            gate.enter(slot)  # at once: it counts already
            came.append(slot)
        except NotStarted:
            turned_away.append(slot)

    threads = [threading.Thread(target=come, args=(slot,)) for slot in "cba"]
    for thread in threads:
        thread.start()
    eventually(lambda: came == ["a"])
    gate.close("b")
    eventually(lambda: turned_away == ["b"])
    gate.leave("a")
    eventually(lambda: came == ["a", "c"])
    gate.leave("c")
    gate.open("b")
    gate.enter("b")
    for thread in threads:
        thread.join()
