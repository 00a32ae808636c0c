"""The login of a Baileys folder, `creds.json` (Types/Auth, Utils/auth-utils, Utils/validate-connection)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wagit.integrity import baileys_check_keys as keys
from wagit.integrity.baileys_check_keys import at, decoded
from wagit.integrity.baileys_codes import CODES
from wagit.integrity.findings import Finding, finding

NAME = "creds.json"
Creds = Mapping[str, Any]
# `<number>:<device>@s.whatsapp.net`; while a pairing code is waited for, there is no device.
_LINKED = re.compile(r"\d{5,20}(?:[._]\d+)?:\d+@(?:s\.whatsapp\.net|c\.us)", re.ASCII)
_NUMBER = re.compile(r"\d{5,20}(?:[._]\d+)?(?::\d+)?@(?:s\.whatsapp\.net|c\.us)", re.ASCII)
_SIGNAL_TYPE = b"\x05"  # of a Curve25519 key (Defaults, KEY_BUNDLE_TYPE)
# What the two sides sign before the details (whatsmeow, pair.go); the second is of hosted accounts.
_ACCOUNT_PREFIXES = (b"\x06\x00", b"\x06\x05")
_DEVICE_PREFIXES = (b"\x06\x01", b"\x06\x06")


def is_linked(creds: Creds) -> bool:
    """Whether a phone has linked it. Without `me`, Baileys asks for a QR scan."""
    me = at(creds, "me", "id")
    return isinstance(me, str) and (bool(_LINKED.fullmatch(me)) or "account" in creds)


def check_creds(creds: object) -> list[Finding]:
    """Return what is wrong with the contents of a `creds.json`."""
    if not isinstance(creds, Mapping):
        return [_found("creds-incomplete", "holds no JSON object")]
    found = [_found("creds-incomplete", what) for what in _lacks(creds)]
    found += [_found("creds-mismatch", what) for what in _contradicts(creds)]
    found += [_found("creds-doubtful", what) for what in _contradicts_signatures(creds)]
    return found + _pairing(creds)


def _found(code: str, what: str) -> Finding:
    return finding(CODES, code, NAME, None, f"{NAME} {what}")


def is_count(value: object) -> bool:
    """Whether it is a whole number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _lacks(creds: Creds) -> Iterator[str]:
    """What is not there, or has not the form that Baileys writes."""
    for name in ("noiseKey", "signedIdentityKey"):
        wrong = keys.wrong_pair(creds.get(name))
        if wrong and "not the private" not in wrong:
            yield f"lacks a key: {name} {wrong}"
    wrong = keys.wrong_pair(at(creds, "signedPreKey", "keyPair"))
    if wrong and "not the private" not in wrong:
        yield f"lacks a key: signedPreKey {wrong}"
    if not keys.has_length(at(creds, "signedPreKey", "signature"), keys.SIGNATURE):
        yield f"lacks the signature of signedPreKey, {keys.SIGNATURE} bytes"
    if not is_count(at(creds, "signedPreKey", "keyId")):
        yield "lacks the id of signedPreKey"
    registration = creds.get("registrationId")
    if not is_count(registration) or int(registration or 0) >= 1 << 14:  # Utils/generics, 14 bits
        yield "lacks a registrationId of 14 bits"
    for name in ("nextPreKeyId", "firstUnuploadedPreKeyId"):
        if not is_count(creds.get(name)):
            yield f"lacks {name}"
    yield from _lacks_of_login(creds)


def _lacks_of_login(creds: Creds) -> Iterator[str]:
    me, account = at(creds, "me", "id"), creds.get("account")
    if me is None:
        if account is not None:
            yield "has the account that a phone linked, but not `me`"
        return
    if not isinstance(me, str) or not _NUMBER.fullmatch(me):
        yield "names no account in me.id"
    elif account is None and _LINKED.fullmatch(me):
        yield "lacks the account's signatures"
    if account is None:
        return
    if not decoded(at(account, "details")):
        yield "lacks the account's details"
    if not keys.has_length(at(account, "accountSignatureKey"), keys.KEY):
        yield f"lacks the account's key, {keys.KEY} bytes"
    for name in ("accountSignature", "deviceSignature"):
        if not keys.has_length(at(account, name), keys.SIGNATURE):
            yield f"lacks the account's {name}, {keys.SIGNATURE} bytes"


