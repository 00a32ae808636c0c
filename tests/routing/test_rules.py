from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagit.config.model import Rule, Settings
from wagit.routing.head import Head
from wagit.routing.rules import resolve, why


def settings(**values: object) -> Settings:
    return Settings.model_validate(values)


def on(branch: str, given: Settings, bound: str | None = None) -> str:
    return resolve(Head(branch, "attached"), given, bound).slot


RULES = settings(
    default="rest",
    rules=[
        {"branch": "main", "slot": "production"},
        {"branch": ["develop", "release/**"], "slot": "staging"},
        {"branch": "feature/{ticket}-*", "slot": "feature-{ticket}"},
        {"branch": "**", "slot": "everything"},
    ],
)


@pytest.mark.parametrize(
    ("branch", "slot", "considered"),
    [
        ("main", "production", 1),
        ("develop", "staging", 2),
        ("release/1/x", "staging", 2),
        ("feature/42-menu", "feature-42", 3),
        ("feature/42", "everything", 4),
    ],
)
def test_the_first_rule_that_matches_wins(branch: str, slot: str, considered: int) -> None:
    route = resolve(Head(branch, "attached"), RULES, None)
    assert (route.slot, route.considered) == (slot, considered)


def test_without_a_match_the_default_slot_is_used() -> None:
    assert on("x", settings(default="rest", rules=[{"branch": "main", "slot": "m"}])) == "rest"


def test_a_detached_head_keeps_what_is_bound() -> None:
    assert resolve(Head(None, "detached"), RULES, "staging").slot == "staging"
    assert resolve(Head(None, "detached"), RULES, None).slot == "rest"


def test_without_branch_detection_the_slot_is_kept() -> None:
    fixed = RULES.model_copy(update={"branch_detection": False})
    assert on("main", fixed, "staging") == "staging"
    assert on("main", fixed) == "rest"


def test_the_other_strategies_ask_no_rule() -> None:
    assert on("main", RULES.model_copy(update={"strategy": "shared"})) == "rest"
    each = RULES.model_copy(update={"strategy": "branch"})
    assert on("main", each) == "main"
    assert on("feature/a", each).startswith("feature-a-")
    assert on("main", RULES.model_copy(update={"strategy": "team"})) == "production"


def test_captures_that_differ_only_in_what_sanitising_drops_get_slots_of_their_own() -> None:
    assert on("feature/ABC-x", RULES) != on("feature/abc-x", RULES)
    assert on("feature/ABC-x", RULES) == on("feature/ABC-y", RULES)


@pytest.mark.parametrize(
    ("pattern", "branch", "said"),
    [
        ("main", "main", "'main' matches"),
        ("feature/*", "feature/a/b", "'*' does not cross '/'"),
        ("Main", "main", "upper and lower case"),
        ("[Z-a]x", "ax!", "does not match 'ax!'"),
        ("{a}{A}", "x", "does not match 'x'"),
    ],
)
def test_why_a_rule_matches_or_not_is_said(pattern: str, branch: str, said: str) -> None:
    assert said in why(Rule(branch=(pattern,), slot="s"), branch)


@given(st.text("aAbB/*?[]-{}", min_size=1, max_size=8), st.text("aAb/", min_size=1, max_size=6))
def test_why_has_an_answer_for_every_valid_rule(pattern: str, branch: str) -> None:
    try:
        rule = Rule(branch=(pattern,), slot="s")
    except ValueError:
        return
    assert why(rule, branch)
