"""What differs between two lists of entries, and reading the live data for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagit.core.copying import hash_of
from wagit.core.opening import open_to_read
from wagit.snapshots.create import is_same
from wagit.snapshots.diff import Change, Sums, compare, sums
from wagit.snapshots.live import DIFFERENT, entries_now
from wagit.snapshots.manifest import Entry, Kind
from wagit.snapshots.selection import select

ALL = select(("*",), ())


def entry(path: str, content: str = "", kind: Kind = "file", mode: int = 0o600) -> Entry:
    return Entry(path, kind, mode, len(content), 1, 1, 1, content)


def test_what_came_went_and_changed_in_order_of_path() -> None:
    before = [entry("d", kind="directory"), entry("d/log", "abc"), entry("gone", "12345"), entry("same", "x")]
    after = [entry("d", kind="directory"), entry("d/log", "abcd"), entry("a/new", "1"), entry("same", "x")]
    changes = compare(before, after)
    assert changes == [
        Change("a/new", "added", "file", None, 1),
        Change("d/log", "changed", "file", 3, 4),
        Change("gone", "removed", "file", 5, None),
    ]
    assert sums(changes) == Sums(1, 1, 1, 5, 1, 3, 4)


def test_modes_kinds_and_targets_count_and_times_do_not() -> None:
    before = [entry("a", "x"), entry("b", "x"), entry("c", "x", "link"), entry("t", "x")]
    after = [
        entry("a", "x", mode=0o400),
        entry("b", "x", "link"),
        entry("c", "y", "link"),
        entry("t", "x")._replace(mtime_ns=9, ctime_ns=9, inode=9),
    ]
    assert [change.path for change in compare(before, after)] == ["a", "b", "c"]


def test_a_directory_is_named_only_where_nothing_in_it_is() -> None:
    full = [entry("full", kind="directory"), entry("full/x", "1"), entry("empty", kind="directory")]
    assert [change.path for change in compare([], full)] == ["empty", "full/x"]
    other = [one._replace(mode=0o500) if one.path == "full" else one for one in full]
    assert [change.path for change in compare(full, other)] == ["full"]


ENTRIES = st.dictionaries(
    st.sampled_from(["a", "b", "d", "d/x", "d/y", "e"]),
    st.tuples(st.text("xy", max_size=2), st.sampled_from([0o600, 0o400]), st.sampled_from(["file", "link"])),
).map(lambda found: [entry(path, text, kind, mode) for path, (text, mode, kind) in sorted(found.items())])  # type: ignore[arg-type]


@given(ENTRIES, ENTRIES)
def test_no_difference_is_what_a_snapshot_takes_for_unchanged(
    before: list[Entry], after: list[Entry]
) -> None:
    changes = compare(before, after)
    assert (not changes) == is_same(before, after)
    back = compare(after, before)
    assert [(c.path, c.after, c.before) for c in back] == [(c.path, c.before, c.after) for c in changes]
    old, new = sums(changes), sums(back)
    assert (old.added, old.removed_bytes, old.changed_before) == (
        new.removed,
        new.added_bytes,
        new.changed_after,
    )


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files whose states can be trusted at once."""
    monkeypatch.setattr("wagit.snapshots.scan.TICK_NS", -(10**9))
    for name, content in {"same": "12345", "rewritten": "abc", "grown": "abc", "gone": "x"}.items():
        (tmp_path / name).write_text(content)
    return tmp_path


def taken(data: Path) -> list[Entry]:
    """The entries as a snapshot of this moment has them."""
    return [one._replace(digest=digest(data / one.path)) for one in entries_now(str(data), ALL, [])]


def digest(path: Path) -> str:
    descriptor = open_to_read(str(path))
    try:
        return hash_of(descriptor)
    finally:
        os.close(descriptor)


def rewrite(path: Path, content: str) -> None:
    """Write in place, so that the time tells, however coarse the clock is."""
    path.write_text(content)
    os.utime(path, ns=(1, 1))


def change(data: Path) -> None:
    rewrite(data / "rewritten", "xyz")
    (data / "grown").write_text("abcd")
    (data / "gone").unlink()
    (data / "came").write_text("1")


def test_live_data_is_compared_by_contents(data: Path) -> None:
    before = taken(data)
    change(data)
    found = compare(before, entries_now(str(data), ALL, before))
    assert [(change.path, change.change) for change in found] == [
        ("came", "added"), ("gone", "removed"), ("grown", "changed"), ("rewritten", "changed"),
    ]  # fmt: skip


def test_only_files_that_may_be_the_same_are_read(data: Path) -> None:
    before = [one._replace(inode=0) if one.path == "same" else one for one in taken(data)]
    change(data)
    seen: list[tuple[int, int]] = []
    found = entries_now(str(data), ALL, before, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 8), (3, 8), (8, 8)]  # `rewritten` and `same`, whose state tells nothing
    assert {one.path for one in found if one.digest == DIFFERENT} == {"came", "grown"}


def test_a_later_snapshot_tells_what_a_file_is_without_reading_it(data: Path) -> None:
    first = taken(data)
    rewrite(data / "rewritten", "xyz")
    later = taken(data)
    seen: list[int] = []
    found = entries_now(str(data), ALL, first, later, lambda done, _: seen.append(done))
    assert seen == [0]
    assert [change.path for change in compare(first, found)] == ["rewritten"]
    assert compare(later, found) == []
