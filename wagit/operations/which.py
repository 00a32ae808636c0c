"""Say which slot a branch uses, by which rule of which file, and why not by the ones before it."""

from __future__ import annotations

from typing import NamedTuple

from wagit.config.load import Config, load
from wagit.operations.context import Context
from wagit.routing.binding import read_binding
from wagit.routing.head import Head, read_head
from wagit.routing.rules import Route, resolve, why


class Passed(NamedTuple):
    """A rule that was looked at: where it stands, and why it matched or did not."""

    patterns: tuple[str, ...]
    where: str
    matched: bool
    why: str


class Which(NamedTuple):
    """The answer of `which`."""

    branch: str | None
    slot: str
    rule: dict[str, object] | None
    reason: str
    strategy: str
    source: str
    considered: tuple[Passed, ...]
    bound: str | None
    pinned: bool


def which(context: Context, branch: str | None = None) -> Which:
    """Resolve `branch`, or the effective branch of the worktree. Raises ConfigProblems."""
    head = Head(branch, "attached") if branch is not None else read_head(context.repo)
    config = context.config if branch is None else load(context.repo, context.environ, {}, branch)
    binding = read_binding(context.repo)
    route = resolve(head, config.settings, binding.slot if binding else None)
    rule: dict[str, object] | None = (
        None if route.rule is None else {"index": route.rule, "pattern": route.pattern}
    )
    pinned = bool(binding and binding.pinned and branch is None)
    slot = binding.slot if binding and pinned else route.slot
    reason = f"pinned by `wagit use {slot}`; the branch alone: {route.slot}" if pinned else route.reason
    return Which(
        route.branch, slot, rule, reason, route.strategy, _deciding_source(config, route),
        _passed(config, route), binding.slot if binding else None, pinned,
    )  # fmt: skip


def _deciding_source(config: Config, route: Route) -> str:
    if route.rule is not None:
        return str(config.source(f"rules[{route.rule}]"))
    return str(config.source("strategy" if route.strategy == "branch" else "default"))


def _passed(config: Config, route: Route) -> tuple[Passed, ...]:
    return tuple(
        Passed(
            rule.branch, str(config.source(f"rules[{place}]")), place == route.rule, why(rule, route.branch)
        )
        for place, rule in enumerate(config.settings.rules[: route.considered])
        if route.branch is not None
    )
