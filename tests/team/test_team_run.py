"""What a run does on a shared slot: the lease, the newest session, the push, and what keeps it from them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.histories import History, slot
from tests.support.memory_remote import MemoryRemote
from tests.support.sessions import creds
from tests.support.sharing import SHARED, SLOT, Sharer, members
from wagit.bots.assignment import Assignment, Saved, Snapshots
from wagit.bots.events import Asked, Drop, Ended, Event, Fail, Lost, Save, SaveDone, Stop, Taken
from wagit.bots.notices import Kind, Memory, on_standing
from wagit.bots.pursue import State
from wagit.bots.standing import Standing, standing
from wagit.operations.team_run import Sharing
from wagit.operations.team_tenure import _Heard
from wagit.slots import holding
from wagit.team import seen, state
from wagit.team.head import Lease
from wagit.team.keeper import Keeper
from wagit.team.leases import LeaseHeld, LeaseLost
from wagit.team.remote import Mark, RemoteRefused, RemoteUnreachable

A = slot("a")._replace(snapshots=Snapshots(on_stop=True))
LOST = LeaseLost("bob has it now", "see who has it: wagit team ls")


# What a supervisor decides.


def test_a_bot_whose_lease_is_lost_is_stopped_and_ends_the_run_with_the_reason() -> None:
    happen = History(State(bot=A, wanted=A))
    assert happen(Lost("a", LOST)) == [Stop()]
    assert happen.said == ["a: bob has it now; stopping the bot"]
    save = Save(A, "stop")
    assert happen(Ended(0)) == [Drop(A), save]
    assert happen(SaveDone(save, Saved())) == [Fail(LOST)]
    known = standing(happen.state, 0.0)
    assert known is not None
    assert (known.state, known.reason) == ("failed", "bob has it now")
    assert known.next_step == "see who has it: wagit team ls"


def test_a_lease_that_is_lost_before_the_bot_starts_ends_the_run_too() -> None:
    happen = History(State(wanted=A, working=A))
    assert happen(Lost("a", LOST)) == []
    assert happen(Taken(A)) == [Drop(A), Fail(LOST)]


def test_the_lease_of_a_slot_that_was_left_is_no_reason_to_stop() -> None:
    happen = History(State(bot=A, wanted=A))
    assert happen(Lost("b", LOST)) == []
    assert happen.said == []


def test_who_asks_is_told_once_and_stands_with_the_bot_until_it_has_stopped() -> None:
    happen = History(State(bot=A, wanted=A))
    assert happen(Asked("a", "ada on pc"), Asked("a", "ada on pc")) == []
    assert happen.said == ["ada on pc asks for a: stop the bot, and it is theirs"]
    known = standing(happen.state, 0.0)
    assert known is not None
    assert (known.asked, known.reason, known.next_step[:12]) == (
        "ada on pc",
        "ada on pc asks for a",
        "stop the bot",
    )
    happen(Asked("a", ""))
    known = standing(happen.state, 0.0)
    assert known is not None
    assert (known.asked, known.reason) == ("", "")


def test_a_request_is_one_notice_until_it_is_over() -> None:
    ready = Standing("a", "a", "ready", 0.0)
    asked = ready._replace(asked="ada on pc")
    wanted: tuple[Kind, ...] = ("asked",)
    memory, kinds = Memory(), []
    for known in (ready, asked, asked._replace(since=1.0), ready, asked):
        memory, news = on_standing(memory, known, wanted, 0.0)
        kinds += [one.kind for one in news]
    assert kinds == ["asked", "asked"]


# What a run does about the lease, with a remote in memory.


class Run:
    """One run of a member, and what it said."""

    def __init__(self, who: Sharer, remote: MemoryRemote) -> None:
        self.who, self.remote = who, remote
        self.said: list[str] = []
        self.told: list[Event] = []
        self.pulls = 0
        self.sharing = Sharing(self.said.append, who.ways(remote, self._pull))
        self.sharing.follow(self.told.append)
        self.sharing.at(SLOT)

    def _pull(self, *_: object) -> tuple[str, ...]:
        self.pulls += 1
        return (str(self.who.pull(self.remote).number),)

    def enter(self) -> tuple[str, ...]:
        """What comes before a start; lines of the pull."""
        pull = self.sharing.enter(self.who.context, SLOT)
        return pull() if pull is not None else ()

    def runs(self, keys: str) -> None:
        """A bot that was started, wrote its session, and was stopped."""
        self.sharing.start(SLOT)
        self.who.runs({"creds.json": creds(7), "keys.json": f'"{keys}"'})

    def stops(self, why: str = "stop") -> None:
        """The snapshot after the stop, and what follows it."""
        self.who.snapshot()
        self.sharing.saving(assignment(), why, Done()).wait()


class Done:
    """A snapshot that was taken."""

    def wait(self) -> Saved:
        return Saved("taken")

    def cancel(self) -> None:
        """Too late."""


def assignment() -> Assignment:
    return slot(SLOT)


@pytest.fixture
def ada(tmp_path: Path) -> Sharer:
    [ada] = members(tmp_path, "ada", config=SHARED)
    ada.write({"creds.json": creds(7)})
    return ada


def lease_of(who: Sharer, remote: MemoryRemote) -> Lease | None:
    return who.head(remote).head.lease


def test_a_run_takes_the_lease_pushes_after_the_stop_and_gives_it_back(
    tmp_path: Path, remote: MemoryRemote
) -> None:
    ada, bob = members(tmp_path, "ada", "bob", config=SHARED)
    ada.write({"creds.json": creds(7)})
    mine, theirs = Run(ada, remote), Run(bob, remote)
    mine.enter()
    mine.runs("of ada")
    assert ada.state.unpushed
    refusals = []
    for _ in range(2):
        with pytest.raises(LeaseHeld, match="held by ada") as refused:
            theirs.enter()
        refusals.append(refused.value.message)
        bob.boot.pass_time(7.0)
    assert LeaseHeld.exit_status == 13
    assert len(set(refusals)) == 1, "the same refusal has the same words, so that it is said once"
    told = seen.read(bob.store, bob.team, SLOT).lease
    assert told is not None
    assert told.by == "ada", "as wagit status tells, asking nobody"
    mine.stops()
    assert (lease_of(ada, remote), ada.state.unpushed) == (None, False)
    assert mine.said == [f"slot {SLOT} is pushed to memory (push 1)"]
    assert theirs.enter() == ("1",)
    assert bob.files["keys.json"] == '"of ada"'
    theirs.sharing.close()
    assert lease_of(bob, remote) is None, "no bot was started on it"


def test_a_push_that_fails_keeps_the_lease_and_the_next_run_goes_on_without_the_network(
    ada: Sharer, remote: MemoryRemote
) -> None:
    run = Run(ada, remote)
    run.enter()
    run.runs("not pushed")
    remote.cut = ["put"]
    run.stops()
    run.sharing.close()
    assert (ada.state.unpushed, lease_of(ada, remote) is not None) == (True, True)
    [said] = run.said
    assert "is not pushed: memory: the connection broke; its lease stays here for 5 min" in said
    assert said.endswith(f"then: wagit team push {SLOT}")

    again = Run(ada, remote)
    remote.cut = ["head"]
    assert again.enter() == ()
    assert again.pulls == 0
    eventually(lambda: again.said)
    assert "cannot be renewed for now" in again.said[0]
    again.runs("pushed by the next run")
    again.stops()
    assert (ada.state.unpushed, lease_of(ada, remote)) == (False, None)


def test_what_was_not_pushed_is_by_a_run_whose_bot_never_started(ada: Sharer, remote: MemoryRemote) -> None:
    run = Run(ada, remote)
    run.enter()
    run.runs("not pushed")
    remote.cut = ["put"]
    run.stops()
    run.sharing.close()
    again = Run(ada, remote)
    again.enter()
    again.sharing.leave(SLOT)
    again.sharing.close()
    assert (ada.state.unpushed, lease_of(ada, remote)) == (False, None)


def test_killed_before_it_pulled_a_run_pulls_after_all(ada: Sharer, remote: MemoryRemote) -> None:
    Run(ada, remote).sharing.enter(ada.context, SLOT)
    again = Run(ada, remote)
    again.enter()
    assert again.pulls == 1
    third = Run(ada, remote)
    third.enter()
    assert third.pulls == 0
    third.sharing.close()


def test_without_network_and_lease_nothing_starts(ada: Sharer, remote: MemoryRemote) -> None:
    remote.cut = ["head"]
    with pytest.raises(RemoteUnreachable, match=f"slot {SLOT} is shared, and its lease cannot be had"):
        Run(ada, remote).enter()


class Withdrawn(MemoryRemote):
    """Says no from some time on, as when rights were withdrawn or a repository moved away."""

    refusals = 0
    refuses = False

    def head(self, space: str) -> Mark | None:
        if self.refuses:
            self.refusals += 1
            raise RemoteRefused("memory: you may not read this")
        return super().head(space)


def test_a_remote_that_says_no_to_renewals_is_told_once_before_the_lease_runs_out(ada: Sharer) -> None:
    remote = Withdrawn()
    run = Run(ada, remote)
    run.enter()
    run.runs("not pushed")
    remote.refuses = True
    ada.boot.pass_time(101.0)
    eventually(lambda: remote.refusals == 1)
    eventually(lambda: run.said)

    def tried_again() -> bool:
        ada.boot.pass_time(0.2)
        return remote.refusals > 1

    eventually(tried_again)
    assert run.said == [
        f"{SLOT}: its lease cannot be renewed for now: memory: you may not read this; what runs goes on"
    ]
    ada.boot.pass_time(200.0)
    eventually(lambda: [event for event in run.told if isinstance(event, Lost)])


def test_trouble_is_told_again_after_a_renewal_that_succeeded(ada: Sharer, remote: MemoryRemote) -> None:
    told: list[str] = []
    leases = ada.leases(remote)
    held, heard = leases.take(SLOT), _Heard(leases, told.append)
    for times in (1, 2):
        for _ in range(2):
            remote.cut = ["head"]
            with pytest.raises(RemoteUnreachable):
                heard.renew(held)
        heard.renew(held)
        assert len(told) == times


def test_who_does_not_wait_for_the_push_keeps_the_lease(ada: Sharer, remote: MemoryRemote) -> None:
    run = Run(ada, remote)
    run.enter()
    run.runs("not pushed")
    ada.snapshot()
    begun, go_on = threading.Event(), threading.Event()

    def held_up() -> None:
        begun.set()
        assert go_on.wait(30)

    remote.before_advance = held_up
    saving = run.sharing.saving(assignment(), "stop", Done())
    waiting = threading.Thread(target=saving.wait)
    waiting.start()
    assert begun.wait(30)
    saving.cancel()
    waiting.join(30)
    assert not waiting.is_alive()
    assert "is not pushed; its lease stays here" in run.said[0]
    go_on.set()
    run.sharing.close()
    assert lease_of(ada, remote) is not None


def test_a_restart_keeps_the_lease_and_the_end_of_the_run_gives_it_back(
    ada: Sharer, remote: MemoryRemote
) -> None:
    run = Run(ada, remote)
    run.enter()
    run.runs("one")
    run.stops("end")
    first = lease_of(ada, remote)
    assert first is not None
    run.enter()
    run.runs("two")
    run.stops("end")
    second = lease_of(ada, remote)
    assert second is not None
    assert (first.id, ada.head(remote).head.fence) == (second.id, 1)
    run.sharing.close()
    assert lease_of(ada, remote) is None
    assert ada.head(remote).head.pushed is not None


def test_a_slot_that_is_let_go_before_its_bot_started_is_given_back(
    ada: Sharer, remote: MemoryRemote
) -> None:
    run = Run(ada, remote)
    run.enter()
    run.sharing.leave(SLOT)
    eventually(lambda: lease_of(ada, remote) is None)


def test_another_slot_of_the_same_run_gives_the_lease_back(ada: Sharer, remote: MemoryRemote) -> None:
    run = Run(ada, remote)
    run.enter()
    run.runs("one")
    run.sharing.at("dev")
    run.stops("switch")
    assert lease_of(ada, remote) is None


def test_a_lease_that_another_run_of_this_store_goes_on_with_is_left_to_it(
    ada: Sharer, remote: MemoryRemote
) -> None:
    run = Run(ada, remote)
    run.enter()
    run.runs("one")
    ada.snapshot()
    with holding.hold(ada.store, SLOT, str(ada.path), 0.0):
        run.sharing.saving(assignment(), "stop", Done()).wait()
        run.sharing.close()
    assert lease_of(ada, remote) is not None


def test_a_lease_that_was_taken_is_told_and_nothing_is_pushed(ada: Sharer, remote: MemoryRemote) -> None:
    run = Run(ada, remote)
    run.enter()
    run.runs("too late")
    ada.boot.pass_time(300.0)
    eventually(lambda: [event for event in run.told if isinstance(event, Lost)])
    run.stops()
    assert ada.head(remote).head.pushed is None
    assert ada.state.unpushed
    assert "is not pushed, as its lease is lost" in run.said[-1]


def test_a_lease_with_too_little_time_left_to_stop_a_bot_is_renewed_before_one_starts(
    ada: Sharer, remote: MemoryRemote
) -> None:
    run = Run(ada, remote)
    run.enter()
    run.runs("not pushed")
    remote.cut = ["put"]
    run.stops()
    run.sharing.close()
    ada.boot.pass_time(290.0)
    remote.cut = ["head"]
    with pytest.raises(RemoteUnreachable):
        Run(ada, remote).enter()
    again = Run(ada, remote)
    again.enter()
    held = state.held(ada.store, SLOT, ada.boot)
    assert held is not None
    assert held.until == ada.boot.now() + 300.0
    again.sharing.close()


def test_no_bot_starts_where_too_little_time_is_left_after_the_pull(
    ada: Sharer, remote: MemoryRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keeper, "start", lambda _: None)  # nobody has looked yet, as after a sleep
    run = Run(ada, remote)
    run.enter()
    ada.boot.pass_time(290.0)
    with pytest.raises(LeaseLost, match="not enough time left to start a bot"):
        run.sharing.start(SLOT)
    assert not ada.state.unpushed
    run.sharing.close()


def test_a_slot_that_is_not_shared_asks_nobody(ada: Sharer, remote: MemoryRemote) -> None:
    run = Run(ada, remote)
    assert run.sharing.enter(ada.context, "dev") is None
    assert run.sharing.saving(slot("dev"), "stop", Done()).wait() == Saved("taken")
    assert remote.heads == {}
    assert state.read(ada.store, "dev") == state.State()
