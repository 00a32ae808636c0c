"""Any tree goes in and comes out equal, or is refused by name."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.privileges import as_nobody
from tests.support.snapshots import Kept, Tree, tree
from wagit.core import store as stores
from wagit.snapshots import create, manifest, restore
from wagit.snapshots.reading import read
from wagit.snapshots.scan import CannotSnapshot
from wagit.snapshots.selection import select
from wagit.snapshots.staging import Staging, discard

ALL = select(["*"], [])
names = st.one_of(
    st.sampled_from(
        [b"a", b"new\nline", b"-rf", b" ", b"\xff\xfe", "Ünïcödé".encode(), "日本".encode(), b"\\", b"{a}"]
    ),
    st.binary(min_size=1, max_size=20),
).filter(lambda name: b"/" not in name and b"\0" not in name and name not in (b".", b".."))
times = st.integers(0, 4_000_000_000_000_000_000)  # ns: until the year 2096
modes = st.integers(0, 0o7777)
contents = st.one_of(
    st.binary(max_size=50).map(lambda data: [("data", data)]),
    st.lists(
        st.one_of(
            st.tuples(st.just("data"), st.binary(min_size=1, max_size=30)),
            st.tuples(st.just("hole"), st.sampled_from([1, 4096, 100_000])),
        ),
        max_size=4,
    ),
)
files = st.tuples(st.just("file"), modes, times, contents)
links = st.tuples(
    st.just("link"), times, st.one_of(names, st.sampled_from([b"/etc/passwd", b"../..", b"missing"]))
)
again = st.tuples(st.just("hard link"))
directories: st.SearchStrategy[Any] = st.deferred(
    lambda: st.tuples(st.just("directory"), modes, times, st.dictionaries(names, items, max_size=4))
)
items: st.SearchStrategy[Any] = st.one_of(files, links, again, directories)
trees = st.dictionaries(names, items, max_size=6)


def grow(directory: bytes, children: dict[bytes, Any]) -> None:
    """Make a tree; a directory gets its mode and time last, when nothing is to be written there."""
    first: bytes | None = None
    for name, (kind, *told) in children.items():
        path = os.path.join(directory, name)
        if kind == "directory":
            os.mkdir(path)
            grow(path, told[2])
        elif kind == "link":
            os.symlink(told[1], path)
            os.utime(path, ns=(told[0], told[0]), follow_symlinks=False)
        elif kind == "file":
            write(path, told[2])
            first = first or path
        elif first is not None:
            os.link(first, path)
        if kind in ("file", "directory"):
            os.utime(path, ns=(told[1], told[1]))
            os.chmod(path, told[0])


def write(path: bytes, parts: list[tuple[str, Any]]) -> None:
    with open(path, "xb") as file:
        for kind, what in parts:
            if kind == "data":
                file.write(what)
            else:
                file.seek(what, os.SEEK_CUR)
        file.truncate(file.tell())


def through(root: Path) -> tuple[Tree, Tree]:
    """Snapshot `root/data`, read the manifest back and write it out; tell both trees."""
    store, data, out = stores.create(str(root / "store")), str(root / "data"), root / "out"
    header = manifest.Header(
        "dev", 0, 1.0, "clean", "asked", "", True, "generic", 1, *(None,) * 6, files=0, size=0
    )
    with Staging(store) as staging:
        reading = read(store, data, ALL, {}, staging)
        assert reading.steady, reading.changed
        made = create.commit(store, header, reading, create.newest(store, "dev"), staging)
    out.mkdir()
    restore.write_out(store, manifest.read(store, "dev", made.id).entries, str(out))
    return tree(data), tree(out)


@pytest.fixture
def root() -> Any:
    path = Path(tempfile.mkdtemp(prefix="wagit-trees-"))
    yield path
    discard(str(path))


@settings(max_examples=60, deadline=None)
@given(trees)
def test_any_tree_comes_out_as_it_went_in(children: dict[bytes, Any]) -> None:
    root = Path(tempfile.mkdtemp(prefix="wagit-trees-"))
    try:
        (root / "data").mkdir()
        grow(os.fsencode(root / "data"), children)
        before, after = through(root)
        assert after == before
    finally:
        discard(str(root))


def test_a_tree_of_everything_at_once_comes_out_as_it_went_in(root: Path) -> None:
    data = root / "data"
    (data / "empty" / "deeper").mkdir(parents=True)
    (data / "read only").mkdir()
    (data / "read only" / "file").write_bytes(b"x")
    (data / "read only").chmod(0o555)
    (data / "secret").write_bytes(b"y")
    (data / "secret").chmod(0)
    os.link(data / "secret", data / "empty" / "again")
    (data / "dangling").symlink_to("nowhere")
    (data / "absolute").symlink_to("/etc/passwd")
    (data / "to directory").symlink_to("empty")
    (data / ("n" * 255)).write_bytes(b"")
    with (data / "sparse").open("wb") as file:
        file.truncate(4 << 30)
        os.pwrite(file.fileno(), b"end", (4 << 30) - 3)
    before, after = through(root)
    assert after == before
    assert len(after) == 11
    assert (root / "out" / "sparse").stat().st_blocks * 512 <= 1 << 20


def test_who_is_not_root_gets_back_what_it_may_read() -> None:
    def run(root: Path) -> None:
        data = root / "data"
        for name, mode in {"closed": 0o500, "listed": 0o555}.items():
            (data / name / "below").mkdir(parents=True)
            (data / name / "file").write_bytes(b"x")
            (data / name / "file").chmod(0o400)
            (data / name).chmod(mode)
        before, after = through(root)
        assert after == before
        discard(str(root / "out"))
        assert not (root / "out").exists()

    as_nobody(run)


def test_what_may_not_be_read_is_named() -> None:
    def run(root: Path) -> None:
        data = root / "data"
        data.mkdir()
        (data / "secret").write_bytes(b"x")
        (data / "secret").chmod(0)
        with pytest.raises(PermissionError, match="secret"):
            through(root)
        (data / "secret").unlink()
        (data / "closed").mkdir(mode=0)
        with pytest.raises(PermissionError, match="closed"):
            through(root)

    as_nobody(run)


def test_what_resists_removal_only_by_its_mode_is_removed() -> None:
    def run(root: Path) -> None:
        (root / "a" / "b" / "c").mkdir(parents=True)
        (root / "outside").mkdir(mode=0o500)
        (root / "a" / "b" / "link").symlink_to(root / "outside")
        (root / "a" / "b").chmod(0)
        discard(str(root / "a"))
        assert not (root / "a").exists()
        assert (root / "outside").stat().st_mode & 0o777 == 0o500

    as_nobody(run)


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_pipe_or_a_device_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    kept = Kept.make(tmp_path, {"creds.json": b"{}"})
    odd = kept.data / "odd one"
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        try:
            os.mknod(odd, 0o20600, os.makedev(1, 3))
        except PermissionError:
            pytest.skip("only root makes devices")
    with pytest.raises(CannotSnapshot, match="odd one is neither file, directory nor link"):
        kept.take()
    assert kept.ids() == kept.left() == []
    odd.unlink()
    assert kept.take().new


def test_sockets_and_what_the_driver_bars_are_left_out(tmp_path: Path) -> None:
    kept = Kept.make(
        tmp_path, {"creds.json": b"{}", "LOCK": b"", "deep/LOCK": b"", "deep/SingletonLock": b""}
    )
    listener = socket.socket(socket.AF_UNIX)
    with contextlib.chdir(kept.data):  # its path has at most 107 bytes
        listener.bind("s")
    snapshot = kept.take().snapshot
    listener.close()
    assert [entry.path for entry in snapshot.entries] == ["creds.json", "deep"]
    assert set(kept.restored(snapshot)) == {b"creds.json", b"deep"}
    assert set(kept.restored(kept.take(full=True).snapshot)) == {b"creds.json", b"deep"}


def test_single_files_come_without_the_rest(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, {"a/b/one": b"1", "a/b/two": b"2"})
    snapshot = kept.take().snapshot
    (tmp_path / "out").mkdir()
    wanted = [entry for entry in snapshot.entries if entry.path == "a/b/one"]
    restore.write_out(kept.store, wanted, str(tmp_path / "out"))
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["a", "b", "one"]


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, {"creds.json": b"{}"})
    snapshot = kept.take().snapshot
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "creds.json").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=r"creds\.json"):
        restore.write_out(kept.store, snapshot.entries, str(tmp_path / "out"))
    assert (tmp_path / "out" / "creds.json").read_bytes() == b"mine"


def test_a_slot_without_its_data_has_no_session(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, {"creds.json": b"{}"})
    shutil.rmtree(kept.data)
    with pytest.raises(CannotSnapshot, match="slot dev has no session yet"):
        kept.take()
