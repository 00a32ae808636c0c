from __future__ import annotations

from itertools import pairwise

import pathspec
from hypothesis import example, given
from hypothesis import strategies as st

from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.snapshots.selection import Selection, select

NAMES = ("a", "ab", "b.json", "LOCK", "IndexedDB", "Default", "Ünï", "-", "a b", "SingletonLock")
PIECES = ("*", "?", "a", "b", ".json", "LOCK", "[ab]", "[!a]", "*.json", "Default", "IndexedDB", "a*b", "Ü*")
segments = (
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=2).map("".join).filter(lambda s: "**" not in s)
)
patterns = st.builds(
    lambda start, parts, end: start + "/".join(parts) + end,
    st.sampled_from(["", "/"]),
    st.lists(st.one_of(segments, st.just("**")), min_size=1, max_size=3).filter(
        lambda parts: parts[-1] != "**" and all(pair != ("**", "**") for pair in pairwise(parts))
    ),
    st.sampled_from(["", "/"]),
)
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)
DRIVERS = [registry.get(name) for name in registry.names()]


def parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def agrees(selection: Selection, selected: list[str], never: list[str], path: str) -> None:
    wanted, barred = (pathspec.GitIgnoreSpec.from_lines(lines) for lines in (selected, never))
    expected = wanted.match_file(path) and not barred.match_file(path)
    assert selection.wants(path) is expected
    if expected:
        assert all(selection.enters(parent) for parent in parents(path))


@given(st.lists(patterns, max_size=3), st.lists(patterns, max_size=2), paths)
@example(["/*/Default/IndexedDB/"], ["LOCK"], "a/Default/IndexedDB/LOCK")
@example(["**/a"], [], "b.json/ab/a")
@example(["*"], ["a/"], "a")
def test_what_is_wanted_is_what_git_would_match(selected: list[str], never: list[str], path: str) -> None:
    agrees(select(selected, never), selected, never, path)


@given(
    st.sampled_from(DRIVERS), paths | st.sampled_from(["p/Default/Local Storage/leveldb/1.ldb", "s.db-wal"])
)
def test_the_drivers_lists_mean_what_git_would_match(driver: Driver, path: str) -> None:
    selected, never = list(driver.essential), list(driver.never)
    agrees(select(selected, never), selected, never, path)


def test_a_newline_in_a_name_is_a_letter_like_others() -> None:
    selection = select(["*.json"], ["*.tmp"])
    assert selection.wants("x\ny/b\n.json")
    assert selection.enters("x\ny")
    assert not selection.wants("x.json/\n.tmp")


def test_nothing_selected_wants_nothing() -> None:
    assert not select([], []).wants("a")
    assert not select([], []).enters("a")


def test_only_the_way_to_what_is_wanted_is_entered() -> None:
    selection = select(["/*/Default/IndexedDB/"], [])
    assert [name for name in ("s", "s/Cache", "s/Default", "s/Default/Cache") if selection.enters(name)] == [
        "s",
        "s/Default",
    ]
