"""Which client library wrote a directory or a file, by what is in it."""

from __future__ import annotations

import os

from wagit.drivers import registry
from wagit.drivers.base import Driver

# A folder of profiles is LocalAuth's by their names, else anybody's; the first that knows it is right.
_ORDER = ("baileys", "chromium", "wwebjs", "wppconnect", "whatsmeow")


def driver_of(path: str) -> Driver | None:
    """The driver of the session in the directory `path`, or of the file; None where none knows it."""
    names = ("whatsmeow",) if os.path.isfile(path) else _ORDER
    return next((one for name in names if (one := registry.get(name)).looks_like_session(path)), None)
