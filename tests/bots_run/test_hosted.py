"""Slots whose browser outlives their bot: who gets the lock, when, and what waits for it; no real browser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

import pytest

from tests.support.browser import eventually
from tests.support.histories import slot
from wagit.bots.browser_host import HostedBrowser
from wagit.bots.hosted import Hosted
from wagit.bots.warm import Limits
from wagit.browser.stop import BrowserStays

A, B, C = slot("a"), slot("b"), slot("c")
MIB = 1 << 20


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class Host:
    """Browsers that are words in a list; `may_close` holds their closing up."""

    address = "/run/browsers"

    def __init__(self) -> None:
        self.live: list[str] = []
        self.allowed: set[str] = set()
        self.size = 100 * MIB
        self.may_close = threading.Event()
        self.may_close.set()
        self.problem: Exception | None = None
        self.stopped = False

    def allow(self, data: str) -> None:
        self.allowed.add(data)

    def forbid(self, data: str) -> None:
        self.allowed.discard(data)

    def cdp_url(self, profile: str, environ: Mapping[str, str]) -> str:  # noqa: ARG002
        return f"http://{profile}"

    def running(self, data: str) -> list[HostedBrowser]:
        return [HostedBrowser(f"{one}/session", 1, "ws://", 0.0) for one in self.live if one == data]

    def memory(self, data: str) -> int:  # noqa: ARG002
        return self.size

    def close(self, data: str) -> None:
        assert self.may_close.wait(20)
        if self.problem is not None:
            raise self.problem
        self.live = [one for one in self.live if one != data]

    def stop(self) -> None:
        assert self.live == [], "they were closed one by one"
        self.stopped = True


class Lock:
    """Tells whether it was released, and that its browser had ended by then."""

    descriptor = 3

    def __init__(self, host: Host, data: str) -> None:
        self._host = host
        self._data = data
        self.free = threading.Event()

    def release(self) -> None:
        assert self._data not in self._host.live, "the lock outlasts the browser"
        assert not self.free.is_set(), "once is enough"
        self.free.set()


class Stage:
    """A Hosted with its host, its clock, and what it did."""

    def __init__(self) -> None:
        self.host = Host()
        self.clock = Clock()
        self.said: list[str] = []
        self.done: list[str] = []
        self.limits = Limits(warm=2, idle=600.0, memory=1 << 30)

    def hosted(self) -> Hosted:
        return Hosted(self.host, self.limits, self.said.append, self.clock)

    def left(self, hosted: Hosted, name: str, *, browser: bool = True) -> Lock:
        """Let the bot of a slot run, with a browser, and end."""
        one = slot(name)
        hosted.environ(one)
        if browser and one.data not in self.host.live:
            self.host.live.append(one.data)
        lock = Lock(self.host, one.data)
        hosted.leave(one, lock)
        self.clock.time += 1
        return lock

    def wait(self, hosted: Hosted, name: str) -> None:
        hosted.after(slot(name), self.note(f"{name} free"), self.note(f"{name} dropped"))

    def note(self, word: str) -> Callable[[], None]:
        return lambda: self.done.append(word)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_bot_is_led_here_and_its_slot_allowed_while_it_runs(stage: Stage) -> None:
    hosted = stage.hosted()
    assert hosted.environ(A) == {"WAGIT_BROWSER": "/run/browsers"}
    assert stage.host.allowed == {A.data}
    stage.left(hosted, "a")
    assert stage.host.allowed == set()
    connects = A._replace(driver="chromium", environ={"WAGIT_SESSION_PATH": "/a/profile"})
    assert hosted.environ(connects)["WAGIT_CDP_URL"] == "http:///a/profile"


def test_a_slot_that_was_left_is_taken_back_with_its_browser(stage: Stage) -> None:
    hosted = stage.hosted()
    lock = stage.left(hosted, "a")
    stage.wait(hosted, "a")
    assert stage.done == []
    assert hosted.take(A) is lock
    assert (stage.done, stage.host.live) == ([], [A.data])
    assert not lock.free.is_set()
    assert hosted.take(A) is None, "it is kept no more"
    hosted.environ(A)
    assert stage.done == ["a dropped"], "its bot starts"


def test_what_waits_for_a_slot_goes_on_waiting_when_no_bot_was_started(stage: Stage) -> None:
    hosted = stage.hosted()
    lock = stage.left(hosted, "a")
    stage.wait(hosted, "a")
    assert hosted.take(A) is lock
    hosted.leave(A, lock)
    assert stage.done == []
    hosted.close()
    assert stage.done == ["a free"]


def test_what_waits_for_a_slot_that_could_not_be_had_is_done_at_the_end(stage: Stage) -> None:
    hosted = stage.hosted()
    stage.left(hosted, "a")
    stage.wait(hosted, "a")
    stage.host.live.clear()
    assert hosted.take(A) is None
    hosted.close()
    assert stage.done == ["a free"]


def test_what_is_not_kept_is_free(stage: Stage) -> None:
    hosted = stage.hosted()
    stage.wait(hosted, "a")
    assert stage.done == ["a free"]
    assert hosted.take(A) is None
    assert hosted.release("a") is False


@pytest.mark.parametrize("warm", [0, 2])
def test_without_a_browser_or_a_wish_to_keep_it_the_slot_is_let_go(stage: Stage, warm: int) -> None:
    stage.limits = stage.limits._replace(warm=warm)
    hosted = stage.hosted()
    lock = stage.left(hosted, "a", browser=warm == 0)
    assert lock.free.wait(20)
    assert stage.host.live == []


def test_the_third_one_makes_the_first_one_go(stage: Stage) -> None:
    hosted = stage.hosted()
    first, second, third = (stage.left(hosted, name) for name in "abc")
    assert first.free.wait(20)
    hosted.look()
    assert not second.free.is_set()
    assert not third.free.is_set()


def test_one_that_is_alone_too_long_goes_and_then_what_waited_is_done(stage: Stage) -> None:
    hosted = stage.hosted()
    lock = stage.left(hosted, "a")
    stage.wait(hosted, "a")
    stage.clock.time = 599.0
    assert hosted.look() == 1.0
    stage.clock.time = 600.0
    assert hosted.look() is None
    assert lock.free.wait(20)
    eventually(lambda: stage.done == ["a free"])


def test_what_grows_too_large_goes(stage: Stage) -> None:
    hosted = stage.hosted()
    old, new = stage.left(hosted, "a"), stage.left(hosted, "b")
    stage.host.size = 600 * MIB
    hosted.look()
    assert old.free.wait(20)
    assert not new.free.is_set()


def test_the_slot_of_a_browser_that_died_is_let_go(stage: Stage) -> None:
    hosted = stage.hosted()
    lock = stage.left(hosted, "a")
    stage.host.live.clear()
    hosted.look()
    assert lock.free.wait(20)


def test_a_slot_whose_browser_died_is_taken_as_any_other(stage: Stage) -> None:
    hosted = stage.hosted()
    lock = stage.left(hosted, "a")
    stage.host.live.clear()
    assert hosted.take(A) is None, "its data is to be checked"
    assert lock.free.is_set()


def test_one_that_is_being_closed_is_waited_for_and_taken_as_any_other(stage: Stage) -> None:
    stage.limits = stage.limits._replace(warm=0)
    stage.host.may_close.clear()
    hosted = stage.hosted()
    lock = stage.left(hosted, "a")
    stage.wait(hosted, "a")
    taken: list[object] = []
    taking = threading.Thread(target=lambda: taken.append(hosted.take(A)))
    taking.start()
    assert taken == []
    stage.host.may_close.set()
    taking.join(20)
    assert taken == [None]
    assert lock.free.is_set()
    hosted.environ(A)
    assert stage.done == ["a dropped"]


def test_who_asks_for_a_slot_gets_it_once_its_browser_is_closed(stage: Stage) -> None:
    hosted = stage.hosted()
    lock, other = stage.left(hosted, "a"), stage.left(hosted, "b")
    stage.wait(hosted, "a")
    assert hosted.release("a") is True
    assert lock.free.is_set()
    assert (stage.done, other.free.is_set()) == (["a free"], False)
    hosted.take(B)
    assert hosted.release("b") is False, "a bot is about to run there"


def test_the_end_closes_all_frees_all_and_keeps_nothing_more(stage: Stage) -> None:
    hosted = stage.hosted()
    locks = [stage.left(hosted, name) for name in "ab"]
    stage.wait(hosted, "a")
    hosted.close()
    assert all(lock.free.is_set() for lock in locks)
    assert (stage.done, stage.host.stopped) == (["a free"], True)
    assert hosted.environ(C) == {}
    late = stage.left(hosted, "c")
    hosted.close()
    assert late.free.is_set()


def test_a_browser_that_stays_keeps_its_slot_and_that_is_told(stage: Stage) -> None:
    hosted = stage.hosted()
    lock = stage.left(hosted, "a")
    stage.wait(hosted, "a")
    stage.host.problem = BrowserStays("the browser with pid 7 does not end")
    assert hosted.release("a") is False
    assert not lock.free.is_set()
    assert stage.done == ["a dropped"], "there is no snapshot beside it"
    assert stage.said == ["a: the browser with pid 7 does not end; the slot stays in use"]


def test_browsers_that_a_bot_started_itself_are_told_apart(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("wagit.browser.profile.browser_of", asked.append)
    both = A._replace(profiles=lambda: [f"{A.data}/session", f"{A.data}/session-two"])
    stage.host.live.append(A.data)
    assert stage.hosted().browsers(both).live() is False
    assert asked == [f"{A.data}/session-two"]
