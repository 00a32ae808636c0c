"""Settings from the environment: `WAGIT_*`, and the names bots already use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from wagit.config import keys
from wagit.config.layers import ENVIRONMENT, Layer
from wagit.config.problems import Path, Problem, undotted
from wagit.config.values import shown

TRUE = ("true", "1", "yes", "on")
FALSE = ("false", "0", "no", "off")


class Established(NamedTuple):
    """A name from before wagit: what it holds, the settings it sets, and a sentence on it.

    A `strategy` name chooses that strategy when it is true.
    """

    name: str
    kind: Literal["flag", "milliseconds", "text", "strategy", "mode"]
    sets: tuple[str, ...]
    meaning: str
    strategy: str = ""


ESTABLISHED = (
    Established("WA_SHARED_SESSION", "strategy", ("strategy",), "One slot for every branch.", "shared"),
    Established("WA_BRANCH_SESSIONS", "strategy", ("strategy",), "A slot for each branch.", "branch"),
    Established("WA_BRANCH_PATTERN_STRATEGY", "strategy", ("strategy",), "The rules choose.", "pattern"),
    Established(
        "WA_TEAM_COLLABORATION", "strategy", ("strategy",), "The rules choose, the team shares.", "team"
    ),
    Established("WA_BRANCH_DETECTION", "flag", ("branch_detection",), "`false` keeps the slot used now."),
    Established(
        "WA_AUTO_MIGRATE_SESSION", "flag", ("new",), "`true`: a new slot gets the session before (`move`)."
    ),
    Established("WA_MIGRATION_BACKUP", "flag", ("migration_backup",), "Snapshot a session before it moves."),
    Established("WA_AUTO_RECOVERY", "flag", ("auto_recovery",), "Restore a broken session by itself."),
    Established("WA_CLEANUP_ON_EXIT", "flag", ("cleanup_on_exit",), "Drop caches and prune at a safe stop."),
    Established(
        "WA_MAX_RECOVERY_TIME", "milliseconds", ("max_recovery_time",), "How long a recovery may take."
    ),
    Established("WHATSAPP_SESSION_NAME", "text", ("default",), "The shared slot's name."),
    Established(
        "WHATSAPP_KEEP_ALIVE_INTERVAL", "milliseconds", ("health.keep_alive",), "Between signs of life."
    ),
    Established("WHATSAPP_HEALTH_CHECK_INTERVAL", "milliseconds", ("health.check",), "Between full checks."),
    Established("WHATSAPP_MAX_SESSION_AGE", "milliseconds", ("health.old",), "From when a session is old."),
    Established(
        "WHATSAPP_AUTO_BACKUP",
        "flag",
        ("snapshots.on_switch", "snapshots.on_stop", "snapshots.every"),
        "`true`: take snapshots at a switch and a stop; `false`: none by itself, under a bot neither.",
    ),
    Established("WHATSAPP_TEST_MODE", "flag", ("test_mode",), "The stand-in plays WhatsApp."),
    Established("NODE_ENV", "mode", ("test_mode",), "`test`: the stand-in plays WhatsApp."),
    Established(
        "AUTO_RESTORE_SESSIONS", "flag", ("auto_restore_sessions",), "Start all linked slots together."
    ),
)


class Found(NamedTuple):
    """Both layers of the environment, weaker first, and what is wrong in them so far."""

    layers: tuple[Layer, Layer]
    problems: list[Problem]


def read(environ: Mapping[str, str]) -> Found:
    """Read what the environment sets; an empty variable counts as not set."""
    own = _Writer("environment")
    for key in keys.leaves():
        if key.variable and environ.get(key.variable):
            own.put(key.path, environ[key.variable], key.variable)
    established = _Writer("established")
    problems = []
    for known in ESTABLISHED:
        if environ.get(known.name):
            try:
                _take(known, environ[known.name], established)
            except ValueError as error:
                problems.append(Problem(ENVIRONMENT, 0, known.name, str(error)))
    problems += _contradictions(environ, own)
    return Found((established.layer(), own.layer()), problems)


class _Writer:
    """Collects a layer of the environment."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.data: dict[str, object] = {}
        self.variables: dict[Path, str] = {}

    def put(self, path: Path, value: object, variable: str) -> None:
        nest(self.data, path, value)
        self.variables[path] = variable

    def layer(self) -> Layer:
        return Layer(self.role, ENVIRONMENT, self.data, {}, self.variables)


def nest(data: dict[str, object], path: Path, value: object) -> None:
    """Put a value into nested mappings."""
    *parents, last = (str(part) for part in path)
    for part in parents:
        below = data.setdefault(part, {})
        if not isinstance(below, dict):
            return  # validation names the parent, which is no mapping
        data = below
    data[last] = value


def _take(known: Established, text: str, into: _Writer) -> None:
    """Put what an established name says into its layer. Raises ValueError."""
    value = _READERS[known.kind](text)
    if known.kind == "strategy":
        value = known.strategy if value else None
    elif known.name == "WA_AUTO_MIGRATE_SESSION":
        value = "move" if value else "fresh"
    for key in known.sets if value is not None else ():
        if (key, value) != ("snapshots.every", True):  # `true` says nothing of how often
            into.put(undotted(key), value, known.name)


def flag(text: str) -> bool:
    """Read true or false. Raises ValueError."""
    word = text.strip().lower()
    if word not in TRUE + FALSE:
        raise ValueError(f"{shown(text)} is not true or false")
    return word in TRUE


def _milliseconds(text: str) -> float:
    if not re.fullmatch(r"\d{1,15}", text.strip(), re.ASCII):
        raise ValueError(f"{shown(text)} is not a whole number of milliseconds")
    return int(text) / 1000


_READERS: dict[str, Callable[[str], object]] = {
    "flag": flag,
    "strategy": flag,
    "milliseconds": _milliseconds,
    "text": str,
    "mode": lambda text: True if text == "test" else None,
}


def _contradictions(environ: Mapping[str, str], own: _Writer) -> list[Problem]:
    """Report names that ask for different things, unless a WAGIT_ name settles it."""
    problems = []
    chosen = [known for known in ESTABLISHED if known.strategy and _is_true(environ.get(known.name, ""))]
    names = {known.strategy for known in chosen}
    if len(names) > 1 and names != {"pattern", "team"} and ("strategy",) not in own.variables:
        first, second = chosen[0], chosen[1]
        text = f"contradicts {first.name}: strategy {second.strategy} or {first.strategy}? Unset one"
        problems.append(Problem(ENVIRONMENT, 0, second.name, text))
    off = environ.get("WHATSAPP_TEST_MODE", "").strip().lower() in FALSE
    if off and environ.get("NODE_ENV") == "test" and ("test_mode",) not in own.variables:
        text = "contradicts NODE_ENV=test, which turns test mode on; unset one"
        problems.append(Problem(ENVIRONMENT, 0, "WHATSAPP_TEST_MODE", text))
    return problems


def _is_true(text: str) -> bool:
    return text.strip().lower() in TRUE
