"""Trust: what of a repository's config may run a program takes effect only after the user saw it."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from wagit.config.trust import digest_of, trust_subset
from wagit.core.atomic import atomic_write
from wagit.core.clock import rfc3339
from wagit.core.errors import WagitError
from wagit.core.repository import worktrees
from wagit.core.store import Store, create
from wagit.drivers import registry
from wagit.operations.context import Context, driver_name
from wagit.routing import cache


class NotTrusted(WagitError):
    """The repository's config wants to run something the user did not allow."""

    code = "not-trusted"
    exit_status = 15


class Trust(NamedTuple):
    """What wants to take effect, under which digest, and whether the user allowed it.

    `team` is what would change in the team since it was allowed last, a sentence each; `members` are those
    who were.
    """

    subset: dict[str, object]
    digest: str
    trusted: bool
    team: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


def state(context: Context) -> Trust:
    """Return what of the config needs trust; an empty subset, and no change in the team, need none."""
    from wagit.operations import team_words

    asked, team = _programs(context), team_words.changes(context)
    members = team_words.members(context)
    return asked._replace(trusted=asked.trusted and not team, team=team, members=members)


def _programs(context: Context) -> Trust:
    """What may run a program, without the team."""
    subset = trust_subset(context.config, registry.get(driver_name(context)).link)
    digest = digest_of(subset)
    return Trust(subset, digest, not subset or digest in _digests(context.store))


def allow(context: Context) -> Trust:
    """Remember that the user allows exactly what `state` shows. Raises OSError."""
    from wagit.operations import team_trust, team_words

    asked = state(context)
    team_trust.allow(context)
    if asked.subset:
        create(context.store.root)
        digests = _digests(context.store)
        digests[asked.digest] = {"since": rfc3339(context.clock.now()), "subset": asked.subset}
        atomic_write(context.store.trust(), json.dumps({"digests": digests}, indent=1).encode() + b"\n")
    for repo in worktrees(context.repo):  # what was kept for a branch may hold an untrusted link back
        cache.begin(repo)
        cache.forget(repo)
    return asked._replace(trusted=True, members=team_words.members(context))


def may(context: Context, key: str) -> bool:
    """Whether what the config says at a dotted key may take effect."""
    asked = _programs(context)
    return asked.trusted or key not in asked.subset


def effective_link(context: Context, default: str | None) -> tuple[str | None, str]:
    """Return the link's path that may take effect, and a notice when the config's own may not."""
    wanted = context.config.settings.bot.link
    if wanted is False:
        return None, ""
    if wanted is None or wanted == default:
        return default, ""
    asked = _programs(context)
    if "bot.link" in asked.subset and not asked.trusted:
        return default, f"bot.link: {wanted} waits for your word: wagit trust"
    return str(wanted), ""


def effective_launch(context: Context) -> tuple[bool, str]:
    """Return whether a switch may start the bot, and a notice when the config's own wish may not count."""
    if context.config.settings.launch != "auto":
        return False, ""
    asked = _programs(context)
    if asked.trusted or not asked.subset.keys() & {"launch", "bot.command"}:
        return True, ""
    return False, "launch: auto waits for your word: wagit trust"


def require_command(context: Context) -> tuple[str, ...]:
    """Return the bot's command. Raises NotTrusted, NoCommand."""
    command = context.config.settings.bot.command
    if not command:
        raise NoCommand(
            "there is no bot to run: bot.command is not set",
            "set it in .wagit.yml, or name one: wagit run -- npm run dev",
        )
    asked = _programs(context)
    if "bot.command" in asked.subset and not asked.trusted:
        where = context.config.source("bot.command")
        raise NotTrusted(
            f"{where} wants to run {' '.join(command)!r}, which you have not allowed",
            "look at it and allow it: wagit trust",
        )
    return tuple(command)


class NoCommand(WagitError):
    """Nothing says how the bot is started."""

    code = "no-command"
    exit_status = 2


def _digests(store: Store) -> dict[str, Any]:
    try:
        with open(store.trust(), "rb") as file:
            digests = json.loads(file.read())["digests"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # unreadable trust is no trust
    return digests if isinstance(digests, dict) else {}
