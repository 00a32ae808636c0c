"""Whether the last full check of a slot found damage, by the log alone: no session is read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from wagit.core import journal
from wagit.core.journal import Operation
from wagit.core.store import Store
from wagit.snapshots import seal as seals

FAILED = "check-failed"
# What leaves a slot's data as it is; after anything else another check has to tell.
HARMLESS = frozenset({FAILED, "snapshot", "snapshot-failed", "snapshot-rm", "prune", "switch", "new"})


class Damage(NamedTuple):
    """When a check found damage, in seconds since the epoch, and the codes of what it found."""

    time: float
    codes: tuple[str, ...]


def standing(store: Store) -> dict[str, Damage]:
    """The damage of each slot that nothing has mended since, nor a later check failed to find."""
    found = logged(journal.read(store))
    for slot in list(found):
        seal = seals.of_data(store, slot)
        if seal is not None and seal.checked > found[slot].time:
            del found[slot]
    return found


def logged(operations: Iterable[Operation]) -> dict[str, Damage]:
    """What the log tells of the slots' damage in the end."""
    found: dict[str, Damage] = {}
    for operation in operations:
        detail = operation.detail
        slots = [detail[key] for key in ("slot", "from", "to") if isinstance(detail.get(key), str)]
        if operation.verb == FAILED:
            found |= {slot: Damage(operation.time, texts(detail.get("codes"))) for slot in slots}
        elif operation.verb == "rename" and detail.get("from") in found:
            found[str(detail["to"])] = found.pop(detail["from"])
        elif operation.verb not in HARMLESS:
            for slot in slots:
                found.pop(slot, None)
    return found


def texts(known: object) -> tuple[str, ...]:
    """What should be a list of texts, whatever the log has."""
    return tuple(map(str, known)) if isinstance(known, list) else ()
