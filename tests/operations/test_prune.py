"""Pruning in a real repository: what goes, what stays, what it costs, and what a kill leaves."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.support.killing import killed_in_a_fork
from tests.support.sessions import NO_SNAPSHOTS, Sessions, creds
from tests.support.setup import data_of, error_of, wagit
from wagit.core import journal
from wagit.core.locks import acquire
from wagit.operations import prune as operation
from wagit.operations.context import Context
from wagit.operations.snapshot import Ask, take
from wagit.snapshots import aside, check, manifest
from wagit.snapshots.aside import GRACE
from wagit.snapshots.collect import collect
from wagit.snapshots.retention import Policy

NOW = 1_800_000_000.0
DAY = 86_400.0
FEW = Policy(last=2, daily=0, weekly=0, monthly=0)


class At:
    """A clock that stands still."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def sessions(quick_path: Path) -> Sessions:
    return Sessions.make(quick_path / "repo")


def at(sessions: Sessions, seconds: float = NOW) -> Context:
    return sessions.context._replace(clock=At(seconds))


def taken(sessions: Sessions, count: int, *, apart: float = DAY, messages: tuple[int, ...] = ()) -> list[str]:
    """Snapshots, oldest first, the last one NOW, each with 1 kB that no other has."""
    found = []
    for n in range(count):
        sessions.write({"creds.json": creds(n), "keys.json": f"{n:04}" * 250})
        ask = Ask("asked", NOW - (count - 1 - n) * apart, "kept" if n in messages else "")
        found.append(take(sessions.context.repo, sessions.store, "production", ask).snapshot.id)
    return found


def configure(sessions: Sessions, keep: str) -> None:
    path = sessions.path / ".wagit.yml"
    quiet = NO_SNAPSHOTS.replace("}", f", keep: {{{keep}}}}}")
    path.write_text(path.read_text().replace(NO_SNAPSHOTS, quiet))


def ids(sessions: Sessions) -> set[str]:
    return set(manifest.ids(sessions.store, "production"))


def waiting(sessions: Sessions) -> set[str]:
    return {one.id for one in aside.waiting(sessions.store, "production")}


def object_of(sessions: Sessions, identifier: str, name: str) -> Path:
    [digest] = [
        entry.digest
        for entry in manifest.read(sessions.store, "production", identifier).entries
        if entry.path == name
    ]
    return Path(sessions.store.objects(), digest[:2], digest[2:])


def flip(path: Path) -> None:
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_what_goes_is_told_logged_and_can_be_had_back(sessions: Sessions) -> None:
    made = taken(sessions, 4, messages=(1,))
    done = operation.prune(at(sessions), policy=FEW)
    assert [(row.snapshot, row.kept, row.reasons) for row in done.snapshots] == [
        (made[3], True, ("newest", "newest clean", "last")),
        (made[2], True, ("last",)),
        (made[1], True, ("message",)),
        (made[0], False, ()),
    ]
    assert (done.pruned, done.freed, done.damaged, done.for_good) == (1, 0, (), False)
    assert done.frees == object_of_bytes(made[0], sessions)
    assert (ids(sessions), waiting(sessions)) == (set(made[1:]), {made[0]})
    logged = list(journal.read(sessions.store))[-1]
    assert (logged.verb, logged.detail) == ("prune", {"slot": "production", "snapshots": [made[0]]})
    later = operation.prune(at(sessions, NOW + GRACE), policy=FEW)
    assert (later.pruned, later.freed) == (0, done.frees)
    assert check.check_all(sessions.store) == {}


def object_of_bytes(identifier: str, sessions: Sessions) -> int:
    """What one snapshot of `taken` has to itself."""
    slot = "production" if identifier in ids(sessions) else aside.place("production")
    return sum(manifest.sizes(sessions.store, slot, identifier).values())


def test_a_dry_run_and_a_second_run_change_nothing(sessions: Sessions) -> None:
    made = taken(sessions, 4)
    before = _all_names(sessions)
    would = operation.prune(at(sessions), policy=FEW, dry_run=True)
    assert (would.pruned, would.dry_run) == (2, True)
    assert _all_names(sessions) == before
    done = operation.prune(at(sessions), policy=FEW)
    assert done == would._replace(dry_run=False)
    assert operation.prune(at(sessions), policy=FEW).pruned == 0
    assert ids(sessions) == set(made[2:])


