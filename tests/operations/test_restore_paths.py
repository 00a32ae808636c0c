"""Single files of a snapshot: into the slot, or to another directory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.sessions import Sessions, contents, creds
from tests.support.setup import data_of, error_of, wagit
from wagit.core.store import Store
from wagit.slots import records
from wagit.snapshots import manifest, objects

WAS = {
    "Default/a/CURRENT": "MANIFEST-1",
    "Default/a/000003.log": "old",
    "Default/Local State": "old",
    "Default/[x]{y}*.txt": "old",
}


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    """A driver to which every file is essential, and data that has changed since its snapshot."""
    sessions = Sessions.make(tmp_path / "repo", driver="generic")
    sessions.snapshot(WAS, generation=3)
    sessions.write({**dict.fromkeys(WAS, "new"), "Default/a/000005.log": "new", "other": "stays"})
    return sessions


@pytest.mark.parametrize(
    ("path", "restored"),
    [
        ("Default/Local State", {"Default/Local State"}),
        ("./Default/a/", {"Default/a/CURRENT", "Default/a/000003.log"}),
        ("Default/[x]{y}*.txt", {"Default/[x]{y}*.txt"}),
        ("CURRENT", {"Default/a/CURRENT"}),
        ("**/*.log", {"Default/a/000003.log"}),
        ("/Default", set(WAS)),
    ],
)
def test_what_matches_is_as_it_was_and_the_rest_stays(
    sessions: Sessions, path: str, restored: set[str]
) -> None:
    before = contents(sessions.data)
    done = data_of(sessions.path, "restore", "--path", path, "--yes")
    assert (done["files"], done["paths"]) == (len(restored), [path])
    gone = {"Default/a/000005.log"} if "Default/a/000003.log" in restored else set()
    wanted = {name: WAS[name] if name in restored else text for name, text in before.items()}
    assert contents(sessions.data) == {name: wanted[name] for name in wanted.keys() - gone}
    assert data_of(sessions.path, "log")[0]["detail"]["paths"] == [path]
    assert data_of(sessions.path, "restore", "production", done["replaced"], "--yes")
    assert contents(sessions.data) == before


def test_several_paths_at_once(sessions: Sessions) -> None:
    done = data_of(sessions.path, "restore", "--path", "CURRENT", "--path", "Default/Local*", "--yes")
    assert done["files"] == 2
    found = contents(sessions.data)
    assert (found["Default/Local State"], found["Default/a/CURRENT"]) == ("old", "MANIFEST-1")


def test_what_stays_keeps_its_mode_and_times_and_holes(sessions: Sessions) -> None:
    kept = sessions.data / "other"
    with open(kept, "r+b") as file:
        file.truncate(1 << 24)
    os.chmod(kept, 0o640)
    os.utime(kept, ns=(10**18, 10**18))
    (sessions.data / "link").symlink_to("other")
    assert wagit(sessions.path, "restore", "--path", "CURRENT", "--yes").status == 0
    status = kept.stat()
    assert (status.st_mode & 0o777, status.st_mtime_ns, status.st_size) == (0o640, 10**18, 1 << 24)
    assert status.st_blocks < 1000
    assert os.readlink(sessions.data / "link") == "other"


def test_the_generation_stays_that_of_the_data(sessions: Sessions) -> None:
    records.write_record(sessions.store, "production", sessions.record._replace(generation=7))
    ran = wagit(sessions.path, "restore", "--path", "CURRENT", "--yes")
    assert "generation 3 of 7" in ran.stderr
    assert sessions.record.generation == 7


@pytest.mark.parametrize("kind", ["file", "link to a directory"])
def test_what_stands_where_a_directory_must_be(sessions: Sessions, tmp_path: Path, kind: str) -> None:
    """Nothing is ever written through a link out of the slot."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    os.rename(sessions.data / "Default", tmp_path / "moved")
    if kind == "file":
        (sessions.data / "Default").write_text("in the way")
    else:
        (sessions.data / "Default").symlink_to(elsewhere)
    assert wagit(sessions.path, "restore", "--path", "Default/a/CURRENT", "--yes").status == 0
    assert contents(sessions.data) == {"Default/a/CURRENT": "MANIFEST-1", "other": "stays"}
    assert os.listdir(elsewhere) == []


