"""Pull the team's newest session into a slot; what the slot has becomes a snapshot."""

from __future__ import annotations

from typing import NamedTuple

from wagit.core.clock import rfc3339
from wagit.integrity.identity import account_digits, masked
from wagit.operations import team_access
from wagit.operations.before_start import WrongAccount, wanted_account
from wagit.operations.context import Context
from wagit.operations.restore import Restored, restore_paths
from wagit.operations.restore_damage import BrokenSnapshot
from wagit.operations.team_slots import is_here, moved, shared_slot
from wagit.slots import holding, records
from wagit.slots.quiet import refuse_writers
from wagit.snapshots import create
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import DamagedSnapshot, Header, Manifest, NoSuchSnapshot
from wagit.team import pull as engine
from wagit.team import seen, state
from wagit.team.access import Access, Found, read_head
from wagit.team.keys import Ask as AskPassphrase
from wagit.team.pull import Fetched
from wagit.team.transfer import Bars, no_bars

HINT = "stop that program first"


class TeamPulled(NamedTuple):
    """What was pulled, or would be: the push's `number`, when and by whom; `fetched` bytes came.

    Not `new` when the slot is up to date; `number` is 0 when nothing was pushed yet. `snapshot` is the
    session as a local snapshot, `replaced` the one of what was there before, `kept` whether that was never
    pushed; `aside` is where it lies when it could not be read.
    """

    slot: str
    remote: str
    number: int
    generation: int
    time: str | None
    by: str | None
    host: str | None
    files: int
    size: int
    fetched: int
    new: bool
    snapshot: str | None
    replaced: str | None
    kept: bool
    aside: str | None
    notices: tuple[str, ...]
    dry_run: bool


def pull(
    context: Context,
    slot: str | None = None,
    *,
    accept_older: bool = False,
    bars: Bars = no_bars,
    ask: AskPassphrase | None = None,
    dry_run: bool = False,
) -> TeamPulled:
    """Pull a slot's session, by default this worktree's. `accept_older` takes one that was rolled back.

    Raises NotShared, SlotBusy, RolledBack, WrongAccount, BrokenSnapshot and what else `team_access.access`
    and `team.pull.fetch` raise; the slot's data is as it was then.
    """
    slot = shared_slot(context, slot)
    return pull_into(
        context, team_access.access(context, ask), slot, accept_older=accept_older, bars=bars, dry_run=dry_run
    )


def pull_into(
    context: Context,
    opened: Access,
    slot: str,
    *,
    accept_older: bool = False,
    bars: Bars = no_bars,
    dry_run: bool = False,
) -> TeamPulled:
    """The same with an access that is open. Nobody may hold the slot, not even the caller."""
    found = _look(opened, slot, accept_older=accept_older, dry_run=dry_run)
    if found is None or found.head.current is None or found.head.pushed is None:
        return _nothing(opened, slot, dry_run=dry_run)
    base = state.read(context.store, slot).base
    if seen.is_base(base, found.head) and is_here(context.store, slot):
        return _told(opened, found, new=False, dry_run=dry_run)
    if records.exists(context.store, slot):
        _refuse_who_has_it(context, slot)
    if dry_run:
        planned = engine.outlook(opened, found)
        _check_account(context, slot, planned.session.header)
        return _told(opened, found, new=True, dry_run=True)._replace(fetched=planned.bytes)
    return _Pulling(context, opened, slot, found, bars, older=accept_older).run()


