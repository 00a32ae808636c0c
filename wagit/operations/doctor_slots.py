"""What `doctor` checks of the slots: who holds them, their logins, how fresh and how whole they are."""

from __future__ import annotations

from collections.abc import Iterator

from wagit.core.clock import rfc3339
from wagit.integrity.identity import Identity, masked
from wagit.operations import damage, devices, origins
from wagit.operations.context import Context
from wagit.operations.doctor_check import Check, guarded
from wagit.operations.snapshot_process import failure
from wagit.slots import holding, records, twins
from wagit.slots.inspect import age_of, quarantine_size

MUCH = 1 << 30  # bytes in quarantine that are worth a word


def checks(context: Context) -> Iterator[Check]:
    """All of them."""
    yield guarded("locks", lambda: _locks(context))
    yield guarded("accounts", lambda: _accounts(context))
    yield guarded("devices", lambda: _devices(context))
    yield guarded("sessions", lambda: _sessions(context))
    yield guarded("damage", lambda: _damage(context))
    yield guarded("snapshots", lambda: _snapshots(context))
    yield guarded("quarantine", lambda: _quarantine(context))
    yield guarded("origins", lambda: _origins(context))


def _locks(context: Context) -> Check:
    held = [
        f"{slot} by {holder}"
        for slot in records.slot_names(context.store)
        if (holder := holding.holder(context.store, slot)) is not None
    ]
    return Check("locks", "ok", "; ".join(held) or "no slot is held")


def _accounts(context: Context) -> Check:
    """Two slots with one login would take each other's place as WhatsApp's one writer."""
    by_identity: dict[Identity, list[str]] = {}
    for slot, identity in twins.logins(context.store).items():
        by_identity.setdefault(identity, []).append(slot)
    same = [slots for slots in by_identity.values() if len(slots) > 1]
    if same:
        found = f"one login in several slots: {', '.join(same[0])}"
        return Check(
            "accounts", "warn", found, "nothing: they never run at once; to part them, link one anew"
        )
    return Check("accounts", "ok", f"{len(by_identity)} linked")


def _origins(context: Context) -> Check:
    """A branch that was deleted leaves the session it got from another slot."""
    for line in origins.forsaken(context):
        found, _, do = line.partition(": ")
        return Check("origins", "warn", f"{found}, and its branches are gone", do)
    return Check("origins", "ok", "no session waits to go back")


def _snapshots(context: Context) -> Check:
    """Nobody sees it when a snapshot that was taken by itself fails."""
    for slot in records.slot_names(context.store):
        failed = failure(context.store, slot)
        if failed is not None:
            found = f"the last one of {slot} failed ({rfc3339(failed.time)}): {failed.detail.get('error')}"
            return Check("snapshots", "warn", found, f"mend it, then: wagit snapshot {slot}")
    return Check("snapshots", "ok", "none has failed since the last good one")


def _devices(context: Context) -> Check:
    """A number that has all its linked devices cannot get one more."""
    numbers = devices.by_number(devices.linked(context.store))
    for account, linked in numbers.items():
        if len(linked) >= devices.LIMIT:
            found = f"{len(linked)} of {masked(account)}: {devices.in_words(linked)}"
            do = f"WhatsApp allows {devices.LIMIT}: before you link another, remove one on the phone"
            return Check("devices", "warn", found, do)
    most = max(map(len, numbers.values()), default=0)
    return Check("devices", "ok", f"at most {most} of a number, of {devices.LIMIT} that WhatsApp allows")


def _sessions(context: Context) -> Check:
    """A session that nobody runs is dropped after a month."""
    now, limits = context.clock.now(), context.config.settings.health
    ages: dict[str, list[str]] = {}
    for slot in devices.linked(context.store):
        record = records.read_record(context.store, slot)
        age = "fresh" if holding.holder(context.store, slot) else age_of(record.last_ready, now, limits)
        ages.setdefault(age, []).append(slot)
    unused = [f"{age}: {', '.join(ages[age])}" for age in ("old", "aging") if age in ages]
    if unused:
        return Check("sessions", "warn", "; ".join(unused), "see: wagit health --all")
    return Check("sessions", "ok", "none is aging or old")


def _damage(context: Context) -> Check:
    """What the last full checks found, and nobody has mended yet."""
    known = set(records.slot_names(context.store))
    for slot, found in damage.standing(context.store).items():
        if slot in known:
            codes = f": {', '.join(found.codes)}" if found.codes else ""
            return Check("damage", "fail", f"the last check of {slot} ({rfc3339(found.time)}) failed{codes}",
                         f"wagit repair {slot}")  # fmt: skip
    return Check("damage", "ok", "none known")


def _quarantine(context: Context) -> Check:
    """What was set aside is never deleted by itself."""
    size = quarantine_size(context.store)
    shown = f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"
    if size > MUCH:
        where = f"{context.store.root}/quarantine"
        return Check("quarantine", "warn", shown, f"when you miss nothing, delete what is old in {where}")
    return Check("quarantine", "ok", shown if size else "empty")
