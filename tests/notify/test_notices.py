"""Which notice a change of standing means: once each, until the session was ready again."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from wagit.bots.board import Recovered
from wagit.bots.notices import (
    FORGOTTEN_AFTER,
    QR_WAITS,
    Kind,
    Memory,
    Notice,
    on_recovered,
    on_standing,
    on_time,
    recalled,
)
from wagit.bots.observation import BotState
from wagit.bots.standing import Standing
from wagit.operations.notify_words import message, repository_name

EVERY: tuple[Kind, ...] = get_args(Kind)
NOTHING = Memory()


def tell(
    *states: BotState, wanted: tuple[Kind, ...] = EVERY, slot: str = "dev", memory: Memory = NOTHING
) -> tuple[Memory, list[str]]:
    """The kinds that are told as a bot goes through `states`, one a second."""
    kinds: list[str] = []
    for second, state in enumerate(states):
        memory, told = on_standing(
            memory, Standing(slot, "main", state, float(second)), wanted, float(second)
        )
        kinds += [notice.kind for notice in told]
    return memory, kinds


@pytest.mark.parametrize("state", ["logged-out", "failed", "conflict", "banned", "outdated-browser"])
def test_a_state_that_needs_somebody_is_told_once_until_it_was_ready(state: BotState) -> None:
    assert tell("starting", state, "starting", state)[1] == [state]
    assert tell(state, "ready", state)[1] == [state, state]


def test_what_needs_nobody_is_not_told() -> None:
    assert tell("starting", "linking", "syncing", "ready", "degraded", "reconnecting", "stopped")[1] == []


def test_only_what_is_wanted_is_told_and_counts_as_told() -> None:
    memory, told = tell("conflict", wanted=("failed",))
    assert told == []
    assert tell("conflict", memory=memory)[1] == ["conflict"]


def test_slots_are_told_apart() -> None:
    memory, _ = tell("failed", slot="dev")
    memory, told = tell("failed", "ready", slot="staging", memory=memory)
    assert told == ["failed"]
    assert tell("failed", slot="dev", memory=memory)[1] == []


def test_a_qr_is_told_when_it_waits() -> None:
    memory, told = tell("qr", "qr")
    assert (told, memory.due()) == ([], 1 + QR_WAITS)
    assert on_time(memory, EVERY, QR_WAITS)[1] == ()
    memory, notices = on_time(memory, EVERY, 1 + QR_WAITS)
    assert ([notice.kind for notice in notices], memory.due()) == (["qr"], None)


@pytest.mark.parametrize("after", ["linking", "starting", "stopped", "ready"])
def test_a_qr_that_does_not_wait_any_more_is_not_told(after: BotState) -> None:
    memory, _ = tell("qr", after)
    assert memory.due() is None


def test_a_qr_is_not_told_of_a_bot_that_made_way_for_another() -> None:
    memory, _ = tell("qr", slot="dev")
    memory, _ = tell("starting", slot="staging", memory=memory)
    assert on_time(memory, EVERY, 100.0)[1] == ()


def test_the_qr_after_a_log_out_is_no_second_notice() -> None:
    memory, told = tell("logged-out", "qr")
    assert told == ["logged-out"]
    assert on_time(memory, EVERY, 100.0)[1] == ()
    only: tuple[Kind, ...] = ("qr",)
    memory, _ = tell("logged-out", "qr", wanted=only)
    assert [notice.kind for notice in on_time(memory, only, 100.0)[1]] == ["qr"]


def test_recoveries_of_a_bot_that_never_gets_ready_are_told_once() -> None:
    what = Recovered("dev", "main", "slot dev is broken; restored snapshot 1")
    memory, [notice] = on_recovered(NOTHING, what, EVERY, 1.0)
    assert (notice.kind, notice.standing.reason) == ("recovered", what.text)
    assert on_recovered(memory, what, EVERY, 2.0)[1] == ()


def test_what_an_earlier_run_told_counts_for_an_hour() -> None:
    memory, _ = tell("failed")
    assert tell("failed", memory=recalled(memory.told, FORGOTTEN_AFTER - 1))[1] == []
    assert tell("failed", memory=recalled(memory.told, FORGOTTEN_AFTER))[1] == ["failed"]


def test_a_notice_says_what_to_do_hides_the_number_and_keeps_the_qr_to_itself() -> None:
    standing = Standing(
        "dev", "main", "qr", 0.0, "why", "scan it", number="4915100000001", ref="2@credential"
    )
    said = message(Notice("qr", standing), "my-bot", 1_000_000_000.5)
    assert json.loads(said.body) == {
        "kind": "qr", "slot": "dev", "branch": "main", "repository": "my-bot", "state": "qr",
        "reason": "why", "next_step": "scan it", "number": "+49 ••••001", "time": "2001-09-09T01:46:40.500Z",
        "text": "my-bot, dev: a QR code waits for a phone. why; scan it",
    }  # fmt: skip
    assert "credential" not in f"{said}"


@pytest.mark.parametrize(
    ("common_dir", "name"),
    [("/home/ada/my bot/.git", "my bot"), ("/srv/bot.git", "bot"), ("/srv/bare/", "bare"),
     ("/.git", "repository")],
)  # fmt: skip
def test_a_repository_is_called_as_its_directory(common_dir: str, name: str) -> None:
    assert repository_name(common_dir) == name
