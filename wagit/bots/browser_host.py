"""Browsers that a supervisor runs for its bots: each outlives the bot that asked for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from wagit.bots.browser_host_cdp import Doors, Wish, arguments
from wagit.bots.browser_host_options import Request, is_within, parse
from wagit.bots.browser_host_place import HostedBrowser, Place
from wagit.bots.browser_host_process import memory_of
from wagit.bots.browser_host_socket import Listener, Stub
from wagit.browser.launch import plan
from wagit.core.errors import WagitError

__all__ = ["BrowserHost", "HostedBrowser"]


class BrowserHost:
    """Answers the stubs that bots start instead of Chromium. Only `close` and `stop` block their caller.

    `notice` prints one line; it is called from threads of the host's own.
    """

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self._guard = threading.Lock()
        self._allowed: frozenset[str] = frozenset()
        self._places: dict[str, Place] = {}
        self._listener = Listener(self._answer)
        self._doors = Doors(self._endpoint)

    @property
    def address(self) -> str:
        """The socket's path, for WAGIT_BROWSER; empty before `start`."""
        return self._listener.address

    def start(self) -> None:
        """Listen, on a socket in a private directory of its own. Raises OSError."""
        self._listener.start()

    def allow(self, data: str) -> None:
        """From now on host browsers whose profile is `data` or below it: its lock is ours."""
        with self._guard:
            self._allowed |= {os.path.realpath(data)}

    def forbid(self, data: str) -> None:
        """From now on bots start their own browsers there; those that run stay."""
        with self._guard:
            self._allowed -= {os.path.realpath(data)}

    def cdp_url(self, profile: str, environ: Mapping[str, str]) -> str:
        """An address for WAGIT_CDP_URL: who asks there gets the browser of `profile`, started by then.

        `environ` is the bot's; what it says of a browser holds (`wagit.browser.launch.plan`). Empty, with a
        notice, where nothing can listen.
        """
        try:
            return self._doors.url(Wish(os.path.realpath(profile), dict(environ)))
        except OSError as refused:
            self._notice(f"WAGIT_CDP_URL is not set: {refused}")
            return ""

    def running(self, data: str) -> list[HostedBrowser]:
        """The browsers that run on profiles at or below `data`."""
        found = [place.running() for place in self._within(data)]
        return [browser for browser in found if browser is not None]

    def serves(self, data: str) -> bool:
        """Whether a bot uses one of them now."""
        return any(place.serves() for place in self._within(data))

    def memory(self, data: str) -> int:
        """Bytes that these browsers take, with their helper processes; what they share counts once."""
        return sum(memory_of(browser.pid) for browser in self.running(data))

    def close(self, data: str) -> None:
        """Close these browsers safely and wait until they, and the stubs that stand for them, have ended.

        A browser that is just starting is waited for and closed. `forbid` first, or a bot that still runs may
        start another one. Raises BrowserStays.
        """
        with ExitStack() as every:  # also when one of them raises
            for place in self._within(data):
                every.callback(place.close)

    def stop(self) -> None:
        """Close every browser, remove the socket; from now on bots start their own. Raises BrowserStays."""
        with self._guard:
            self._allowed = frozenset()
        self._listener.stop()
        self._doors.stop()
        self.close(os.sep)

    def _within(self, data: str) -> list[Place]:
        directory = os.path.realpath(data)
        with self._guard:
            return [place for profile, place in self._places.items() if is_within(profile, directory)]

    def _answer(self, stub: Stub) -> None:
        asked = stub.request()
        if asked.get("op") == "close":
            for place in self._within(str(asked.get("profile"))):
                place.close_unused()
            stub.tell(ok=True)
            return
        request = parse(asked)
        if request is None:
            stub.tell(answer="own")
            return
        place = self._place(request.profile)
        browser = place.give(request, stub, lambda: self._is_allowed(request.profile))
        if browser is None:
            stub.tell(answer="own")
            return
        stub.tell(answer="endpoint", endpoint=browser.endpoint, pid=browser.pid)
        stub.follow()
        place.left(stub)

    def _endpoint(self, wish: Wish) -> str | None:
        try:
            launch = plan(wish.environ)
        except WagitError as failed:
            self._notice(f"no browser could be hosted: {failed}")
            return None
        given = arguments(launch, wish.profile)
        request = Request(launch.executable, given, wish.profile, os.path.dirname(wish.profile), wish.environ)
        browser = self._place(wish.profile).open(request, lambda: self._is_allowed(wish.profile))
        return browser and browser.endpoint

    def _place(self, profile: str) -> Place:
        with self._guard:
            return self._places.setdefault(profile, Place(profile, self._notice))

    def _is_allowed(self, profile: str) -> bool:
        with self._guard:
            return any(is_within(profile, data) for data in self._allowed)
