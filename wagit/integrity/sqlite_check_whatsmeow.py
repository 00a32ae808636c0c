"""whatsmeow's database: its tables, and the keys of its devices (store/sqlstore/upgrades, container.go)."""

from __future__ import annotations

import sqlite3

from wagit.integrity.baileys_check_keys import public_of, signed
from wagit.integrity.findings import Finding, Read, finding, no_read
from wagit.integrity.sqlite_check import check_sqlite
from wagit.integrity.sqlite_codes import CODES

# Made together by the first version of the schema; later ones only add to them.
TABLES = tuple(
    f"whatsmeow_{name}"
    for name in (
        "device",
        "identity_keys",
        "pre_keys",
        "sessions",
        "sender_keys",
        "app_state_sync_keys",
        "app_state_version",
        "app_state_mutation_macs",
        "contacts",
        "chat_settings",
    )
)
_CURVE = b"\5"  # comes before a key that is signed: Curve25519
# What a device needs to come back to WhatsApp, and its length in bytes; 0 for any but none.
_KEYS = {
    "noise_key": 32,
    "identity_key": 32,
    "signed_pre_key": 32,
    "signed_pre_key_sig": 64,
    "adv_key": 0,
    "adv_details": 0,
    "adv_account_sig": 64,
    "adv_device_sig": 64,
}


def check_whatsmeow(path: str, name: str, read: Read = no_read) -> list[Finding]:
    """Check the database at `path`, which findings call `name`. One that whatsmeow did not fill is whole."""
    return check_sqlite(path, name, TABLES, read, _devices)


def _devices(connection: sqlite3.Connection, name: str) -> list[Finding]:
    if not list(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'whatsmeow_device'")):
        return []
    wanted = ", ".join(f"CASE typeof({key}) WHEN 'blob' THEN length({key}) ELSE 0 END" for key in _KEYS)
    try:
        rows = list(connection.execute(f"SELECT jid, {wanted} FROM whatsmeow_device"))
    except sqlite3.OperationalError as error:
        return [finding(CODES, "whatsmeow-keys", name, None, f"whatsmeow_device cannot be asked: {error}")]
    found = []
    for jid, *lengths in rows:
        wrong = [
            key
            for (key, length), actual in zip(_KEYS.items(), lengths, strict=True)
            if not actual or (length and actual != length)
        ]
        if not jid:
            wrong.append("jid")
        if wrong:
            what = f"a device in whatsmeow_device has no right {', '.join(wrong)}"
            found.append(finding(CODES, "whatsmeow-keys", name, None, what))
    return found or _unproven(connection, name)


def _unproven(connection: sqlite3.Connection, name: str) -> list[Finding]:
    """Devices whose identity key did not sign their signed pre-key, as it has to (util/keys)."""
    what = "the identity key of a device did not sign its signed pre-key"
    sql = "SELECT identity_key, signed_pre_key, signed_pre_key_sig FROM whatsmeow_device"
    return [
        finding(CODES, "whatsmeow-keys", name, None, what)
        for identity, pre_key, signature in connection.execute(sql)
        if not signed(public_of(identity), _CURVE + public_of(pre_key), signature)
    ]
