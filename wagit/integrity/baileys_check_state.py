"""The keys and states beside `creds.json` in a Baileys folder, each by the structure that reads it.

Each check returns what is wrong in words that follow the file's name, and nothing for a healthy file.
"""

from __future__ import annotations

import hmac
import json
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from wagit.integrity import baileys_check_keys as keys
from wagit.integrity.baileys_check_creds import is_count
from wagit.integrity.baileys_check_keys import at, decoded

_EITHER = (keys.KEY, keys.KEY + 1)  # a public key, with or without its type


class Kind(NamedTuple):
    """A class of files: the code of a damaged one, and its check."""

    code: str
    check: Callable[[object], str]


def kind_of(name: str) -> Kind:
    """The class of a file by its name; what is not known is parsed only."""
    return next((kind for prefix, kind in _KINDS.items() if name.startswith(prefix)), _OTHER)


def _pre_key(value: object) -> str:
    return keys.wrong_pair(value)


def _app_state_key(value: object) -> str:
    if not keys.has_length(at(value, "keyData"), keys.KEY):
        return f"has no keyData of {keys.KEY} bytes"
    return ""


def _first(wrong: Iterable[str]) -> str:
    return next((one for one in wrong if one), "")


def _signal_session(value: object) -> str:
    """libsignal-node's session_record; Baileys deserialises it, and fails on what is not there."""
    sessions = at(value, "_sessions")
    if not isinstance(sessions, Mapping):
        return "holds no sessions"
    return _first(_entry(base, entry) for base, entry in sessions.items())


def _entry(base: str, entry: object) -> str:
    wrong = keys.wrong_pair(at(entry, "currentRatchet", "ephemeralKeyPair"), "pubKey", "privKey")
    if wrong:
        return f"has a session whose ephemeral key {wrong}"
    lengths = {
        ("currentRatchet", "lastRemoteEphemeralKey"): _EITHER,
        ("currentRatchet", "rootKey"): (keys.KEY,),
        ("indexInfo", "baseKey"): _EITHER,
        ("indexInfo", "remoteIdentityKey"): _EITHER,
    }
    for path, allowed in lengths.items():
        if not keys.has_length(at(entry, *path), *allowed):
            return f"has a session without a proper {path[-1]}"
    if at(entry, "indexInfo", "baseKey") != base:
        return "has a session under another one's base key"
    if not isinstance(at(entry, "indexInfo", "closed"), int):
        return "has a session that is neither open nor closed"
    chains = at(entry, "_chains")
    if not isinstance(chains, Mapping):
        return "has a session without chains"
    return _first(_chain(key, chain) for key, chain in chains.items())


def _chain(key: str, chain: object) -> str:
    message_keys, seed = at(chain, "messageKeys"), at(chain, "chainKey", "key")
    whole = (
        keys.has_length(key, *_EITHER)
        and isinstance(at(chain, "chainKey", "counter"), int)
        and at(chain, "chainType") in (1, 2)
        and (seed is None or keys.has_length(seed, keys.KEY))  # a chain that is done has none
        and isinstance(message_keys, Mapping)
        and all(n.isdigit() and keys.has_length(one, keys.KEY) for n, one in message_keys.items())
    )
    return "" if whole else "has a session with a damaged chain"


def _sender_key(value: object) -> str:
    """A list of states; since Baileys 7 as JSON within a Buffer (Signal/Group/sender-key-record)."""
    inner = decoded(value) if isinstance(value, Mapping) else None
    if inner is not None:
        try:
            value = json.loads(inner)
        except (ValueError, RecursionError):
            return "holds a Buffer without JSON"
    if not isinstance(value, list):
        return "holds no list of keys"
    return _first(_sender_state(state) for state in value)


def _sender_state(state: object) -> str:
    signing = at(state, "senderSigningKey")
    if not keys.has_length(at(state, "senderChainKey", "seed"), keys.KEY):
        return "has a chain without a seed"
    if not is_count(at(state, "senderKeyId")) or not is_count(at(state, "senderChainKey", "iteration")):
        return "has a chain without its id or place"
    if not keys.has_length(at(signing, "public"), *_EITHER):
        return "has no signing key"
    wrong = keys.wrong_pair(signing) if at(signing, "private") else ""
    return f"has a signing key that {wrong}" if wrong else ""


def _app_state_version(value: object) -> str:
    """A version, and a sum over all settings that it must equal (Utils/lt-hash, Utils/chat-utils)."""
    known, index = decoded(at(value, "hash")), at(value, "indexValueMap")
    if not is_count(at(value, "version")) or known is None or len(known) != 128:
        return "has no version or no sum of 128 bytes"
    if not isinstance(index, Mapping):
        return "has no settings"
    macs = [decoded(at(entry, "valueMac")) for entry in index.values()]
    if any(mac is None for mac in macs):
        return "has a setting without its sum"
    return "" if _sum(mac or b"" for mac in macs) == known else "has a sum that is not its settings'"


def _sum(macs: Iterable[bytes]) -> bytes:
    total = [0] * 64
    for mac in macs:
        total = [(a + b) & 0xFFFF for a, b in zip(total, struct.unpack("<64H", _expanded(mac)), strict=True)]
    return struct.pack("<64H", *total)


def _expanded(mac: bytes) -> bytes:
    """HKDF-SHA256 to 128 bytes, without salt (RFC 5869)."""
    secret = hmac.digest(bytes(32), mac, "sha256")
    block = out = b""
    for number in range(1, 5):
        block = hmac.digest(secret, block + b"WhatsApp Patch Integrity" + bytes([number]), "sha256")
        out += block
    return out


def _anything(_: object) -> str:
    return ""


_OTHER = Kind("file-damaged", _anything)
# By the beginning of the name, `<type>-<id>.json`; a longer type comes before the one it begins with.
_KINDS: Mapping[str, Kind] = {
    "pre-key-": Kind("pre-key-damaged", _pre_key),
    "app-state-sync-key-": Kind("app-state-key-damaged", _app_state_key),
    "app-state-sync-version-": Kind("app-state-damaged", _app_state_version),
    "sender-key-memory-": _OTHER,
    "sender-key-": Kind("signal-session-damaged", _sender_key),
    # a device's number follows: `session-info.json` is the bot's own
    **{f"session-{digit}": Kind("signal-session-damaged", _signal_session) for digit in range(10)},
}
