"""One byte wrong, or a file gone: it is found and named, and nothing else is lost."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.setup import data_of, error_of
from tests.support.snapshots import Kept, entry_of, tree
from wagit.snapshots import check, create, manifest, restore
from wagit.snapshots.manifest import DamagedSnapshot, Entry

FILES = {"creds.json": b"{}" * 500, "keys/1": b"one" * 100, "keys/2": b"two" * 100}
Damage = Callable[[Path], object]


def flip(part: float) -> Damage:
    """Flip one bit so far into the file."""

    def damage(path: Path) -> None:
        path.chmod(0o600)
        data = bytearray(path.read_bytes())
        data[min(int(len(data) * part), len(data) - 1)] ^= 0x10
        path.write_bytes(data)

    return damage


def cut(part: float) -> Damage:
    """Keep so much of the file."""

    def damage(path: Path) -> None:
        path.chmod(0o600)
        os.truncate(path, int(path.stat().st_size * part))

    return damage


def become(make: Damage) -> Damage:
    def damage(path: Path) -> None:
        path.unlink()
        make(path)

    return damage


FLIPS = [flip(part) for part in (0, 0.1, 0.5, 0.9, 1)]
CUTS = [cut(0), cut(0.5), cut(0.99)]
OTHERS = [become(Path.mkdir), become(os.mkfifo), become(lambda path: path.symlink_to("/etc/passwd"))]
NO_FILE = [become(lambda path: path.symlink_to("nowhere"))]


class Two:
    """A slot with an older and a newer snapshot; only `keys/1` differs."""

    def __init__(self, path: Path) -> None:
        self.kept = Kept.make(path, FILES)
        self.old, self.was = self.kept.take().snapshot, tree(self.kept.data)
        self.kept.fill({"keys/1": b"new"})
        self.new = self.kept.take().snapshot

    def problems(self) -> dict[str, list[str]]:
        """What a check of all says, by snapshot."""
        found = check.check_all(self.kept.store)
        return {where: [problem.message for problem in problems] for where, problems in found.items()}


@pytest.mark.parametrize("damage", FLIPS + CUTS + OTHERS)
def test_a_damaged_manifest_is_named_and_costs_itself_alone(tmp_path: Path, damage: Damage) -> None:
    two = Two(tmp_path)
    kept, path = two.kept, two.kept.path(two.new)
    damage(path)
    [(where, [problem])] = two.problems().items()
    assert where == f"dev/{two.new.id}"
    assert str(path) in problem
    assert manifest.listing(kept.store, "dev").damaged == (two.new.id,)
    with pytest.raises(DamagedSnapshot, match=two.new.id):
        manifest.read(kept.store, "dev", two.new.id)
    assert kept.restored(two.old) == two.was
    again = kept.take().snapshot
    assert again.header.number > two.new.header.number
    assert kept.restored(again) == tree(kept.data)
    if not os.path.lexists(path) or path.is_file():  # what the CLI says of the same
        worktree = Path(kept.repo.worktree)
        assert error_of(worktree, "snapshots", "show", "dev", two.new.id)["status"] == 12
        assert two.old.id in str(data_of(worktree, "snapshots", "ls", "dev"))


@pytest.mark.parametrize("damage", FLIPS + CUTS + OTHERS + NO_FILE + [Path.unlink])
def test_a_damaged_object_is_named_and_costs_its_file_alone(tmp_path: Path, damage: Damage) -> None:
    two = Two(tmp_path)
    kept, path = two.kept, two.kept.object(two.old, "keys/1")
    damage(path)
    [(where, [problem])] = two.problems().items()
    assert where == f"dev/{two.old.id}"
    assert f"the object {path} of the file 1 is" in problem or "cannot be read" in problem
    with pytest.raises(DamagedSnapshot, match=path.name):
        kept.restored(two.old)
    assert kept.restored(two.new) == tree(kept.data)
    (tmp_path / "rest").mkdir()
    rest = [entry for entry in two.old.entries if entry.path != "keys/1"]
    restore.write_out(kept.store, rest, str(tmp_path / "rest"))
    assert (tmp_path / "rest/keys/2").read_bytes() == FILES["keys/2"]
    kept.fill({"keys/1": FILES["keys/1"]})  # the data has it again: it is read, and mends the object
    kept.take()
    kept.verifies()
    assert kept.restored(two.old).keys() == two.was.keys()


@pytest.mark.parametrize("damage", [Path.unlink, cut(0.5), *OTHERS])
def test_an_object_of_an_unchanged_file_is_mended_when_its_size_tells(tmp_path: Path, damage: Damage) -> None:
    two = Two(tmp_path)
    damage(two.kept.object(two.old, "keys/2"))
    two.kept.fill({"keys/1": b"newer"})
    two.kept.take()
    two.kept.verifies()


def test_an_object_of_an_unchanged_file_that_only_its_contents_betray_is_found_by_a_check(
    tmp_path: Path,
) -> None:
    """An unchanged file is not read, nor is its object; what reads the file again mends it."""
    two = Two(tmp_path)
    two.kept.settle()
    two.kept.take(message="settled")
    flip(0.5)(two.kept.object(two.old, "keys/2"))
    two.kept.fill({"keys/1": b"newer"})
    two.kept.take()
    assert len(two.problems()) == 4
    os.utime(two.kept.data / "keys/2")
    two.kept.take(message="read again")
    two.kept.verifies()


@pytest.mark.parametrize("damage", [flip(0.5), cut(0.5), Path.unlink])
def test_who_may_let_the_data_go_gets_a_snapshot_of_which_every_byte_was_read(
    tmp_path: Path, damage: Damage
) -> None:
    """Before a restore nothing has changed since the last snapshot, but that one is not what was written."""
    two = Two(tmp_path)
    damage(two.kept.object(two.new, "keys/2"))
    last = two.kept.take(why="restore", held=True)
    assert two.kept.restored(last.snapshot) == tree(two.kept.data)
    assert last.new
    two.kept.verifies()
    assert not two.kept.take(why="restore", held=True).new


def test_objects_and_manifests_all_gone_are_named_and_the_data_is_kept_anew(tmp_path: Path) -> None:
    two = Two(tmp_path)
    shutil.rmtree(two.kept.store.objects())
    assert set(two.problems()) == {f"dev/{two.old.id}", f"dev/{two.new.id}"}
    assert two.kept.restored(two.kept.take().snapshot) == tree(two.kept.data)
    shutil.rmtree(two.kept.store.snapshots("dev"))
    assert two.kept.restored(two.kept.take().snapshot) == tree(two.kept.data)


def test_when_nothing_changed_but_the_snapshot_went_meanwhile_another_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Kept.make(tmp_path, FILES)
    first = kept.take().snapshot
    real = create.newest

    def newest(*args: object) -> object:
        found = real(*args)  # type: ignore[arg-type]
        kept.path(first).unlink(missing_ok=True)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(create, "newest", newest)
        again = kept.take()
    assert again.new
    assert kept.ids() == [again.snapshot.id]
    kept.verifies()


def forged(kept: Kept, entry: Entry | list[object], form: int = 1) -> str:
    """Write a manifest with one entry, as nobody of ours would, under its right id."""
    header = kept.take().snapshot.header
    document = manifest.encode(header, (entry,))  # type: ignore[arg-type]
    document = document.replace(b'"format": 1', b'"format": %d' % form)
    identifier = manifest.id_of(document)
    Path(manifest.path_of(kept.store, "dev", identifier)).write_bytes(document)
    return identifier


OUTSIDE = ("../outside", "/etc/outside", "a/../../b", "a//b", "", ".", "a/", "a\0b")
NO_ENTRIES: list[list[object]] = [
    *([path, kind, 0o600, 2, 0, 0, 0, "0" * 64] for path in OUTSIDE for kind in manifest.KINDS),
    ["a", "device", 0o600, 2, 0, 0, 0, "0" * 64],
    ["a", "file", 0o600, 2, 0, 0, 0, "../../../etc/passwd"],
    ["a", "file", -1, 2, 0, 0, 0, "0" * 64],
    ["a", "file", "0", 2, 0, 0, 0, "0" * 64],
    ["a", "file"],
    [],
]


def test_an_entry_that_is_none_or_names_a_place_outside_is_damage(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, FILES)
    for entry in NO_ENTRIES:
        identifier = forged(kept, entry)
        with pytest.raises(DamagedSnapshot, match=identifier):
            manifest.read(kept.store, "dev", identifier)
        os.unlink(manifest.path_of(kept.store, "dev", identifier))


def test_a_manifest_of_a_newer_format_is_not_read_and_says_so(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, FILES)
    entry = entry_of(kept.take().snapshot, "creds.json")
    identifier = forged(kept, entry, form=2)
    for read in (manifest.read, manifest.read_header):
        with pytest.raises(DamagedSnapshot, match="has format 2; this wagit reads format 1"):
            read(kept.store, "dev", identifier)
    assert manifest.listing(kept.store, "dev").damaged == (identifier,)
    assert kept.take(message="works").new


def test_a_manifest_that_may_not_be_read_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import builtins
    import errno

    two = Two(tmp_path)
    real = open

    def opened(path: object, *args: object, **options: object) -> object:
        if path == str(two.kept.path(two.new)):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        return real(path, *args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(builtins, "open", opened)
    assert manifest.listing(two.kept.store, "dev").damaged == (two.new.id,)
    assert "cannot be read: Input/output error" in two.problems()[f"dev/{two.new.id}"][0]
    again = two.kept.take().snapshot
    assert again.header.number > two.new.header.number
