"""From a branch and the settings to a slot, with the reason. Pure: no file, no git, no clock."""

from __future__ import annotations

from typing import NamedTuple

from wagit.config.model import Rule, Settings
from wagit.routing import names, patterns
from wagit.routing.head import Head


class Route(NamedTuple):
    """The slot of a branch and how it was found; `considered` is how many rules were looked at."""

    branch: str | None
    slot: str
    rule: int | None
    pattern: str | None
    reason: str
    strategy: str
    considered: int = 0


def resolve(head: Head, settings: Settings, bound: str | None) -> Route:
    """Choose the slot for `head`; `bound` is the slot the worktree uses now, None when it has none."""
    if head.branch is None:
        return _keep(head, settings, bound, "HEAD is detached")
    if not settings.branch_detection:
        return _keep(head, settings, bound, "branch detection is off")
    if settings.strategy == "shared":
        return _route(head, settings.default, "strategy shared: one slot for every branch", settings)
    if settings.strategy == "branch":
        slot = names.sanitise(head.branch)
        return _route(head, slot, "strategy branch: a slot of its own for each branch", settings)
    return _by_rules(head.branch, settings)


def decides(head: Head, settings: Settings) -> bool:
    """Whether the branch decides: else the slot that is used now is kept."""
    return head.branch is not None and settings.branch_detection


def rule_of(route: Route, settings: Settings) -> Rule | None:
    """Return the rule that chose `route`, None when none did."""
    return None if route.rule is None else settings.rules[route.rule]


class Start(NamedTuple):
    """What a new slot starts with: `fresh`, `move` or `copy`, and of which slot, None when there is none."""

    mode: str
    source: str | None = None

    def __str__(self) -> str:
        return f"{self.mode}:{self.source}" if self.source else self.mode


def start_of(route: Route, settings: Settings, before: str | None = None) -> Start:
    """What the slot of `route` starts with; `before` is the slot of the branch before, if there was one."""
    rule = rule_of(route, settings)
    mode, _, template = (settings.new if rule is None else rule.new).partition(":")
    if not template:
        return Start(mode, None if mode == "fresh" or before == route.slot else before)
    captured = patterns.match(route.pattern, route.branch) if route.pattern and route.branch else None
    source = names.sanitise(_fill(template, captured or {}))
    return Start(mode, None if source == route.slot else source)


def why(rule: Rule, branch: str) -> str:
    """Say in a few words why a rule matches a branch, or why it does not."""
    pattern, _ = _first_match(rule, branch)
    if pattern is not None:
        return f"{pattern!r} matches"
    if any(patterns.match(_crossing(pattern), branch) is not None for pattern in rule.branch):
        return "'*' does not cross '/': write '**' to match across segments"
    if any(patterns.match(pattern, branch, any_case=True) is not None for pattern in rule.branch):
        return "differs in upper and lower case"
    return f"does not match {branch!r}"


def _crossing(pattern: str) -> str:
    return pattern if "**" in pattern else pattern.replace("*", "**")


def _keep(head: Head, settings: Settings, bound: str | None, why: str) -> Route:
    reason = f"{why}: slot {bound} is kept" if bound else f"{why}: the default slot"
    return _route(head, bound or settings.default, reason, settings)


def _by_rules(branch: str, settings: Settings) -> Route:
    for index, rule in enumerate(settings.rules):
        pattern, captured = _first_match(rule, branch)
        if pattern is not None:
            slot = names.sanitise(_fill(rule.slot, captured))
            reason = f"rule {index + 1}: {pattern!r} matches"
            return Route(branch, slot, index, pattern, reason, settings.strategy, index + 1)
    reason = "no rule matches: the default slot" if settings.rules else "no rules: the default slot"
    return Route(branch, settings.default, None, None, reason, settings.strategy, len(settings.rules))


def _first_match(rule: Rule, branch: str) -> tuple[str | None, dict[str, str]]:
    for pattern in rule.branch:
        captured = patterns.match(pattern, branch)
        if captured is not None:
            return pattern, captured
    return None, {}


def _fill(template: str, captured: dict[str, str]) -> str:
    for name, value in captured.items():
        template = template.replace("{" + name + "}", value)
    return template


def _route(head: Head, slot: str, reason: str, settings: Settings) -> Route:
    return Route(head.branch, slot, None, None, reason, settings.strategy)
