"""Whose login a session is, read from its data without a browser, without writing to it.

WhatsApp names a linked device `<account>:<device>@<server>`; the account is the phone number, digits
only. Damage is no error here: the answer then says why there is no identity.
"""

from __future__ import annotations

import json
import os
import re
from typing import NamedTuple

from wagit.core.opening import regular

WHATSAPP = "https://web.whatsapp.com"
INDEXED_DB = "Default/IndexedDB/https_web.whatsapp.com_0"
LOCAL_STORAGE = "Default/Local Storage/leveldb"
# What WhatsApp Web keeps its own device id under; the second is older.
KEYS = ("last-wid-md", "last-wid")
_DEVICE_ID = re.compile(r"(\d{5,20})(?:[._]\d+)?(?::(\d+))?@(?:c\.us|s\.whatsapp\.net)", re.ASCII)
# Country codes of one, two and three digits (ITU-T E.164, list of assigned codes).
_COUNTRY_CODE = re.compile(r"[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3}", re.ASCII)
_LARGEST_JSON = 4 << 20  # bytes; a creds.json has a few thousand


class Identity(NamedTuple):
    """One account as one linked device: `account` is `+` and digits, `device` WhatsApp's number for it."""

    account: str
    device: str


class Reading(NamedTuple):
    """An identity, or in one sentence why there is none; `damaged` tells damage from not linked.

    `unnamed`: there is a login all the same; there are several, or it names no account number.
    """

    identity: Identity | None
    reason: str = ""
    damaged: bool = False
    unnamed: bool = False


def login_name(account: str | None, device: str | None) -> str | None:
    """Name a login, `<account>:<device>`; None where one of them is not known."""
    return f"{account}:{device}" if account and device else None


def masked(account: str) -> str:
    """Hide an account number's middle: `+4915100000001` becomes `+49 ••••001`.

    The country code and the last three digits stay (of six digits and fewer only the last two); four
    bullets stand for the rest, however long it is.
    """
    digits = account_digits(account)
    if len(digits) <= 6:
        return f"••••{digits[-2:]}"
    code = _COUNTRY_CODE.match(digits)
    return f"+{code[0] if code else ''} ••••{digits[-3:]}"


def account_digits(account: str) -> str:
    """The digits of an account number as people write it: `+49 151 0000000`, `0049-151-…`."""
    return "".join(re.findall(r"[0-9]", account)).removeprefix("00")


def parse_device_id(text: str) -> Identity | None:
    """Read `4915100000001:12@c.us`; None for anything else, such as a `@lid` that names no number."""
    match = _DEVICE_ID.fullmatch(text)
    return Identity(f"+{match[1]}", match[2] or "0") if match else None


def read_profile(profile: str) -> Reading:
    """Read the login of WhatsApp Web in the user-data-dir `profile`.

    It needs both IndexedDB and Local Storage: with one of them alone WhatsApp shows a QR.
    """
    if not _has_database(profile):
        return Reading(None, f"{profile} has no IndexedDB of {WHATSAPP}: it is not linked")
    from wagit.integrity.leveldb import LevelDBUnreadable
    from wagit.integrity.local_storage import read_local_storage

    try:
        stored = read_local_storage(os.path.join(profile, LOCAL_STORAGE), WHATSAPP)
    except LevelDBUnreadable as damage:
        return Reading(None, damage.message, damaged=True)
    except FileNotFoundError:
        return Reading(None, f"{profile} has no Local Storage: it is not linked")
    except OSError as error:
        return Reading(None, str(error), damaged=True)
    return _first_identity([stored[key].strip('"') for key in KEYS if key in stored], profile)


def _has_database(profile: str) -> bool:
    """Whether WhatsApp's IndexedDB is there, as LevelDB or as SQLite (Chromium is moving to it)."""
    base = os.path.join(profile, INDEXED_DB)
    return os.path.isdir(base + ".indexeddb.leveldb") or os.path.isdir(base)


def _first_identity(device_ids: list[str], where: str) -> Reading:
    for text in device_ids:
        if identity := parse_device_id(text):
            return Reading(identity)
    if device_ids:
        return Reading(None, f"{where} names no account number: {device_ids[0][:40]!r}", unnamed=True)
    return Reading(None, f"{where} is not linked")


def read_baileys(folder: str) -> Reading:
    """Read `me.id` of the `creds.json` in `folder`."""
    path = os.path.join(folder, "creds.json")
    try:
        with open(path, "rb", opener=regular) as file:
            content = json.loads(file.read(_LARGEST_JSON))
    except FileNotFoundError:
        return Reading(None, f"{path} does not exist: it is not linked")
    except (ValueError, RecursionError) as problem:
        return Reading(None, f"{path} is not valid JSON: {problem}", damaged=True)
    except OSError as problem:
        return Reading(None, str(problem), damaged=True)
    if not isinstance(content, dict):
        return Reading(None, f"{path} holds no JSON object", damaged=True)
    me = content.get("me")
    device_id = me.get("id") if isinstance(me, dict) else None
    return _first_identity([device_id] if isinstance(device_id, str) else [], path)


def read_whatsmeow(path: str) -> Reading:
    """Read the only `jid` of `whatsmeow_device` in the SQLite file at `path`.

    Several rows are several logins; then which one the bot uses cannot be told, and none is named.
    """
    from wagit.integrity.sqlite_copy import query

    if not os.path.isfile(path):
        return Reading(None, f"{path} does not exist: it is not linked")
    rows, problem = query(path, "SELECT jid FROM whatsmeow_device ORDER BY jid")
    if problem:
        damaged = not problem.startswith("no such table")  # it is made after the file
        return Reading(None, f"{path}: {problem}", damaged)
    found = [str(row[0]) for row in rows]
    if len(found) > 1:
        return Reading(None, f"{path} holds {len(found)} logins", unnamed=True)
    return _first_identity(found, path)


def is_whatsmeow(path: str) -> bool:
    """Whether `path` is an SQLite file with whatsmeow's tables."""
    from wagit.integrity.sqlite_copy import query

    if not os.path.isfile(path):
        return False
    rows, _ = query(path, "SELECT 1 FROM sqlite_master WHERE name = 'whatsmeow_device'")
    return bool(rows)
