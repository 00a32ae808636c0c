"""Slot names: refuse what cannot be one, and make one of any branch."""

from __future__ import annotations

import hashlib
import re

from wagit.config.slot_names import LONGEST, is_valid
from wagit.core.errors import UsageError


class BadSlotName(UsageError):
    """A slot's name has characters or a length that paths cannot carry."""

    code = "bad-slot-name"


def check(name: str) -> str:
    """Return `name`. Raises BadSlotName."""
    if not is_valid(name):
        shown = name if len(name) <= 80 else name[:77] + "..."
        raise BadSlotName(
            f"{shown!r} cannot be a slot's name",
            f"use a-z, 0-9, '.', '_' and '-', at most {LONGEST} of them, a letter or digit first",
        )
    return name


def sanitise(name: str) -> str:
    """Make a valid slot name of any text; a name that had to change ends in 8 hex digits of its hash.

    Without the hash `feature/a` and `feature-a` would share a slot, and so two logins.
    """
    if is_valid(name):
        return name
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]
    plain = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-._") or "branch"
    plain = re.sub(r"\.{2,}", ".", plain)
    return f"{plain[: LONGEST - 9]}-{digest}"
