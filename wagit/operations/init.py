"""Set wagit up in a repository: find the driver, adopt the session, write the config, install hooks."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Literal, NamedTuple

from wagit.config.load import load
from wagit.config.sample import render_sample
from wagit.core.atomic import atomic_write
from wagit.core.errors import WagitError
from wagit.core.store import check_format, create
from wagit.operations import adopt, hooks, trust, use
from wagit.operations.context import Context
from wagit.operations.init_facts import Facts, gather
from wagit.routing import cache
from wagit.routing.binding import read_binding
from wagit.slots import exclude, links, records

State = Literal["done", "would", "already", "skipped"]


class Step(NamedTuple):
    """One thing `init` did, would do, found done, or had to leave: with what the user should know."""

    what: str
    state: State
    detail: str = ""


class Setup(NamedTuple):
    """What `init` did, and what to do next; `found_in`: what names the driver, empty for nothing."""

    driver: str
    found_in: str
    slot: str
    steps: tuple[Step, ...]
    next: tuple[str, ...]


Work = tuple[str, bool, Callable[[], str]]  # what, already done, and how


def init(context: Context, driver: str | None = None, *, dry_run: bool = False) -> Setup:
    """Set up the repository; a second time changes nothing.

    Each step is safe to be killed in and is found done or not done by the next run.
    Raises UnknownDriver, ConfigProblems, NewerFormat, OSError.
    """
    check_format(context.store)
    facts = gather(context, driver)
    steps = []
    for what, already, do in _work(context, facts):
        if already:
            steps.append(Step(what, "already"))
        elif dry_run:
            steps.append(Step(what, "would"))
        else:
            steps.append(_try(what, do))
    return Setup(facts.driver, facts.found_in, facts.slot, tuple(steps), _next(facts))


def _try(what: str, do: Callable[[], str]) -> Step:
    try:
        return Step(what, "done", do())
    except WagitError as refused:
        return Step(
            what, "skipped", f"{refused.message}; {refused.hint}" if refused.hint else refused.message
        )


def _work(context: Context, facts: Facts) -> list[Work]:
    """List the steps in order: the session is adopted before the link can want its place."""
    repo, store = context.repo, context.store
    shown = os.path.relpath(store.root, repo.worktree)
    ignore = f"let git ignore {', '.join(facts.ignore)} (in info/exclude)"
    bound = read_binding(repo)
    settled = bound is not None and facts.adopt is None and cache.completed_slot(repo) == bound.slot
    return [
        (f"make the store {shown}", os.path.isdir(store.slots()), lambda: _quietly(create(store.root))),
        ("write .wagit.yml", facts.has_config, lambda: _write_config(context, facts)),
        (ignore, facts.ignored, lambda: _ignore(context, facts)),
        _slot_work(context, facts),
        ("install the git hooks", facts.hooked, lambda: _hooks(context)),
        (f"point this worktree at slot {facts.slot}", settled, lambda: _use(context)),
    ]


def _slot_work(context: Context, facts: Facts) -> Work:
    if facts.adopt is None:
        there = records.exists(context.store, facts.slot)
        return (f"make slot {facts.slot}", there, lambda: _slot(context, facts))
    shown = os.path.relpath(facts.adopt, context.repo.worktree)
    return (f"adopt the session {shown} as slot {facts.slot}", False, lambda: _adopt(context, facts))


def _hooks(context: Context) -> str:
    changes = hooks.install(context.repo, context.environ)
    return "; ".join(str(change) for change in changes if change.action == "refuse")


def _quietly(_: object) -> str:
    return ""


def _write_config(context: Context, facts: Facts) -> str:
    text = render_sample(facts.driver, list(facts.command) or None, facts.default, facts.branch)
    atomic_write(os.path.join(context.repo.worktree, ".wagit.yml"), text.encode(), mode=0o644)
    create(context.store.root)
    trust.allow(_reloaded(context))  # what wagit wrote itself, the user asked for
    return ""


def _ignore(context: Context, facts: Facts) -> str:
    exclude.add(context.repo, facts.ignore)
    return ""


def _adopt(context: Context, facts: Facts) -> str:
    assert facts.adopt is not None
    adopt.adopt(_reloaded(context), facts.slot, facts.adopt, facts.driver)
    return "moved, not copied"


def _slot(context: Context, facts: Facts) -> str:
    create(context.store.root)
    records.create_slot(context.store, facts.slot, facts.driver, context.clock.now())
    return ""


def _use(context: Context) -> str:
    done = use.follow(_reloaded(context), "init")
    told = "; ".join(done.notices)
    if done.notices and not done.linked:
        raise links.LinkRefused(told)
    return told


def _reloaded(context: Context) -> Context:
    return context._replace(config=load(context.repo, context.environ, {}))


def _next(facts: Facts) -> tuple[str, ...]:
    """End with what to do now."""
    tracked = () if facts.config_tracked else ("git add .wagit.yml && git commit -m 'Sessions by branch'",)
    asked = () if facts.trusted else ("wagit trust   # allow what .wagit.yml wants to run",)
    start = "wagit run" if facts.command else f"wagit run -- {facts.guess}"
    first = f"no QR: the login is in slot {facts.slot}" if facts.linked else "scan the QR once"
    joins = facts.shared and not facts.linked
    if joins:
        first = "no QR: the team has the session"
    return (
        *tracked,
        "edit .wagit.yml: which branch uses which slot; then see: wagit which",
        *asked,
        *(("wagit team init   # your key, which a member of the team adds",) if joins else ()),
        f"{start}   # {first}",
    )
