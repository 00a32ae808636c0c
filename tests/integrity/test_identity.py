from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from wagit.integrity.identity import (
    INDEXED_DB,
    LOCAL_STORAGE,
    account_digits,
    is_whatsmeow,
    masked,
    parse_device_id,
    read_baileys,
    read_profile,
    read_whatsmeow,
)


@pytest.mark.parametrize(
    ("account", "shown"),
    [
        ("+4915100000001", "+49 ••••001"),
        ("12025550108", "+1 ••••108"),
        ("+351911111222", "+351 ••••222"),
        ("+7 912 345 67 89", "+7 ••••789"),
        ("+447911123456", "+44 ••••456"),
        ("+88215555555", "+882 ••••555"),
        ("123456", "••••56"),
        ("", "••••"),
    ],
)
def test_masks_the_middle(account: str, shown: str) -> None:
    assert masked(account) == shown


@pytest.mark.parametrize("written", ["+49 151 0000000", "0049-151-0000000", "49(151)0000000"])
def test_compares_numbers_as_people_write_them(written: str) -> None:
    assert account_digits(written) == "491510000000"


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("4915100000001:12@c.us", ("+4915100000001", "12")),
        ("4915100000001.0:12@s.whatsapp.net", ("+4915100000001", "12")),
        ("4915100000001@c.us", ("+4915100000001", "0")),
        ("123456789012345@lid", None),
        ("4915100000001:12@evil.example", None),
        ("", None),
    ],
)
def test_reads_device_ids(text: str, identity: tuple[str, str] | None) -> None:
    assert parse_device_id(text) == identity


class TestProfile:
    def test_a_pipe_of_that_name_is_damage_and_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "creds.json")
        assert read_baileys(str(tmp_path)).damaged

    def test_an_absent_one_is_not_linked(self, tmp_path: Path) -> None:
        found = read_profile(str(tmp_path / "absent"))
        assert found.identity is None
        assert not found.damaged
        assert "not linked" in found.reason

    @pytest.mark.browser
    @pytest.mark.parametrize("missing", [LOCAL_STORAGE, INDEXED_DB + ".indexeddb.leveldb"])
    def test_one_half_alone_is_not_linked(self, linked_profile: Path, tmp_path: Path, missing: str) -> None:
        profile = Path(shutil.copytree(linked_profile / "Default", tmp_path / "p" / "Default")).parent
        assert read_profile(str(profile)).identity
        shutil.rmtree(profile / missing)
        assert read_profile(str(profile)).identity is None

    @pytest.mark.browser
    def test_damage_is_an_answer(self, linked_profile: Path, tmp_path: Path) -> None:
        profile = Path(shutil.copytree(linked_profile / "Default", tmp_path / "p" / "Default")).parent
        (profile / LOCAL_STORAGE / "CURRENT").write_bytes(b"MANIFEST-00000")
        found = read_profile(str(profile))
        assert found.identity is None
        assert found.damaged
        assert "CURRENT" in found.reason

    def test_a_pipe_in_the_database_is_damage_and_is_not_waited_for(self, tmp_path: Path) -> None:
        (tmp_path / (INDEXED_DB + ".indexeddb.leveldb")).mkdir(parents=True)
        (tmp_path / LOCAL_STORAGE).mkdir(parents=True)
        os.mkfifo(tmp_path / LOCAL_STORAGE / "CURRENT")
        assert read_profile(str(tmp_path)).damaged


