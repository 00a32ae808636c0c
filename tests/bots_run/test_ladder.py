from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagit.bots.ladder import DEAD_WITHIN, LINGER, STRAYS_GRACE, Rung, Seen, next_step

GRACE = 10.0


def step(rung: Rung | None, **seen: Any) -> Rung | None:
    return next_step(Seen(rung)._replace(**seen), GRACE)


def test_the_browser_goes_first() -> None:
    assert step(None, bot=True, browser=True) is Rung.CLOSE


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"closing": True, "bot": True}, None),
        ({"closing": True, "bot": True, "hurried": True}, Rung.TERMINATE),
        ({"bot": True}, Rung.TERMINATE),
        ({"bot_at_close": True, "closes": 1}, Rung.CLOSE_AGAIN),  # the bot left by itself meanwhile
        ({"closes": 1}, Rung.DONE),  # it was gone before: nobody can have started another browser
        ({"closes": 1, "closed": True, "strays": True}, Rung.LINGER),
        ({"closes": 1, "strays": True}, Rung.END_STRAYS),
    ],
)
def test_after_closing_the_browser(seen: dict[str, bool], expected: Rung | None) -> None:
    assert step(Rung.CLOSE, **seen) is expected


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"bot": True, "waited": GRACE - 0.1}, None),
        ({"bot": True, "waited": GRACE}, Rung.KILL),
        ({"bot": True, "hurried": True}, Rung.KILL),
        ({"bot_at_close": True, "closes": 1}, Rung.CLOSE_AGAIN),
        ({"closes": 4, "browser": True, "strays": True}, Rung.END_STRAYS),
    ],
)
def test_after_sigterm(seen: dict[str, float], expected: Rung | None) -> None:
    assert step(Rung.TERMINATE, **seen) is expected


@pytest.mark.parametrize(
    ("rung", "seen", "expected"),
    [
        (Rung.KILL, {"bot": True, "hurried": True}, None),
        (Rung.KILL, {"bot": True, "waited": DEAD_WITHIN}, Rung.CLOSE_AGAIN),
        (Rung.CLOSE_AGAIN, {"closing": True, "hurried": True}, None),  # force is what loses sessions
        (Rung.CLOSE_AGAIN, {"closes": 2, "browser": True}, Rung.CLOSE_AGAIN),
        (Rung.CLOSE_AGAIN, {"closes": 2, "closed": True, "strays": True}, Rung.LINGER),
        (Rung.LINGER, {"strays": True}, None),
        (Rung.LINGER, {"strays": True, "waited": LINGER}, Rung.END_STRAYS),
        (Rung.LINGER, {}, Rung.DONE),
        (Rung.END_STRAYS, {"strays": True}, None),
        (Rung.END_STRAYS, {"strays": True, "waited": STRAYS_GRACE}, Rung.KILL_STRAYS),
        (Rung.END_STRAYS, {"browser": True, "closes": 1}, Rung.CLOSE_AGAIN),  # a stray started it
        (Rung.KILL_STRAYS, {"strays": True, "waited": DEAD_WITHIN}, Rung.DONE),
    ],
)
def test_the_rest(rung: Rung, seen: dict[str, float], expected: Rung | None) -> None:
    assert step(rung, **seen) is expected


@given(st.lists(st.tuples(*[st.booleans()] * 5), min_size=20, max_size=20))
def test_it_ends_whatever_is_seen_and_closes_before_it_signals(history: list[tuple[bool, ...]]) -> None:
    rung: Rung | None = None
    rungs: list[Rung] = []
    for hurried, bot, browser, strays, started in history:
        closes = sum(rung in (Rung.CLOSE, Rung.CLOSE_AGAIN) for rung in rungs)
        rung = step(rung, waited=99.0, hurried=hurried, closes=closes, bot=bot, browser=browser,
                    strays=strays, bot_at_close=started)  # fmt: skip
        rung = rung or rungs[-1]
        rungs.append(rung)
    assert rungs[0] is Rung.CLOSE
    assert Rung.DONE in rungs
    if Rung.KILL in rungs:
        assert rungs.index(Rung.TERMINATE) < rungs.index(Rung.KILL)
