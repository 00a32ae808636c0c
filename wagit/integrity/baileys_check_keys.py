"""Keys as Baileys keeps them: their form, and what can be proven of them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

KEY = 32  # bytes of a Curve25519 key
SIGNATURE = 64
_PRIME = 2**255 - 19


def decoded(value: object) -> bytes | None:
    """The bytes of a Buffer as Baileys' BufferJSON reads it (Utils/generics), or of a base64 text.

    `{"0": 5, "1": 17, …}` is what JSON makes of a Uint8Array; Baileys 7 reads it.
    """
    if isinstance(value, Mapping) and (value.get("type") == "Buffer" or value.get("buffer") is True):
        value = value.get("data", value.get("value"))
    elif isinstance(value, Mapping) and all(isinstance(key, str) and key.isdecimal() for key in value):
        value = list(value.values())
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return None
    try:
        return bytes(value) if isinstance(value, list) else None
    except (TypeError, ValueError):
        return None


def at(value: object, *path: str) -> object:
    """What lies at a path of keys inside JSON; None where there is nothing."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def has_length(value: object, *lengths: int) -> bool:
    """Whether these are bytes of one of the lengths."""
    found = decoded(value)
    return found is not None and len(found) in lengths


def wrong_pair(pair: object, public: str = "public", private: str = "private") -> str:
    """What is wrong with a key pair, in words that follow its name; empty when the keys belong together.

    A public key may have the leading byte of its type, as in libsignal.
    """
    if not isinstance(pair, Mapping):
        return "is missing"
    secret, known = decoded(pair.get(private)), decoded(pair.get(public))
    if secret is None or len(secret) != KEY:
        return f"has no {private} key of {KEY} bytes"
    if known is None or len(known) not in {KEY, KEY + 1}:
        return f"has no {public} key of {KEY} bytes"
    if known[-KEY:] != public_of(secret):
        return "has a public key that is not the private key's"
    return ""


def public_of(private: bytes) -> bytes:
    """The public key of a private key of 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` of `message` was made with the key of `public` (XEd25519, as libsignal signs).

    The Curve25519 key is mapped to its Ed25519 form, whose sign the signature's highest bit tells
    (https://signal.org/docs/specifications/xeddsa/); the rest is Ed25519.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if len(public) < KEY or len(signature) != SIGNATURE:
        return False
    u = int.from_bytes(public[-KEY:], "little") % 2**255
    try:
        y = (u - 1) * pow(u + 1, -1, _PRIME) % _PRIME
        edwards = (y | (signature[-1] >> 7) << 255).to_bytes(KEY, "little")
        plain = signature[:-1] + bytes([signature[-1] & 0x7F])
        Ed25519PublicKey.from_public_bytes(edwards).verify(plain, message)
    except (ValueError, InvalidSignature):
        return False
    return True