class TestBaileys:
    @pytest.mark.parametrize(
        "content",
        [b"", b'{"me": {"id": "49151', b"[]", b"null", b"[" * 100_000, b"\xff\xfe", b'"text"'],
    )
    def test_damage_is_an_answer(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "creds.json").write_bytes(content)
        found = read_baileys(str(tmp_path))
        assert found.identity is None
        assert found.damaged
        assert "creds.json" in found.reason

    @pytest.mark.parametrize("me", [None, {}, [], {"id": None}, {"id": 5}, {"id": "x@lid"}])
    def test_without_a_number_there_is_no_identity(self, tmp_path: Path, me: object) -> None:
        (tmp_path / "creds.json").write_text(json.dumps({"me": me}))
        found = read_baileys(str(tmp_path))
        assert found.identity is None
        assert found.reason
        assert not found.damaged

    def test_an_absent_one_is_not_linked(self, tmp_path: Path) -> None:
        assert not read_baileys(str(tmp_path)).damaged


def whatsmeow(path: Path, *jids: str) -> sqlite3.Connection:
    """The tables as whatsmeow makes them (store/sqlstore/upgrades), still open, with a WAL."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE whatsmeow_version (version INTEGER, compat INTEGER)")
    connection.execute(
        "CREATE TABLE whatsmeow_device (jid TEXT PRIMARY KEY, lid TEXT, registration_id BIGINT NOT NULL)"
    )
    connection.executemany("INSERT INTO whatsmeow_device VALUES (?, NULL, 1)", [(jid,) for jid in jids])
    connection.commit()
    return connection


class TestWhatsmeow:
    def test_reads_rows_that_are_in_the_wal_only(self, tmp_path: Path) -> None:
        path = tmp_path / "whatsmeow.db"
        opened = whatsmeow(path, "4915100000002:3@s.whatsapp.net")
        before = {item.name: item.stat().st_mtime_ns for item in tmp_path.iterdir()}
        assert (tmp_path / "whatsmeow.db-wal").stat().st_size > 0
        assert read_whatsmeow(str(path)).identity == ("+4915100000002", "3")
        assert {item.name: item.stat().st_mtime_ns for item in tmp_path.iterdir()} == before
        opened.close()
        assert read_whatsmeow(str(path)).identity == ("+4915100000002", "3")

    def test_reads_beside_a_writer_that_locks_everything(self, tmp_path: Path) -> None:
        path = tmp_path / "whatsmeow.db"
        opened = whatsmeow(path, "4915100000002:3@s.whatsapp.net")
        opened.execute("BEGIN EXCLUSIVE")
        assert read_whatsmeow(str(path)).identity
        opened.close()

    def test_not_linked_yet(self, tmp_path: Path) -> None:
        whatsmeow(tmp_path / "whatsmeow.db").close()
        found = read_whatsmeow(str(tmp_path / "whatsmeow.db"))
        assert (found.identity, found.damaged) == (None, False)

    def test_several_logins_are_not_guessed_between(self, tmp_path: Path) -> None:
        whatsmeow(
            tmp_path / "a.db", "4915100000002:3@s.whatsapp.net", "4915100000003:1@s.whatsapp.net"
        ).close()
        found = read_whatsmeow(str(tmp_path / "a.db"))
        assert found.identity is None
        assert "2 logins" in found.reason

    @pytest.mark.parametrize("content", [b"text, no database", b"SQLite format 3\0" + b"\xff" * 5000])
    def test_damage_is_an_answer(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.db").write_bytes(content)
        found = read_whatsmeow(str(tmp_path / "a.db"))
        assert found.identity is None
        assert found.damaged
        assert not is_whatsmeow(str(tmp_path / "a.db"))

    def test_another_program_s_database_is_not_linked(self, tmp_path: Path) -> None:
        sqlite3.connect(tmp_path / "a.db").execute("CREATE TABLE t (x)").connection.close()
        found = read_whatsmeow(str(tmp_path / "a.db"))
        assert (found.identity, found.damaged) == (None, False)

    @pytest.mark.parametrize("content", [None, b""])
    def test_absent_and_empty_are_not_linked(self, tmp_path: Path, content: bytes | None) -> None:
        if content is not None:
            (tmp_path / "a.db").write_bytes(content)
        found = read_whatsmeow(str(tmp_path / "a.db"))
        assert (found.identity, found.damaged) == (None, False)
