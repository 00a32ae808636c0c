"""The board tells news only, and each to all who listen."""

from __future__ import annotations

from wagit.bots.board import Board
from wagit.bots.standing import Standing

STARTING = Standing("dev", "develop", "starting", 1.0)
READY = Standing("dev", "develop", "ready", 2.0)


def test_a_listener_gets_each_standing_and_the_one_before() -> None:
    board, heard = Board(), []
    board.listen(lambda new, before: heard.append((new, before)))
    board.put(STARTING)
    board.put(READY)
    assert heard == [(STARTING, None), (READY, STARTING)]


def test_the_same_again_is_no_news_and_keeps_its_time() -> None:
    board, heard = Board(), []
    board.put(READY)
    board.listen(lambda new, before: heard.append((new, before)))
    board.put(READY._replace(since=9.0))
    assert heard == []
    assert board.all() == [READY]


def test_another_detail_of_the_same_state_is_news_of_the_old_time() -> None:
    board = Board()
    board.put(READY)
    board.put(READY._replace(since=9.0, number="4915"))
    assert board.all() == [READY._replace(number="4915")]


def test_slots_are_kept_apart_and_in_order() -> None:
    board = Board()
    other = STARTING._replace(slot="a")
    board.put(READY)
    board.put(other)
    assert board.all() == [other, READY]


def test_who_ended_listening_hears_nothing_more() -> None:
    board, heard = Board(), []
    end = board.listen(lambda new, before: heard.append((new, before)))
    end()
    board.put(READY)
    assert heard == []


def test_a_listener_may_look_at_the_board() -> None:
    board, seen = Board(), []
    board.listen(lambda new, before: seen.append(board.all()))  # noqa: ARG005
    board.put(READY)
    assert seen == [[READY]]
