"""What can be a slot's name: it becomes a directory, and stands in shells and ref names.

The git hook imports this: standard library only.
"""

from __future__ import annotations

import re

LONGEST = 64  # bytes
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


def is_valid(name: str) -> bool:
    """Whether `name` can be a slot's name as it is."""
    return len(name) <= LONGEST and _NAME.fullmatch(name) is not None and ".." not in name
