"""A small DevTools client: find a profile's endpoint, ask it, never hang.

The protocol: https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from wagit.browser.profile import BrowserProcess, browser_of
from wagit.core.errors import WagitError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

TIMEOUT = 5.0  # seconds for one answer
_GOODBYE = 0.5  # seconds for the closing handshake
_LARGEST = 64 << 20  # bytes of one message
WHATSAPP = "https://web.whatsapp.com/"


class DevToolsFailed(WagitError):
    """The browser's DevTools did not answer, or answered with an error."""

    code = "devtools-failed"


class Target(NamedTuple):
    """Something DevTools can attach to: a page, a worker."""

    id: str
    type: str
    url: str


def endpoint(profile: str) -> str | None:
    """The DevTools address of the browser that has `profile` open; None when there is none to trust.

    Chromium writes `DevToolsActivePort` and never removes it, so the port may be anyone's by now: it
    counts only while the profile's own browser process listens on it. Nothing is sent to find out.
    """
    browser = browser_of(profile)
    return endpoint_of(browser) if browser is not None else None


def endpoint_of(browser: BrowserProcess) -> str | None:
    """As `endpoint`, for a browser that is known."""
    try:
        with open(os.path.join(browser.profile, "DevToolsActivePort"), encoding="ascii") as file:
            port, path = file.read(4096).split("\n")[:2]
    except (OSError, ValueError):
        return None
    if not port.isdigit() or not path.startswith("/") or int(port) not in _listening(browser.pid):
        return None
    return f"ws://127.0.0.1:{port}{path}"


def _listening(pid: int) -> set[int]:
    import psutil

    try:
        sockets = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.Error:
        return set()
    return {socket.laddr.port for socket in sockets if socket.status == psutil.CONN_LISTEN}


class DevTools:
    """One connection to a browser; use it as a context manager. `timeout`: seconds for one answer.

    Every call ends within its time-out and raises DevToolsFailed when there is no good answer. Events that
    come meanwhile are dropped, unless it `listens`: then `next_event` has them.
    """

    def __init__(self, address: str, timeout: float = TIMEOUT, *, listens: bool = False) -> None:
        self.timeout = timeout
        self._events: deque[dict[str, Any]] | None = deque() if listens else None
        self._last = 0
        self._sessions: dict[str, str] = {}
        self._open = ExitStack()
        self._socket = self._connect(address)

    def _connect(self, address: str) -> ClientConnection:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        try:  # a proxy from the environment must not see what is said on loopback
            opened = connect(
                address, open_timeout=self.timeout, close_timeout=_GOODBYE, max_size=_LARGEST, proxy=None,
                ping_interval=None,
            )  # fmt: skip
            return self._open.enter_context(opened)
        except (OSError, WebSocketException) as failed:
            raise DevToolsFailed(f"the browser's DevTools do not answer: {failed or 'time-out'}") from failed

    def call(self, method: str, params: dict[str, Any] | None = None, session: str | None = None) -> Any:  # noqa: ANN401  # JSON
        """Call one method and return its result."""
        from websockets.exceptions import WebSocketException

        self._last += 1
        request: dict[str, Any] = {"id": self._last, "method": method, "params": params or {}}
        if session is not None:
            request["sessionId"] = session
        deadline = time.monotonic() + self.timeout
        try:
            self._socket.send(json.dumps(request))
            return _result(method, self._answer(self._last, deadline))
        except (OSError, WebSocketException, ValueError) as failed:
            raise DevToolsFailed(f"the browser did not answer {method}: {failed or 'time-out'}") from failed

    def _answer(self, number: int, deadline: float) -> dict[str, Any]:
        while True:
            message = json.loads(self._receive(deadline))
            if isinstance(message, dict) and message.get("id") == number:
                return message
            if self._events is not None and "method" in message:
                self._events.append(message)

    def next_event(self, timeout: float | None) -> dict[str, Any] | None:
        """The next event, awaited for at most `timeout` seconds; None when none came.

        Raises DevToolsFailed when the connection has ended.
        """
        from websockets.exceptions import WebSocketException

        if self._events:
            return self._events.popleft()
        try:
            message = json.loads(self._socket.recv(timeout=timeout))
        except TimeoutError:
            return None
        except (OSError, WebSocketException, ValueError) as failed:
            raise DevToolsFailed(f"the browser's DevTools are gone: {failed}") from failed
        return message if isinstance(message, dict) and "method" in message else {}

    def _receive(self, deadline: float) -> str | bytes:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return self._socket.recv(timeout=left)

    def version(self) -> str:
        """The running browser's version: "156.0.8078.79"."""
        return str(self.call("Browser.getVersion")["product"]).rpartition("/")[2]

    def close_browser(self) -> None:
        """Ask the browser to end; it writes everything first. Returns when it has understood."""
        self.call("Browser.close")

    def targets(self) -> list[Target]:
        """Every page and worker, the newest first."""
        found = self.call("Target.getTargets")["targetInfos"]
        return [Target(target["targetId"], target["type"], target["url"]) for target in found]

    def whatsapp_page(self) -> Target | None:
        """The page that shows WhatsApp Web, if one is open."""
        pages = (target for target in self.targets() if target.type == "page")
        return next((page for page in pages if page.url.startswith(WHATSAPP)), None)

    def evaluate(self, target: Target, expression: str) -> Any:  # noqa: ANN401  # JSON
        """Evaluate JavaScript in a page, await a promise, return the value (what JSON can carry).

        Raises DevToolsFailed when it throws, with what was thrown.
        """
        params = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = self.call("Runtime.evaluate", params, self._session(target))
        thrown = answer.get("exceptionDetails")
        if thrown is not None:
            what = thrown.get("exception", {}).get("description") or thrown.get("text")
            raise DevToolsFailed(f"the page threw: {what}")
        return answer["result"].get("value")

    def _session(self, target: Target) -> str:
        if target.id not in self._sessions:
            answer = self.call("Target.attachToTarget", {"targetId": target.id, "flatten": True})
            self._sessions[target.id] = answer["sessionId"]
        return self._sessions[target.id]

    def close(self) -> None:
        """Drop the connection and what is attached; the browser goes on."""
        self._open.close()

    def __enter__(self) -> DevTools:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _result(method: str, answer: dict[str, Any]) -> Any:  # noqa: ANN401  # JSON
    if "error" in answer:
        raise DevToolsFailed(f"the browser refused {method}: {answer['error'].get('message')}")
    return answer.get("result", {})
