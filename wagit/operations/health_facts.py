"""What is known of a session without reading it whole: by its record, its login, its seal and the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wagit.core.store import Store
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.drivers.profile import ProfilesDriver
from wagit.integrity.identity import Identity
from wagit.operations import bot_events, damage, devices
from wagit.operations.context import Context
from wagit.operations.damage import Damage
from wagit.operations.devices import Device
from wagit.operations.snapshot import selection_of
from wagit.operations.which import which
from wagit.slots import holding, inspect, records
from wagit.slots.inspect import State, state_of
from wagit.slots.records import SlotRecord
from wagit.snapshots import manifest
from wagit.snapshots import seal as seals
from wagit.snapshots.manifest import Header


class Facts(NamedTuple):
    """What a slot's health is judged by; times in seconds since the epoch.

    `here`: it is this worktree's. `browser`: its session is a browser's. `reason` says why there is no login,
    `was_linked` that there was one which no other slot has now. `removed_at`: when this very login, or the
    one that its bot deleted, was seen to be logged out. `checked`: when the last full check found all whole;
    `unchanged`: no file has changed since. `clean` counts the clean ones of `snapshots`.
    """

    slot: str
    here: bool
    driver: str
    browser: bool
    state: State
    identity: Identity | None
    reason: str
    was_linked: bool
    holder: str | None
    last_ready: float | None
    removed_at: float | None
    damage: Damage | None
    checked: float | None
    unchanged: bool
    generation: int
    starts: int
    snapshots: int
    clean: int
    newest_snapshot: float | None
    devices: tuple[Device, ...]


def gather(context: Context, slot: str | None) -> list[Facts]:
    """The facts of one slot, or of all, in order of name. Raises NoSuchSlot."""
    store = context.store
    now = context.clock.now()
    known = _Known(damage.standing(store), devices.linked(store), slot_here(context), now)
    return [_facts(store, one, known) for one in ([slot] if slot is not None else records.slot_names(store))]


def slot_here(context: Context) -> str:
    """This worktree's slot."""
    return which(context).slot


class _Known(NamedTuple):
    """What is found once for all slots."""

    damage: Mapping[str, Damage]
    logins: Mapping[str, Identity]
    here: str
    now: float


def _facts(store: Store, slot: str, known: _Known) -> Facts:
    data, written = store.data(slot), records.read_record(store, slot)
    driver = registry.get(written.driver)
    found = driver.read_identity(data)
    told = bot_events.read(store, slot, known.now)  # by a bot that runs, so that nobody has noted it yet
    record = bot_events.after(written, told or (), found.identity)
    holder = holding.holder(store, slot)
    removed_at = inspect.removed_at(record, found.identity, data)
    removed = removed_at is not None
    headers = [header for _, header in manifest.listing(store, slot).snapshots]
    checked, unchanged = _checked(store, slot, driver)
    return Facts(
        slot=slot,
        here=slot == known.here,
        driver=driver.name,
        browser=isinstance(driver, ProfilesDriver),
        state=state_of(
            found, held=holder is not None, data=data, removed=removed, damaged=slot in known.damage
        ),
        identity=found.identity,
        reason=found.reason,
        was_linked=record.account is not None and not _is_elsewhere(slot, record, known.logins),
        holder=str(holder) if holder is not None else None,
        last_ready=record.last_ready,
        removed_at=removed_at,
        damage=known.damage.get(slot),
        checked=checked,
        unchanged=unchanged,
        generation=record.generation,
        starts=record.starts,
        snapshots=len(headers),
        clean=sum(header.tag == "clean" for header in headers),
        newest_snapshot=_newest(headers),
        devices=_devices(slot, None if removed else found.identity, known.logins),
    )


def _is_elsewhere(slot: str, record: SlotRecord, logins: Mapping[str, Identity]) -> bool:
    """Whether another slot has the login, as after a move."""
    login = inspect.last_login(record)
    return login is not None and any(logins[other] == login for other in logins if other != slot)


def _checked(store: Store, slot: str, driver: Driver) -> tuple[float | None, bool]:
    """When all of the slot's data was last read and found whole, and whether it is still as it was."""
    seal, data = seals.of_data(store, slot), store.data(slot)
    if seal is None or not seal.current:
        return None, False
    return seal.checked, seals.states(data, selection_of(driver, full=False)) == seal.states


def _newest(headers: list[Header]) -> float | None:
    return max((header.time for header in headers), default=None)


def _devices(slot: str, identity: Identity | None, logins: Mapping[str, Identity]) -> tuple[Device, ...]:
    """The devices of the slot's number; its own by its data, for its record may be behind."""
    if identity is None:
        return ()
    return devices.by_number({**logins, slot: identity})[identity.account]
