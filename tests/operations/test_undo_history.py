"""What the log tells about what was taken back, done again, cut short, or is in the way."""

from __future__ import annotations

from typing import Any

from wagit.core.journal import Operation
from wagit.operations import undo_history
from wagit.operations.undo_history import Fate, Logged


def line(verb: str, time: float, cause: str = "asked", worktree: str = "/w", **detail: Any) -> Operation:
    return Operation(time, verb, worktree, None, cause, detail)


def rename(time: float, old: str, new: str) -> Operation:
    return line("rename", time, **{"from": old, "to": new})


def undo(time: float, of: Operation) -> Operation:
    return line("undo", time, of={"time": of.time, "verb": of.verb})


def fate(lines: list[Operation], number: int, holds: bool | None = None) -> Fate:
    return undo_history.fates(undo_history.read(lines), lambda _: holds)[number]


def test_undo_and_undo_of_it_take_turns() -> None:
    done = rename(1, "a", "b")
    lines = [done]
    for time in range(2, 7):
        last = lines[-2] if len(lines) > 1 else done
        lines += [undo(time, last), rename(time, "b", "a") if time % 2 == 0 else rename(time, "a", "b")]
        assert fate(lines, 1).is_undone is (time % 2 == 0)
    assert fate(lines, 1).undos == (2, 4, 6, 8, 10)
    read = undo_history.read(lines)
    assert [one.again for one in read if one.operation.verb == "undo"] == [False, True, False, True, False]
    assert {one.root for one in read if one.part_of is None} == {1}


def test_what_an_undo_does_is_part_of_it() -> None:
    done = rename(1, "a", "b")
    lines = [done, undo(2, done), line("snapshot", 2, slot="b"), rename(2, "b", "a"), rename(3, "a", "c")]
    assert [one.part_of for one in undo_history.read(lines)] == [None, None, 2, 2, None]


def test_another_worktree_at_the_same_time_is_no_part() -> None:
    done = rename(1, "a", "b")
    other = line("rename", 2, worktree="/other", **{"from": "c", "to": "d"})
    assert undo_history.read([done, undo(2, done), other])[-1].part_of is None


def test_an_undo_without_parts_did_nothing() -> None:
    done = rename(1, "a", "b")
    assert not fate([done, undo(2, done)], 1).is_undone


def test_an_undo_that_was_cut_short_is_seen_by_what_holds() -> None:
    done = rename(1, "a", "b")
    lines = [done, undo(2, done), rename(2, "b", "a")]
    assert not fate(lines, 1, holds=True).is_undone
    assert fate(lines, 1, holds=False).is_undone
    again = [*lines, undo(3, lines[1]), rename(3, "a", "b")]
    assert fate(again, 1, holds=False).undos == (2,), "the redo was cut short"


def test_of_two_undos_in_a_row_the_first_was_cut_short() -> None:
    done = rename(1, "a", "b")
    lines = [done, undo(2, done), rename(2, "b", "a"), undo(3, done), rename(3, "b", "a")]
    assert fate(lines, 1).undos == (4,)
    lines += [undo(4, lines[3]), rename(4, "a", "b"), undo(5, lines[3]), rename(5, "a", "b")]
    assert fate(lines, 1).undos == (4, 8)


def test_later_operations_on_the_slot_settle_an_undo() -> None:
    """What holds now tells nothing about then."""
    done = rename(1, "a", "b")
    lines = [done, undo(2, done), rename(2, "b", "a"), line("remove", 3, slot="a", to="/q")]
    assert fate(lines, 1, holds=True).is_undone


def test_the_newest_on_the_same_slot_stands_in_the_way() -> None:
    lines = [
        line("restore", 1, slot="a"),
        line("restore", 2, slot="other"),
        line("snapshot", 3, slot="a"),
        line("prune", 3, slot="a", snapshots=[]),
        line("switch", 4, **{"from": "a", "to": "b"}),
    ]
    assert fate(lines, 1).blocker is None
    lines += [rename(5, "a", "b"), line("remove", 6, slot="b", to="/q")]
    assert fate(lines, 1).blocker == 6
    assert fate(lines, 6).blocker == 7
    assert fate(lines, 4).blocker == 6, "the snapshots of a renamed slot are elsewhere"
    assert fate(lines, 5).blocker is None


def test_what_is_taken_back_stands_in_nobodys_way() -> None:
    restored, renamed = line("restore", 1, slot="a"), rename(2, "a", "b")
    lines = [restored, renamed, undo(3, renamed), rename(3, "b", "a")]
    assert fate(lines, 1).blocker is None


def test_details_are_those_of_the_last_time() -> None:
    done = line("remove", 1, slot="a", to="/first")
    back, again = undo(2, done), undo(3, undo(2, done))
    lines = [done, back, line("put-back", 2, slot="a"), again, line("remove", 3, slot="a", to="/second")]
    assert fate(lines, 1).operation.detail["to"] == "/second"
    assert fate(lines[:3], 1).operation.detail["to"] == "/first"


def test_a_prune_of_several_slots_is_one() -> None:
    lines = [line("prune", 1, slot=slot, snapshots=[slot * 4]) for slot in "abc"]
    lines.append(line("prune", 2, slot="a", snapshots=["x"]))
    read = undo_history.read(lines)
    assert [one.part_of for one in read] == [None, 1, 1, None]
    assert [one["slot"] for one in read[0].operation.detail["also"]] == ["b", "c"]


def test_the_empty_slot_that_a_rename_set_aside_is_part_of_it() -> None:
    lines = [line("remove", 1, slot="b", to="/q"), rename(2, "a", "b")]
    assert [one.part_of for one in undo_history.read(lines)] == [2, None]
    assert undo_history.read([lines[0], rename(2, "a", "c")])[0].part_of is None


def test_who_asked() -> None:
    asked = [("switch", "use"), ("switch", "use --auto"), ("move", "use"), ("remove", "sessions rm"),
             ("prune", "snapshots rm"), ("promote", "sessions promote")]  # fmt: skip
    unasked = [("switch", "hook post-checkout"), ("switch", "status"), ("move", "hook post-checkout"),
               ("promote", "merge"), ("prune", "automatic"), ("switch", "undo")]  # fmt: skip
    assert all(undo_history.by_person(line(verb, 1, cause)) for verb, cause in asked)
    assert not any(undo_history.by_person(line(verb, 1, cause)) for verb, cause in unasked)


def test_a_log_that_others_wrote() -> None:
    lines = [line("undo", 1, of="nonsense"), line("undo", 2), line("undo", 3, of={"time": 9, "verb": "x"})]
    read: list[Logged] = undo_history.read(lines)
    assert [one.root for one in read] == [1, 2, 3]
    undo_history.fates(read, lambda _: None)
