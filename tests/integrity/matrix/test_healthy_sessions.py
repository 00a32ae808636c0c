"""No session that real Chromium left is called corrupt, however it was stopped."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from random import Random

import pytest
from playwright.sync_api import Page

from tests.support.chromium_sessions import Browsers, Session
from tests.support.damage import copy_of
from tests.support.damage_matrix import Matrix, check, codes
from tests.support.long import long, longer
from wagit.browser.profile import browser_of
from wagit.browser.waiting import wait_for_exit
from wagit.integrity.findings import Finding, broken

pytestmark = pytest.mark.browser

PATIENCE = 20.0  # seconds
WRITE = """async () => {
  const opening = indexedDB.open('model-storage');
  await new Promise((resolve) => { opening.onsuccess = resolve; });
  window.written = 0;
  const write = () => {
    const writing = opening.result.transaction('message', 'readwrite');
    for (let row = 0; row < 5; row++) {
      const body = crypto.getRandomValues(new Uint8Array(3000 + 997 * row));
      writing.objectStore('message').put({id: crypto.randomUUID(), body});
    }
    writing.oncomplete = () => { window.written += 1; localStorage.written = window.written; write(); };
  };
  write();
}"""


def stop(profile: Path, number: signal.Signals) -> None:
    """Send a signal to the browser that has the profile open, and wait until it has ended."""
    process = browser_of(str(profile))
    assert process
    os.kill(process.pid, number)
    assert wait_for_exit(process.pid, PATIENCE)


def write_until(page: Page, count: int) -> None:
    """Write row after row without end; returns when `count` transactions are done."""
    page.evaluate(WRITE)
    page.wait_for_function(f"window.written >= {count}", polling=50)


def harmful(findings: list[Finding]) -> list[Finding]:
    return [found for found in findings if broken([found])]


@pytest.fixture
def session(small: Matrix, tmp_path: Path) -> Session:
    """A copy of the session, to be opened again."""
    return small.session._replace(profile=copy_of(small.session.profile, tmp_path / "profile"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_a_session_that_was_stopped_idle(
    browsers: Browsers, small: Matrix, session: Session, number: signal.Signals
) -> None:
    with browsers.page(session.profile) as page:
        assert browsers.shown(page) == "ready"
        stop(session.profile, number)
    assert harmful(check(session.profile)) == []
    assert harmful(check(session.profile, small.history)) == []


@long
@pytest.mark.parametrize("seed", range(longer(3, 40)))
def test_what_a_killed_browser_left_has_a_torn_tail_at_most_and_opens_without_one(
    browsers: Browsers, small: Matrix, session: Session, seed: int
) -> None:
    with browsers.page(session.profile) as page:
        assert browsers.shown(page) == "ready"
        write_until(page, Random(seed).randrange(1, 300))
        stop(session.profile, signal.SIGKILL)
    found = harmful(check(session.profile, small.history))
    assert harmful(check(session.profile)) == found
    assert [each for each in found if each.mend != "cut"] == []
    if not found:
        first, second = browsers.opened(session), browsers.opened(session)
        assert (first.state, second) == ("ready", first)


def test_a_session_that_was_closed_after_its_tables_were_merged(
    browsers: Browsers, small: Matrix, session: Session
) -> None:
    before = {path.name for path in session.profile.glob("Default/IndexedDB/*/*.ldb")}
    for _ in range(2):
        with browsers.page(session.profile) as page:
            assert browsers.shown(page) == "ready"
            browsers.phone.wait_ready(session.number)
            browsers.phone.grow(session.number, 12)
    after = {path.name for path in session.profile.glob("Default/IndexedDB/*/*.ldb")}
    assert before - after
    assert harmful(check(session.profile, small.history)) == []


def test_a_session_that_was_just_linked(browsers: Browsers, tmp_path: Path, number: str) -> None:
    with browsers.page(tmp_path / "profile") as page:
        assert browsers.shown(page) == "qr"
        browsers.phone.link(number, ref=browsers.phone.wait_ref())
        browsers.phone.wait_ready(number)
    assert harmful(check(tmp_path / "profile")) == []


@pytest.mark.parametrize("number", [None, signal.SIGKILL], ids=str)
def test_a_profile_that_shows_a_qr(browsers: Browsers, tmp_path: Path, number: signal.Signals | None) -> None:
    with browsers.page(tmp_path / "profile") as page:
        assert browsers.shown(page) == "qr"
        if number:
            stop(tmp_path / "profile", number)
    assert harmful(check(tmp_path / "profile")) == []


def test_a_session_that_was_logged_out_and_linked_again(
    browsers: Browsers, tmp_path: Path, number: str
) -> None:
    session = browsers.linked(tmp_path / "profile", number)
    history = Matrix(0, session, session).history
    with browsers.page(session.profile) as page:
        assert browsers.shown(page) == "ready"
        browsers.phone.unlink(number)
        page.wait_for_url("**/?post_logout=1*")
        assert browsers.shown(page) == "qr"
    assert harmful(check(session.profile, history)) == []
    browsers.linked(session.profile, number)
    assert harmful(check(session.profile, history)) == []


def test_a_profile_that_was_never_linked(browsers: Browsers, tmp_path: Path) -> None:
    assert codes(check(tmp_path)) == []
    with browsers.page(tmp_path / "profile", url="about:blank"):
        pass
    assert harmful(check(tmp_path / "profile")) == []