def _all_names(sessions: Sessions) -> set[str]:
    return {os.path.join(where, name) for where, _, names in os.walk(sessions.store.root) for name in names}


def test_at_once_frees_the_disk_and_takes_what_was_pruned_before(sessions: Sessions) -> None:
    made = taken(sessions, 4)
    operation.prune(at(sessions), policy=FEW._replace(last=3))
    done = operation.prune(at(sessions), policy=FEW, now=True)
    assert (done.pruned, done.for_good) == (1, True)
    assert done.freed == 2 * done.frees
    assert (ids(sessions), waiting(sessions)) == (set(made[2:]), set())
    assert list(journal.read(sessions.store))[-1].cause == "snapshots prune --now"
    assert check.check_all(sessions.store) == {}


def test_a_damaged_newest_clean_snapshot_does_not_cost_the_last_good_one(sessions: Sessions) -> None:
    made = taken(sessions, 5)
    hot = sessions.snapshot({"creds.json": creds(99)}, hot=True)
    for one in made[2:]:
        flip(object_of(sessions, one, "keys.json"))
    only = Policy(last=1, daily=0, weekly=0, monthly=0)
    done = operation.prune(at(sessions), policy=only)
    assert {row.snapshot: row.reasons for row in done.snapshots if row.kept} == {
        hot: ("newest", "last"),
        made[1]: ("newest clean",),
    }


def test_a_damaged_manifest_is_named_and_neither_kept_nor_pruned(sessions: Sessions) -> None:
    made = taken(sessions, 4)
    flip(Path(manifest.path_of(sessions.store, "production", made[1])))
    done = operation.prune(at(sessions), policy=FEW, now=True)
    assert done.damaged == (f"production/{made[1]}",)
    assert (done.pruned, done.freed) == (1, 0)
    assert ids(sessions) == {made[1], made[2], made[3]}


def test_the_budget_is_of_objects_not_of_snapshots(sessions: Sessions) -> None:
    sessions.write({"shared.json": "s" * 5000})
    made = taken(sessions, 4)
    size = sum(manifest.sizes(sessions.store, "production", made[0]).values()) - 5000
    room = Policy(last=9, size=5000 + 2 * size + 10)
    done = operation.prune(at(sessions), policy=room)
    assert (done.pruned, done.frees) == (2, 2 * size)
    assert ids(sessions) == set(made[2:])


def test_all_slots_are_those_that_have_snapshots_also_of_slots_that_are_gone(sessions: Sessions) -> None:
    taken(sessions, 3)
    sessions.snapshot({"creds.json": creds(1)}, slot=_slot(sessions, "spare"))
    shutil.rmtree(sessions.store.slot("spare"))
    done = operation.prune(at(sessions), policy=FEW, everywhere=True)
    assert [row.slot for row in done.snapshots] == ["production"] * 3 + ["spare"]
    assert operation.prune(at(sessions), "spare", FEW).pruned == 0


def _slot(sessions: Sessions, name: str) -> str:
    data_of(sessions.path, "sessions", "new", name)
    return name


def test_an_automatic_prune_waits_until_a_batch_is_due(sessions: Sessions) -> None:
    configure(sessions, "last: 2, daily: 1, weekly: 0")
    made = taken(sessions, 2 + operation.BATCH - 1, apart=60)
    assert operation.automatic(at(sessions), "production") == 0
    assert len(ids(sessions)) == len(made)
    made += [sessions.snapshot({"creds.json": creds(99)})]
    assert operation.automatic(at(sessions, NOW + 60), "production") == operation.BATCH
    assert ids(sessions) == set(made[-2:])
    assert list(journal.read(sessions.store))[-1].cause == "automatic"
    assert operation.automatic(at(sessions, NOW + 61), "production") == 0, "counts from here"
    assert operation.automatic(at(sessions, NOW + 61 + GRACE), "production") == 0
    assert waiting(sessions) == set()
    assert check.check_all(sessions.store) == {}


def test_an_automatic_prune_counts_what_goes_not_what_is_there(sessions: Sessions) -> None:
    configure(sessions, "last: 1, daily: 7, weekly: 0")
    made = taken(sessions, 1 + operation.BATCH)
    assert operation.automatic(at(sessions), "production") == 0
    assert ids(sessions) == set(made)


