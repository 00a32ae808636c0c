"""Local Storage as a real Chromium writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrity.conftest import VALUES
from tests.support.linked_profile import write_profile
from wagit.integrity.identity import LOCAL_STORAGE, WHATSAPP, read_profile
from wagit.integrity.leveldb import live_files, read_newest
from wagit.integrity.local_storage import read_local_storage

pytestmark = pytest.mark.browser


def test_reads_what_the_page_kept(linked_profile: Path) -> None:
    kept = {key: value for key, value in VALUES.items() if key != "gone"}
    assert read_local_storage(str(linked_profile / LOCAL_STORAGE), WHATSAPP) == kept


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"\0a\0", "a"),
        (b"\0\0\xd8", "\ud800"),
        (b"\1\xe9", "é"),
        (b"", ""),
        (b"\0ab\1", "\0ab\1"),
        (b"\7x", "\7x"),
    ],
)
def test_any_bytes_are_a_text(monkeypatch: pytest.MonkeyPatch, written: bytes, text: str) -> None:
    """What has a whole checksum need not be what a browser wrote."""
    rows = {f"_{WHATSAPP}\0".encode() + b"\1key": written}
    monkeypatch.setattr("wagit.integrity.local_storage.read_newest", lambda _: rows)
    assert read_local_storage("", WHATSAPP) == {"key": text}


def test_another_origin_has_nothing(linked_profile: Path) -> None:
    assert read_local_storage(str(linked_profile / LOCAL_STORAGE), "https://web.whatsapp.co") == {}


def test_reads_tables_that_chromium_compacted(tmp_path: Path) -> None:
    values = {f"key{number}": f"{number}" * 20_000 for number in range(20)}
    for turn in range(3):
        write_profile(tmp_path, values | {"turn": str(turn)})
    directory = str(tmp_path / LOCAL_STORAGE)
    assert live_files(directory).tables
    assert read_local_storage(directory, WHATSAPP) == values | {"turn": "2"}


def test_reads_indexeddb_whose_comparator_is_chromiums_own(linked_profile: Path) -> None:
    directory = str(linked_profile / "Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb")
    assert live_files(directory).comparator == "idb_cmp1"
    assert any("wawc".encode("utf-16-be") in key for key in read_newest(directory))


def test_names_the_account(linked_profile: Path) -> None:
    assert read_profile(str(linked_profile)).identity == ("+4915100000001", "12")
