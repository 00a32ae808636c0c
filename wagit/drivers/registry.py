"""The drivers there are."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from wagit.core.errors import WagitError
from wagit.drivers.base import Driver

if TYPE_CHECKING:
    from wagit.drivers.detect import Detection

# Each is imported when asked for: the git hook needs one of them, and every millisecond counts there.
_CLASSES = {
    "wwebjs": "WhatsappWebJs",
    "baileys": "Baileys",
    "wppconnect": "WppConnect",
    "whatsmeow": "Whatsmeow",
    "chromium": "Chromium",
    "generic": "Generic",
}


class UnknownDriver(WagitError):
    """No driver has that name."""

    code = "unknown-driver"
    exit_status = 2


def names() -> list[str]:
    """Every driver's name, the most used first."""
    return list(_CLASSES)


def get(name: str) -> Driver:
    """The driver of that name. Raises UnknownDriver, with the nearest name."""
    if name not in _CLASSES:
        from difflib import get_close_matches

        near = get_close_matches(name, [*_CLASSES, *_ALIASES], n=1)
        hint = f"did you mean {_ALIASES.get(near[0], near[0])}? " if near else ""
        raise UnknownDriver(f"there is no driver {name[:60]!r}", f"{hint}drivers: {', '.join(_CLASSES)}")
    driver = getattr(importlib.import_module(f"wagit.drivers.{name}"), _CLASSES[name])()
    assert isinstance(driver, Driver)
    return driver


def detect(worktree: str) -> list[Detection]:
    """The drivers that the dependency files at the top of `worktree` speak for, best first."""
    from wagit.drivers import detect as files

    return files.detect(worktree)


# What people call them, for the hint only.
_ALIASES = {
    "whatsapp-web.js": "wwebjs",
    "venom": "wppconnect",
    "neonize": "whatsmeow",
    "playwright": "chromium",
    "puppeteer": "chromium",
}
