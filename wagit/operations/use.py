"""Follow the branch, pin a slot, or go back to following."""

from __future__ import annotations

from wagit.config.digest import Decided, deciding
from wagit.config.problems import near
from wagit.core import locks
from wagit.core.errors import WagitError
from wagit.core.store import open_store
from wagit.drivers import registry
from wagit.operations import after_switch, move, trust
from wagit.operations.context import Context, driver_name
from wagit.operations.switch import Cause, Switch, switch
from wagit.routing import cache, names
from wagit.routing.binding import read_binding
from wagit.routing.cache import Target
from wagit.routing.head import read_head
from wagit.routing.rules import Route, decides, resolve, rule_of
from wagit.slots import records


def follow(context: Context, cause: str, *, unpinned: bool = False, alone: bool = False) -> Switch:
    """Resolve the effective branch and switch the worktree to its slot.

    A pinned one is kept unless `unpinned`. `alone`: it is this worktree's supervisor that asks, and no bot
    runs. Raises ConfigProblems, Locked, NewerFormat, OSError.
    """
    started = context.clock.now()
    head, binding = read_head(context.repo), read_binding(context.repo)
    if binding is not None and binding.pinned and not unpinned:
        return pin(context, binding.slot, cause, alone=alone)
    before = binding.slot if binding else None
    route = resolve(head, context.config.settings, before)
    target = target_of(context, route)
    why = route if decides(head, context.config.settings) else None
    done = _switch(context, target, Cause(cause, route.branch, started, alone=alone), why, before)
    if head.branch is not None:
        _remember(context, head.branch, target, started)
    return done


def _remember(context: Context, branch: str, target: Target, started: float) -> None:
    """Keep the route for the hook, unless the config was saved while it was being used."""
    decided = deciding(context.repo, context.environ)
    if decided is None:  # the config came from git: what decided are refs, read a moment ago
        started -= 1.0
    elif decided.digest != context.config.digest:
        return
    cache.remember(context.repo, branch, context.config.digest, target, started)


def pin(context: Context, slot: str, cause: str = "use", *, alone: bool = False) -> Switch:
    """Use `slot` in this worktree whatever is checked out. Raises BadSlotName, NoSuchSlot."""
    names.check(slot)
    if not records.exists(context.store, slot):
        meant = near(slot, records.slot_names(context.store))
        raise records.NoSuchSlot(f"there is no slot {slot!r}{meant}", f"make it: wagit sessions new {slot}")
    head = read_head(context.repo)
    route = Route(head.branch, slot, None, None, "pinned by `wagit use`", context.config.settings.strategy)
    asked = Cause(cause, head.branch, context.clock.now(), pinned=True, alone=alone)
    return _switch(context, target_of(context, route), asked, None, None)


def unpin(context: Context, cause: str = "use --auto") -> Switch:
    """Follow the branch again, from now on."""
    return follow(context, cause, unpinned=True)


def preview(context: Context, slot: str | None) -> str:
    """The slot that `pin`, or `unpin` when None, would use. Raises BadSlotName, NoSuchSlot."""
    if slot is None:
        binding = read_binding(context.repo)
        kept = binding.slot if binding else None
        return resolve(read_head(context.repo), context.config.settings, kept).slot
    records.read_record(context.store, names.check(slot))
    return slot


def target_of(context: Context, route: Route) -> Target:
    """Turn a route into what switching needs: driver, link as far as it is trusted, and a notice."""
    settings = context.config.settings
    driver = registry.get(driver_name(context))
    link, notice = trust.effective_link(context, driver.link)
    launch, waits = trust.effective_launch(context)
    rule = rule_of(route, settings)
    new = rule.new if rule is not None else settings.new
    return Target(route.slot, driver.name, link, route.rule, route.reason, new, notice or waits, launch)


def _switch(
    context: Context, target: Target, cause: Cause, route: Route | None, before: str | None
) -> Switch:
    """Switch, once the slot has the session that its rule or record promises it, if that can be had."""
    open_store(context.store.root)  # gone while a bot runs: then nothing is made anew
    filling = move.fill(context, target.slot, route, before, cause.asked_by)
    decided = Decided(context.config.digest, context.config.files)
    done = switch(context.repo, context.store, target, decided, cause)
    after_switch.begin(context.repo, context.store, done, context.environ)
    after_switch.launch(context.repo, done, target, context.environ)
    return done._replace(notices=(*done.notices, *_told(context, filling, done)))


def _told(context: Context, filling: move.Filling, done: Switch) -> tuple[str, ...]:
    """What to say: that a session came, or once, on arrival, why not; what resolves itself is no news."""
    if filling.start is None or filling.start.source is None:
        return ()
    holder = locks.lasting_holder_of(context.store.lock(filling.start.source))
    own_bot = holder is not None and holder.worktree == context.repo.worktree
    silent = filling.problem is not None and (own_bot or not done.changed)
    return () if silent else filling.notice(done.slot)


def try_follow(context: Context, cause: str) -> tuple[str, ...]:
    """Follow, and keep the hooks, as a courtesy of a command that does something else; never fails."""
    from wagit.operations import hooks

    kept = hooks.keep(context.repo, context.environ)
    try:
        done = follow(context, cause)
    except (WagitError, OSError) as error:
        return (*kept, f"the session was not switched: {error}")
    return (*kept, *done.notices)
