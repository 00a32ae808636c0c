"""The team that is in effect: what the user allowed last, kept whole, whatever branch is checked out.

`<store>/team/trusted.json` has it. What the user's own files, environment or command line say counts at once.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import NamedTuple

from wagit.config.load import Config
from wagit.config.problems import Path
from wagit.config.team_layers import TEAM
from wagit.core.atomic import atomic_write, fsync_directory, make_directory
from wagit.core.clock import rfc3339
from wagit.core.store import Store, create
from wagit.operations.context import Context
from wagit.operations.trust import NotTrusted
from wagit.routing import shares
from wagit.team import access
from wagit.team.settings import TERM


class Terms(NamedTuple):
    """All that a team consists of. `recipients` are lines of key and name, `term` is in seconds.

    `shares` are slot templates, see `wagit.routing.shares`.
    """

    id: str | None = None
    remote: str = "origin"
    recipients: tuple[str, ...] = ()
    term: float = TERM
    at: str | None = None
    shares: tuple[str, ...] = ()


class Trusted(NamedTuple):
    """What was allowed, and since when (RFC 3339)."""

    since: str
    terms: Terms


_FIELDS: dict[str, Path] = dict(zip(("id", "remote", "recipients", "term", "at"), TEAM, strict=True))


def wanted(config: Config) -> Terms:
    """What the config says of the team."""
    team = config.settings.team
    shared = shares.shares(config.settings)
    return Terms(team.id, team.remote, team.recipients, team.lease.term, team.lease.at, shared)


def comes_with_commits(config: Config) -> bool:
    """Whether anything of the team is in a file that came with somebody's commit."""
    return any(_decider(config, path) == "versioned" for path in TEAM)


def trusted(store: Store) -> Trusted | None:
    """What the user allowed last; a damaged file is no trust."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        with open(path_of(store), "rb") as file:
            raw = json.loads(file.read())
        return Trusted(str(raw["since"]), _terms(raw["team"]))
    return None


def effective(context: Context) -> Terms:
    """The team in effect; without an `id` there is none. Raises NotTrusted."""
    allowed, want = trusted(context.store), wanted(context.config)
    if allowed is not None:
        return allowed.terms._replace(**{name: getattr(want, name) for name in own(context.config)})
    if comes_with_commits(context.config):
        where = context.config.source("team.recipients")
        raise NotTrusted(
            f"{where if where.line else 'the config'} names a team that you have not allowed",
            "see who is in it, and allow it: wagit trust",
        )
    return want


def shared(context: Context) -> tuple[str, ...]:
    """What is shared, asking nobody's trust: where none was given, what the config says."""
    try:
        terms = effective(context)
    except NotTrusted:
        return shares.shares(context.config.settings)
    if terms.id is None and terms.shares == (shares.ALL,):  # WA_TEAM_COLLABORATION of one who has no team
        return ()
    return terms.shares


def own(config: Config) -> tuple[str, ...]:
    """Which of the `Terms` the user says themselves."""
    found = [name for name, path in _FIELDS.items() if _decider(config, path) == "own"]
    deciding = "strategy" if config.settings.strategy == "team" else "rules"
    return tuple(found + ["shares"] * (_decider(config, (deciding,)) == "own"))


def waiting(context: Context) -> Terms | None:
    """What the config wants in place of what is in effect; None when they are the same."""
    allowed, want = trusted(context.store), wanted(context.config)
    if allowed is None:
        return want if comes_with_commits(context.config) else None
    if not comes_with_commits(context.config):
        return Terms(shares=want.shares)
    kept = {name: getattr(allowed.terms, name) for name in own(context.config)}
    want = want._replace(**kept)
    return None if _unordered(want) == _unordered(allowed.terms) else want


def allow(context: Context) -> None:
    """Let what the config says of the team take effect. Raises OSError."""
    want = waiting(context)
    if want is None:
        return
    if want.id is None and not want.recipients:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path_of(context.store))
            fsync_directory(access.directory(context.store))
        return
    allowed = trusted(context.store)
    if allowed is None:  # what is the user's own stays theirs to change
        want = want._replace(**{name: Terms._field_defaults[name] for name in own(context.config)})
    create(context.store.root)
    make_directory(access.directory(context.store))
    # the hook after a merge looks here, as sh does not know of a store elsewhere
    make_directory(os.path.join(context.repo.common_dir, "wagit", "team"))
    document = {"since": rfc3339(context.clock.now()), "team": want._asdict()}
    atomic_write(path_of(context.store), json.dumps(document, indent=1).encode() + b"\n")


def _unordered(terms: Terms) -> tuple[object, ...]:
    return (*terms._replace(recipients=(), shares=()), set(terms.recipients), set(terms.shares))


def _decider(config: Config, path: Path) -> str:
    layer = config.deciding(path)
    if layer is None:
        return "nobody"
    return "versioned" if layer.versioned else "own"


def path_of(store: Store) -> str:
    """Where it is kept which team the user trusted last."""
    return os.path.join(access.directory(store), "trusted.json")


def _terms(raw: dict[str, object]) -> Terms:
    """Read what `allow` wrote. Raises TypeError, KeyError, ValueError for anything else."""
    known = Terms(**{name: raw[name] for name in Terms._fields})  # type: ignore[arg-type]
    lists = [tuple(map(str, _list(value))) for value in (known.recipients, known.shares)]
    return known._replace(recipients=lists[0], shares=lists[1], term=float(known.term))


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value
