from __future__ import annotations

import os
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from tests.support.qr import scan_png, scan_svg, scan_terminal
from tests.support.setup import Setup
from tests.support.wagit import WAGIT, run_wagit
from wagit.bots.board import Board
from wagit.bots.hosting import Unhosted
from wagit.bots.printer import Printer
from wagit.bots.standing import Standing
from wagit.browser.pairing import BadNumber, digits, grouped
from wagit.browser.qr import render_qr
from wagit.browser.qr_file import BadQrFile, QrFile
from wagit.browser.watch import QrShown, StateChanged
from wagit.cli import render_bot
from wagit.cli.front import Front, Shared
from wagit.operations import qr_shown
from wagit.operations.context import open_at
from wagit.operations.joined import Joined

REF = "2@" + "kqezYSscr-8aRCDjEOkZTwbbg2_" * 5 + ",V3hsLa7YlRkqbPK/VhUclhvhXfBzZea9VheMRpxeg/U=," * 3 + "1"
SCANS = {"png": scan_png, "svg": scan_svg}


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("ref", [REF, "short", "x" * 700])
def test_a_drawing_is_read_by_a_scanner(ref: str, colour: bool) -> None:
    assert scan_terminal(render_qr(ref, colour=colour)) == ref


@pytest.mark.parametrize("kind", SCANS)
def test_a_picture_is_read_by_a_scanner_and_nobody_else_may_look(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"qr.{kind}"
    file = QrFile(str(path))
    file.remove()
    for ref in (REF, "the next one"):
        file.show(ref)
        assert (SCANS[kind](path), path.stat().st_mode & 0o777) == (ref, 0o600)
    file.show(None)
    assert os.listdir(tmp_path) == []


def test_what_can_be_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.png").mkdir()
    for name in ("qr", "qr.gif", "no/qr.png", "d.png"):
        with pytest.raises(BadQrFile):
            QrFile(str(tmp_path / name))


def test_a_run_shows_each_qr_once_and_takes_the_file_away_when_it_is_scanned(tmp_path: Path) -> None:
    setup, board, path = Setup.make(tmp_path / "repo"), Board(), tmp_path / "qr.svg"
    drawn: list[str] = []
    context = open_at(str(setup.path), os.environ)
    joined = Joined(context, board, lambda event, slot=None: True, Unhosted(), lambda line: None)  # noqa: ARG005

    def told(slot: str, state: str, ref: str | None = None) -> None:
        board.put(Standing(slot, "main", state, 1.0, ref=ref))  # type: ignore[arg-type]  # a state's name

    with qr_shown.attach(joined, qr_shown.Showing(True, QrFile(str(path))), drawn.append):
        told("dev", "starting")
        told("dev", "qr")
        assert not drawn
        told("dev", "qr", "one")
        assert scan_svg(path) == "one"
        board.put(Standing("dev", "main", "qr", 2.0, reason="again", ref="one"))
        told("dev", "qr", "two")
        assert [scan_terminal(text.rpartition("\n")[0]) for text in drawn] == ["one", "two"]
        told("other", "stopped")
        assert scan_svg(path) == "two"
        told("dev", "linking")
        assert not path.exists()
        told("dev", "qr", "three")
    assert not path.exists()
    told("dev", "qr", "four")
    assert len(drawn) == 3
    with qr_shown.attach(joined, qr_shown.NOWHERE, drawn.append):
        told("dev", "qr", "five")
    assert len(drawn) == 3


@pytest.mark.parametrize(("option", "shown"), [("--qr", "<drawn>"), ("--no-qr", "<>")])
def test_a_bot_knows_whether_its_qr_is_drawn_for_it(tmp_path: Path, option: str, shown: str) -> None:
    setup = Setup.make(tmp_path / "repo")
    words = ["run", "--once", option, "--", "sh", "-c", 'echo "<$WAGIT_QR>"']
    program, *arguments = WAGIT
    ran = pexpect.spawn(program, [*arguments, *words], cwd=setup.path, env=os.environ, timeout=40)
    ran.expect_exact(shown)
    ran.expect(pexpect.EOF)
    assert "<>" in run_wagit(setup.path, *words).stdout


@pytest.mark.parametrize("draws", [True, False])
def test_the_built_in_bot_draws_a_qr_unless_that_is_done(
    draws: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    show = render_bot.printer(Front("bot", Shared()), draws=draws)
    show(StateChanged("qr", "booting", 5.0, None))
    show(QrShown(REF, 5.0))
    out = capsys.readouterr().out
    assert out.startswith("qr\n")
    assert ("scan it" in out) == draws


def test_lines_are_drawn_as_they_are_and_notices_stay_one_line(tmp_path: Path) -> None:
    path = tmp_path / "out"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    printer = Printer(descriptor, lambda: False)
    printer.draw("one\n two")
    printer("one\ntwo")
    os.close(descriptor)
    assert path.read_text() == "\none\n two\n\nwagit: one two\n"


@pytest.mark.parametrize("text", ["+49 151 1234-5678", "0049 151 12345678", "(49)15112345678"])
def test_numbers_as_people_write_them(text: str) -> None:
    assert digits(text) == "4915112345678"


@pytest.mark.parametrize("text", ["0151 12345678", "", "+", "call me", "1" * 16, "+49151a"])
def test_no_number(text: str) -> None:
    with pytest.raises(BadNumber):
        digits(text)


def test_a_code_in_two_groups() -> None:
    assert grouped("ABCDEFGH") == "ABCD-EFGH"
