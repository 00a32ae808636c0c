"""Push a slot's session: a clean snapshot of it becomes the team's newest, or nothing changes there."""

from __future__ import annotations

from typing import NamedTuple

from wagit.operations import orphans, snapshot, team_access
from wagit.operations.context import Context
from wagit.operations.snapshot import Ask
from wagit.operations.team_hold import hold
from wagit.operations.team_slots import moved, shared_slot
from wagit.slots import records
from wagit.team import lease, state
from wagit.team import push as engine
from wagit.team.access import Access, Found
from wagit.team.keys import Ask as AskPassphrase
from wagit.team.leases import Held, Leases
from wagit.team.plan import is_stale
from wagit.team.push import Sent
from wagit.team.remote import BlobDamaged, BlobGone
from wagit.team.transfer import Bars, locked, no_bars, outbox, read_index


class TeamPushed(NamedTuple):
    """What was pushed, or would be: `number` counts the team's pushes, `sent` bytes went to the remote.

    Not `new` when the team has this very session already. `snapshot` is the local one that was pushed,
    `size` its bytes. Of a dry run `sent` counts files that changed since the last snapshot, whole; all
    where nothing was pushed yet, or is to be sealed for others now.
    """

    slot: str
    remote: str
    number: int
    generation: int
    snapshot: str | None
    files: int
    size: int
    sent: int
    new: bool
    notices: tuple[str, ...]
    dry_run: bool


def push(
    context: Context,
    slot: str | None = None,
    *,
    bars: Bars = no_bars,
    ask: AskPassphrase | None = None,
    anew: bool = False,
    dry_run: bool = False,
) -> TeamPushed:
    """Push a slot's session, by default this worktree's, under our lease or one taken for it.

    `anew` packs all of it once more, which mends data that was damaged on the remote.

    Raises NotShared, SlotBusy, NoSuchSlot, NothingToSnapshot, LeaseHeld, Behind, RolledBack and what else
    `team_access.access`, `Leases.take` and `team.push.push` raise.
    """
    slot = shared_slot(context, slot)
    records.read_record(context.store, slot)
    opened = team_access.access(context, ask)
    if dry_run:
        return _preview(context, opened, slot, anew=anew)
    return push_opened(context, opened, team_access.leases(opened), slot, bars=bars, anew=anew)


def push_opened(
    context: Context,
    opened: Access,
    leases: Leases,
    slot: str,
    *,
    bars: Bars = no_bars,
    anew: bool = False,
) -> TeamPushed:
    """The same with an access that is open. Raises as `push`."""
    found = engine.look(opened, slot)
    notices = orphans.end(context, slot)
    with hold(opened, leases, slot, stays=_is_ours(opened, leases, slot, found)) as keeper:
        done = push_held(context, opened, keeper.held, bars=bars, anew=anew)
    return done._replace(notices=(*notices, *done.notices))


def push_held(
    context: Context, opened: Access, held: Held, *, bars: Bars = no_bars, anew: bool = False
) -> TeamPushed:
    """Push a slot whose lease is ours and whose bot was stopped. Raises as `push`."""
    store, slot = context.store, held.slot
    with bars(f"taking a snapshot of {slot}") as progress:
        taken = snapshot.take(context.repo, store, slot, Ask("team", context.clock.now()), progress)
    header = taken.snapshot.header
    sent = engine.push(opened, held, taken.snapshot, context.clock.now(), bars=bars, anew=anew)
    if records.read_record(store, slot).generation == header.generation:  # else a bot was started meanwhile
        state.update(store, slot, lambda old: old._replace(unpushed=False))
    return TeamPushed(
        slot, opened.remote.title, sent.pushed.number, sent.pushed.generation, taken.snapshot.id,
        header.files, header.size, sent.bytes, sent.new, notices_of(opened, sent), dry_run=False,
    )  # fmt: skip


def _preview(context: Context, opened: Access, slot: str, *, anew: bool) -> TeamPushed:
    found = engine.look(opened, slot)
    pushed = found.head.pushed if found is not None else None
    planned = snapshot.preview(context.repo, context.store, slot, Ask("team", context.clock.now()))
    highest = max(state.read(context.store, slot).highest, pushed.number if pushed is not None else 0)
    whole = anew or found is None or pushed is None or _is_to_be_sealed_anew(opened, found)
    new = whole or planned.added > 0 or moved(context.store, opened.team, slot)
    sent = planned.size if whole else planned.added
    return TeamPushed(
        slot, opened.remote.title, highest + new, records.read_record(context.store, slot).generation, None,
        planned.files, planned.size, sent, new, (), dry_run=True,
    )  # fmt: skip


def _is_to_be_sealed_anew(opened: Access, found: Found) -> bool:
    """Whether all that lies there is packed once more: for other recipients, or as its index is spoiled."""
    slot, current = found.head.slot, found.head.current
    assert current is not None
    box = outbox(opened, slot)
    with locked(box):
        try:
            return is_stale(opened, read_index(opened, slot, current, box))
        except (BlobGone, BlobDamaged):
            return True


def _is_ours(opened: Access, leases: Leases, slot: str, found: Found | None) -> bool:
    """Whether we have the lease before the push, which then leaves it to us."""
    if opened.team.lease_at is not None:
        return leases.look(slot).ours
    own = state.read(opened.store, slot).own  # the head told already
    return found is not None and lease.is_ours(found.head.lease, own, state.place(opened.store))


def notices_of(opened: Access, sent: Sent) -> tuple[str, ...]:
    """What the user should know of a push, a line each."""
    where, lines = opened.remote.title, []
    if sent.lost:
        lines.append(
            f"data of older pushes was gone from {where}, or damaged there: they are not kept any more"
        )
    if sent.left:
        lines.append(f"what nobody needs any more could not be dropped from {where}: {sent.left}")
    return tuple(lines)
