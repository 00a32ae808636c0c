"""whatsmeow's database, by the names and constraints of its schema (store/sqlstore/upgrades), with a login.

write(path)                       # closed properly: the database alone
write(path, killed=True)          # by a process that was killed: -wal and -shm beside it
rows(path)                        # what SQLite reads, None when it cannot
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.support.wagit import CHECKOUT
from wagit.integrity.baileys_check_keys import public_of, signed

JID = "4915100000001:12@s.whatsapp.net"
_OURS = "our_jid TEXT REFERENCES whatsmeow_device(jid) ON DELETE CASCADE"
_TABLES = {
    "device": """jid TEXT PRIMARY KEY, lid TEXT, facebook_uuid uuid, registration_id BIGINT NOT NULL,
        noise_key bytea NOT NULL CHECK (length(noise_key) = 32),
        identity_key bytea NOT NULL CHECK (length(identity_key) = 32),
        signed_pre_key bytea NOT NULL CHECK (length(signed_pre_key) = 32), signed_pre_key_id INTEGER NOT NULL,
        signed_pre_key_sig bytea NOT NULL CHECK (length(signed_pre_key_sig) = 64), adv_key bytea NOT NULL,
        adv_details bytea NOT NULL, adv_account_sig bytea NOT NULL CHECK (length(adv_account_sig) = 64),
        adv_account_sig_key bytea NOT NULL CHECK (length(adv_account_sig_key) = 32),
        adv_device_sig bytea NOT NULL CHECK (length(adv_device_sig) = 64),
        platform TEXT NOT NULL DEFAULT '', business_name TEXT NOT NULL DEFAULT '',
        push_name TEXT NOT NULL DEFAULT ''""",
    "identity_keys": f"{_OURS}, their_id TEXT, identity bytea NOT NULL, PRIMARY KEY (our_jid, their_id)",
    "pre_keys": "jid TEXT, key_id INTEGER, key bytea NOT NULL, uploaded BOOLEAN, PRIMARY KEY (jid, key_id)",
    "sessions": f"{_OURS}, their_id TEXT, session bytea, PRIMARY KEY (our_jid, their_id)",
    "sender_keys": f"{_OURS}, chat_id TEXT, sender_id TEXT, sender_key bytea NOT NULL",
    "app_state_sync_keys": "jid TEXT, key_id bytea, key_data bytea NOT NULL, PRIMARY KEY (jid, key_id)",
    "app_state_version": "jid TEXT, name TEXT, version BIGINT NOT NULL, hash bytea, PRIMARY KEY (jid, name)",
    "app_state_mutation_macs": "jid TEXT, name TEXT, version BIGINT, index_mac bytea, value_mac bytea",
    "contacts": f"{_OURS}, their_jid TEXT, push_name TEXT, PRIMARY KEY (our_jid, their_jid)",
    "chat_settings": f"{_OURS}, chat_jid TEXT, muted_until BIGINT NOT NULL DEFAULT 0",
}
_WRITER = """\
import os, signal, sys
sys.path.insert(0, {checkout!r})
from tests.support.sqlite_whatsmeow import fill, make
connection = make({path!r}, {seed}, wal=True)
connection.execute("PRAGMA wal_autocheckpoint = {checkpoint}")
fill(connection, {seed} + 1, {rows})
if {open_change}:
    connection.execute("PRAGMA cache_size = 5")
    connection.execute("BEGIN")
    connection.execute("UPDATE whatsmeow_sessions SET session = randomblob(600)")
os.kill(os.getpid(), signal.SIGKILL)
"""
_BUSY = """\
import sys
sys.path.insert(0, {checkout!r})
from tests.support.sqlite_whatsmeow import fill, make
connection = make({path!r}, {seed}, wal=True)
connection.execute("PRAGMA wal_autocheckpoint = {checkpoint}")
for round in range(10**9):
    fill(connection, round, 1)
    print(round, flush=True)
