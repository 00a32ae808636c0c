"""`wagit report`: what it tells of real slots, in JSON, in the terminal, and as a page."""

from __future__ import annotations

import os
import stat
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.support.past import DAY, Past
from tests.support.sessions import Sessions, creds
from tests.support.setup import data_of, error_of, wagit
from tests.support.slot_records import change, seal

HOSTILE = "</title><script>alert(1)</script>\u202e\"'&\x1b[31m\ud800"


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    """`production` has a past: ten days, twelve starts, a restore, two recoveries."""
    sessions = Sessions.make(tmp_path / "repo")
    sessions.write({"creds.json": creds(7)})
    now = time.time()
    past = Past(sessions, "production", now)
    past.snapshot(days=10, generation=2, size=1_000_000)
    past.snapshot(days=6, generation=7, size=3_000_000)
    past.snapshot(days=2, generation=11, size=2_000_000, tag="hot", why="asked", message="before <b>it</b>")
    past.operation(days=5, verb="restore", cause="restore", snapshot="3f9a12bc8d7e6f01")
    past.operation(days=3.1, verb="check-failed", cause="check", codes=["leveldb-log-torn"])
    past.operation(days=3, verb="repair", mended=["leveldb-log-torn"])
    past.operation(days=1, verb="clean")
    change(sessions, last_ready=now - 3600, generation=12, starts=12, account="+4915112345678", device="7")
    seal(sessions)
    return sessions


class Page(HTMLParser):
    """The elements of a page and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(sessions: Sessions, *words: str) -> Page:
    ran = wagit(sessions.path, "report", "--html", "-", *words)
    assert (ran.status, ran.stderr) == (0, ""), ran
    assert ran.stdout.startswith("<!doctype html>\n<html")
    return Page(ran.stdout)


def values(slot: Any, chart: str) -> list[float]:
    return [point["value"] for point in slot["charts"][chart] if point["value"]]


def test_what_it_tells(sessions: Sessions) -> None:
    found = data_of(sessions.path, "report")
    assert (found["repository"], found["step"], found["aging"], found["old"]) == (
        "repo",
        DAY,
        3 * DAY,
        7 * DAY,
    )
    [number] = found["numbers"]
    assert number == {"account": "+49 ••••678", "devices": [{"device": "7", "slots": ["production"]}]}
    [slot] = found["slots"]
    assert slot["health"]["verdict"] == "healthy"
    assert (slot["branches"], slot["driver"], slot["findings"]) == (["main"], "baileys", [])
    assert [one["generation"] for one in slot["snapshots"]] == [11, 7, 2]
    assert [(one["kind"], one["cause"], one["detail"]) for one in slot["events"]] == [
        ("cleaned", "run", ""),
        ("repaired", "run", "leveldb-log-torn"),
        ("damaged", "check", "leveldb-log-torn"),
        ("restored", "restore", "snapshot 3f9a12bc8d7e6f01"),
    ]
    assert values(slot, "runs") == [2, 5, 4, 1]
    assert (values(slot, "restores"), values(slot, "recoveries")) == ([1], [1, 1])
    assert values(slot, "size")[:3] == [1_000_000, 3_000_000, 2_000_000]
    assert values(slot, "size")[3] == len(creds(7))
    assert max(values(slot, "age")) == pytest.approx(4 * DAY, abs=60)


def test_numbers_are_whole_only_when_they_are_asked_for(sessions: Sessions) -> None:
    for words in (["--json"], [], ["--html", "-"]):
        ran = wagit(sessions.path, "report", *words)
        assert "4915112345678" not in ran.stdout
        assert "4915112345678" in wagit(sessions.path, "report", "--show-numbers", *words).stdout


def test_in_a_terminal(sessions: Sessions) -> None:
    shown = wagit(sessions.path, "report").stdout
    wanted = (
        "1 slot, 3 snapshots",
        "+49 ••••678: 1 of 4 devices known: production",
        "production, healthy: +49 ••••678, linked, baileys",
        "at most 4 days",
        "restored snapshot 3f9a12bc8d7e6f01  [restore]",
    )
    assert [line for line in wanted if line not in shown] == []
    assert "  recoveries  2 since" in shown


def test_the_page_needs_nothing_from_elsewhere(sessions: Sessions) -> None:
    page = page_of(sessions)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "a", "object"}
    assert not [
        attributes for _, attributes in page.elements if {"src", "href", "xlink:href"} & set(attributes)
    ]
    assert "@import" not in page.text
    assert "url(" not in page.text


def test_every_chart_has_a_name_and_a_description(sessions: Sessions) -> None:
    page = page_of(sessions)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = [attributes["aria-labelledby"] for tag, attributes in page.elements if tag == "svg"]
    assert len(named) == 4
    assert {part for names in named for part in (names or "").split()} == set(ids)
    assert "1 restore and 2 recoveries of production since" in page.text
    assert "12 starts of a bot on production since" in page.text


def test_hostile_names_stay_text(sessions: Sessions) -> None:
    """Messages, causes, file names and branches are somebody else's; a control character does nothing."""
    past = Past(sessions, "production", time.time())
    past.snapshot(days=0.5, generation=12, size=1, number=9, why=HOSTILE, message=HOSTILE)
    past.operation(days=0.5, verb="check-failed", cause=HOSTILE, codes=[HOSTILE])
    past.operation(days=0.4, verb="restore", cause=HOSTILE, snapshot=HOSTILE, mended={"odd": 1})
    sessions.setup.repo.git("branch", "<img/src=x>")
    ran = wagit(sessions.path, "report", "--html", "-")
    assert ran.status == 0, ran
    page = Page(ran.stdout)
    assert not {tag for tag, _ in page.elements} & {"script", "img"}
    assert "<script>alert(1)</script>\\u202e\"'&\\x1b[31m\\ud800" in page.text
    assert not [character for character in "\u202e\x1b\ud800" if character in ran.stdout]
    assert not [c for c in "\u202e\x1b\ud800" if c in wagit(sessions.path, "report").stdout]


