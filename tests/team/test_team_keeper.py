"""A lease is kept while its bot runs; when it is lost, that is said once and in time."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.support.boot_clock import FakeBootClock
from wagit.team.head import Request
from wagit.team.keeper import Keeper, in_a_thread
from wagit.team.leases import Held, LeaseLost, Look
from wagit.team.remote import RemoteUnreachable

TERM, GRACE = 300.0, 10.0
CARL = Request("carl", "desk", 1.0)


class FakeLeases:
    """Renews, or fails as it is told; counts the tries."""

    def __init__(self, clock: FakeBootClock) -> None:
        self.clock = clock
        self.tries: list[float] = []
        self.fault: Exception | None = None
        self.request_by: Request | None = None

    def look(self, slot: str) -> Look:
        raise NotImplementedError(slot)

    def take(self, slot: str) -> Held:
        return Held(slot, "1f" * 16, 1, self.clock.now() + TERM, self.request_by)

    def renew(self, held: Held) -> Held:
        self.tries.append(self.clock.now())
        if self.fault is not None:
            raise self.fault
        return held._replace(until=self.clock.now() + TERM, request=self.request_by)

    def release(self, held: Held) -> None:
        raise NotImplementedError(held)

    def request(self, slot: str) -> Look:
        raise NotImplementedError(slot)


class Bench:
    """A keeper that is moved by hand: renewals are done at once, or when `finish` is called."""

    def __init__(self, *, hanging: bool = False, request: Request | None = None) -> None:
        self.clock = FakeBootClock(0.0)
        self.leases = FakeLeases(self.clock)
        self.leases.request_by = request
        self.lost: list[str] = []
        self.asked: list[Request] = []
        self.under_way: list[Callable[[], None]] = []
        self.keeper = Keeper(
            self.leases, self.leases.take("staging"), self.lost.append, self.asked.append,
            term=TERM, grace=GRACE, clock=self.clock,
            begin=self.under_way.append if hanging else lambda run: run(),
        )  # fmt: skip

    def run(self, seconds: float) -> None:
        """Let time pass, with a tick whenever the keeper wants one."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            wait = self.keeper.tick()
            self.clock.pass_time(min(max(wait, 0.05), end - self.clock.now()))
        self.keeper.tick()

    def finish(self) -> None:
        self.under_way.pop(0)()


def test_it_renews_at_a_third_of_the_term() -> None:
    bench = Bench()
    bench.run(1000)
    assert bench.leases.tries == pytest.approx([100 * n for n in range(1, 11)], abs=3)
    assert bench.lost == []
    assert bench.keeper.is_sure()


def test_after_a_failure_it_tries_again_soon_and_goes_on() -> None:
    bench = Bench()
    bench.leases.fault = RemoteUnreachable("nobody answers")
    bench.run(155)
    assert bench.leases.tries == pytest.approx([100, 110, 120, 130, 140, 150], abs=2)
    bench.leases.fault = None
    bench.run(500)
    assert bench.lost == []
    assert bench.keeper.held.until > bench.clock.now() + 190


def test_a_lease_that_cannot_be_renewed_is_lost_in_time_to_stop_its_bot() -> None:
    bench = Bench()
    bench.leases.fault = RemoteUnreachable("nobody answers at origin")
    bench.run(284.8)
    assert bench.lost == []
    bench.run(0.3)
    assert bench.lost == ["the lease of slot 'staging' has run out: nobody answers at origin"]
    tries = len(bench.leases.tries)
    bench.leases.fault = None
    bench.run(600)
    assert len(bench.lost) == 1
    assert len(bench.leases.tries) == tries
    assert not bench.keeper.is_sure()


def test_a_short_term_leaves_half_of_it_for_the_stop() -> None:
    clock = FakeBootClock(0.0)
    lost: list[str] = []
    keeper = Keeper(
        FakeLeases(clock), Held("a", "b", 1, 8.0), lost.append, lambda _: None,
        term=8.0, grace=60.0, clock=clock, begin=lambda run: None,  # noqa: ARG005
    )  # fmt: skip
    clock.pass_time(3.9)
    keeper.tick()
    assert not lost
    clock.pass_time(0.1)
    keeper.tick()
    assert len(lost) == 1


