"""The slots as they are: listed, or one of them shown."""

from __future__ import annotations

from typing import NamedTuple

from wagit.core.clock import rfc3339
from wagit.core.git import run_git
from wagit.drivers import registry
from wagit.integrity.identity import Identity
from wagit.operations import damage, standings, team_known
from wagit.operations.context import Context
from wagit.operations.damage import Damage
from wagit.operations.team_known import KnownLease
from wagit.routing import names
from wagit.routing.head import Head
from wagit.routing.rules import resolve
from wagit.slots import holding, records, twins
from wagit.slots.inspect import age_of, removed_at, size_of, state_of
from wagit.snapshots import manifest

MOST_BRANCHES = 200  # the newest; ten thousand branches times a thousand rules would take seconds


class Session(NamedTuple):
    """One row of `sessions ls`; `size` in bytes, times RFC 3339 UTC, `holder` in words.

    `account` is whose login is on disk, else whom the bot that runs there is logged in as. `origin` is the
    slot its session came from, `twins` are the slots that hold the same login. `team` is whether the team
    shares it, and `lease` then who may run it, as far as is known here.
    """

    slot: str
    driver: str
    account: str | None
    state: str
    age: str
    last_ready: str | None
    size: int
    snapshots: int
    branches: tuple[str, ...]
    holder: str | None
    team: bool
    lease: KnownLease | None
    origin: str | None
    twins: tuple[str, ...]


class Detail(NamedTuple):
    """What `sessions show` adds to the row; `key` is a digest of the linked device's key."""

    session: Session
    data: str
    created: str
    generation: int
    starts: int
    device: str | None
    key: str | None
    profiles: tuple[str, ...]
    note: str


def ls(context: Context) -> list[Session]:
    """Return every slot, in order of name."""
    known = _known(context)
    return [_session(context, slot, known) for slot in records.slot_names(context.store)]


def one(context: Context, slot: str) -> Session:
    """Return one slot's row. Raises NoSuchSlot."""
    return _session(context, slot, _known(context))


def show(context: Context, slot: str) -> Detail:
    """Return all that is known of one slot. Raises NoSuchSlot."""
    record = records.read_record(context.store, names.check(slot))
    data = context.store.data(slot)
    driver = registry.get(record.driver)
    found = driver.read_identity(data)
    return Detail(
        one(context, slot),
        data,
        rfc3339(record.created),
        record.generation,
        record.starts,
        found.identity.device if found.identity else record.device,
        driver.device_key(data) if found.identity else None,
        tuple(driver.profiles(data)),
        found.reason,
    )


class _Known(NamedTuple):
    """What is found once for all slots: branches by slot, logins, and what the last checks found."""

    users: dict[str, tuple[str, ...]]
    logins: dict[str, Identity]
    damage: dict[str, Damage]


def _known(context: Context) -> _Known:
    return _Known(branches_by_slot(context), twins.logins(context.store), damage.standing(context.store))


def _session(context: Context, slot: str, known: _Known) -> Session:
    record = records.read_record(context.store, slot)
    data = context.store.data(slot)
    driver = registry.get(record.driver)
    holder = holding.holder(context.store, slot)
    found = driver.read_identity(data)
    lease = team_known.lease_of(context, slot)
    return Session(
        slot,
        driver.name,
        found.identity.account if found.identity else standings.number_of(holder, slot),
        state_of(
            found,
            held=holder is not None,
            data=data,
            removed=removed_at(record, found.identity, data) is not None,
            damaged=slot in known.damage,
        ),
        age_of(record.last_ready, context.clock.now(), context.config.settings.health),
        rfc3339(record.last_ready) if record.last_ready else None,
        size_of(data),
        len(manifest.ids(context.store, slot)),
        known.users.get(slot, ()),
        str(holder) if holder else None,
        lease is not None,
        lease,
        record.origin if record.origin_mode and found.identity else None,
        tuple(other for other in known.logins if other != slot and known.logins[other] == found.identity),
    )


def branches_by_slot(context: Context) -> dict[str, tuple[str, ...]]:
    """The slots of the newest MOST_BRANCHES local branches, by the rules."""
    newest = (f"--count={MOST_BRANCHES}", "--sort=-committerdate", "--format=%(refname)", "refs/heads")
    listed = run_git("for-each-ref", *newest, cwd=context.repo.worktree, environ=context.environ)
    users: dict[str, tuple[str, ...]] = {}
    for name in listed.splitlines():
        branch = name.removeprefix("refs/heads/")
        slot = resolve(Head(branch, "attached"), context.config.settings, None).slot
        users[slot] = (*users.get(slot, ()), branch)
    return users
