"""One more client of a browser: is told what WhatsApp's page says of itself, and changes nothing.

It finds the page, follows it through reloads and to the next page, and needs no request of its own for
that: the page tells when its facts change.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any, Literal, NamedTuple

from wagit.browser.attach_script import BINDING, BORN, SCRIPT
from wagit.browser.devtools import WHATSAPP, DevTools, DevToolsFailed
from wagit.browser.states import FACTS, Facts, facts_from

OLD_PAGE = 10.0  # seconds for which a page from before the bot is not read: the bot may load it anew

_Event = dict[str, Any]


class PageFound(NamedTuple):
    """There is a page of WhatsApp Web."""


class PageLost(NamedTuple):
    """There is none any more, or it crashed."""

    how: Literal["closed", "crashed"]


News = PageFound | PageLost | Facts


class Attachment:
    """One connection to the browser at a DevTools address; use it as a context manager, in one thread.

    `since`: when the bot started, in seconds since the epoch. A page from before, of a browser that
    outlived another bot, is left alone for OLD_PAGE seconds. `timeout`: seconds for one answer.
    """

    def __init__(self, address: str, since: float, timeout: float) -> None:
        self._since = since
        self._devtools = DevTools(address, timeout, listens=True)
        self._pages: dict[str, str] = {}  # target to address
        self._target: str | None = None
        self._session: str | None = None  # none while it is not set up
        self._read_at: float | None = None  # an old page is read then
        try:
            pages = {"discover": True, "filter": [{"type": "page"}]}
            self._devtools.call("Target.setDiscoverTargets", pages)
        except DevToolsFailed:
            self.close()
            raise

    def next(self, timeout: float | None) -> News | None:
        """What the page says next, awaited for at most `timeout` seconds; None when there is no news.

        Raises DevToolsFailed when the browser has ended, or hangs.
        """
        if self._read_at is not None:
            left = max(0.0, self._read_at - time.monotonic())
            timeout = left if timeout is None else min(left, timeout)
        event = self._devtools.next_event(timeout)
        if self._read_at is not None and time.monotonic() >= self._read_at:
            self._read_now()
        return self._handle(event) if event else None

    def ask(self) -> Facts | None:
        """Read the page's facts now; None when there is no page, or it is too old to count.

        Raises DevToolsFailed when it does not answer.
        """
        if self._target is None:
            return None
        session = self._session or self._set_up(self._target)
        return None if self._is_old() else facts_from(self._evaluate(FACTS, session))

    @property
    def has_page(self) -> bool:
        """Whether there is a page to ask."""
        return self._target is not None

    def close(self) -> None:
        """Detach; from any thread, and `next` and `ask` then end."""
        self._devtools.close()

    def __enter__(self) -> Attachment:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _handle(self, event: _Event) -> News | None:
        params = event.get("params", {})
        match event["method"]:
            case "Target.targetCreated" | "Target.targetInfoChanged":
                self._pages[params["targetInfo"]["targetId"]] = params["targetInfo"]["url"]
                return self._choose()
            case "Target.targetDestroyed":
                self._pages.pop(params["targetId"], None)
                return self._choose()
            case "Target.targetCrashed" if params["targetId"] == self._target:
                return PageLost("crashed")
            case "Runtime.bindingCalled" if params["name"] == BINDING:
                if event.get("sessionId") == self._session:
                    return self._reported(params["payload"])
        return None

    def _choose(self) -> News | None:
        """Stay with the page as long as it shows WhatsApp, else take another one that does."""
        if self._pages.get(self._target or "", "").startswith(WHATSAPP):
            return None
        before = self._target
        self._leave()
        shown = (target for target, url in self._pages.items() if url.startswith(WHATSAPP))
        self._target = next(shown, None)
        if self._target is None:
            return PageLost("closed") if before is not None else None
        with suppress(DevToolsFailed):  # it has just gone, as an event tells, or hangs: then `ask` fails
            self._set_up(self._target)
        return PageFound()

    def _leave(self) -> None:
        session, self._session, self._read_at = self._session, None, None
        if session is not None:
            with suppress(DevToolsFailed):  # as it is gone
                self._devtools.call("Target.detachFromTarget", {"sessionId": session})

    def _set_up(self, target: str) -> str:
        """Attach to a page; it tells its facts from now on."""
        call = self._devtools.call
        session = str(call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"])
        self._session = session  # facts may come before the last answer
        try:
            # Bindings and scripts of a document to come need both domains enabled, as Chromium 156 shows.
            for method, params in (
                ("Page.enable", {}),
                ("Runtime.enable", {}),
                ("Runtime.addBinding", {"name": BINDING}),
                ("Page.addScriptToEvaluateOnNewDocument", {"source": SCRIPT}),
            ):
                call(method, params, session)
            if float(self._evaluate(BORN, session)) >= self._since:
                self._evaluate(SCRIPT, session)
            else:
                self._read_at = time.monotonic() + OLD_PAGE
        except DevToolsFailed:
            self._leave()
            raise
        return session

    def _is_old(self) -> bool:
        return self._read_at is not None

    def _read_now(self) -> None:
        """The bot uses the old page as it is."""
        self._read_at = None
        if self._session is not None:
            self._evaluate(SCRIPT, self._session)

    def _evaluate(self, expression: str, session: str) -> Any:  # noqa: ANN401  # JSON
        params = {"expression": expression, "returnByValue": True}
        return self._devtools.call("Runtime.evaluate", params, session)["result"].get("value")

    def _reported(self, payload: str) -> Facts | None:
        self._read_at = None  # an old page is not there any more
        try:
            return facts_from(json.loads(payload))
        except (ValueError, RecursionError):
            return None
