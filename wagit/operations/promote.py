"""Give a slot's session back to the slot it came from."""

from __future__ import annotations

import os
from typing import NamedTuple

from wagit.config.problems import near
from wagit.core.atomic import make_directory, rename_durably
from wagit.core.errors import UsageError
from wagit.core.repository import worktrees
from wagit.operations import move, sessions
from wagit.operations.context import Context
from wagit.operations.keep import keep
from wagit.operations.snapshot import Ask, take
from wagit.operations.which import which
from wagit.routing import names
from wagit.routing.binding import read_binding
from wagit.slots import marker, quiet, records
from wagit.slots.inspect import has_files
from wagit.snapshots.hand_on import hand_on
from wagit.snapshots.reading import Progress, no_progress


class UnknownOrigin(UsageError):
    """A slot's session did not come from another slot, and none was named."""

    code = "unknown-origin"


class Promoted(NamedTuple):
    """What was done, or would be. `replaced` is the snapshot of what the slot `to` had before.

    `aside` is where the emptied slot is now, null where a worktree uses it; `replaced_data` where the data
    is that `to` had.
    """

    slot: str
    to: str
    snapshot: str | None
    replaced: str | None
    replaced_data: str | None
    aside: str | None
    notices: tuple[str, ...]
    dry_run: bool


def promote(
    context: Context,
    slot: str | None = None,
    to: str | None = None,
    *,
    cause: str = "sessions promote",
    progress: Progress = no_progress,
    dry_run: bool = False,
) -> Promoted:
    """Move the session of `slot`, this worktree's by default, to the slot `to`, by default its origin.

    What `to` has is snapshotted and set aside, both are held meanwhile; a crash leaves the session whole
    in one of them. Raises NoSuchSlot, UnknownOrigin, CannotMove, SlotBusy, OSError.
    """
    source = names.check(slot) if slot is not None else which(context).slot
    target = _target(context, source, to)
    known = records.slot_names(context.store)
    is_new = target not in known
    if is_new and not dry_run:
        driver = records.read_record(context.store, source).driver
        records.create_slot(context.store, target, driver, context.clock.now())
    _check(context, source, target)
    worktree, now = context.repo.worktree, context.clock.now()
    there = source if is_new and dry_run else target
    with quiet.both(context.store, (source, there), worktree, now):
        done = _Promoting(context, source, target, cause).run(progress, dry_run=dry_run)
    told = (f"slot {target} is new{near(target, known)}",) if is_new and to else ()
    return done._replace(notices=(*told, *done.notices))


def _target(context: Context, source: str, to: str | None) -> str:
    record = records.read_record(context.store, source)
    target = names.check(to) if to is not None else record.origin
    if target is None or target == source:
        raise UnknownOrigin(
            f"the session of slot {source} came from no other slot",
            f"name the one it is for: wagit sessions promote {source} --to SLOT",
        )
    return target


def _check(context: Context, source: str, target: str) -> None:
    if not has_files(context.store.data(source)):
        raise move.CannotMove(f"slot {source} has no session to give", "list them: wagit sessions ls")
    if not records.exists(context.store, target):
        return
    wanted = records.read_record(context.store, target).driver
    has = records.read_record(context.store, source).driver
    if wanted != has and has_files(context.store.data(target)):
        raise move.CannotMove(
            f"slot {source} is of driver {has}, slot {target} of {wanted}",
            f"set that one aside first: wagit sessions rm {target}",
        )


class _Promoting:
    """One session on its way back, both slots held."""

    def __init__(self, context: Context, source: str, target: str, cause: str) -> None:
        self._context = context
        self._store = context.store
        self._source = source
        self._target = target
        self._cause = cause

    def run(self, progress: Progress, *, dry_run: bool) -> Promoted:
        """Snapshot both, set aside what is in the way, then take the one step that decides."""
        context, store = self._context, self._store
        in_the_way = has_files(store.data(self._target))
        replaced_data = sessions.place_aside(context, self._target) if in_the_way else None
        aside = None if self._is_used() else sessions.place_aside(context, self._source)
        done = Promoted(self._source, self._target, None, None, replaced_data, aside, (), dry_run)
        if dry_run:
            return done
        ask = Ask("move", context.clock.now(), held=True)
        own = take(context.repo, store, self._source, ask, progress).snapshot
        kept = keep(context, self._target, "move", progress)
        self._announce()
        hand_on(store, own, self._target)
        done = done._replace(
            snapshot=own.id, replaced=kept.snapshot, notices=(kept.problem,) if kept.problem else ()
        )
        self._log(done)
        self._move(replaced_data)
        if aside is not None:
            sessions.set_aside(context, self._source, aside)
        marker.take_away(context.repo, store)
        return done

    def _is_used(self) -> bool:
        """Whether a worktree has the slot: made anew, it would at once get back what it has just given."""
        found = [read_binding(repo) for repo in worktrees(self._context.repo)]
        return any(binding is not None and binding.slot == self._source for binding in found)

    def _announce(self) -> None:
        """Note whose session comes, and that it is awaited: what a crash leaves empty is filled by that."""
        given = move.identified(self._context, self._source)
        record = move.inherit(records.read_record(self._store, self._target), given)
        awaits = f"move:{self._source}"
        awaiting = record._replace(awaits=awaits, generation=max(1, record.generation))
        records.write_record(self._store, self._target, awaiting)

    def _log(self, done: Promoted) -> None:
        left = records.read_record(self._store, self._source)
        detail: dict[str, object] = {
            "from": self._source, "to": self._target, "replaced": done.replaced,
            "snapshot": done.snapshot, "replaced_data": done.replaced_data, "aside": done.aside,
            "origin": left.origin, "origin_mode": left.origin_mode,
        }  # fmt: skip
        move.log(self._context, "promote", self._cause, detail)

    def _move(self, replaced_data: str | None) -> None:
        store = self._store
        if replaced_data is not None:
            make_directory(replaced_data)
            rename_durably(store.data(self._target), os.path.join(replaced_data, "data"))
            os.makedirs(store.data(self._target), mode=0o700, exist_ok=True)
        move.move_data(self._context, self._source, self._target)
        record = records.read_record(store, self._target)
        records.write_record(store, self._target, record._replace(awaits=None))
        left = records.read_record(store, self._source)
        given = left._replace(origin=None, origin_mode=None, generation=max(1, left.generation))
        records.write_record(store, self._source, given)
