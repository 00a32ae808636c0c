"""Shell completion of slots, snapshots and branches; a failing completion says nothing."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import typer

from wagit.core.errors import WagitError

if TYPE_CHECKING:
    from wagit.core.repository import Repository
    from wagit.core.store import Store
    from wagit.snapshots.manifest import Header


def slots(incomplete: str) -> list[str]:
    """Slots that start with `incomplete`."""
    from wagit.slots.records import slot_names

    try:
        return [name for name in slot_names(_store()) if name.startswith(incomplete)]
    except (WagitError, OSError):
        return []


def shared_slots(incomplete: str) -> list[str]:
    """Slots that the team shares."""
    from wagit.operations.context import open_at
    from wagit.operations.team_slots import shared_slots as known

    try:
        return [name for name in known(open_at(str(os.curdir), os.environ)) if name.startswith(incomplete)]
    except (WagitError, OSError):
        return []


def members(incomplete: str) -> list[str]:
    """Names of the team's members."""
    from wagit.config.recipients import split
    from wagit.operations.context import open_at

    try:
        lines = open_at(str(os.curdir), os.environ).config.settings.team.recipients
    except (WagitError, OSError):
        return []
    return [name for _, name in map(split, lines) if name.startswith(incomplete)]


def slots_with_snapshots(incomplete: str) -> list[str]:
    """The same, and slots that are gone and have snapshots."""
    from wagit.snapshots import check

    try:
        gone = [name for name in check.slots_with_snapshots(_store()) if name.startswith(incomplete)]
    except (WagitError, OSError):
        gone = []
    return sorted({*slots(incomplete), *gone})


def snapshots(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Snapshots of the slot given before, else of this worktree's, each with its date, tag and reason.

    As the first word also slots: it may be one.
    """
    before = ctx.params.get("words") or [word for word in (ctx.params.get("slot"),) if word]
    try:
        names = slots_with_snapshots(incomplete) if not before else []
        return [*((name, "a slot") for name in names), *_snapshots(before, incomplete)]
    except (WagitError, OSError):
        return []


def _snapshots(before: list[str], incomplete: str) -> list[tuple[str, str]]:
    from wagit.routing.binding import read_binding
    from wagit.snapshots.manifest import listing
    from wagit.snapshots.resolve import short_ids

    binding = read_binding(_repo())
    slot = before[0] if before and before[0] in slots_with_snapshots("") else binding and binding.slot
    known = listing(_store(), slot) if slot else None
    if known is None:
        return []
    short = short_ids([*known.damaged, *(identifier for identifier, _ in known.snapshots)])
    told = [(short[identifier], _told(header)) for identifier, header in known.snapshots]
    return [
        (name, what)
        for name, what in [*told, *((short[identifier], "damaged") for identifier in known.damaged)]
        if name.startswith(incomplete.lower())
    ]


def _told(header: Header) -> str:
    taken = time.strftime("%Y-%m-%d %H:%M", time.localtime(header.time))
    return f"{taken} {header.tag} {header.message or header.why}"


def _repo() -> Repository:
    from wagit.core.repository import find

    return find(str(os.curdir), os.environ)


def _store() -> Store:
    from wagit.config.digest import store_root
    from wagit.core.store import Store

    return Store(store_root(_repo().common_dir, os.environ))


def operations(incomplete: str) -> list[tuple[str, str]]:
    """Numbers of operations that can be taken back, newest first, with what they are."""
    from wagit.operations import undo
    from wagit.operations.context import open_at

    try:
        rows = undo.listing(open_at(str(os.curdir), os.environ))
    except (WagitError, OSError):
        return []
    found = [(str(row.number), row.what) for row in rows if row.does is not None]
    return [(number, what) for number, what in found if number.startswith(incomplete)]


def branches(incomplete: str) -> list[str]:
    """Local branches that start with `incomplete`."""
    from wagit.core.git import run_git

    try:
        names = run_git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", cwd=".")
    except (WagitError, OSError):
        return []
    return [name for name in names.splitlines() if name.startswith(incomplete)]


def drivers(incomplete: str) -> list[str]:
    """Drivers that start with `incomplete`."""
    from wagit.drivers import registry

    return [name for name in registry.names() if name.startswith(incomplete)]


def bot_states(incomplete: str) -> list[str]:
    """States of a bot that start with `incomplete`."""
    from wagit.operations.up import states

    return [state for state in states() if state.startswith(incomplete)]
