"""What is known of a slot before a bot opens it, read from its data, record, seal, snapshots and log."""

from __future__ import annotations

from wagit.core import journal
from wagit.core.store import Store
from wagit.drivers import registry
from wagit.integrity.findings import Finding
from wagit.integrity.identity import Identity, login_name
from wagit.operations.context import Context
from wagit.operations.recovery_choice import Facts
from wagit.operations.snapshot import selection_of
from wagit.slots import records, twins
from wagit.slots.records import SlotRecord
from wagit.snapshots import manifest as manifests
from wagit.snapshots import seal as seals

CAUSE = "recovery"  # why, in the log, of what is done before a start


def quick(store: Store, slot: str, findings: tuple[Finding, ...]) -> Facts:
    """What suffices where all is well: whose login the data holds. Raises NoSuchSlot."""
    record = records.read_record(store, slot)
    driver, data = registry.get(record.driver), store.data(slot)
    identity = driver.identity(data)
    linked = identity is not None or driver.is_linked(data)
    several = _has_several(driver.profiles(data), findings)
    login = None if several else _login_in(record, identity)
    return Facts(slot, record, findings, linked, login)


def full(context: Context, facts: Facts) -> Facts:
    """All that a choice depends on. Raises OSError."""
    store, slot = context.store, facts.slot
    others = {
        other: login_name(*identity) for other, identity in twins.logins(store).items() if other != slot
    }
    facts = facts._replace(
        snapshots=tuple(manifests.listing(store, slot).snapshots),
        auto=context.config.settings.auto_recovery,
        elsewhere=frozenset(login for login in others.values() if login is not None),
        equal=_equal(store, facts),
    )
    return facts._replace(tried=_tried(store, facts))


def _has_several(profiles: list[str], findings: tuple[Finding, ...]) -> bool:
    """Whether no one login is the slot's; one that is broken may not count as a profile any more."""
    damaged = [found.file for found in findings if found.severity != "warning"]
    return len(profiles) > 1 or any(not file.startswith(name) for name in profiles for file in damaged)


def _login_in(record: SlotRecord, identity: Identity | None) -> str | None:
    """Whose login it is, or was."""
    return login_name(*identity) if identity is not None else login_name(record.account, record.device)


def _equal(store: Store, facts: Facts) -> str | None:
    """The snapshot that the data equalled when it was sealed, if only what is damaged is different now."""
    data = store.data(facts.slot)
    seal = seals.of_data(store, facts.slot)
    now = seals.states(data, selection_of(registry.get(facts.record.driver), full=False))
    if seal is None or now is None:
        return None
    changed = {path for path in seal.states.keys() | now.keys() if seal.states.get(path) != now.get(path)}
    damaged = [found.file for found in facts.findings]
    covered = all(any(path == file or path.startswith(f"{file}/") for file in damaged) for path in changed)
    return seal.snapshot if covered and facts.findings else None


def _tried(store: Store, facts: Facts) -> bool:
    """Whether this login was restored before a start, and nothing has told since that it works."""
    mine = {identifier for identifier, header in facts.snapshots if _login(header) == facts.login}
    restored = None
    for done in journal.read(store):
        ours = done.cause == CAUSE and done.detail.get("slot") == facts.slot
        if ours and done.detail.get("snapshot") in mine:
            restored = done.time
    if restored is None or (facts.record.last_ready or 0.0) > restored:
        return False
    kept = (header for _, header in facts.snapshots if _login(header) == facts.login)
    return all(header.time <= restored for header in kept if header.tag == "clean")


def _login(header: manifests.Header) -> str | None:
    return login_name(header.account, header.device)
