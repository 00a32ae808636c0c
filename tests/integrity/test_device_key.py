"""The digest of a linked device's key: the same for one login, another for another, none for damage."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
from pathlib import Path

import pytest
from blake3 import blake3

from wagit.drivers import registry
from wagit.integrity.device_key import LENGTH, baileys_key, profile_key, whatsmeow_key

KEY = bytes(range(32))
DIGEST = blake3(KEY).hexdigest()[:LENGTH]


def baileys(folder: Path, public: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "creds.json").write_text(json.dumps({"signedIdentityKey": {"public": public}}))
    return folder


def whatsmeow(path: Path, *keys: object) -> Path:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE whatsmeow_device (jid TEXT, identity_key bytea)")
    connection.executemany("INSERT INTO whatsmeow_device VALUES ('x', ?)", [(key,) for key in keys])
    connection.commit()
    connection.close()
    return path


def test_of_baileys_whatever_else_changes(tmp_path: Path) -> None:
    """Baileys writes a Buffer as node's JSON does."""
    folder = baileys(tmp_path / "a", {"type": "Buffer", "data": base64.b64encode(KEY).decode()})
    assert baileys_key(str(folder)) == DIGEST
    assert registry.get("baileys").device_key(str(folder)) == DIGEST
    other = baileys(tmp_path / "b", {"type": "Buffer", "data": base64.b64encode(KEY[::-1]).decode()})
    assert baileys_key(str(other)) not in (DIGEST, None)


@pytest.mark.parametrize("public", [None, {}, {"data": 5}, {"data": "ü"}, [], "", {"data": ""}])
def test_of_baileys_without_a_key(tmp_path: Path, public: object) -> None:
    assert baileys_key(str(baileys(tmp_path / "a", public))) is None


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    assert baileys_key(str(tmp_path)) is None
    os.mkfifo(tmp_path / "creds.json")
    assert baileys_key(str(tmp_path)) is None
    assert whatsmeow_key(str(tmp_path / "absent.db")) is None
    assert profile_key(str(tmp_path)) is None


def test_of_whatsmeow(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    whatsmeow(data / "whatsmeow.db", KEY)
    assert registry.get("whatsmeow").device_key(str(data)) == DIGEST


@pytest.mark.parametrize("keys", [(), (KEY, KEY), (None,), ("text",)])
def test_of_whatsmeow_without_one_key(tmp_path: Path, keys: tuple[object, ...]) -> None:
    assert whatsmeow_key(str(whatsmeow(tmp_path / "a.db", *keys))) is None


@pytest.mark.browser
def test_of_a_profile(linked_profile: Path) -> None:
    """The one value that `tests/support/linked_profile.py` keeps there."""
    expected = blake3(b'{"recoveryToken":"x"}').hexdigest()[:LENGTH]
    assert profile_key(str(linked_profile)) == expected
    assert registry.get("chromium").device_key(str(linked_profile)) == expected
    assert registry.get("generic").device_key(str(linked_profile)) is None
