"""What a machine remembers of a shared slot, and what of it counts later."""

from __future__ import annotations

import json
import multiprocessing
import shutil
from pathlib import Path

import pytest

from tests.support.boot_clock import FakeBootClock
from wagit.core import store as stores
from wagit.core.boot_clock import SystemBootClock
from wagit.core.store import Store
from wagit.team import access, state
from wagit.team.leases import Held
from wagit.team.state import Base, Own, State, Watched


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return stores.create(str(tmp_path / "store"))


def file_of(store: Store, slot: str = "staging") -> Path:
    return Path(store.root, "team", "slots", f"{slot}.json")


def own(store: Store, clock: FakeBootClock) -> Own:
    return Own("1f" * 16, 7, clock.now() + 60, clock.boot(), state.place(store))


def test_what_was_written_is_read_again(store: Store) -> None:
    clock = FakeBootClock()
    known = State(own(store, clock), Watched("x", 5.0, "boot-1"), Base(3, "ab" * 32), 4, 9, True)
    assert state.read(store, "staging") == State()
    state.update(store, "staging", lambda _: known)
    assert state.read(store, "staging") == known
    assert state.read(store, "other") == State()


def test_slots_called_like_other_files_of_a_team_do_not_touch_them(store: Store) -> None:
    access.remember(store, "s3cret")
    for slot in ("secrets", "trusted"):
        state.update(store, slot, lambda old: old._replace(highest=1))
    assert access._secrets(store) == ["s3cret"]


def test_what_a_newer_wagit_noted_stays(store: Store) -> None:
    state.update(store, "staging", lambda old: old._replace(highest=1))
    document = json.loads(file_of(store).read_text())
    file_of(store).write_text(json.dumps({**document, "colour": "red"}))
    state.update(store, "staging", lambda old: old._replace(highest=2))
    assert json.loads(file_of(store).read_text())["colour"] == "red"
    assert state.read(store, "staging").highest == 2


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "\x00\xff", '{"own": 3, "watched": [], "base": "x"}', "[" * 100_000,
        '{"highest": -1, "fence": true, "unpushed": 1}', '{"highest": 1e400, "base": {"number": 1}}',
        '{"own": {"id": "a", "fence": 1, "until": NaN, "boot": "b", "place": "c"}}',
        '{"watched": {"mark": "m", "since": Infinity, "boot": "b"}}',
        '{"watched": {"mark": "m", "since": 1' + "0" * 400 + ', "boot": "b"}}',
    ],
)  # fmt: skip
def test_nonsense_counts_as_nothing_known(store: Store, text: str) -> None:
    state.update(store, "staging", lambda _: State(highest=3))
    file_of(store).write_text(text, encoding="latin-1")
    assert state.read(store, "staging") == State()
    assert state.update(store, "staging", lambda old: old._replace(fence=2)) == State(fence=2)


def test_a_lease_is_sure_until_its_time_is_over(store: Store) -> None:
    clock = FakeBootClock()
    state.update(store, "staging", lambda old: old._replace(own=own(store, clock)))
    found = state.held(store, "staging", clock)
    assert found is not None
    assert (found.slot, found.fence, found.until) == ("staging", 7, clock.now() + 60)
    clock.pass_time(60)
    assert state.held(store, "staging", clock) is None


def test_a_lease_of_another_boot_is_not_sure(store: Store) -> None:
    clock = FakeBootClock()
    state.update(store, "staging", lambda old: old._replace(own=own(store, clock)))
    clock.reboot()
    assert state.held(store, "staging", clock) is None


def test_a_copy_of_the_store_holds_no_lease(store: Store, tmp_path: Path) -> None:
    clock = FakeBootClock()
    state.update(store, "staging", lambda old: old._replace(own=own(store, clock)))
    shutil.copytree(store.root, tmp_path / "copy")
    assert state.held(Store(str(tmp_path / "copy")), "staging", clock) is None
    Path(store.root).rename(tmp_path / "moved")
    assert state.held(Store(str(tmp_path / "moved")), "staging", clock) is not None


def _count(root: str, times: int) -> None:
    for _ in range(times):
        state.update(Store(root), "staging", lambda old: old._replace(highest=old.highest + 1))


def _remember(root: str, name: str) -> None:
    for number in range(20):
        access.remember(Store(root), f"{name} {number}")


def test_two_processes_lose_nothing_of_each_other(store: Store) -> None:
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=_count, args=(store.root, 20)) for _ in range(2)]
    workers += [fork.Process(target=_remember, args=(store.root, name)) for name in ("one", "other")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert state.read(store, "staging").highest == 40
    assert len(access._secrets(store)) == 40


def test_the_system_has_a_boot_clock() -> None:
    clock = SystemBootClock()
    first = clock.now()
    assert 0 < first <= clock.now()
    assert clock.boot() == SystemBootClock().boot() != ""


def test_a_late_word_about_an_earlier_lease_of_the_same_id_changes_nothing(store: Store) -> None:
    own = Own("ab" * 16, 7, 5000.0, "boot", state.place(store))
    state.note_own(store, "staging", own)
    earlier = Held("staging", "ab" * 16, 6, 9000.0)
    for tell in (state.prolong, state.doubt, state.disown):
        tell(store, earlier)
        assert state.read(store, "staging").own == own
    state.disown(store, earlier._replace(fence=7))
    assert state.read(store, "staging").own is None
