"""A real Chromium's profile: refused or hot while it runs, clean once closed, and every row comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.linked_profile import opened
from tests.support.snapshots import Kept
from wagit.core import locks
from wagit.slots import holding
from wagit.slots.holding import SlotBusy
from wagit.snapshots import restore

ROWS = 500
WRITE = """(count) => new Promise((resolve, reject) => {
  const opening = indexedDB.open('wawc', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
  opening.onerror = reject;
  opening.onsuccess = () => {
    const writing = opening.result.transaction('rows', 'readwrite');
    for (let row = 0; row < count; row++) {
      localStorage.setItem('row' + row, 'value ' + row);
      writing.objectStore('rows').put('value '.repeat(100) + row, row);
    }
    writing.oncomplete = () => resolve(opening.result.close());
  };
})"""
READ = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open('wawc');
  opening.onerror = reject;
  opening.onsuccess = () => {
    const reading = opening.result.transaction('rows').objectStore('rows').getAll();
    reading.onsuccess = () => resolve([Object.fromEntries(Object.entries(localStorage)), reading.result]);
  };
})"""


@pytest.mark.browser
def test_a_profile_is_hot_while_it_is_open_and_clean_with_every_row_once_it_is_closed(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, {}, driver="wwebjs")
    profile = kept.data / "session"
    with opened(profile) as page:
        page.evaluate(WRITE, ROWS)
        with pytest.raises(SlotBusy, match=r"slot dev is open in .*chrom"):
            kept.take()
        assert kept.ids() == []
        hot = kept.take(hot=True).snapshot
        assert hot.header.tag == "hot"
        kept.verifies()
        live = page.evaluate(READ)
    clean = kept.take().snapshot
    assert clean.header.tag == "clean"
    assert clean.header.backend == "leveldb"
    kept.verifies()
    (tmp_path / "elsewhere").mkdir()
    restore.write_out(kept.store, clean.entries, str(tmp_path / "elsewhere"))
    with opened(tmp_path / "elsewhere" / "session") as page:
        assert page.evaluate(READ) == live
    assert (len(live[0]), len(live[1])) == (ROWS, ROWS)


def test_a_slot_that_a_bot_holds_is_hot_though_nothing_is_open(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, {"creds.json": b"{}"})
    bot = locks.Holder("here", 1, 1.0, "wagit run", "/repo", 1.0)
    with locks.acquire(kept.store.lock("dev"), bot):
        assert holding.holder(kept.store, "dev") == bot
        with pytest.raises(SlotBusy, match="in use by wagit run"):
            kept.take()
        assert kept.take(hot=True).snapshot.header.tag == "hot"
    assert kept.take().snapshot.header.tag == "clean"
