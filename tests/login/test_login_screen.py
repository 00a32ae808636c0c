from __future__ import annotations

import fcntl
import json
import os
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import pytest

from tests.support.qr import scan_terminal
from wagit.bots.builtin_pairing import CodeShown
from wagit.browser.watch import AccountKnown, QrShown, StateChanged
from wagit.cli.front import Front, Shared
from wagit.cli.render_login import LoginScreen

_MARK = "\x1e"


@contextmanager
def terminal(lines: int, columns: int) -> Iterator[tuple[int, TextIO]]:
    """A terminal of that size: what is shown on it, and a stream to it."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    with open(slave, "w", encoding="utf-8") as stream:
        yield master, stream
    os.close(master)


def shown(master: int, stream: TextIO) -> str:
    """What was written since the last call; a mark tells where that ends, since it comes in pieces."""
    stream.write(_MARK)
    stream.flush()
    text = b""
    while not text.endswith(_MARK.encode()):
        text += os.read(master, 1 << 16)
    return text.decode().replace("\r\n", "\n").removesuffix(_MARK)


def test_a_new_qr_is_drawn_over_the_old_one_which_goes_once_it_is_scanned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with terminal(60, 100) as (master, stream):
        monkeypatch.setattr("sys.stderr", stream)
        screen = LoginScreen(Front("login", Shared()))
        screen.show(QrShown("one", 1.0))
        first = shown(master, stream)
        height = first.count("\n")
        screen.show(QrShown("two", 2.0))
        second = shown(master, stream)
        screen.show(StateChanged("linking", "qr", 3.0, None))
        last = shown(master, stream)
        screen.show(AccountKnown("4915100000001", 4.0))
        account = shown(master, stream)
    above = f"\x1b[{height}F\x1b[J"
    assert (scan_terminal(first), first.startswith("\x1b[38")) == ("one", True)
    assert (scan_terminal(second), second.startswith(above)) == ("two", True)
    assert last == f"{above}wagit: linked; WhatsApp gets ready\n"
    assert account == "wagit: account +49 ••••001\n"


def test_what_does_not_fit_is_said_and_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(12, 100) as (master, stream):
        monkeypatch.setattr("sys.stderr", stream)
        screen = LoginScreen(Front("login", Shared(color="never")))
        screen.show(QrShown("one", 1.0))
        assert "here are 12 of 100: enlarge the window" in shown(master, stream)
        screen.show(QrShown("two", 2.0))
        text = shown(master, stream)
    assert (scan_terminal(text), "\x1b" in text) == ("two", False)


def test_json_is_a_line_an_event_and_a_code_is_shown_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    LoginScreen(Front("login", Shared(json=True))).show(CodeShown("ABCDEFGH", 0.0))
    LoginScreen(Front("login", Shared(quiet=True))).show(CodeShown("ABCDEFGH", 0.0))
    LoginScreen(Front("login", Shared(quiet=True))).show(StateChanged("booting", None, 0.0, None))
    out, err = capsys.readouterr()
    assert json.loads(out) == {"event": "code", "code": "ABCDEFGH", "time": "1970-01-01T00:00:00.000Z"}
    assert err.startswith("pairing code: ABCD-EFGH\n")
    assert len(err.splitlines()) == 2
