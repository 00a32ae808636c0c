"""What of a config takes effect only once the user allowed it: it came with somebody's commit.

Who shares sessions is judged by itself: see `wagit.operations.team_trust`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from wagit.config.load import SENSITIVE, Config
from wagit.config.problems import Path, dotted


def trust_subset(config: Config, default_link: str | None = None) -> dict[str, object]:
    """What can run a program, by key, as far as a versioned file says it.

    A link where the driver looks anyway (`default_link`), or none, needs no trust; nor does a
    `launch` other than `auto`. What the user's own files, environment or command line override is
    not in it.
    """
    values = {dotted(path): _value(config, path) for path in SENSITIVE if _is_versioned(config, path)}
    harmless: dict[str, tuple[object, ...]] = {
        "bot.command": (None,),
        "bot.link": (None, False, default_link),
        "launch": ("if-running", "never"),
        "notify.command": (None,),
        "notify.webhook": (None,),
    }
    return {key: value for key, value in values.items() if value not in harmless[key]}


def digest_of(subset: Mapping[str, object]) -> str:
    """Hash a subset, hexadecimal; the order of keys does not matter, that of words does."""
    return hashlib.sha256(json.dumps(subset, sort_keys=True).encode()).hexdigest()


def _is_versioned(config: Config, path: Path) -> bool:
    layer = config.deciding(path)
    return layer is not None and layer.versioned


def _value(config: Config, path: Path) -> object:
    value: object = config.settings
    for part in path:
        value = getattr(value, str(part))
    return list(value) if isinstance(value, tuple) else value
