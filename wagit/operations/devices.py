"""The linked devices of each number, as far as the slots tell. WhatsApp allows four a number.

There may be more that no slot knows of: the phone lists them all, under Linked devices.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import NamedTuple

from wagit.core.store import Store
from wagit.integrity.identity import Identity
from wagit.slots import records, twins
from wagit.slots.inspect import is_removed

LIMIT = 4  # WhatsApp's help center, "About linked devices"


class Device(NamedTuple):
    """One linked device, and the slots that hold its login: more than one after a copy."""

    device: str
    slots: tuple[str, ...]


def linked(store: Store) -> dict[str, Identity]:
    """The login of each slot, but for those that WhatsApp is known to have logged out."""
    found = {}
    for slot, identity in twins.logins(store).items():
        with contextlib.suppress(records.NoSuchSlot):  # removed just now
            if not is_removed(records.read_record(store, slot), identity):
                found[slot] = identity
    return found


def by_number(logins: Mapping[str, Identity]) -> dict[str, tuple[Device, ...]]:
    """The devices of each account, in order; twins are one device."""
    slots: dict[Identity, list[str]] = {}
    for slot, identity in sorted(logins.items()):
        slots.setdefault(identity, []).append(slot)
    found: dict[str, tuple[Device, ...]] = {}
    for identity in sorted(slots, key=lambda one: (one.account, len(one.device), one.device)):
        device = Device(identity.device, tuple(slots[identity]))
        found[identity.account] = (*found.get(identity.account, ()), device)
    return found


def in_words(devices: tuple[Device, ...]) -> str:
    """Where a number's devices are: `dev, staging and try, production`."""
    return ", ".join(" and ".join(device.slots) for device in devices)
