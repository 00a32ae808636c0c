"""Whatever order things happen in: never two bots, never the wrong one, and the last branch wins."""

from __future__ import annotations

import signal
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from wagit.bots import events as e
from wagit.bots.assignment import Assignment, Saved, Snapshots
from wagit.bots.policy import decide
from wagit.bots.pursue import State
from wagit.bots.watch import BranchChanged
from wagit.core.errors import WagitError
from wagit.core.locks import Locked

SNAPSHOTS = Snapshots(on_switch=True, on_stop=True, every=60.0)
SLOTS = [Assignment(name, name, f"/{name}", list, ("bot",), "/", {}, 1.0, name, SNAPSHOTS) for name in "abc"]
BAD = WagitError("bad config")
BUSY = Locked("busy")


class World:
    """A worktree, locks and bots that behave as the real ones, and check each decision."""

    def __init__(self) -> None:
        self.state = State(bot=SLOTS[0], wanted=SLOTS[0])
        self.branch: int = 0
        self.bad = False
        self.busy: set[str] = set()
        self.locks = {"a"}
        self.bot: str | None = "a"
        self.stopping = False
        self.settled = "a"
        self.errands: list[Callable[[], e.Event]] = []
        self.saves: list[e.Save] = []
        self.over = False

    def happen(self, event: e.Event) -> None:
        if self.over:
            return
        self.state, effects = decide(self.state, event)
        for effect in effects:
            assert not self.over, "nothing follows the end"
            self.do(effect)

    def do(self, effect: e.Effect) -> None:
        match effect:
            case e.Resolve():
                self.errands.append(lambda: e.Unresolved(BAD) if self.bad else e.Resolved(SLOTS[self.branch]))
            case e.Take(slot):
                self.errands.append(lambda: self.take(slot))
            case e.Settle(slot):
                self.errands.append(lambda: self.settle(slot))
            case e.Drop(slot):
                assert self.bot != slot.slot, "the lock outlasts the bot"
                self.locks.remove(slot.slot)
            case e.Start(slot):
                assert self.bot is None, "one bot"
                assert slot.slot in self.locks
                assert self.settled == slot.slot
                self.bot = slot.slot
            case e.Save(slot, why):
                if why == "timer":
                    assert self.bot == slot.slot
                else:
                    assert slot.slot not in self.locks, "the snapshot takes the slot by itself"
                self.saves.append(effect)
            case e.Stop():
                assert self.bot is not None
                assert not self.stopping
                self.stopping = True
            case e.Leave() | e.Fail():
                assert all(save.why == "timer" for save in self.saves), "the run waits for snapshots"
                assert self.bot is None, "no bot is left behind"
                self.over = True

    def take(self, slot: Assignment) -> e.Event:
        assert slot.slot not in self.locks, "a lock of our own would refuse us"
        if slot.slot in self.busy:
            return e.Refused(slot, BUSY)
        self.locks.add(slot.slot)
        return e.Taken(slot)

    def settle(self, slot: Assignment) -> e.Event:
        assert self.bot is None
        assert slot.slot in self.locks
        self.settled = slot.slot
        return e.Settled(slot)

    def errand(self) -> None:
        if self.errands:
            self.happen(self.errands.pop(0)())

    def stopped(self) -> None:
        if self.stopping:
            self.bot, self.stopping = None, False
            self.happen(e.Ended(0))

    def saved(self) -> None:
        if self.saves:
            self.happen(e.SaveDone(self.saves.pop(0), Saved("3f9a")))

    def switch(self, branch: int) -> None:
        self.branch = branch
        self.happen(e.Changed(BranchChanged(str(branch))))

    def mend(self) -> None:
        """Everything comes to rest with a good config and no other holders."""
        self.bad, self.busy = False, set()
        self.happen(e.Changed(BranchChanged("again")))
        for _ in range(20):
            self.errand()
            self.stopped()
            self.saved()
            if self.state.poll is not None:
                self.happen(e.Tick())


MOVES = st.one_of(
    st.tuples(st.just("switch"), st.integers(0, 2)),
    st.tuples(st.just("busy"), st.integers(1, 2)),
    st.tuples(
        st.sampled_from(["errand", "errand", "stopped", "saved", "due", "tick", "bad", "good", "free"]),
        st.just(0),
    ),
)


def play(world: World, moves: list[tuple[str, int]]) -> None:
    for move, number in moves:
        match move:
            case "switch":
                world.switch(number)
            case "busy":
                if SLOTS[number].slot not in world.locks:
                    world.busy.add(SLOTS[number].slot)
            case "errand":
                world.errand()
            case "stopped":
                world.stopped()
            case "saved":
                world.saved()
            case "due":
                world.happen(e.Due())
            case "tick":
                world.happen(e.Tick())
            case "bad" | "good":
                world.bad = move == "bad"
            case "free":
                world.busy.clear()


@given(st.lists(MOVES, max_size=40))
def test_the_last_branch_wins_with_one_bot_and_one_lock(moves: list[tuple[str, int]]) -> None:
    world = World()
    play(world, moves)
    world.mend()
    assert world.bot == SLOTS[world.branch].slot
    assert world.locks == {world.bot}


@given(st.lists(MOVES, max_size=40))
def test_a_signal_always_ends_the_run_with_every_lock_free(moves: list[tuple[str, int]]) -> None:
    world = World()
    play(world, moves)
    world.happen(e.Signalled(signal.SIGTERM))
    for _ in range(10):
        world.errand()
        world.stopped()
    while world.saves:
        world.saved()
    assert world.over
    assert world.locks == set()
