"""Damaged Baileys folders are mended from snapshots, and real Baileys reads the same login again."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.baileys_damage import CLASSES, DAMAGES, Bench, cut, flipped
from tests.support.baileys_real import Baileys
from tests.support.long import long, longer
from tests.support.node_bot import needs_node
from wagit.integrity.baileys_check import check_baileys
from wagit.integrity.baileys_rebuild import Plan, Source, rebuild
from wagit.integrity.findings import NO_HISTORY, broken

pytestmark = needs_node
PEER = "session-4915200000002.0.json"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Baileys() as baileys:
        yield Bench(baileys, tmp_path_factory.mktemp("baileys"))


def source(folder: Path, number: int = 1) -> Source:
    """A snapshot that has the files of a folder as they are now."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return Source(f"{number:016x}", number, files.get)


def mended(folder: Path, sources: list[Source]) -> Plan:
    """Mend a folder in place, as far as that goes."""
    plan = rebuild(str(folder), check_baileys(str(folder), NO_HISTORY), sources)
    for name, content in plan.writes.items():
        (folder / name).write_bytes(content)
    for name in plan.drops:
        (folder / name).unlink()
    assert plan.reason or not broken(check_baileys(str(folder), NO_HISTORY))
    return plan


def login_of(bench: Bench) -> dict[str, object]:
    """What Baileys reads of the login from the copy."""
    creds = bench.baileys.read(bench.copy, []).creds
    return {
        name: creds.get(name) for name in ("noiseKey", "signedIdentityKey", "signedPreKey", "account", "me")
    }