@pytest.mark.parametrize("path", ["Default/Local Stat", "{x", "[z-a]", "{a}{a}", "", "/"])
def test_a_path_that_nothing_matches(sessions: Sessions, path: str) -> None:
    before = sessions.everything
    for extra in ([], ["--to", "out"]):
        error = error_of(sessions.path, "restore", "--path", "CURRENT", "--path", path, "--yes", *extra)
        assert (error["code"], error["status"]) == ("no-such-file", 2)
        assert not path.startswith("Default") or "did you mean Default/Local State" in error["message"]
    assert sessions.everything == before


def test_to_a_new_directory_below_the_given_one(sessions: Sessions) -> None:
    before = sessions.everything
    done = data_of(sessions.path, "restore", "--to", "../out/here")
    target = sessions.path.parent / "out/here"
    assert (done["to"], done["replaced"]) == (str(target), None)
    assert contents(target) == WAS
    assert target.stat().st_mode & 0o777 == 0o700
    assert os.listdir(target.parent) == ["here"]
    assert sessions.everything == before


def test_to_an_empty_directory_and_single_files(sessions: Sessions, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    wagit(sessions.path, "restore", "--to", str(target), "--path", "CURRENT")
    assert contents(target) == {"Default/a/CURRENT": "MANIFEST-1"}


def test_to_a_directory_that_git_would_take_is_warned_of(sessions: Sessions, tmp_path: Path) -> None:
    sessions.setup.repo.write(".gitignore", "ignored/\n")
    said = [
        wagit(sessions.path, "restore", "--to", name, "--dry-run").stderr
        for name in ("seen", "ignored", "ignored/below", str(tmp_path / "out"))
    ]
    assert f"git does not ignore {sessions.path / 'seen'}: keep it out of commits" in said[0]
    assert said[1:] == ["", "", ""]


@pytest.mark.parametrize("where", ["full", "file", "store", "slot", "link into the store"])
def test_to_a_place_that_is_taken(sessions: Sessions, tmp_path: Path, where: str) -> None:
    target = tmp_path / "out"
    if where == "full":
        (target / "x").mkdir(parents=True)
    elif where == "file":
        target.write_text("x")
    elif where == "link into the store":
        target.symlink_to(sessions.store.slots())
        target /= "new"
    else:
        target = Path(sessions.store.root if where == "store" else sessions.store.data("production")) / "new"
    before = sessions.everything
    for extra in ([], ["--dry-run"]):
        error = error_of(sessions.path, "restore", "--to", str(target), *extra)
        assert (error["code"], error["status"]) == ("bad-target", 2)
    assert sessions.everything == before


def test_a_dry_run_writes_nothing(sessions: Sessions, tmp_path: Path) -> None:
    before = sessions.everything
    ran = wagit(sessions.path, "restore", "--to", str(tmp_path / "out"), "--dry-run")
    assert ran.stdout.startswith("would restore snapshot ")
    assert wagit(sessions.path, "restore", "--path", "CURRENT", "--dry-run").status == 0
    assert not (tmp_path / "out").exists()
    assert sessions.everything == before


def test_damage_leaves_nothing_behind(sessions: Sessions, tmp_path: Path) -> None:
    store = Store(str(sessions.store.root))
    [identifier] = manifest.ids(store, "production")
    entries = manifest.read(store, "production", identifier).entries
    [entry] = [entry for entry in entries if entry.path == "Default/a/CURRENT"]
    os.unlink(objects.path_of(store, entry.digest))
    (tmp_path / "place").mkdir()
    error = error_of(sessions.path, "restore", "--to", str(tmp_path / "place/out"))
    assert (error["code"], error["status"]) == ("snapshot-damaged", 12)
    assert os.listdir(tmp_path / "place") == []
    ran = wagit(
        sessions.path, "restore", "--to", str(tmp_path / "place/out"), "--path", "Default/Local State"
    )
    assert ran.status == 0, ran


def test_to_while_the_slot_is_gone(sessions: Sessions, tmp_path: Path) -> None:
    assert wagit(sessions.path, "sessions", "new", "old").status == 0
    sessions.snapshot({"creds.json": creds(7)}, slot="old")
    assert wagit(sessions.path, "sessions", "rm", "old", "--yes").status == 0
    assert wagit(sessions.path, "restore", "old", "--to", str(tmp_path / "out")).status == 0
    assert contents(tmp_path / "out") == {"creds.json": creds(7)}
    assert not Path(sessions.store.slot("old")).exists()
