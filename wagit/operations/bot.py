"""`wagit bot`: run the built-in bot on a session, and write its events as JSON.

One JSON object a line, `event` and `time` (RFC 3339, UTC) in each:

    {"event": "state", "time": …, "state": "qr", "before": "booting", "version": "2.3000.1031650425"}
    {"event": "account", "time": …, "number": "4915100000001"}
    {"event": "qr", "time": …, "ref": "2@…"}
    {"event": "code", "time": …, "code": "ABCDEFGH"}
    {"event": "trouble", "time": …, "what": "unreachable", "detail": "net::ERR_…", "retry_in": 2.0}
    {"event": "ended", "time": …, "reason": "asked", "closed": "devtools", "seconds": 0.1}

`state` is one of wagit.browser.states.PageState; `before` and `version` are null where nothing is known.
`what` is `crashed` or `unreachable`; `reason` is `asked`, `closed` or `died`; `closed` is how the browser
was closed, `devtools`, `sigint`, `sigkill` or `not-running`. `number` is whole: mask it before showing it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wagit.bots import builtin
from wagit.bots.builtin import BotEvent, Ended, PageTrouble
from wagit.bots.builtin_pairing import CodeShown
from wagit.bots.builtin_stop import Stop, settled_by_signals
from wagit.bots.observation import Observation, Seen, StateSeen, after, of_page
from wagit.browser.launch import plan
from wagit.browser.watch import AccountKnown, QrShown, StateChanged
from wagit.core.clock import SystemClock, rfc3339
from wagit.operations import bot_events
from wagit.operations.observing_told import as_event


def run(
    session_path: str,
    environ: Mapping[str, str],
    headless: bool | None,
    on_event: Callable[[BotEvent], object],
    stop: Stop | None = None,
) -> int:
    """Run the built-in bot on the profile `session_path` until it is told to stop; return its exit status.

    0: asked to stop, or its window was closed; 1: the browser was killed or crashed. SIGINT, SIGTERM and
    SIGHUP stop it. `headless` None means: when there is no display. Raises NoBrowser, BadArguments,
    ProfileBusy, BrowserFailed, BrowserStays.
    """
    launch = plan(environ, headless)

    teller = _Teller(environ.get(bot_events.VARIABLE, ""))

    def told(event: BotEvent) -> None:
        teller.tell(event)
        on_event(event)

    ended = builtin.run(session_path, launch, told, stop or Stop(), SystemClock())
    return exit_status(ended)


class _Teller:
    """Tells whoever runs the bot what becomes of its session: its browser's pipe lets nobody else look."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen = Seen()

    def tell(self, event: BotEvent) -> None:
        """Tell what an event means."""
        if isinstance(event, PageTrouble):
            what: Observation = StateSeen("reconnecting", event.since, event.detail)
        elif isinstance(event, StateChanged | AccountKnown | QrShown):
            what = of_page(event, self._seen.state)
        else:
            return
        self._seen = after(self._seen, what)
        words = as_event(what)
        if words is not None:
            bot_events.tell(self._path, words[0], event.since, **words[1])


def run_process(
    session_path: str,
    environ: Mapping[str, str],
    headless: bool | None,
    on_event: Callable[[BotEvent], object],
) -> int:
    """Like `run`, for a process that ends with it: a signal that comes late does not change its status."""
    stop = Stop()
    with settled_by_signals(stop):
        return run(session_path, environ, headless, on_event, stop)


def exit_status(ended: Ended) -> int:
    """0 when all is written, 1 when the session should be verified."""
    return 1 if ended.reason == "died" or ended.browser.how == "sigkill" else 0


def as_json(event: BotEvent) -> dict[str, object]:
    """One event in the form above, ready for `json.dumps`."""
    return {**_named(event), "time": rfc3339(event.since)}


def _named(event: BotEvent) -> dict[str, object]:
    if isinstance(event, StateChanged):
        return {"event": "state", "state": event.state, "before": event.before, "version": event.version}
    if isinstance(event, AccountKnown):
        return {"event": "account", "number": event.number}
    if isinstance(event, QrShown):
        return {"event": "qr", "ref": event.ref}
    if isinstance(event, CodeShown):
        return {"event": "code", "code": event.code}
    if isinstance(event, PageTrouble):
        return {"event": "trouble", "what": event.what, "detail": event.detail, "retry_in": event.retry_in}
    closed = event.browser
    return {
        "event": "ended",
        "reason": event.reason,
        "closed": closed.how,
        "seconds": round(closed.seconds, 3),
    }
