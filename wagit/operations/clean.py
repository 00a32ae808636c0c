"""Start a slot over: its data is set aside in quarantine, and an empty directory takes its place."""

from __future__ import annotations

import os
from typing import NamedTuple

from wagit.drivers import registry
from wagit.integrity.identity import masked
from wagit.operations.context import Context
from wagit.operations.restore_put import Deed, put
from wagit.operations.snapshots import live_slot
from wagit.slots import records
from wagit.slots.inspect import has_files
from wagit.slots.quiet import hold_quiet
from wagit.slots.records import SlotRecord
from wagit.snapshots.staging import Staging


class Cleaned(NamedTuple):
    """What was set aside, or would be. `aside` is where; null when the slot was empty, and with a dry run.

    `account` is whose login it was, masked, as far as it could be read; `replaces`: there was something.
    """

    slot: str
    account: str | None
    replaces: bool
    aside: str | None
    dry_run: bool


def clean(context: Context, slot: str | None, *, dry_run: bool = False) -> Cleaned:
    """Start over a slot, this worktree's unless named, that nobody has open.

    Raises NoSuchSlot, BadSlotName, SlotBusy, ConfigProblems, OSError.
    """
    slot = live_slot(context, slot)
    with hold_quiet(context.store, slot, context.repo.worktree, context.clock.now(), brief=True):
        return start_fresh(context, slot, cause="clean", dry_run=dry_run)


def start_fresh(context: Context, slot: str, *, cause: str, dry_run: bool = False) -> Cleaned:
    """Set the data of a slot aside that the caller holds. An empty slot stays as it is.

    A crash leaves the old data in place, or the empty directory and the old data in quarantine. Logged as
    `clean`, undone by `wagit undo`. Raises NoSuchSlot, SlotBusy, OSError.
    """
    store = context.store
    record = records.read_record(store, slot)
    identity = registry.get(record.driver).identity(store.data(slot))
    account = masked(identity.account) if identity else None
    done = Cleaned(slot, account, has_files(store.data(slot)), None, dry_run)
    if dry_run:
        return done
    if not done.replaces:
        records.write_record(store, slot, forgetting(record))
        return done
    with Staging(store) as staging:
        prepared = staging.new_name()
        os.mkdir(prepared, mode=0o700)
        aside = put(context, slot, prepared, Deed("clean", cause, record=forgetting(record)), aside=True)
    return done._replace(aside=aside)


def forgetting(record: SlotRecord) -> SlotRecord:
    """The record of a slot that starts over: whose it was is forgotten, never the generation."""
    return record._replace(
        account=None, device=None, browser=None, last_ready=None, newest=record.newest_generation, awaits=None
    )
