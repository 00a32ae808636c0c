"""The groups on real sessions run with a small one, and say what they measured; no figure is judged here."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import memory, mounts, peers, sessions, snapshots, stage, store
from benchmarks.peers import Peer, Saver
from benchmarks.stage import Stage
from tests.support.long import LONG

CHEAP = [peer for peer in peers.PEERS if peer.tool == "cp"]


@pytest.fixture
def at() -> Iterator[Stage]:
    with stage.stage(shutil.which("git") or "git") as made:
        yield made


@pytest.fixture
def one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each bot that is started costs seconds."""
    monkeypatch.setattr(sessions, "parts", lambda megabytes: [megabytes])


@pytest.mark.browser
@pytest.mark.usefixtures("one_run")
def test_snapshots_of_a_real_session(at: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MEGABYTES", 2)
    monkeypatch.setattr(snapshots, "PROFILES", 2)
    monkeypatch.setattr(snapshots, "present", lambda: CHEAP)
    monkeypatch.setattr(mounts, "MAKE", {})
    monkeypatch.setattr(memory, "can_drop", lambda: False)
    found = {one.name: one for one in snapshots.measure(at, rounds=1)}
    assert next(iter(found)).startswith("the session: ")
    assert {"first snapshot, warm", "nothing changed", "after a short run", "restore"} <= found.keys()
    assert all(one.value > 0 for one in found.values() if one.unit == "MB")
    assert "first snapshot, cold" not in found


@pytest.mark.browser
@pytest.mark.skipif(not LONG, reason="half a minute, for what make bench shows as well")
@pytest.mark.long
@pytest.mark.usefixtures("one_run")
def test_stores_with_many_snapshots(at: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    small = {"MEGABYTES": 2, "DAYS": 1, "MESSAGES": 2, "SLOTS": 3, "OF_EACH": 4, "THOUSAND": 10, "GROWTH": 0}
    for name, value in small.items():
        monkeypatch.setattr(store, name, value)
    found = [one.name for one in store.measure(at, rounds=1)]
    assert [name for name in found if "prune" in name] == ["prune of 10", "prune of 20"]
    assert any("snapshots ls" in name for name in found)


@pytest.mark.parametrize("peer", peers.PEERS, ids=lambda peer: peer.name)
def test_every_peer_saves_what_it_can_give_back(at: Stage, tmp_path: Path, peer: Peer) -> None:
    if not shutil.which(peer.tool):
        pytest.skip(f"{peer.tool} is not installed")
    source = tmp_path / "source dir"
    source.mkdir()
    (source / "file").write_text("content")
    saver = Saver(at, peer, at.home / "peer", [str(source)])
    saver.begin()
    assert saver.save().wall > 0
    if peer.name in peers.STORES:
        saver.save()
    if peer.back:
        saver.back()
        [back] = (at.home / "peer" / "back").rglob("file")
        assert back.read_text() == "content"
        saver.forget_back()
    saver.remove()
    assert not saver.place.exists()


def test_the_memory_of_a_program_is_its_own() -> None:
    held = bytearray(64 << 20)
    small = memory.peak([sys.executable, "-I", "-S", "-c", "pass"], {})
    large = memory.peak([sys.executable, "-I", "-S", "-c", "bytearray(50 << 20)"], {})
    assert small < len(held) / 1e6
    assert 40 < large - small < 70
    with pytest.raises(RuntimeError, match="ended with 1"):
        memory.peak(["false"], {"PATH": "/bin:/usr/bin"})


def test_a_session_grows_in_several_runs() -> None:
    assert sessions.parts(5) == [3, 2]
    assert sum(sessions.parts(150)) == 150