@long
@pytest.mark.parametrize("kind", CLASSES)
def test_what_was_damaged_since_the_last_stop_is_read_as_before(bench: Bench, kind: str) -> None:
    snapshots = [source(bench.other, 3), source(bench.folder, 2)]
    cuts = {f"cut by {count}": cut(count) for count in longer((1, 299), tuple(range(1, 301)))}
    name = bench.name_of(kind)
    other = (bench.other / bench.name_of(kind, bench.other)).read_bytes()
    for damage, do in {**DAMAGES, **cuts}.items():
        folder = bench.fresh()
        content = do((folder / name).read_bytes(), other)
        (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
        found = check_baileys(str(folder), bench.history)
        if broken(found):
            plan = rebuild(str(folder), found, snapshots)
            assert (plan.reason, plan.drops, plan.lost) == ("", (), ()), (damage, plan)
            for path, data in plan.writes.items():
                (folder / path).write_bytes(data)
            assert bench.cost() == ("nothing lost", ()), damage


def test_a_login_that_was_overwritten_comes_back_with_the_counters_of_now(bench: Bench) -> None:
    old = source(bench.folder)
    folder = bench.fresh()
    bench.baileys.grow(folder, 20, saved=True)
    grown = bench.baileys.read(folder)
    (folder / "creds.json").unlink()
    bench.baileys.make(folder, linked=False)  # Baileys makes a new identity
    assert [found.code for found in check_baileys(str(folder), NO_HISTORY)] == ["creds-new-identity"]
    plan = mended(folder, [source(bench.other, 2), old])
    assert plan.taken == {"creds.json": old.id}
    after = bench.baileys.read(folder)
    assert after.keys == grown.keys
    assert {**grown.creds, **after.creds} == grown.creds  # the highest pre-key is counted
    bench.baileys.grow(folder, 5, saved=True)
    again = bench.baileys.read(folder, list(grown.keys))
    assert again.keys == grown.keys  # no pre-key was made twice


def test_the_newest_snapshot_that_belongs_to_the_folder_is_taken(bench: Bench) -> None:
    old, newest = source(bench.folder, 1), source(bench.fresh(), 5)
    (bench.copy / "creds.json").write_bytes(b"")
    plan = mended(bench.copy, [old, newest, source(bench.other, 9)])
    assert plan.taken == {"creds.json": newest.id}


def test_another_logins_creds_are_not_taken(bench: Bench) -> None:
    folder = bench.fresh()
    (folder / "creds.json").write_bytes(b"{")
    plan = mended(folder, [source(bench.other)])
    assert (plan.writes, plan.drops) == ({}, ())
    assert plan.reason == "creds.json is lost, and no snapshot has one that belongs to the other files"
    assert mended(folder, []).reason == "creds.json is lost, and there is no snapshot"


def test_a_session_of_before_other_messages_is_dropped_and_not_taken(bench: Bench) -> None:
    old = source(bench.folder)
    folder = bench.fresh()
    bench.baileys.grow(folder, 3, saved=True)
    (folder / PEER).write_bytes(b"")
    plan = mended(folder, [old])
    assert (plan.writes, plan.drops) == ({}, (PEER,))
    assert len(plan.lost) == 1
    assert login_of(bench) == {name: bench.before.creds[name] for name in login_of(bench)}


def test_a_key_that_never_changes_is_taken_from_an_old_snapshot(bench: Bench) -> None:
    old = source(bench.folder)
    folder = bench.fresh()
    bench.baileys.grow(folder, 3, saved=True)
    names = [bench.name_of(kind) for kind in ("pre-key", "app-state-sync-key")]
    for name in names:
        (folder / name).write_bytes(bytes(100))
    assert mended(folder, [source(bench.other, 2), old]).taken == dict.fromkeys(names, old.id)
    after = bench.baileys.read(folder, names)
    assert after.keys == {name: bench.before.keys[name] for name in names}


def test_without_any_snapshot_the_login_stays_and_the_loss_is_told(bench: Bench) -> None:
    folder = bench.fresh()
    for kind in ("pre-key", "session", "sender-key", "app-state-sync-key"):
        (folder / bench.name_of(kind)).write_bytes(b"")
    plan = mended(folder, [])
    assert len(plan.drops) == 4
    assert len(plan.lost) == 3
    assert login_of(bench) == {name: bench.before.creds[name] for name in login_of(bench)}


def test_a_pre_key_that_whatsapp_has_not_seen_is_skipped(bench: Bench) -> None:
    folder = bench.fresh()
    creds = json.loads((folder / "creds.json").read_text())
    creds["firstUnuploadedPreKeyId"] = creds["nextPreKeyId"] - 2
    (folder / "creds.json").write_text(json.dumps(creds))
    (folder / f"pre-key-{creds['nextPreKeyId'] - 1}.json").unlink()
    assert [found.code for found in check_baileys(str(folder), NO_HISTORY)] == ["pre-key-missing"]
    assert mended(folder, []).lost == ()
    after = bench.baileys.read(folder, []).creds
    assert after["firstUnuploadedPreKeyId"] == after["nextPreKeyId"] == creds["nextPreKeyId"]
    assert login_of(bench) == {name: bench.before.creds[name] for name in login_of(bench)}


def test_what_was_appended_is_cut_off_without_a_snapshot(bench: Bench) -> None:
    folder = bench.fresh()
    for kind in ("creds.json", "pre-key", "session"):
        with (folder / bench.name_of(kind)).open("ab") as file:
            file.write(b'{"junk": 1}')
    assert mended(folder, []).taken == {}
    assert bench.cost() == ("nothing lost", ())


def test_the_key_of_the_settings_is_named_again(bench: Bench) -> None:
    folder = bench.fresh()
    creds = json.loads((folder / "creds.json").read_text())
    name = creds.pop("myAppStateKeyId")
    (folder / "creds.json").write_text(json.dumps(creds))
    mended(folder, [])
    assert bench.baileys.read(folder, []).creds["myAppStateKeyId"] == name


@long
def test_several_files_damaged_at_once_never_cost_the_login(bench: Bench) -> None:
    chance = random.Random(4)
    old = source(bench.folder)
    for _ in range(longer(15, 400)):
        folder = bench.fresh()
        if chance.random() < 0.5:
            bench.baileys.grow(folder, 4, saved=chance.random() < 0.5)
        for name in chance.sample(bench.names, 4):
            data = (folder / name).read_bytes()
            kinds = [
                data[: chance.randrange(len(data))],
                flipped(data, chance.randrange(16)),
                bytes(len(data)),
            ]
            (folder / name).write_bytes(chance.choice(kinds))
        plan = mended(folder, [source(bench.other, 7), old])
        assert plan.reason == ""
        assert login_of(bench) == {name: bench.before.creds[name] for name in login_of(bench)}