def test_an_automatic_prune_keeps_to_the_budget_at_once(sessions: Sessions) -> None:
    configure(sessions, "last: 9, size: 1 MB")
    made = taken(sessions, 2)
    assert operation.automatic(at(sessions), "production") == 0
    room = 1_500 + 3 * len(creds(1)) // 2  # for two manifests and one login, not for three and two
    made.append(sessions.snapshot({"keys.json": "x" * (1_000_000 - room)}))
    assert operation.automatic(at(sessions), "production") == 1
    assert ids(sessions) == set(made[1:])


def test_an_automatic_prune_leaves_another_prune_alone(sessions: Sessions) -> None:
    taken(sessions, 5 + operation.BATCH + 1, apart=60)
    with acquire(os.path.join(sessions.store.root, "prune.lock")):
        assert operation.automatic(at(sessions), "production") == 0
    assert operation.automatic(at(sessions), "production") > 0


def test_an_automatic_prune_with_nothing_to_do_opens_no_manifest(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken(sessions, 5)
    for name in ("read", "read_header", "sizes"):
        monkeypatch.delattr(manifest, name)
    assert operation.automatic(at(sessions), "production") == 0


def test_the_command_line_states_a_policy_and_asks_before_it_prunes(sessions: Sessions) -> None:
    made = taken(sessions, 4)
    none = ("--keep-last", "1", "--keep-daily", "0", "--keep-weekly", "0")
    error = error_of(sessions.path, "snapshots", "prune", *none)
    assert (error["code"], error["status"]) == ("needs-yes", 2)
    assert error["message"].startswith("Let 3 of 4 snapshots, ")
    assert ids(sessions) == set(made)
    assert data_of(sessions.path, "snapshots", "prune", "--keep-last", "4")["pruned"] == 0, "nothing to ask"
    shown = wagit(sessions.path, "snapshots", "prune", *none, "--dry-run").stdout
    assert f"{made[3][:8]}" in shown
    assert "newest, newest clean, last" in shown
    assert shown.endswith("\n")
    assert shown.splitlines()[-1].startswith("would let 3 of 4 snapshots go, ")
    told = wagit(sessions.path, "snapshots", "prune", *none, "--yes").stdout
    assert told.splitlines()[-1].endswith("for 24 h they come back with: wagit undo")
    assert ids(sessions) == {made[3]}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--size", "much"), "usage"),
        (("--size", "0"), "usage"),
        (("--keep-last", "-1"), "usage"),
        (("production", "--all"), "usage"),
        (("nowhere",), "no-such-slot"),
        (("../x",), "bad-slot-name"),
    ],
)
def test_what_cannot_be_is_refused(sessions: Sessions, arguments: tuple[str, ...], code: str) -> None:
    assert error_of(sessions.path, "snapshots", "prune", *arguments, "--yes")["code"] == code


def test_a_damaged_manifest_comes_with_what_mends_it(sessions: Sessions) -> None:
    made = taken(sessions, 2)
    flip(Path(manifest.path_of(sessions.store, "production", made[0])))
    ran = wagit(sessions.path, "snapshots", "prune", "--yes")
    assert ran.status == 0
    assert f"drop it: wagit snapshots rm production {made[0]}" in ran.stderr
    assert wagit(sessions.path, "snapshots", "rm", "production", made[0], "--yes").status == 0
    assert data_of(sessions.path, "snapshots", "prune", "--now", "--yes")["damaged"] == []


@pytest.mark.parametrize("now", [False, True])
def test_a_prune_that_is_killed_at_any_step_leaves_every_snapshot_whole(
    sessions: Sessions, tmp_path: Path, now: bool
) -> None:
    made = taken(sessions, 4)
    collect(sessions.store, NOW)
    template = tmp_path / "template"
    root = Path(sessions.store.root)
    shutil.copytree(root, template, symlinks=True)
    context = at(sessions)

    def reset() -> None:
        shutil.rmtree(root)
        shutil.copytree(template, root, symlinks=True)

    killed = 0
    for ended in killed_in_a_fork(lambda: operation.prune(context, policy=FEW, now=now).pruned, root, reset):
        assert ended.output == ("" if ended.killed else "2")
        killed += ended.killed
        assert check.check_all(sessions.store) == {}
        assert ids(sessions) >= set(made[2:])
        if not now:
            assert ids(sessions) | waiting(sessions) == set(made)
        operation.prune(context, policy=FEW, now=True)
        assert ids(sessions) == set(made[2:])
        assert check.check_all(sessions.store) == {}
        assert json.loads(wagit(sessions.path, "snapshots", "ls", "--json").stdout)["ok"]
    assert killed > 4
