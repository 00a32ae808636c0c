"""How wagit starts a browser of its own: arguments, headless or not, and what must be true before."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import NamedTuple

from wagit.browser import find
from wagit.browser.profile import lock_state
from wagit.core.errors import UsageError, WagitError

# Local Storage, which has part of the login, is on the disk a second after it was written, not up to 60: a
# browser whose storage process gets no time while it closes loses what is not there, as a killed one does
# (content/public/common/content_switches.cc).
WRITES_SOON = "--enable-aggressive-domstorage-flushing"
_PLATFORMS = {"darwin": "Macintosh; Intel Mac OS X 10_15_7", "win32": "Windows NT 10.0; Win64; x64"}


class ProfileBusy(WagitError):
    """A browser has the profile open already; a second one would only hand over to it and end."""

    code = "profile-busy"
    exit_status = 11


class BadArguments(UsageError):
    """`WAGIT_CHROMIUM_ARGS` is not a JSON list of texts."""

    code = "chromium-args"


class Launch(NamedTuple):
    """What to start. `sandbox` is Chromium's own; as root it cannot run."""

    executable: str
    arguments: list[str]
    headless: bool
    sandbox: bool


def plan(environ: Mapping[str, str], headless: bool | None = None) -> Launch:
    """Decide how to start a browser; `headless` None means: when there is no display.

    `WAGIT_CHROMIUM_ARGS`, a JSON list, is added last and so wins. Raises NoBrowser, BadArguments.
    """
    executable = find.find(environ)
    alone = not has_display(environ) if headless is None else headless
    # WhatsApp turns a browser away that calls itself HeadlessChrome
    named = [f"--user-agent={user_agent(find.version(executable))}"] if alone else []
    own = ["--no-first-run", WRITES_SOON, *named]
    return Launch(executable, own + extra_arguments(environ), alone, sandbox=not _is_root())


def extra_arguments(environ: Mapping[str, str]) -> list[str]:
    """The arguments in `WAGIT_CHROMIUM_ARGS`. Raises BadArguments."""
    text = environ.get("WAGIT_CHROMIUM_ARGS", "").strip()
    try:
        given = json.loads(text) if text else []
    except ValueError:
        given = None
    if not isinstance(given, list) or not all(isinstance(argument, str) for argument in given):
        raise BadArguments(
            "WAGIT_CHROMIUM_ARGS is not a JSON list of texts",
            """write it so: '["--lang=de", "--no-sandbox"]'""",
        )
    return given


def has_display(environ: Mapping[str, str]) -> bool:
    """Whether a window can be shown: always on macOS and Windows."""
    return sys.platform in _PLATFORMS or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def user_agent(version: str) -> str:
    """What Chrome of this version and system calls itself when it has a window.

    Only the major number is told: https://www.chromium.org/updates/ua-reduction/
    """
    system = _PLATFORMS.get(sys.platform, "X11; Linux x86_64")
    major = version.partition(".")[0]
    return f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Safari/537.36"


def check_free(profile: str) -> None:
    """Raise ProfileBusy when a browser here, or one on another host, has `profile` open."""
    lock = lock_state(profile)
    if lock.state == "live":
        raise ProfileBusy(
            f"the browser with pid {lock.pid} has {profile} open", "close it first, or use another slot"
        )
    if lock.state == "elsewhere":
        raise ProfileBusy(
            f"{profile} is locked by process {lock.pid} of the host {lock.host}",
            f"close the browser there; if that host is gone: rm '{os.path.join(profile, 'SingletonLock')}'",
        )


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