def test_who_lost_it_to_somebody_is_told_at_once_and_once() -> None:
    bench = Bench()
    bench.leases.fault = LeaseLost("the lease of slot 'staging' is lost: carl on desk has it now")
    bench.run(101)
    assert bench.lost == ["the lease of slot 'staging' is lost: carl on desk has it now"]
    bench.run(600)
    assert len(bench.lost) == 1
    assert len(bench.leases.tries) == 1


def test_after_a_sleep_beyond_its_end_it_is_lost_before_anybody_is_asked() -> None:
    bench = Bench()
    bench.run(50)
    bench.clock.pass_time(3600)
    bench.keeper.tick()
    assert len(bench.lost) == 1
    assert "sleep" in bench.lost[0]
    assert bench.leases.tries == []


def test_after_a_short_sleep_it_is_renewed_at_once() -> None:
    bench = Bench()
    bench.run(50)
    bench.clock.pass_time(200)
    bench.keeper.tick()
    assert bench.leases.tries == [250]
    assert bench.lost == []


def test_a_renewal_that_hangs_hides_no_end_and_is_tried_anew() -> None:
    bench = Bench(hanging=True)
    bench.run(201)
    assert len(bench.under_way) == 2  # the second, as the first never came back
    bench.run(80)
    assert bench.lost == []
    bench.run(10)
    assert len(bench.lost) == 1
    bench.finish()  # too late: it stays lost
    bench.keeper.tick()
    assert not bench.keeper.is_sure()


def test_a_slow_renewal_counts_from_its_start() -> None:
    bench = Bench(hanging=True)
    bench.run(101)
    bench.finish()
    bench.run(1)
    assert bench.lost == []
    assert bench.keeper.held.until == pytest.approx(401, abs=1)


def test_each_request_is_told_once() -> None:
    bench = Bench(request=CARL)
    bench.run(10)
    assert bench.asked == [CARL]  # it was there when the lease was taken again
    bench.run(300)
    assert bench.asked == [CARL]
    bench.leases.request_by = again = CARL._replace(time=2.0)
    bench.run(300)
    assert bench.asked == [CARL, again]


@pytest.mark.parametrize("fault", [ValueError("nonsense"), OSError(28, "No space left on device", "/x")])
def test_a_fault_in_a_renewal_does_not_end_the_watch(fault: Exception) -> None:
    bench = Bench()
    bench.leases.fault = fault
    bench.run(400)
    assert len(bench.lost) == 1
    assert ("nonsense" in bench.lost[0]) or ("No space" in bench.lost[0])


def test_stop_is_prompt_and_silences_it() -> None:
    clock = FakeBootClock(0.0)
    leases = FakeLeases(clock)
    lost: list[str] = []
    keeper = Keeper(
        leases, leases.take("a"), lost.append, lambda _: None, term=TERM, grace=GRACE, clock=clock
    )
    before = set(threading.enumerate())
    keeper.start()
    keeper.stop()
    clock.pass_time(1000)
    keeper.tick()
    assert lost == []
    assert "wagit-lease" not in {thread.name for thread in set(threading.enumerate()) - before}


def test_who_is_told_of_the_loss_may_stop_it() -> None:
    clock = FakeBootClock(0.0)
    leases = FakeLeases(clock)
    told = threading.Event()

    def lost(_: str) -> None:
        keeper.stop()
        told.set()

    keeper = Keeper(leases, leases.take("a"), lost, lambda _: None, term=TERM, grace=GRACE, clock=clock)
    clock.pass_time(TERM)
    keeper.start()
    assert told.wait(60)
    keeper.stop()


def test_renewals_run_in_a_thread_that_holds_up_nothing() -> None:
    here, seen = threading.current_thread(), threading.Event()
    threads: list[threading.Thread] = []

    def note() -> None:
        threads.append(threading.current_thread())
        seen.set()

    in_a_thread(note)
    assert seen.wait(60)
    assert threads[0] is not here
    assert threads[0].daemon
