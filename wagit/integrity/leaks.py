"""Which files of a repository would give a login away: by path, by the first bytes, pure.

Content decides wherever it can, so that a document or a test that only names such a file is no leak; a
path alone decides only where nothing but a session has such a one. Whoever has one of these files is
logged in as the bot, or can read what the team shares.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

START = 64 << 10  # bytes of a file that are looked at

Kind = Literal["session", "key"]


class Leak(NamedTuple):
    """What a file is, in words, and what it gives away: a `session`, or a `key`."""

    what: str
    kind: Kind


# A key of 32 bytes as BufferJSON writes it, and what JSON makes of a Uint8Array.
_BUFFER = rb'(?:"type":"Buffer","data":(?:"[A-Za-z0-9+/]{40}|\[(?:\d{1,3},){31})|(?:"\d+":\d{1,3},){31})'
# age: bech32 without the letters it leaves out (age-encryption.org/v1). OpenSSH: `openssh-key-v1` in base64.
_KEYS = (
    (b"AGE-SECRET-KEY-", rb"AGE-SECRET-KEY-(?:[A-Z]+-)?1[02-9AC-HJ-NP-Z]{58}", "a secret key of age"),
    (
        b"PRIVATE KEY-----",
        rb"-----BEGIN OPENSSH PRIVATE KEY-----\s*b3BlbnNzaC1rZXktdjE[A-Za-z0-9+/]{40}",
        "a secret SSH key",
    ),
    (
        b"PRIVATE KEY-----",
        rb"-----BEGIN (?:RSA|DSA|EC) PRIVATE KEY-----\s*(?:[\w-]+: .*\s+)*[A-Za-z0-9+/]{60}",
        "a secret key as SSH uses it",
    ),
)
# What is to be there as it is, and a pattern over the same without white space.
_JSON = (
    (b"noiseKey", rb'"noiseKey":\{(?:"public":\{[^}]*\},)?"private":\{' + _BUFFER, "Baileys' creds.json"),
    (b"signedIdentityKey", rb'"signedIdentityKey":\{(?:"public":\{[^}]*\},)?"private":\{' + _BUFFER,
     "Baileys' creds.json"),
    (b"WASecretBundle", rb'"WASecretBundle":.{0,40}?[A-Za-z0-9+/]{40}', "a token of WhatsApp Web"),
    (b"WANoiseInfo", rb'"WANoiseInfo":.{0,40}?[A-Za-z0-9+/]{40}', "WhatsApp Web's Local Storage"),
)  # fmt: skip
_BAILEYS = re.compile(r"(?:pre-key|session|sender-key|app-state-sync-key|identity-key)-[^/]+\.json")
_BAILEYS_KEY = re.compile(
    rb'"(?:private|privKey|keyData|rootKey|seed|chainKey|key|lastRemoteEphemeralKey)":(?:\{' + _BUFFER
    + rb'|"[A-Za-z0-9+/]{40})'
)  # fmt: skip
_PROFILE = re.compile(
    r"(?:^|/)(?:Local Storage/leveldb|"
    r"IndexedDB/[^/]+\.indexeddb\.(?:leveldb|blob)(?:/.+)?|IndexedDB/https_web\.whatsapp\.com_0)/[^/]+"
)
_LIBRARY = re.compile(r"(?:^|/)(?:\.wwebjs_auth/.+|_IGNORE_[^/]+/(?:Default/.+|Local State))")
_BROWSERS_LOCK = re.compile(r"(?:^|/)Singleton(?:Lock|Cookie|Socket)")
_LEVELDB = re.compile(r"(?:^|/)(?:\d{6,}\.(?:log|ldb|sst)|MANIFEST-\d{6,})")
_OBJECT = re.compile(r"(?:^|/)objects/[0-9a-f]{2}/[0-9a-f]{62}")
_RECORD = re.compile(r"(?:^|/)(?:slots/[^/]+/slot\.json|snapshots/[^/]+/(?:\.pruned/)?[0-9a-f]{16}\.json)")
_SECRETS = re.compile(r"(?:^|/)team/secrets\.json")
_HARMLESS = (".gitignore", ".gitkeep", ".keep", "README", "README.md")
_LOCK_TARGET = re.compile(rb"[^\s/]+-\d+|\d{6,}|/.+/SingletonSocket")

_SQLITE = b"SQLite format 3\0"
_WAL = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")  # fileformat2.html, section 4.1
_TABLES = (
    (b"whatsmeow_device", "a database of whatsmeow"),
    (b"whatsmeow_identity_keys", "a database of whatsmeow"),
    (b"encrypted_value", "a browser's cookies"),
)


def leak_of(path: str, start: bytes, *, link: bool = False) -> Leak | None:
    """What the file at `path` gives away, by its first START bytes; a link's are its target."""
    if link:
        lock = _ends(_BROWSERS_LOCK, path) and _LOCK_TARGET.fullmatch(start)
        return Leak("the lock of a browser's profile", "session") if lock else None
    return _by_content(path, start) or _by_path(path, start)


