"""Slot names: `[a-z0-9][a-z0-9._-]*`, at most 64 bytes, safe in paths, shells and ref names."""

from __future__ import annotations

import hashlib
import re

from wagit.core.errors import UsageError

LONGEST = 64
VALID = re.compile(r"[a-z0-9][a-z0-9._-]*")


class BadSlotName(UsageError):
    """A slot's name has characters or a length that paths cannot carry."""

    code = "bad-slot-name"


def is_valid(name: str) -> bool:
    """Whether `name` can be a slot's name as it is."""
    return len(name) <= LONGEST and VALID.fullmatch(name) is not None and ".." not in name


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
