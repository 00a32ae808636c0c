"""Which slots `run --all` runs, in which order, and which it leaves out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from wagit.config.model import Rule
from wagit.core.git import run_git
from wagit.integrity.identity import Identity, masked
from wagit.operations import before_start
from wagit.operations.context import Context
from wagit.operations.sessions_ls import MOST_BRANCHES
from wagit.routing.binding import read_binding
from wagit.routing.head import Head
from wagit.routing.rules import resolve
from wagit.slots import records, twins
from wagit.slots.inspect import is_removed


class Linked(NamedTuple):
    """A slot with a login. `removed`: WhatsApp logged it out."""

    slot: str
    identity: Identity
    last_ready: float | None = None
    generation: int = 0
    protected: bool = False
    removed: bool = False


class Choice(NamedTuple):
    """The slots to run, the one that was ready last first, and a sentence about each that is left out."""

    slots: tuple[str, ...]
    left_out: tuple[str, ...]


def choose(found: Iterable[Linked], *, allow_protected: bool) -> Choice:
    """Choose among the linked slots; of those with one login only the one whose keys are newest. Pure."""
    chosen: list[Linked] = []
    left_out = []
    for one in sorted(found, key=lambda one: (one.generation, one.last_ready or 0.0), reverse=True):
        twin = next((other for other in chosen if other.identity == one.identity), None)
        why = _why_not(one, twin, allow_protected=allow_protected)
        if why:
            left_out.append(f"slot {one.slot} is left out: {why}")
        else:
            chosen.append(one)
    chosen.sort(key=lambda one: (-(one.last_ready or 0.0), one.slot))
    return Choice(tuple(one.slot for one in chosen), tuple(sorted(left_out)))


def _why_not(one: Linked, twin: Linked | None, *, allow_protected: bool) -> str:
    if one.protected and not allow_protected:
        return "it is protected; with it: wagit run --all --yes"
    if one.removed:
        return f"WhatsApp logged it out; link it again: wagit login {one.slot}"
    if twin is not None:
        who = masked(one.identity.account)
        return f"it has the same login as slot {twin.slot}, {who}; WhatsApp allows one writer a login"
    return ""


def linked(context: Context) -> list[Linked]:
    """Every slot that holds a login, by its record or its data, in order of name."""
    found = []
    for slot, identity in twins.logins(context.store).items():
        record = records.read_record(context.store, slot)
        protected = is_protected(context, slot)
        removed = is_removed(record, identity)
        found.append(Linked(slot, identity, record.last_ready, record.newest_generation, protected, removed))
    return found


def is_protected(context: Context, slot: str) -> bool:
    """Whether a rule wants a word before a bot runs on the slot, whichever branch it is made for."""
    rules = context.config.settings.rules
    return before_start.is_protected(context, slot) or any(
        rule.protect and _may_name(rule, slot) for rule in rules
    )


def _may_name(rule: Rule, slot: str) -> bool:
    """Whether a rule names the slot for some branch, as far as its template tells. Pure."""
    parts = re.split(r"\{[^}]*\}", rule.slot)
    return re.fullmatch(".+".join(map(re.escape, parts)), slot) is not None


def branches(context: Context) -> dict[str, str]:
    """The branch of each slot: the worktree's own, else the newest local one whose rule names the slot."""
    newest = (f"--count={MOST_BRANCHES}", "--sort=-committerdate", "--format=%(refname:lstrip=2)")
    names = run_git("for-each-ref", *newest, "refs/heads", cwd=context.repo.worktree, environ=context.environ)
    found: dict[str, str] = {}
    for branch in names.splitlines():
        route = resolve(Head(branch, "attached"), context.config.settings, None)
        if route.rule is not None or route.strategy == "branch":
            found.setdefault(route.slot, branch)
    binding = read_binding(context.repo)
    if binding is not None and binding.branch:
        found[binding.slot] = binding.branch
    return found
