"""Snapshots around the slots' verbs: taken before a removal and at an adoption, renamed along."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.logins import Logins, login_in, write_login
from tests.support.setup import wagit
from wagit.operations.snapshot import Ask, take
from wagit.snapshots import aside, manifest, restore
from wagit.snapshots.manifest import Header


@pytest.fixture
def logins(quick_path: Path) -> Logins:
    """On `dev`, which is linked and has two snapshots, one of them pruned."""
    logins = Logins.make(quick_path)
    logins.link("dev", 6)
    snapshot(logins, "dev")
    logins.link("dev", 7)
    snapshot(logins, "dev")
    [_, older] = manifest.listing(logins.store, "dev").snapshots
    aside.set_aside(logins.store, "dev", older[0])
    return logins


def snapshot(logins: Logins, slot: str, message: str = "") -> None:
    context = logins.context()
    take(context.repo, context.store, slot, Ask("asked", 1.0, message))


def pruned(logins: Logins, slot: str) -> list[Header]:
    return [header for _, header in manifest.listing(logins.store, aside.place(slot)).snapshots]


def test_a_slot_is_snapshotted_before_it_is_removed(logins: Logins) -> None:
    logins.link("dev", 8)
    logins.does("sessions", "rm", "dev", "--yes")
    assert [(header.why, header.device) for header in logins.snapshots("dev")] == [
        ("remove", "8"), ("asked", "7"),
    ]  # fmt: skip
    assert logins.aside() == [8]


def test_what_cannot_be_read_is_removed_all_the_same(logins: Logins) -> None:
    os.mkfifo(Path(logins.store.data("dev")) / "pipe")
    logins.does("sessions", "rm", "dev", "--yes")
    assert [header.why for header in logins.snapshots("dev")] == ["asked"]
    assert len(list((logins.setup.store / "quarantine/dev").rglob("pipe"))) == 1


def test_an_adopted_session_is_snapshotted(logins: Logins) -> None:
    write_login(logins.path / "old", 9)
    logins.does("sessions", "adopt", "taken", "old")
    [header] = logins.snapshots("taken")
    assert (header.why, header.tag, header.device) == ("adopt", "clean", "9")
    assert logins.record("taken").device == "9"


def test_snapshots_get_the_new_name_of_their_slot(logins: Logins) -> None:
    logins.does("sessions", "rename", "dev", "base")
    assert logins.held() == {"base": 7}
    assert [(header.slot, header.device) for header in logins.snapshots("base")] == [("base", "7")]
    assert [header.device for header in pruned(logins, "base")] == ["6"]
    assert not (logins.setup.store / "snapshots/dev").exists()
    snapshot(logins, "base")  # nothing has changed, so that it is known by its new name
    assert len(logins.snapshots("base")) == 1


def leave_history(logins: Logins) -> None:
    """A slot `base` that is gone has more snapshots than `dev`."""
    logins.does("sessions", "new", "base")
    logins.link("base", 3)
    for number in range(4):
        snapshot(logins, "base", f"no. {number}")
    logins.does("sessions", "rm", "base", "--yes")


def test_the_newest_stays_the_newest_where_the_name_has_a_history(logins: Logins) -> None:
    leave_history(logins)
    logins.does("sessions", "rename", "dev", "base")
    devices = [header.device for header in logins.snapshots("base")]
    assert (devices[0], sorted(map(str, devices))) == ("7", ["3", "3", "3", "3", "7", "7"])
    assert [header.device for header in pruned(logins, "base")] == ["6"]
    newest, _ = manifest.listing(logins.store, "base").snapshots[0]
    target = logins.path / "restored"
    target.mkdir()
    restore.write_out(logins.store, manifest.read(logins.store, "base", newest).entries, str(target))
    assert login_in(target) == 7


@pytest.mark.parametrize("history", [False, True])
def test_a_rename_killed_before_each_step(history: bool, logins: Logins) -> None:
    """Whatever command comes next, slot and snapshots have one name."""
    if history:
        leave_history(logins)
    ids = {*manifest.ids(logins.store, "dev"), *manifest.ids(logins.store, aside.place("dev"))}
    for _ in logins.killed_before_each_step(
        lambda: wagit(logins.path, "sessions", "rename", "dev", "base"), least=9
    ):
        assert list(logins.held().values()) == [7]
        logins.does("sessions", "ls")
        [slot] = logins.held()
        assert logins.snapshots(slot)[0].device == "7"
        assert [header.device for header in pruned(logins, slot)] == ["6"]
        there = {*manifest.ids(logins.store, slot), *manifest.ids(logins.store, aside.place(slot))}
        assert ids <= there
        if slot == "base":
            assert not (logins.setup.store / "snapshots/dev").exists()


def test_an_adoption_killed_before_each_step(logins: Logins) -> None:
    write_login(logins.path / "old", 9)
    for _ in logins.killed_before_each_step(
        lambda: wagit(logins.path, "sessions", "adopt", "taken", "old"), least=15
    ):
        if login_in(logins.path / "old") == 9:
            assert logins.held() == {"dev": 7}
            logins.does("sessions", "adopt", "taken", "old")
        assert logins.held() == {"dev": 7, "taken": 9}
        snapshot(logins, "taken")
        assert [header.device for header in logins.snapshots("taken")] == ["9"]


def test_a_removal_killed_before_each_step(logins: Logins) -> None:
    logins.link("dev", 8)
    for _ in logins.killed_before_each_step(
        lambda: wagit(logins.path, "sessions", "rm", "dev", "--yes"), least=15
    ):
        if not logins.aside():
            assert logins.held() == {"dev": 8}
            logins.does("sessions", "rm", "dev", "--yes")
        assert logins.held() == {}
        assert logins.aside() == [8]
        assert logins.snapshots("dev")[0].device == "8"
