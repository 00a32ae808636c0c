"""An index is not believed: each hostile line is refused, and the reason is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.team_hostile import (
    EMPTY,
    is_refused,
    lines_of,
    sealed,
    written,
)
from tests.support.team_keys import Owner, member
from tests.support.team_sessions import SLOT, Shared, digest_of, entries_of, session_of
from wagit.core.store import NewerFormat
from wagit.team import index_file, index_lines, zstd
from wagit.team.head_file import HeadForged
from wagit.team.index import HostileSession, Index
from wagit.team.index_lines import LARGEST_PACK, LONGEST_LINE, Lines
from wagit.team.session_check import Checking
from wagit.team.settings import MOST, Team

FILES = {"a/b": b"one", "a/c": b"three", "creds.json": b"{}"}


@pytest.fixture
def ada(tmp_path: Path) -> Owner:
    return member(tmp_path, "ada")


@pytest.fixture
def shared(tmp_path: Path, ada: Owner) -> Shared:
    return Shared.make(tmp_path, FILES, ada)


def read(path: Path, ada: Owner, team: Team) -> Index:
    return index_file.read(str(path), team, ada.keys, SLOT)


def test_an_index_that_no_member_wrote_is_forged(tmp_path: Path, ada: Owner, shared: Shared) -> None:
    for forged in ({"secret": "guessed"}, {"slot": "production"}):
        lines = lines_of(shared.index)
        lines[0] |= forged
        path = written(lines, ada, tmp_path)
        is_refused(lambda: read(path, ada, shared.team), HeadForged)  # noqa: B023


def file(
    path: object, digest: object = EMPTY, size: object = 0, mode: object = 0o600, mtime: object = 0
) -> list[object]:
    return ["file", path, mode, size, mtime, digest]


HOSTILE: dict[str, list[object]] = {
    "leads out": [file(".."), file("../x"), file("/etc/passwd"), file("a/../../x"), file("./x"), file(""),
        file("a//b"), file("x\0y"), ["directory", "..", 0o700, 0]],
    "too long": [file("a" * 256), file("ä" * 128)],
    "no directory": [file("missing/x"), file("creds.json/x"), ["directory", "missing/x", 0o700, 0]],
    "one name": [file("creds.json"), ["directory", "creds.json", 0o700, 0], ["directory", "a", 0o700, 0]],
    "neither a file nor a directory": [["link", "x", 0o777, 0, 0, "/etc/passwd"], ["device", "x", 0o600, 0],
        ["fifo", "x", 0o600, 0], [*file("x"), 1], [], {}, None, 5, "file", ["file"]],
    "gives rights": [file("x", mode=0o4755), file("x", mode=0o2755), file("x", mode=0o1777),
        ["directory", "x", 0o2777, 0]],
    "in no pack": [file("x", digest="ab" * 32), file("x", size=1),
        file("x", digest=digest_of(b"one"), size=4)],
    "no number": [file("x", size=-1), file("x", size=True), file("x", size=1.0), file("x", mode=None),
        file("x", mtime=1 << 70), file("x", mtime=-5), file("x", size=10**400)],
    "no digest": [file("x", digest="../../x"), file("x", digest=5), file("x", digest="AB" * 32)],
    "without a name": [file(5), file(None), file(["x"])],
    "other files than it says": [file("x")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "line"),
    [(wrong, line) for wrong, lines in HOSTILE.items() for line in lines],
    ids=lambda it: repr(it)[:40],
)
def test_a_hostile_entry_is_refused(tmp_path: Path, ada: Owner, wrong: str, line: object) -> None:
    shared = Shared.make(tmp_path, FILES | {"empty": b""}, ada)
    path = written([*lines_of(shared.index), line], ada, tmp_path)
    with pytest.raises(HostileSession, match=wrong):
        read(path, ada, shared.team)


def test_surrogates_make_no_second_name(tmp_path: Path, ada: Owner) -> None:
    shared = Shared.make(tmp_path, {"é": b""}, ada)
    path = written([*lines_of(shared.index), file("\udcc3\udca9")], ada, tmp_path)
    with pytest.raises(HostileSession, match="two of one name"):
        read(path, ada, shared.team)
    path = written([*lines_of(shared.index), file("x\ud800")], ada, tmp_path)
    with pytest.raises(HostileSession):
        read(path, ada, shared.team)


@pytest.mark.parametrize(("one", "other"), [("Key", "kEY"), ("ß", "SS"), ("é", "e\u0301")])
def test_names_that_are_one_where_case_is_folded(one: str, other: str) -> None:
    for folds in (True, False):
        checking = Checking({EMPTY: 0}, folds=folds)
        first, second = (entries_of({name: b""})[0] for name in (one, other))
        checking.add(first)
        if folds:
            with pytest.raises(ValueError, match="two of one name"):
                checking.add(second)
        else:
            checking.add(second)


def first_of(lines: list[Any], kind: str) -> Any:
    return next(line for line in lines[1:] if line[0] == kind)


@pytest.mark.parametrize(
    ("kind", "at", "value"),
    [
        ("pack", 1, "../../../etc/passwd"), ("pack", 2, -1), ("pack", 2, 1 << 60),
        ("pack", 2, LARGEST_PACK + 1), ("object", 1, "x"),
        ("object", 2, 1), ("object", 2, -1), ("object", 3, -5), ("object", 3, MOST), ("object", 4, MOST + 1),
        ("session", 1, {}), ("session", 2, {}), ("session", 1, None),
    ],
)  # fmt: skip
def test_lies_about_packs_and_objects_are_refused(
    tmp_path: Path, ada: Owner, shared: Shared, kind: str, at: int, value: object
) -> None:
    lines = lines_of(shared.index)
    first_of(lines, kind)[at] = value
    path = written(lines, ada, tmp_path)
    with pytest.raises(HostileSession):
        read(path, ada, shared.team)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("files", 4), ("size", 1), ("slot", "production"), ("slot", "../x"), ("tag", "dirty"),
        ("tag", []), ("time", 10**400),
        ("time", "now"), ("driver", "\x1b]0;x\x07"), ("branch", "a\u202eb"), ("full", 1), ("generation", -1),
        ("message", None),
    ],
)  # fmt: skip
def test_lies_about_the_session_are_refused(
    tmp_path: Path, ada: Owner, shared: Shared, key: str, value: object
) -> None:
    lines = lines_of(shared.index)
    first_of(lines, "session")[2][key] = value
    path = written(lines, ada, tmp_path)
    with pytest.raises(HostileSession):
        read(path, ada, shared.team)


ODD: list[object] = [
    None, True, -1, 1.5, 1e308, 10**400, "", ".", "\ud800", "\0", [], {}, [[]], "a" * 2000, 1 << 64,
    float("nan"),
]  # fmt: skip


def spots(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in a document."""
    within = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in within:
        yield (*path, key)
        yield from spots(inner, (*path, key))


