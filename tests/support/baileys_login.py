"""Healthy logins as Baileys writes them, without node: the same for the same device and number.

login(7)["me"]["id"] == "4915112345678:7@s.whatsapp.net"
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


class Signer:
    """A Curve25519 key that signs as libsignal does: its private key is the scalar of an Ed25519 key."""

    def __init__(self, seed: str) -> None:
        secret = hashlib.sha256(seed.encode()).digest()
        scalar = bytearray(hashlib.sha512(secret).digest()[:32])
        scalar[0] &= 248
        scalar[31] = scalar[31] & 127 | 64
        self._signs = Ed25519PrivateKey.from_private_bytes(secret)
        self.private = bytes(scalar)
        self.public = X25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        signature = bytearray(self._signs.sign(message))
        signature[63] |= self._signs.public_key().public_bytes_raw()[31] & 0x80
        return bytes(signature)

    @property
    def pair(self) -> dict[str, Any]:
        return {"private": buffer(self.private), "public": buffer(self.public)}


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def buffer(data: bytes) -> dict[str, str]:
    """As BufferJSON writes it."""
    return {"type": "Buffer", "data": base64_of(data)}


def login(device: int, number: str = "4915112345678", name: str = "Ada") -> dict[str, Any]:
    """Return the contents of a `creds.json` once a phone has linked it, before any pre-key was made."""
    own = f"{number}:{device}"
    identity, phone, pre_key = (Signer(f"{own} {part}") for part in ("identity", "phone", "pre-key"))
    details = b"\x08\x01"
    jid = f"{own}@s.whatsapp.net"
    return {
        "noiseKey": Signer(f"{own} noise").pair,
        "pairingEphemeralKeyPair": Signer(f"{own} pairing").pair,
        "signedIdentityKey": identity.pair,
        "signedPreKey": {
            "keyPair": pre_key.pair,
            "signature": buffer(identity.sign(b"\x05" + pre_key.public)),
            "keyId": 1,
        },
        "registrationId": 4711,
        "advSecretKey": base64_of(hashlib.sha256(own.encode()).digest()),
        "processedHistoryMessages": [],
        "nextPreKeyId": 1,
        "firstUnuploadedPreKeyId": 1,
        "accountSyncCounter": 0,
        "accountSettings": {"unarchiveChats": False},
        "registered": False,
        "account": {
            "details": base64_of(details),
            "accountSignatureKey": base64_of(phone.public),
            "accountSignature": base64_of(phone.sign(b"\x06\x00" + details + identity.public)),
            "deviceSignature": base64_of(
                identity.sign(b"\x06\x01" + details + identity.public + phone.public)
            ),
        },
        "me": {"id": jid, "name": name},
        "signalIdentities": [
            {"identifier": {"name": jid, "deviceId": 0}, "identifierKey": buffer(b"\x05" + phone.public)}
        ],
        "platform": "android",
    }


def creds_json(device: int, number: str = "4915112345678", name: str = "Ada") -> str:
    """Return the same as a file's text."""
    return json.dumps(login(device, number, name), separators=(",", ":"))