def is_suspicious(path: str) -> bool:
    """Whether a path alone is reason enough to read the file. For what is too much to be read whole."""
    name = path.rpartition("/")[2]
    return bool(
        name == "creds.json"
        or name.endswith((".db", ".sqlite", ".sqlite3", ".data.json", "-wal", ".zip", ".pem", ".key"))
        or name in ("Cookies", "id_rsa", "id_ed25519", "id_ecdsa", "id_dsa", "secrets.json", "slot.json")
        or re.search(r"(?:^|[._-])(?:age|keys?|identity|identities|session)(?:[._-]|$)", name)
        or _BAILEYS.fullmatch(name)
        or any(
            pattern.search(path)
            for pattern in (_PROFILE, _LIBRARY, _BROWSERS_LOCK, _LEVELDB, _OBJECT, _RECORD)
        )
    )


def _by_content(path: str, start: bytes) -> Leak | None:
    for mark, pattern, what in _KEYS:
        if mark in start and re.search(pattern, start.replace(b"\\n", b"\n")):
            return Leak(what, "key")
    for mark, pattern, what in _JSON:
        if mark in start and re.search(pattern, re.sub(rb"[\s\\]+", b"", start), re.DOTALL):
            return Leak(what, "session")
    if start.startswith((_SQLITE, *_WAL)):
        return next((Leak(what, "session") for mark, what in _TABLES if mark in start), None)
    if start.startswith(b"PK\3\4") and (b"Local Storage/leveldb" in start or b"/IndexedDB/https_" in start):
        return Leak("a packed browser profile", "session")
    if _ends(_LEVELDB, path) and (b"WANoiseInfo" in start or b"web.whatsapp.com" in start) and b"\0" in start:
        return Leak("WhatsApp Web's storage", "session")
    return None


def _by_path(path: str, start: bytes) -> Leak | None:
    name = path.rpartition("/")[2]
    if not start or name in _HARMLESS:
        return None
    if _ends(_PROFILE, path) and name not in ("CURRENT", "LOCK", "LOG", "LOG.old"):
        return Leak("storage of a browser's profile", "session")
    if _ends(_LIBRARY, path):
        return Leak("a file of a bot's session", "session")
    if _BAILEYS.fullmatch(name) and _BAILEYS_KEY.search(re.sub(rb"\s+", b"", start)):
        return Leak("a key of Baileys", "session")
    return _of_the_store(path, start)


def _of_the_store(path: str, start: bytes) -> Leak | None:
    if _ends(_OBJECT, path) and not _is_zlib(start):  # git's own, of a SHA-256 repository, are zlib's
        return Leak("a file of wagit's snapshots", "session")
    if _ends(_RECORD, path) and start.startswith(b"{") and b'"driver"' in start and b'"generation"' in start:
        return Leak("a record of wagit's store", "session")
    if _ends(_SECRETS, path) and re.match(rb'\[\s*"[^"]{16}', start):
        return Leak("a team's secret", "key")
    return None


def _ends(pattern: re.Pattern[str], path: str) -> bool:
    """Whether a pattern matches a path's end."""
    return any(found.end() == len(path) for found in pattern.finditer(path))


def _is_zlib(start: bytes) -> bool:
    """Whether bytes begin as RFC 1950 has it."""
    return len(start) > 1 and start[0] & 15 == 8 and (start[0] << 8 | start[1]) % 31 == 0