def test_no_value_in_any_place_breaks_the_reader(shared: Shared) -> None:
    lines = lines_of(shared.index)
    refused = 0
    for *way, last in spots(lines):
        for odd in ODD:
            changed = spot = json.loads(json.dumps(lines))
            for key in way:
                spot = spot[key]
            spot[last] = odd
            reader = Lines(shared.team.secret_digest, SLOT, "it")
            try:
                reader.take(b"".join(json.dumps(line).encode() + b"\n" for line in changed))
                reader.finished()
            except (ValueError, HeadForged, NewerFormat):
                refused += 1
    assert refused > 800


def test_repeated_lines_are_refused(tmp_path: Path, ada: Owner, shared: Shared) -> None:
    lines, empty = lines_of(shared.index), session_of([])
    many = {
        "neither a file nor a directory": [lines[0], *lines],
        "more than 10000 packs": [lines[0], *[first_of(lines, "pack")] * 10_001],
        "an object that is there twice": [*lines, first_of(lines, "object")],
        "more than 5 sessions": [
            lines[0],
            *[["session", empty.pushed._asdict(), empty.header._asdict()]] * 6,
        ],
    }
    for wrong, each in many.items():
        path = written(each, ada, tmp_path)
        with pytest.raises(HostileSession, match=wrong):
            read(path, ada, shared.team)


@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_that_never_ends_is_not_waited_for(shared: Shared, end: bytes) -> None:
    reader = Lines(shared.team.secret_digest, SLOT, "it")
    first = json.dumps(lines_of(shared.index)[0]).encode()
    with pytest.raises(ValueError, match="a line that is too long"):
        reader.take(first + b"\n" + json.dumps("x" * LONGEST_LINE).encode() + end)


def test_more_objects_than_an_index_may_have(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"".join(index_file._lines(shared.index))
    Lines(shared.team.secret_digest, SLOT, "it").take(text)
    monkeypatch.setattr(index_lines, "MOST_OBJECTS", len(shared.index.objects) - 1)
    with pytest.raises(ValueError, match="more than 2 objects"):
        Lines(shared.team.secret_digest, SLOT, "it").take(text)


def test_an_index_that_is_cut_off_by_its_writer_is_refused(
    tmp_path: Path, ada: Owner, shared: Shared
) -> None:
    text = b"".join(index_file._lines(shared.index))
    for part in (b"", text[:10], text[:-1], text.rpartition(b"\n")[0].rpartition(b"\n")[0] + b"\n"):
        path = sealed(zstd.compressed([part]), ada, tmp_path)
        is_refused(lambda: read(path, ada, shared.team), HostileSession)  # noqa: B023
    for nonsense in (b"", b"no zstd", b"\x28\xb5\x2f\xfd" + b"\xff" * 50):
        path = sealed([nonsense], ada, tmp_path)
        is_refused(lambda: read(path, ada, shared.team), HostileSession)  # noqa: B023


def test_a_window_that_takes_a_gigabyte_is_refused(tmp_path: Path, ada: Owner, shared: Shared) -> None:
    from zstandard import ZstdCompressionParameters, ZstdCompressor

    wide = ZstdCompressor(
        compression_params=ZstdCompressionParameters.from_level(3, window_log=30)
    ).compressobj()
    text = b"".join(index_file._lines(shared.index))
    path = sealed([wide.compress(text), wide.flush()], ada, tmp_path)
    is_refused(lambda: read(path, ada, shared.team), HostileSession)