"""


def make(path: str, seed: int = 1, *, wal: bool = False) -> sqlite3.Connection:
    """Write the tables and a linked device with some rows; the connection is left open, in autocommit."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
    connection.execute("PRAGMA synchronous = OFF")  # no test cuts the power
    connection.execute("BEGIN")
    for name, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE whatsmeow_{name} ({columns})")
    connection.execute(
        "INSERT INTO whatsmeow_device VALUES (" + ", ".join("?" * 17) + ")", _device(Random(seed))
    )
    connection.execute("COMMIT")
    fill(connection, seed, 100)
    return connection


def fill(connection: sqlite3.Connection, seed: int, rows: int) -> None:
    """Add rows, one transaction each, as a running bot does."""
    chance = Random(seed)
    for _ in range(rows):
        their = f"{chance.randrange(10**12)}.0:1"
        connection.execute(
            "INSERT OR REPLACE INTO whatsmeow_sessions VALUES (?, ?, ?)", (JID, their, chance.randbytes(600))
        )
        connection.execute(
            "INSERT OR REPLACE INTO whatsmeow_identity_keys VALUES (?, ?, ?)",
            (JID, their, chance.randbytes(32)),
        )


def write(path: Path, seed: int = 1) -> Path:
    """A database that was closed properly."""
    make(str(path), seed).close()
    return path


def write_killed(
    path: Path, seed: int = 1, *, rows: int = 40, checkpoint: int = 0, open_change: bool = False
) -> Path:
    """A database whose bot was killed, maybe amid a large change; `checkpoint` in pages, 0 for none."""
    code = _WRITER.format(
        checkout=str(CHECKOUT),
        path=str(path),
        seed=seed,
        rows=rows,
        checkpoint=checkpoint,
        open_change=open_change,
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    return path


def busy(path: Path, seed: int, checkpoint: int) -> subprocess.Popen[bytes]:
    """A bot that adds rows without end, and writes a line after each; the caller kills it."""
    code = _BUSY.format(checkout=str(CHECKOUT), path=str(path), seed=seed, checkpoint=checkpoint)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)


def rows(path: Path) -> list[tuple[object, ...]] | None:
    """All rows that SQLite reads from a copy of the database and its -wal or -journal."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory, "copy.db")
        for part in ("", "-wal", "-journal"):
            if os.path.isfile(f"{path}{part}"):
                shutil.copy(f"{path}{part}", f"{copy}{part}")
        try:
            with closing(sqlite3.connect(copy)) as connection:
                return [
                    (table, *row)
                    for table in _TABLES
                    for row in connection.execute(f"SELECT * FROM whatsmeow_{table} ORDER BY 1, 2, 3")
                ]
        except sqlite3.Error:
            return None


def _device(chance: Random) -> tuple[object, ...]:
    identity, pre_key = chance.randbytes(32), chance.randbytes(32)
    signature = _sign(identity, b"\5" + public_of(pre_key), chance)
    blob = chance.randbytes
    keys = (blob(32), identity, pre_key, 1, signature, blob(32), blob(24), blob(64), blob(32), blob(64))
    return (JID, None, None, 4711, *keys, "android", "", "Ada")


def _sign(private: bytes, message: bytes, chance: Random) -> bytes:
    """A signature as libsignal makes it (XEdDSA). X25519 gives points without their signs: each is tried."""
    prime, order = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493

    def scalar(data: bytes) -> int:
        clamped = bytes([data[0] & 248, *data[1:31], data[31] & 127 | 64])
        return int.from_bytes(clamped, "little")

    def edwards(data: bytes, sign: int) -> bytes:
        u = int.from_bytes(
            X25519PrivateKey.from_private_bytes(data).public_key().public_bytes_raw(), "little"
        )
        return ((u - 1) * pow(u + 1, -1, prime) % prime | sign << 255).to_bytes(32, "little")

    nonce = chance.randbytes(32)
    for own, other in ((0, 0), (0, 1), (1, 0), (1, 1)):
        point = edwards(nonce, other)
        digest = hashlib.sha512(point + edwards(private, own) + message).digest()
        s = (scalar(nonce) + int.from_bytes(digest, "little") * scalar(private)) % order
        signature = point + (s | own << 255).to_bytes(32, "little")
        if signed(public_of(private), message, signature):
            return signature
    raise AssertionError("no signature")