def test_one_slot(sessions: Sessions) -> None:
    wagit(sessions.path, "sessions", "new", "spare")
    assert [one["health"]["slot"] for one in data_of(sessions.path, "report", "spare")["slots"]] == ["spare"]
    assert "production" not in page_of(sessions, "spare").text
    assert error_of(sessions.path, "report", "nowhere")["code"] == "no-such-slot"


def test_a_slot_without_history_and_none_at_all(tmp_path: Path) -> None:
    sessions = Sessions.make(tmp_path / "repo")
    [slot] = data_of(sessions.path, "report")["slots"]
    assert (slot["charts"]["size"], slot["charts"]["age"], slot["events"]) == ([], [], [])
    page = page_of(sessions)
    assert "none yet: wagit snapshot production" in page.text
    assert "svg" not in {tag for tag, _ in page.elements}
    assert "production, unlinked" in wagit(sessions.path, "report").stdout
    (sessions.path / ".git/wagit/slots/production").rename(tmp_path / "away")
    assert "There are no sessions yet" in page_of(sessions).text
    assert wagit(sessions.path, "report").stdout.startswith("no sessions yet")


class TestFile:
    def test_it_is_written_for_others_to_read(self, sessions: Sessions, tmp_path: Path) -> None:
        path = tmp_path / "report.html"
        path.write_text("the last one")
        ran = wagit(sessions.path, "report", "--html", str(path))
        assert (ran.status, ran.stdout) == (0, f"the report is in {path}\n")
        assert path.read_text().startswith("<!doctype html>")
        umask = os.umask(0)
        os.umask(umask)
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
        assert sorted(p.name for p in tmp_path.iterdir()) == ["repo", "report.html"]

    def test_a_link_stays_one(self, sessions: Sessions, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to("target")
        data = data_of(sessions.path, "report", "--html", str(tmp_path / "link"))
        assert data["repository"] == "repo"
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "target").read_text().startswith("<!doctype html>")

    def test_what_is_no_file_is_refused(self, sessions: Sessions, tmp_path: Path) -> None:
        """A pipe is not waited for, and a device is not replaced."""
        os.mkfifo(tmp_path / "pipe")
        for place, word in {"pipe": "is no file", ".": "is a directory"}.items():
            error = error_of(sessions.path, "report", "--html", str(tmp_path / place))
            assert (error["status"], word in error["message"]) == (2, True)
        absent = error_of(sessions.path, "report", "--html", str(tmp_path / "absent/x.html"))
        assert (absent["status"], ".tmp-" in absent["message"]) == (2, False)
        assert absent["hint"] == f"make it: mkdir -p {tmp_path / 'absent'}"
        assert error_of(sessions.path, "report", "--html", "-")["status"] == 2
        assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.browser
def test_it_fits_a_phone_and_a_wide_screen(sessions: Sessions, tmp_path: Path) -> None:
    """In Chromium, which loads nothing, complains about nothing, and names the charts to who cannot see."""
    from playwright.sync_api import sync_playwright

    from tests.support.browser import FLAGS, executable

    wagit(sessions.path, "report", "--html", str(tmp_path / "report.html"))
    troubles: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(FLAGS))
        page = browser.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("request", lambda request: troubles.append(request.url) if "http" in request.url else None)
        page.goto((tmp_path / "report.html").as_uri())
        for width in (320, 360, 800, 1400):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.get_by_role("img", name="Unused for").count() == 1
        grounds = []
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        browser.close()
    assert troubles == []
    assert len(set(grounds)) == 2
