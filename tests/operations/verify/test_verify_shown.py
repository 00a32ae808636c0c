"""What people see of `wagit verify`."""

from __future__ import annotations

import pytest

from tests.support.sessions import Sessions
from tests.support.setup import wagit
from tests.support.verifying import FATAL, finds
from wagit.cli import render_findings


@pytest.mark.parametrize("columns", ["80", "120"])
def test_no_line_is_wider_than_the_terminal(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    path = "session/Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/000385.ldb"
    long = FATAL._replace(file=path, what="it is torn, " * 20, effect="the login, " * 20, remedy="cut, " * 30)
    finds(
        monkeypatch,
        (*(long._replace(offset=n) for n in range(9)), FATAL._replace(code="b", severity="warning")),
    )
    shown = wagit(sessions.path, "verify").stdout
    assert max(len(line) for line in shown.splitlines() if "repo/" not in line) <= int(columns)
    assert ".leveldb/000385.ldb:3\n" in shown
    assert "and 4 more: wagit verify production --json" in shown
    assert "findings: 9 would cost the login, 1 harmless" in shown


def test_what_does_nothing_to_a_terminal(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, (FATAL._replace(file="a\x1b[2Jb", what="\x07"),))
    assert not {"\x1b", "\x07"} & set(wagit(sessions.path, "verify").stdout)


def test_numbers_are_masked_unless_asked_for(sessions: Sessions) -> None:
    assert "+4915112345678" not in wagit(sessions.path, "verify").stdout
    assert "+4915112345678" in wagit(sessions.path, "verify", "--show-numbers").stdout
    assert "+4915112345678" in wagit(sessions.path, "verify", "--all", "--show-numbers").stdout


def test_findings_of_one_kind_stand_together() -> None:
    harmless = FATAL._replace(code="a", severity="warning")
    rows = [harmless, FATAL._replace(code="b", severity="loss"), harmless]
    assert [[one.code for one in group] for group in render_findings.grouped(rows)] == [["b"], ["a", "a"]]