class _Pulling:
    """One pull of a session that is not here yet."""

    def __init__(
        self, context: Context, opened: Access, slot: str, found: Found, bars: Bars, *, older: bool
    ) -> None:
        self._context = context
        self._store = context.store
        self._opened = opened
        self._slot = slot
        self._found = found
        self._bars = bars
        self._moved = moved(context.store, opened.team, slot)
        self._least = 0 if older else _newest_generation(context, slot) + self._moved
        self._last = seen.read(context.store, opened.team, slot).snapshot

    def run(self) -> TeamPulled:
        fetched = self._fetch(thorough=False)
        try:
            restored = self._restore(fetched)
        except DamagedSnapshot:  # an object that was here already
            fetched = self._fetch(thorough=True)
            restored = self._restore(fetched)
        self._note(fetched)
        found = Found(self._found.head._replace(pushed=fetched.pushed), self._found.version)
        return _told(self._opened, found, new=True, dry_run=False)._replace(
            fetched=fetched.bytes,
            generation=fetched.manifest.header.generation,
            snapshot=fetched.manifest.id,
            replaced=restored.replaced,
            kept=self._is_kept(restored.replaced, fetched.manifest),
            aside=restored.aside,
            notices=restored.notices,
        )

    def _fetch(self, *, thorough: bool) -> Fetched:
        def admit(header: Header) -> None:
            _check_account(self._context, self._slot, header)

        return engine.fetch(self._opened, self._found, admit, self._least, thorough=thorough, bars=self._bars)

    def _restore(self, fetched: Fetched) -> Restored:
        """Raises BrokenSnapshot when what was pushed costs the login."""
        identifier = fetched.manifest.id
        try:
            with self._bars(f"restoring {self._slot}") as progress:
                return restore_paths(
                    self._context, self._slot, identifier, (), progress=progress, named=False, cause="team"
                )
        except BrokenSnapshot as error:
            pushed = fetched.pushed
            raise BrokenSnapshot(
                f"push {pushed.number} by {pushed.by} is no good: {error.message}",
                f"ask {pushed.by}; to use it all the same: wagit restore {self._slot} {identifier}",
            ) from error

    def _note(self, fetched: Fetched) -> None:
        """Keep what the slot's data is based on from now on."""
        pushed, digest, manifest = fetched.pushed, fetched.digest, fetched.manifest
        seen.done(self._store, self._opened.team, pushed, digest, manifest, unpushed=False)

    def _is_kept(self, replaced: str | None, now: Manifest) -> bool:
        """Whether what was replaced is a session that the team never had."""
        if replaced is None:
            return False
        was = _entries(self._context, self._slot, replaced)
        if was is None or create.is_same(was.entries, now.entries):
            return False
        last = _entries(self._context, self._slot, self._last) if self._last else None
        return self._moved if last is None else not create.is_same(was.entries, last.entries)


def _look(opened: Access, slot: str, *, accept_older: bool, dry_run: bool) -> Found | None:
    """The head, unless it was rolled back; `accept_older` takes it as the newest there is then."""
    store, team = opened.store, opened.team
    found = read_head(opened, slot)
    head = found.head if found is not None else None
    if not accept_older:
        seen.check(seen.read(store, team, slot), slot, head, opened.remote.title)
    if not (accept_older and dry_run):
        seen.noticed(store, team, slot, head)
    if accept_older and not dry_run and (head is None or head.pushed is None):
        state.update(store, slot, lambda old: old._replace(base=None))
    return found


def _refuse_who_has_it(context: Context, slot: str) -> None:
    holder = holding.in_use_by(context.store, slot)
    if holder is not None:
        raise holding.busy(context.store, slot, holder)
    refuse_writers(context.store, slot, context.repo.worktree, HINT)


def _newest_generation(context: Context, slot: str) -> int:
    """The greatest generation that the slot's data ever had here."""
    known = manifests.listing(context.store, slot).snapshots
    greatest = max((header.generation for _, header in known), default=0)
    if not records.exists(context.store, slot):
        return greatest
    return max(greatest, records.read_record(context.store, slot).newest_generation)


def _check_account(context: Context, slot: str, header: Header) -> None:
    """Refuse another number than the slot's rule asks for. Raises WrongAccount."""
    wanted = wanted_account(context, slot)
    if wanted and header.account and account_digits(header.account) != account_digits(wanted):
        raise WrongAccount(
            f"the team's session of slot {slot} is the login of {masked(header.account)}, the slot's rule"
            f" asks for {wanted}",
            "correct `account:` in the rule, or ask who pushed it: wagit team ls",
        )


def _entries(context: Context, slot: str, identifier: str) -> Manifest | None:
    try:
        return manifests.read(context.store, slot, identifier)
    except (DamagedSnapshot, NoSuchSnapshot):
        return None


def _told(opened: Access, found: Found, *, new: bool, dry_run: bool) -> TeamPulled:
    pushed = found.head.pushed
    assert pushed is not None
    return TeamPulled(
        found.head.slot, opened.remote.title, pushed.number, pushed.generation, rfc3339(pushed.time),
        pushed.by, pushed.host, pushed.files, pushed.size, 0, new, None, None, False, None, (), dry_run,
    )  # fmt: skip


def _nothing(opened: Access, slot: str, *, dry_run: bool) -> TeamPulled:
    return TeamPulled(
        slot, opened.remote.title, 0, 0, None, None, None, 0, 0, 0, False, None, None, False, None, (),
        dry_run,
    )  # fmt: skip
