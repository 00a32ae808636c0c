"""The control socket: who may ask, what is answered, and clients that behave badly."""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import eventually
from wagit.bots import control_server
from wagit.bots.board import Board
from wagit.bots.control_server import ControlServer
from wagit.bots.standing import Standing
from wagit.core import control
from wagit.core.control import NoSupervisor, ask, demand, talk
from wagit.core.errors import WagitError


class Trouble(WagitError):
    code = "test-trouble"


def answer(request: Mapping[str, Any]) -> Mapping[str, object]:
    if request.get("op") == "trouble":
        raise Trouble("it cannot be")
    if request.get("op") == "bug":
        raise ZeroDivisionError
    return {"ok": True, "said": request.get("op")}


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def path(home: Path) -> str:
    return str(home / "control")


@pytest.fixture
def server(path: str, board: Board) -> Iterator[ControlServer]:
    server = ControlServer(path, board, answer)
    yield server
    server.close()


def dev(reason: str = "", slot: str = "dev") -> Standing:
    return Standing(slot, "main", "ready", 1.0, reason)


@pytest.mark.usefixtures("server")
def test_the_socket_is_the_users_alone_and_answers_what_it_is_asked(path: str) -> None:
    assert stat.S_ISSOCK(os.stat(path).st_mode)
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert ask(path, {"op": "status"}) == {"ok": True, "said": "status"}
    assert ask(path, {"op": "trouble"}) == {"ok": False, "error": "it cannot be"}
    assert "ZeroDivisionError" in ask(path, {"op": "bug"})["error"]
    assert ask(path, {}) == {"ok": True, "said": None}
    assert demand(path, {"op": "status"})["said"] == "status"
    with pytest.raises(NoSupervisor, match="refused: it cannot be"):
        demand(path, {"op": "trouble"})


@pytest.mark.usefixtures("server")
def test_another_user_is_not_answered(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    user = os.getuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert ask(path, {"op": "status"})["ok"] is False


def test_a_socket_that_a_killed_run_left_is_replaced(path: str, board: Board) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    with pytest.raises(NoSupervisor, match="no supervisor answers"):
        ask(path, {"op": "status"})
    server = ControlServer(path, board, answer)
    assert ask(path, {"op": "status"})["ok"] is True
    server.close()
    assert not os.path.exists(path)


def test_a_path_that_is_too_long_for_an_address_will_do(home: Path, board: Board) -> None:
    directory = home / ("d" * 100) / ("e" * 100)
    directory.mkdir(parents=True)
    server = ControlServer(str(directory / "control"), board, answer)
    assert ask(str(directory / "control"), {"op": "status"})["ok"] is True
    server.close()


def test_another_ones_socket_is_left_alone(server: ControlServer, path: str) -> None:
    """Somebody deleted our directory, and another run made its own."""
    os.unlink(path)
    Path(path).write_text("another's")
    server.close()
    assert os.path.exists(path)


def test_who_watches_gets_all_and_then_each_change(server: ControlServer, path: str, board: Board) -> None:
    board.put(dev())
    with talk(path, {"op": "watch"}) as told:
        first = told.next(10)
        assert first is not None
        assert [known["slot"] for known in first["standings"]] == ["dev"]
        board.put(dev("as good as before"))
        board.put(dev("as good as before"))
        board.put(dev(slot="other"))
        changes = [told.next(10), told.next(10)]
        assert [change and change["standings"][0]["reason"] for change in changes] == [
            "as good as before",
            "",
        ]
        server.close()
        assert told.next(10) is None
    eventually(lambda: not board._listeners)  # its thread ends after it hung up


@pytest.mark.usefixtures("server")
def test_who_does_not_read_is_dropped_and_keeps_nobody_waiting(path: str, board: Board) -> None:
    with socket.socket(socket.AF_UNIX) as lazy, talk(path, {"op": "watch"}) as other:
        lazy.connect(path)
        lazy.sendall(b'{"op": "watch"}\n')
        other.next(10)
        eventually(lambda: len(board._listeners) == 2)
        for number in range(200):
            board.put(dev(f"{number} {'x' * 5000}"))
            told = other.next(10)
            assert told is not None
            assert told["standings"][0]["reason"].startswith(f"{number} ")
        eventually(lambda: len(board._listeners) == 1)


@pytest.mark.usefixtures("server")
def test_no_more_clients_than_can_be_served(path: str, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_server, "MOST", 1)
    with talk(path, {"op": "watch"}) as first:
        assert first.next(10) == {"ok": True, "standings": []}
        assert ask(path, {"op": "status"})["ok"] is False
    eventually(lambda: not board._listeners)
    eventually(lambda: ask(path, {"op": "status"})["ok"])


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    "sent", [b"", b"nonsense\n", b"[1]\n", b"\xff\xfe\n", b'{"op": "st', b"x" * 3_000_000]
)
def test_nonsense_hurts_nobody(path: str, sent: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        with suppress(OSError):
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
        client.settimeout(10)
        with suppress(ConnectionError):
            got = client.recv(1 << 16)
            assert not got or json.loads(got)
    assert ask(path, {"op": "status"})["ok"] is True


def test_nobody_there_is_said(path: str) -> None:
    for ways in (lambda: ask(path, {}), lambda: talk(path, {}).__enter__()):
        with pytest.raises(NoSupervisor, match=control.NoSupervisor("no supervisor answers").message):
            ways()
