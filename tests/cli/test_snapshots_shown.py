"""Lists of snapshots in terminals of any width, in pipes, and as a shell completes them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from tests.support.sessions import Sessions, creds
from tests.support.wagit import CHECKOUT, WAGIT, run_wagit
from wagit.cli import render_sessions
from wagit.cli.grid import grid, printable
from wagit.operations.sessions_ls import Session

LONG = "before the big change of everything that there is in this bot, and more"


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    monkeypatch.delenv("COLUMNS", raising=False)
    made = Sessions.make(tmp_path / "repo")
    made.snapshot({"creds.json": creds(1)})
    return made


@pytest.mark.parametrize("width", [80, 160])
def test_a_list_fits_into_a_terminal(sessions: Sessions, width: int) -> None:
    assert run_wagit(sessions.path, "snapshot", "-m", LONG).status == 0
    program, *arguments = WAGIT
    child = pexpect.spawn(
        program, [*arguments, "snapshots", "ls"], cwd=sessions.path, dimensions=(24, width), timeout=30,
        env=os.environ, encoding="utf-8",
    )  # fmt: skip
    child.expect(pexpect.EOF)
    lines = child.before.split("\r\n")[:-1]
    assert len(lines) == 4
    assert max(map(len, lines)) <= width
    assert (LONG in lines[2]) == (width == 160)
    assert ("…" in lines[2]) == (width == 80)


def test_a_list_in_a_pipe_is_not_cut_at_80(sessions: Sessions) -> None:
    run_wagit(sessions.path, "snapshot", "-m", LONG)
    assert LONG in run_wagit(sessions.path, "snapshots", "ls").stdout


def test_columns_of_wide_characters_stay_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    lines = grid(
        ("a", "b"), [("日本", "一二三四五六七八九十一二三四五六七八九十"), ("x", "y")], giving_way=1
    ).splitlines()
    assert lines[0] == "a     b"
    assert lines[3] == "x     y"
    assert lines[2].startswith("日本  一二")
    assert lines[2].endswith("…")


def test_a_slot_keeps_its_name_in_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    row = Session(
        "production", "wwebjs", "+49 ••••001", "logged-out", "fresh", None, 2_800_000, 12,
        ("main", "develop"), "wagit run (pid 7 on vm)", False, None, None, (),
    )  # fmt: skip
    lines = render_sessions.sessions([row]).splitlines()
    assert lines[2].startswith("production  +49 ••••001  logged-out  fresh")
    assert max(map(len, lines)) <= 80


def test_what_cannot_be_cut_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    assert "x" * 40 in grid(("a", "b"), [("x" * 40, "y" * 40)], giving_way=1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü", "plain ü"),
        ("a\nb", "a\\nb"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\udcff", "\\udcff"),
        ("\u202e", "\\u202e"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert printable(text) == shown


def complete(cwd: Path, line: str) -> list[str]:
    words = line.split(" ")
    env = {"_WAGIT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    ran = run_wagit(cwd, env=env)
    assert ran.stderr == ""
    return ran.stdout.split()


def test_snapshots_are_completed(sessions: Sessions, tmp_path: Path) -> None:
    run_wagit(sessions.path, "sessions", "new", "spare")
    mine = sessions.snapshot({"creds.json": creds(2)})[:8]
    other = sessions.snapshot({"creds.json": creds(3)}, slot="spare")[:8]
    assert run_wagit(sessions.path, "sessions", "rm", "spare", "--yes").status == 0
    found = complete(sessions.path, "wagit snapshots show ")
    assert mine in found
    assert {"production", "spare"} < set(found)
    assert other not in found
    assert complete(sessions.path, f"wagit snapshots rm {mine[:5]}") == [mine]
    assert complete(sessions.path, "wagit snapshots show spare ") == [other]
    assert complete(sessions.path, f"wagit snapshots diff spare {other} ") == [other]
    assert complete(sessions.path, "wagit snapshots ls sp") == ["spare"]
    assert complete(sessions.path, "wagit snapshot p") == ["production"]
    assert complete(tmp_path, "wagit snapshots show ") == []


def test_a_list_loads_no_rich(sessions: Sessions) -> None:
    code = (
        "import sys; from wagit.cli.main import run; run(['snapshots', 'ls']); print('rich' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=sessions.path, env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "False"