def _contradicts(creds: Creds) -> Iterator[str]:
    """What cannot be true together."""
    pairs = {name: creds.get(name) for name in ("noiseKey", "signedIdentityKey")}
    pairs["signedPreKey"] = at(creds, "signedPreKey", "keyPair")
    for name, pair in pairs.items():
        wrong = keys.wrong_pair(pair)
        if "not the private" in wrong:
            yield f"contradicts itself: {name} {wrong}"
    identity = decoded(at(creds, "signedIdentityKey", "public"))
    pre_key = decoded(at(creds, "signedPreKey", "keyPair", "public"))
    signature = decoded(at(creds, "signedPreKey", "signature"))
    if identity and pre_key and signature and not _signed_pre_key(identity, pre_key, signature):
        yield "contradicts itself: signedPreKey is not signed by signedIdentityKey"
    first, following = creds.get("firstUnuploadedPreKeyId"), creds.get("nextPreKeyId")
    if is_count(first) and is_count(following) and int(first or 0) > int(following or 0):
        yield f"contradicts itself: pre-keys are uploaded up to {first}, and made up to {following}"
    yield from _contradicts_names(creds)


def _signed_pre_key(identity: bytes, pre_key: bytes, signature: bytes) -> bool:
    return keys.signed(identity, _SIGNAL_TYPE + pre_key[-keys.KEY :], signature)


def _contradicts_signatures(creds: Creds) -> Iterator[str]:
    """What the phone's side wrote and signed when it linked the device; Baileys itself never looks at it."""
    identity = decoded(at(creds, "signedIdentityKey", "public"))
    names = ("details", "accountSignatureKey", "accountSignature", "deviceSignature")
    parts = [decoded(at(creds, "account", name)) for name in names]
    details, key, account, device = (part or b"" for part in parts)
    if identity and details and key:
        signed = details + identity[-keys.KEY :]
        if account and not any(keys.signed(key, prefix + signed, account) for prefix in _ACCOUNT_PREFIXES):
            yield "contradicts itself: the account's signature is of another identity"
        signed += key
        if device and not any(keys.signed(identity, prefix + signed, device) for prefix in _DEVICE_PREFIXES):
            yield "contradicts itself: the device's signature is of another identity"


def _contradicts_names(creds: Creds) -> Iterator[str]:
    """`signalIdentities` has the account as it was linked: its name, and its key with the type before it."""
    key = decoded(at(creds, "account", "accountSignatureKey"))
    known = creds.get("signalIdentities")
    entries = [entry for entry in known if isinstance(entry, Mapping)] if isinstance(known, list) else []
    names = [str(at(entry, "identifier", "name")) for entry in entries]
    numbers = [name for name in names if _LINKED.fullmatch(name)]
    me = at(creds, "me", "id")
    if numbers and isinstance(me, str) and _LINKED.fullmatch(me) and me not in numbers:
        yield f"contradicts itself: it was linked as {numbers[-1]}, and me.id names another account"
    found = [decoded(entry.get("identifierKey")) or b"" for entry in entries]
    if found and key and all(one[-keys.KEY :] != key for one in found):
        yield "contradicts itself: signalIdentities has another key than the account"


def _pairing(creds: Creds) -> list[Finding]:
    """What is needed until a phone has linked it, and never again."""
    found = []
    if wrong := keys.wrong_pair(creds.get("pairingEphemeralKeyPair")):
        found.append(f"lacks a key for linking: pairingEphemeralKeyPair {wrong}")
    if not keys.has_length(creds.get("advSecretKey"), keys.KEY):
        found.append(f"lacks advSecretKey, {keys.KEY} bytes")
    code = "creds-pairing" if is_linked(creds) else "creds-incomplete"
    return [_found(code, what) for what in found]
