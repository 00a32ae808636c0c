"""From a branch and the settings to a slot, with the reason. Pure: no file, no git, no clock."""

from __future__ import annotations

from typing import NamedTuple

from wagit.config.model import Rule, Settings
from wagit.routing import names, patterns
from wagit.routing.head import Head


class Verdict(NamedTuple):
    """What became of one rule: its place in the list, its patterns, and why it did or did not match."""

    place: int
    patterns: tuple[str, ...]
    matched: bool
    why: str


class Route(NamedTuple):
    """The slot of a branch and how it was found; `considered` are the rules up to the one that won."""

    branch: str | None
    slot: str
    rule: int | None
    pattern: str | None
    reason: str
    strategy: str
    considered: tuple[Verdict, ...] = ()


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


def rule_of(route: Route, settings: Settings) -> Rule | None:
    """Return the rule that chose `route`, None when none did."""
    return None if route.rule is None else settings.rules[route.rule]


def _keep(head: Head, settings: Settings, bound: str | None, why: str) -> Route:
    reason = f"{why}: slot {bound} is kept" if bound else f"{why}: the default slot"
    return _route(head, bound or settings.default, reason, settings)


def _by_rules(branch: str, settings: Settings) -> Route:
    considered: list[Verdict] = []
    for index, rule in enumerate(settings.rules):
        pattern, captured = _first_match(rule, branch)
        if pattern is None:
            considered.append(Verdict(index, rule.branch, False, _why_not(rule, branch)))
            continue
        considered.append(Verdict(index, rule.branch, True, f"{pattern!r} matches"))
        slot = names.sanitise(_fill(rule.slot, captured))
        reason = f"rule {index + 1}: {pattern!r} matches"
        return Route(branch, slot, index, pattern, reason, settings.strategy, tuple(considered))
    reason = "no rule matches: the default slot" if settings.rules else "no rules: the default slot"
    return Route(branch, settings.default, None, None, reason, settings.strategy, tuple(considered))


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


def _why_not(rule: Rule, branch: str) -> str:
    if any(_matches(_crossing(pattern), branch) for pattern in rule.branch if _crossing(pattern) != pattern):
        return "'*' does not cross '/': write '**' to match across segments"
    lower = branch.lower()
    if any(
        _matches(pattern.lower(), lower)
        for pattern in rule.branch
        if (pattern, branch) != (pattern.lower(), lower)
    ):
        return "differs in upper and lower case"
    return f"does not match {branch!r}"


def _crossing(pattern: str) -> str:
    return pattern if "**" in pattern else pattern.replace("*", "**")


def _matches(pattern: str, branch: str) -> bool:
    return patterns.match(pattern, branch) is not None


def _route(head: Head, slot: str, reason: str, settings: Settings) -> Route:
    return Route(head.branch, slot, None, None, reason, settings.strategy)
