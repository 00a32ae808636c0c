"""`wagit run --all` with shared slots: each has a lease of its own, and what becomes of one is no other's."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.memory_remote import MemoryRemote
from tests.support.processes import python
from tests.support.sessions import creds
from tests.support.setup import CONFIG
from tests.support.sharing import Sharer, members
from tests.support.team_keys import SECRET
from wagit.bots import policy
from wagit.bots.board import Board
from wagit.bots.events import Signalled
from wagit.bots.fleet import Fleet
from wagit.bots.outputs import Outputs
from wagit.bots.outside import Outside
from wagit.operations import fleet as operation
from wagit.operations import team_ways
from wagit.operations.job import Wish
from wagit.team import state
from wagit.team.access import Found, read_head, remember, write_head
from wagit.team.head import Lease

SLOTS = ("production", "staging", "dev")  # the last one is not shared
TEAM_CONFIG = CONFIG.replace("slot: production", "slot: production\n    team: true").replace(
    "slot: staging", "slot: staging\n    team: true"
)
BOT = "import signal; print('at work', flush=True); signal.pause()"


class Floor:
    """A member's fleet of small bots, and what it said."""

    def __init__(self, who: Sharer, remote: MemoryRemote, outputs: Outputs) -> None:
        self.who, self.remote = who, remote
        self.said: list[str] = []
        self.statuses: list[int] = []
        self.board = Board()
        wish = Wish(tuple(python(BOT)), str(who.path), {})
        made = operation._Members(who.context, wish, self.said.append, self.board, outputs)
        self.fleet = Fleet(made.of(SLOTS), 3, Outside(self.said.append, tell=self.board.put))
        self._thread = threading.Thread(target=lambda: self.statuses.append(self.fleet.run()))
        self._thread.start()

    def runs(self, *slots: str) -> bool:
        found = {one.slot for one in self.board.all() if one.pid is not None}
        return found == set(slots)

    def is_refused(self, slot: str, why: str) -> bool:
        return any(
            one.slot == slot and one.state == "failed" and why in one.reason for one in self.board.all()
        )

    def stop(self) -> int:
        self.fleet.ask(Signalled(signal.SIGINT))
        self._thread.join(60)
        [status] = self.statuses
        return status

    def close(self) -> None:
        if self._thread.is_alive():
            self.fleet.ask(Signalled(signal.SIGTERM))
            self._thread.join(60)

    def head(self, slot: str) -> Found:
        found = read_head(self.who.access(self.remote), slot)
        assert found is not None
        return found

    def lease(self, slot: str) -> Lease | None:
        return self.head(slot).head.lease

    def number(self, slot: str) -> int:
        """Of the newest push, 0 for none."""
        pushed = self.head(slot).head.pushed
        return pushed.number if pushed is not None else 0


@pytest.fixture
def pair(tmp_path: Path, remote: MemoryRemote, monkeypatch: pytest.MonkeyPatch) -> tuple[Sharer, Sharer]:
    """Ada, whose three slots are linked, and bob; all that runs here is ada's."""
    ada, bob = members(tmp_path, "ada", "bob", config=TEAM_CONFIG)
    for device, slot in enumerate(SLOTS, start=1):
        ada.write({"creds.json": creds(device)}, slot=slot)
    monkeypatch.setattr(team_ways, "WAYS", ada.ways(remote))
    monkeypatch.setattr(policy, "POLL", 0.1)
    return ada, bob


@contextlib.contextmanager
def running(who: Sharer, remote: MemoryRemote) -> Iterator[Floor]:
    with Outputs(lambda *_: None) as outputs:
        floor = Floor(who, remote, outputs)
        try:
            yield floor
        finally:
            floor.close()


def test_a_lost_lease_ends_that_slot_alone_and_the_others_are_pushed_and_given_back(
    pair: tuple[Sharer, Sharer], remote: MemoryRemote
) -> None:
    ada, _ = pair
    with running(ada, remote) as floor:
        eventually(lambda: floor.runs(*SLOTS))
        leases = [floor.lease(slot) for slot in ("production", "staging")]
        assert len({lease.id for lease in leases if lease}) == 2, "each has its own"
        assert set(remote.heads) == {ada.team.space("production"), ada.team.space("staging")}
        found = floor.head("staging")
        thief = Lease("0" * 32, "bob", "bob-pc", 300.0, 0.0)
        write_head(ada.access(remote), found.head._replace(fence=9, lease=thief), found.version)
        ada.boot.pass_time(ada.team.term / 3 + 1)
        eventually(lambda: floor.runs("production", "dev"))
        eventually(lambda: any("bob on bob-pc has it now; stopping the bot" in line for line in floor.said))
        assert floor.stop() == 13
        assert (floor.lease("production"), floor.number("production")) == (None, 1)
        assert (floor.lease("staging"), floor.number("staging")) == (thief, 0)
        assert [state.read(ada.store, slot).unpushed for slot in SLOTS] == [False, True, False]


def test_one_that_another_machine_holds_is_told_once_and_started_when_it_is_free(
    pair: tuple[Sharer, Sharer], remote: MemoryRemote
) -> None:
    ada, bob = pair
    remember(bob.store, SECRET)
    held = bob.leases(remote).take("staging")
    with running(ada, remote) as floor:
        eventually(lambda: floor.runs("production", "dev"))
        eventually(lambda: any("held by bob on bob-pc" in line for line in floor.said))
        eventually(lambda: floor.is_refused("staging", "held by bob"))  # as where a program here has it
        bob.leases(remote).release(held)
        eventually(lambda: floor.runs(*SLOTS))
        assert sum("held by bob on bob-pc" in line for line in floor.said) == 1
        assert floor.stop() == 0
        assert [floor.lease(slot) for slot in ("production", "staging")] == [None, None]
        assert [floor.number(slot) for slot in ("production", "staging")] == [1, 1]
