"""Whether a run hosts its browsers, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wagit.bots.browser_host import BrowserHost
from wagit.bots.hosted import Hosted
from wagit.bots.hosting import Hosting, Unhosted
from wagit.bots.warm import Limits
from wagit.drivers import registry
from wagit.drivers.profile import ProfilesDriver
from wagit.operations.context import Context, driver_name


@contextmanager
def hosting(context: Context, notice: Callable[[str], None]) -> Iterator[Hosting]:
    """Host the browsers of a run where `browser.mode` says so; what is open at the end is closed safely."""
    wanted = context.config.settings.browser
    host = _start(notice) if wanted.mode == "hosted" and _has_browser(context) else None
    if host is None:
        yield Unhosted()
        return
    hosted = Hosted(host, Limits(wanted.warm, wanted.idle, wanted.memory), notice, context.clock)
    try:
        yield hosted
    finally:
        hosted.close()


def _has_browser(context: Context) -> bool:
    return isinstance(registry.get(driver_name(context)), ProfilesDriver)


def _start(notice: Callable[[str], None]) -> BrowserHost | None:
    """Begin to host; None where that cannot be."""
    host = BrowserHost(notice)
    try:
        host.start()
    except OSError as refused:
        notice(f"no browser is hosted, so each bot starts its own: {refused}")
        return None
    return host
