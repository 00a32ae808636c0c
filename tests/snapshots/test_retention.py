"""Which snapshots are kept: examples of each rule, and what holds whatever was taken and is asked for."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagit.snapshots.retention import Candidate, Decision, Policy, keep

TODAY = date(2026, 11, 20)  # a Friday
NOTHING = Policy(0, 0, 0, 0)


def daily(*ages: int, tag: str = "clean") -> list[Candidate]:
    """Snapshots, oldest first, of as many days ago; their ids are `0`, `1`, …"""
    return [taken(n, TODAY - timedelta(age), tag=tag) for n, age in enumerate(ages)]


def taken(number: int, day: date = TODAY, *, tag: str = "clean", **more: Any) -> Candidate:
    known = Candidate(f"{number}", number, 0.0, day, "hot" if tag == "hot" else "clean")
    return known._replace(**more)


def kept(candidates: Iterable[Candidate], policy: Policy, today: date = TODAY) -> dict[str, tuple[str, ...]]:
    return {one.id: one.reasons for one in keep(candidates, policy, today) if one.kept}


def test_the_newest_ones_are_kept() -> None:
    assert kept(daily(5, 4, 3, 2, 1), NOTHING._replace(last=2)) == {
        "4": ("newest", "newest clean", "last"),
        "3": ("last",),
    }


def test_of_each_day_the_newest_is_kept_and_days_without_a_snapshot_do_not_count() -> None:
    found = kept(daily(30, 30, 12, 12, 3, 3), NOTHING._replace(daily=2))
    assert found == {"5": ("newest", "newest clean", "daily"), "3": ("daily",)}


def test_weeks_begin_on_monday_and_years_end_with_a_week() -> None:
    days = ["2024-01-02", "2024-12-29", "2024-12-30", "2025-01-01", "2025-01-05", "2025-01-06"]
    candidates = [taken(n, date.fromisoformat(day)) for n, day in enumerate(days)]
    found = kept(candidates, NOTHING._replace(weekly=9))
    assert [one for one, why in found.items() if "weekly" in why] == ["5", "4", "1", "0"]


def test_of_each_month_the_newest_is_kept() -> None:
    days = [date(2025, 11, 30), date(2026, 9, 1), date(2026, 9, 30), date(2026, 11, 1)]
    found = kept([taken(n, day) for n, day in enumerate(days)], NOTHING._replace(monthly=3))
    assert [one for one, why in found.items() if "monthly" in why] == ["3", "2", "0"]


def test_a_clean_one_stands_for_its_day_though_a_hot_one_is_newer() -> None:
    found = kept([taken(0), taken(1, tag="hot"), taken(2, tag="hot")], NOTHING._replace(daily=1))
    assert found == {"2": ("newest",), "0": ("newest clean", "daily")}


def test_the_newest_clean_one_that_is_sound_is_kept_whatever_the_policy() -> None:
    candidates = [taken(0), taken(1), taken(2, sound=False), *(taken(n, tag="hot") for n in (3, 4))]
    assert kept(candidates, NOTHING) == {"4": ("newest",), "1": ("newest clean",)}


def test_who_wrote_a_message_keeps_the_snapshot() -> None:
    assert kept([taken(0, message=True), taken(1), taken(2)], NOTHING) == {
        "2": ("newest", "newest clean"),
        "0": ("message",),
    }


@pytest.mark.parametrize("jump", [date(2030, 1, 1), date(1970, 1, 1), date.min, date.max])
def test_a_clock_that_jumps_loses_neither_the_newest_nor_the_places_of_days_to_come(jump: date) -> None:
    policy = Policy(last=2, daily=3, weekly=0, monthly=0)
    wrong = [taken(10 + n, jump + timedelta(n if jump < TODAY else -n)) for n in range(5)]
    found = kept([*daily(3, 2, 1), *wrong], policy)
    assert {"14", "13"} <= found.keys(), "the newest by number"
    later = [taken(20 + n, TODAY + timedelta(n)) for n in range(3)]
    after = kept([*daily(3, 2, 1), *wrong, *later], policy, TODAY + timedelta(2))
    assert {one for one, why in after.items() if "daily" in why} == {"20", "21", "22"}


def test_times_that_are_all_equal_lose_nothing_but_what_is_superseded() -> None:
    found = kept([taken(n) for n in range(9)], Policy(last=3, daily=7, weekly=4))
    assert sorted(found) == ["6", "7", "8"]


def test_the_budget_counts_each_object_once_and_lets_the_oldest_go() -> None:
    shared = {"base": 100}
    candidates = [taken(n, objects={**shared, f"own{n}": 10}) for n in range(5)]
    policy = Policy(last=9)
    assert len(kept(candidates, policy._replace(size=150))) == 5
    assert sorted(kept(candidates, policy._replace(size=149))) == ["1", "2", "3", "4"]
    assert sorted(kept(candidates, policy._replace(size=120))) == ["3", "4"]
    assert [one for one in keep(candidates, policy._replace(size=120), TODAY) if not one.kept] == [
        Decision(name, False, ("size",)) for name in "210"
    ]


def test_the_budget_takes_messages_last_and_what_is_always_kept_never() -> None:
    candidates = [
        taken(0, objects={"a": 10}),
        taken(1, objects={"b": 10}, message=True),
        taken(2, objects={"c": 10}),
        taken(3, objects={"d": 10}, tag="hot"),
        taken(4, objects={"e": 10}, tag="hot"),
    ]
    policy = Policy(last=9)
    assert sorted(kept(candidates, policy._replace(size=30))) == ["1", "2", "4"]
    assert sorted(kept(candidates, policy._replace(size=29))) == ["2", "4"]
    assert sorted(kept(candidates, policy._replace(size=1))) == ["2", "4"]


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        id=st.uuids().map(str),
        number=st.integers(0, 12),
        time=st.floats(0, 5),
        day=st.dates(date(2026, 9, 1), date(2026, 12, 31)),
        tag=st.sampled_from(["clean", "clean", "hot"]),
        message=st.sampled_from([False, False, False, True]),
        sound=st.sampled_from([True, True, False]),
        objects=st.dictionaries(st.sampled_from("abcdefgh"), st.just(10), max_size=4),
    ),
    max_size=30,
    unique_by=lambda one: one.id,
)
COUNTS = st.integers(0, 6)
BUDGETS = st.none() | st.integers(0, 90)
POLICIES = st.builds(Policy, COUNTS, COUNTS, COUNTS, COUNTS, BUDGETS)


def newest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda one: (one.number, one.time, one.id), reverse=True)


def names(candidates: Sequence[Candidate], policy: Policy) -> set[str]:
    return set(kept(candidates, policy))


@given(CANDIDATES, POLICIES)
def test_what_is_kept_once_is_kept_again(candidates: list[Candidate], policy: Policy) -> None:
    first = names(candidates, policy)
    assert names([one for one in candidates if one.id in first], policy) == first


@given(CANDIDATES, POLICIES)
def test_the_newest_and_the_newest_sound_clean_one_always_stay(
    candidates: list[Candidate], policy: Policy
) -> None:
    found = names(candidates, policy)
    ordered = newest_first(candidates)
    clean = [one for one in ordered if one.tag == "clean" and one.sound]
    assert {one.id for one in ordered[:1] + clean[:1]} <= found


@given(CANDIDATES, POLICIES, st.integers(0, 3))
def test_a_greater_count_keeps_at_least_as_much(
    candidates: list[Candidate], policy: Policy, index: int
) -> None:
    field = ("last", "daily", "weekly", "monthly")[index]
    less = policy._replace(size=None)
    more = less._replace(**{field: getattr(less, field) + 1})
    assert names(candidates, less) <= names(candidates, more)


@given(CANDIDATES, POLICIES, st.integers(0, 40))
def test_a_greater_budget_keeps_at_least_as_much(
    candidates: list[Candidate], policy: Policy, more: int
) -> None:
    small = policy._replace(size=policy.size or 0)
    assert names(candidates, small) <= names(candidates, small._replace(size=(small.size or 0) + more))
    assert names(candidates, small) <= names(candidates, small._replace(size=None))


@given(CANDIDATES, POLICIES, st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_listed_does_not_matter(
    candidates: list[Candidate], policy: Policy, dice: random.Random
) -> None:
    shuffled = list(candidates)
    dice.shuffle(shuffled)
    assert keep(shuffled, policy, TODAY) == keep(candidates, policy, TODAY)


@given(CANDIDATES, POLICIES)
def test_what_fits_is_within_the_budget_or_is_always_kept(
    candidates: list[Candidate], policy: Policy
) -> None:
    decisions = keep(candidates, policy, TODAY)
    assert [one.id for one in decisions] == [one.id for one in newest_first(candidates)]
    always = {"newest", "newest clean"}
    rest = [one for one in decisions if one.kept and not always & set(one.reasons)]
    objects = {digest for one in candidates if one.id in names(candidates, policy) for digest in one.objects}
    assert policy.size is None or not rest or 10 * len(objects) <= policy.size
