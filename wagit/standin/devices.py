"""The linked devices that the stand-in's server knows: what survives a restart of the stand-in."""

from __future__ import annotations

import json
import os
import secrets
import time
from typing import Any

from pydantic import BaseModel

from wagit.core.atomic import atomic_write
from wagit.core.errors import WagitError

LIMIT = 4
"""Linked devices a number may have, beside the phone (WhatsApp's own limit)."""


class StandinRefused(WagitError):
    """The stand-in's server refuses what the phone or a page asks, as WhatsApp would."""

    code = "standin-refused"

    def __init__(self, reason: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.reason = reason  # a stable word, sent to the client: "device-limit", "ref-expired", …


class Message(BaseModel):
    """A message on its way to a device, or sent by one."""

    id: str
    from_: str  # "4915100000001@c.us"
    to: str
    body: str
    type: str = "chat"
    name: str = ""  # the sender's name
    t: int = 0  # seconds since the epoch

    def wire(self) -> dict[str, Any]:
        """As JSON has it, with `from` for `from_`."""
        values = self.model_dump()
        values["from"] = values.pop("from_")
        return values


class Device(BaseModel):
    """One linked device: its public keys, and how far its session has got."""

    wid: str  # "4915100000001:12@c.us"
    number: str
    name: str
    noise: str
    identity: str
    token: str
    linked_at: float
    last_seen: float = 0.0
    generation: int = 0  # how often its session has been opened
    rollbacks: int = 0  # how often an older copy of the session was opened over a newer one
    pending: list[Message] = []


class Account(BaseModel):
    """One number: its devices and the next device's number, which is never used twice."""

    next_device: int = 1
    devices: list[Device] = []


class Proof(BaseModel):
    """What a page shows to be taken for a device: everything has to agree with what was linked."""

    wid: str
    token: str
    noise: str
    identity: str
    generation: int


class Devices:
    """All accounts, kept in `path` if there is one."""

    def __init__(self, path: str | None = None, limit: int = LIMIT) -> None:
        self._path = path
        self._limit = limit
        self._accounts: dict[str, Account] = {}
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self._accounts = {k: Account.model_validate(v) for k, v in json.load(file).items()}

    def save(self) -> None:
        """Write every account, durably; nothing without a path. Raises OSError."""
        if self._path:
            accounts = {number: account.model_dump() for number, account in self._accounts.items()}
            atomic_write(self._path, json.dumps(accounts, indent=1).encode())

    def link(self, number: str, name: str, noise: str, identity: str) -> Device:
        """Add a device to `number`. Raises StandinRefused when it has as many as WhatsApp allows."""
        account = self._accounts.setdefault(number, Account())
        if len(account.devices) >= self._limit:
            raise StandinRefused(
                "device-limit",
                f"{number} has {len(account.devices)} linked devices, and WhatsApp allows no more",
                "unlink one first",
            )
        device = Device(
            wid=f"{number}:{account.next_device}@c.us",
            number=number,
            name=name,
            noise=noise,
            identity=identity,
            token=secrets.token_urlsafe(24),
            linked_at=time.time(),
        )
        account.next_device += 1
        account.devices.append(device)
        self.save()
        return device

    def unlink(self, wid: str) -> Device:
        """Forget a device. Raises StandinRefused when there is none of that name."""
        device = self.get(wid)
        if device is None:
            raise StandinRefused(
                "no-device", f"no linked device is named {wid}", "list them: GET /phone/devices"
            )
        self._accounts[device.number].devices.remove(device)
        self.save()
        return device

    def get(self, wid: str) -> Device | None:
        """The device of that name, if it is linked."""
        return next((device for device in self.of(wid.split(":", maxsplit=1)[0]) if device.wid == wid), None)

    def of(self, number: str | None = None) -> list[Device]:
        """The devices of a number, or of all."""
        accounts = self._accounts.values() if number is None else [self._accounts.get(number, Account())]
        return [device for account in accounts for device in account.devices]

    def admit(self, proof: Proof) -> Device | None:
        """The device that `proof` is of, opened once more; None when it is not linked or a key differs."""
        device = self.get(proof.wid)
        if device is None:
            return None
        shown = (proof.token, proof.noise, proof.identity)
        if shown != (device.token, device.noise, device.identity):
            return None
        if proof.generation < device.generation:
            device.rollbacks += 1
        device.last_seen = time.time()
        return device
