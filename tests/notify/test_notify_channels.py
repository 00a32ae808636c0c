"""How a notice gets to a program, a URL and a desktop; each against a real one."""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.processes import alive, python, read_pid
from tests.support.webhook import receiving
from wagit.operations import notify_command, notify_desktop, notify_webhook
from wagit.operations.notify_channel import Channel, Closing, Undelivered
from wagit.operations.notify_words import Message

MESSAGE = Message("failed", "bot, dev: <it> does not run", "a & b", b'{"kind": "failed"}')


class Waits:
    """A run that goes on, or ends at the `ends`-th wait; notes how long each would have been."""

    def __init__(self, ends: int = 100) -> None:
        self.seconds: list[float] = []
        self._ends = ends

    def wait(self, timeout: float) -> bool:
        self.seconds.append(timeout)
        return len(self.seconds) >= self._ends


def test_a_webhook_gets_json_with_its_signature() -> None:
    with receiving(204) as server:
        notify_webhook.post(MESSAGE, server.url, "pst", Waits())
    [(path, headers, body)] = server.got
    assert (path, body) == ("/hooks/secret-path", MESSAGE.body)
    assert headers["Content-Type"] == "application/json"
    assert headers["X-Wagit-Signature"] == f"sha256={hmac.new(b'pst', body, hashlib.sha256).hexdigest()}"


def test_without_a_secret_nothing_is_signed() -> None:
    with receiving(200) as server:
        notify_webhook.post(MESSAGE, server.url, None, Waits())
    assert server.got[0][1]["X-Wagit-Signature"] is None


def test_what_may_pass_is_tried_again_as_the_same_delivery() -> None:
    waits = Waits()
    with receiving(500, 429, 503, 200) as server:
        notify_webhook.post(MESSAGE, server.url, None, waits)
    assert (len(server.got), waits.seconds) == (4, [1, 5, 25])
    assert len({headers["X-Wagit-Delivery"] for _, headers, _ in server.got}) == 1


def test_after_five_attempts_it_is_given_up() -> None:
    with (
        receiving(500) as server,
        pytest.raises(Undelivered, match=r"notify.webhook \(127.0.0.1\) answers 500"),
    ):
        notify_webhook.post(MESSAGE, server.url, None, Waits())
    assert len(server.got) == 5


def test_when_the_run_ends_there_is_one_last_attempt() -> None:
    with receiving(500) as server, pytest.raises(Undelivered):
        notify_webhook.post(MESSAGE, server.url, None, Waits(ends=1))
    assert len(server.got) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_refusal_is_final_and_the_address_stays_a_secret(status: int) -> None:
    with receiving(status) as server, pytest.raises(Undelivered) as refused:
        notify_webhook.post(MESSAGE, server.url, None, Waits())
    assert len(server.got) == 1
    assert "secret-path" not in str(refused.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with receiving(status, 200) as server, pytest.raises(Undelivered, match="a redirect"):
        notify_webhook.post(MESSAGE, server.url, None, Waits())
    assert [path for path, _, _ in server.got] == ["/hooks/secret-path"]


def test_a_server_that_is_not_there_is_tried_again() -> None:
    with receiving(200) as server:
        url = server.url
    waits = Waits()
    with pytest.raises(Undelivered, match=r"\(127.0.0.1\): "):
        notify_webhook.post(MESSAGE, url, None, waits)
    assert len(waits.seconds) == 4


def test_a_command_gets_the_notice_on_its_stdin_and_nothing_of_gits(tmp_path: Path) -> None:
    code = "import os, sys; open('got', 'w').write(sys.stdin.read() + str('GIT_DIR' in os.environ))"
    environ = {**os.environ, "GIT_DIR": "/elsewhere"}
    notify_command.hand(MESSAGE, python(code), str(tmp_path), environ)
    assert (tmp_path / "got").read_text() == '{"kind": "failed"}\nFalse'


def test_a_commands_failure_is_worded(tmp_path: Path) -> None:
    for command, why in (
        (("sh", "-c", "echo first >&2; echo no such chat >&2; exit 3"), "ended with status 3: no such chat"),
        (("sh", "-c", "exec <&-; exit 4"), "ended with status 4"),
        (("/no/program",), "'/no/program' cannot be started: No such file"),
    ):
        with pytest.raises(Undelivered, match=why):
            notify_command.hand(MESSAGE, command, str(tmp_path), os.environ)


def test_a_command_that_hangs_is_ended_with_what_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for timeout in (0.3, 3.0, 30.0):
        monkeypatch.setattr(notify_command, "TIMEOUT", timeout)
        with pytest.raises(Undelivered, match=f"took longer than {timeout:g} s"):
            notify_command.hand(
                MESSAGE, ("sh", "-c", "sleep 1000 & echo $! >pid; wait"), str(tmp_path), os.environ
            )
        if (tmp_path / "pid").exists():  # else a busy machine has not started it in that time
            break
    pid = read_pid(tmp_path / "pid")
    eventually(lambda: not alive(pid))


def test_a_channel_keeps_nobody_waiting_and_tells_a_failure_once() -> None:
    told: list[str] = []
    go, delivered = threading.Event(), threading.Event()
    channel = Channel("test", told.append)

    def fail(_: Closing) -> None:
        go.wait()
        raise Undelivered("no luck")

    channel.put(fail)
    channel.put(fail)
    channel.put(lambda _: delivered.set())
    assert not delivered.is_set()
    go.set()
    assert delivered.wait(20)
    assert told == ["a notice did not arrive: no luck"]
    channel.close()
    channel.join(20)


def test_a_channel_that_closes_ends_the_wait_for_another_attempt() -> None:
    ended: list[bool] = []
    channel = Channel("test", lambda _: None)
    channel.put(lambda closing: ended.append(closing.wait(1000)))
    channel.close()
    channel.join(20)
    assert ended == [True]


DESKTOP = {"DISPLAY": ":0", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/bus"}


def test_a_desktop_is_asked_only_where_there_is_one(tmp_path: Path) -> None:
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>"{tmp_path}/shown"\n')
    program.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    for there_is_none in ({}, {"DISPLAY": ":0"}, {"DBUS_SESSION_BUS_ADDRESS": "x"}):
        notify_desktop.show(MESSAGE, environ | there_is_none)
    assert not (tmp_path / "shown").exists()
    notify_desktop.show(MESSAGE, environ | DESKTOP)
    assert (tmp_path / "shown").read_text().splitlines() == [
        "--urgency=critical", "--app-name=wagit", "--", MESSAGE.title, "a &amp; b",
    ]  # fmt: skip


def test_a_desktop_that_does_not_work_is_no_failure(tmp_path: Path) -> None:
    notify_desktop.show(MESSAGE, {"PATH": str(tmp_path), **DESKTOP})
    (tmp_path / "notify-send").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "notify-send").chmod(0o755)
    notify_desktop.show(MESSAGE, {"PATH": str(tmp_path), **DESKTOP})


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_texts_are_no_part_of_the_program(platform: str) -> None:
    nasty = Message("failed", '"; display dialog "x', "$(calc)", b"")
    plain = Message("failed", "title", "text", b"")
    found, other = notify_desktop.program(nasty, {}, platform), notify_desktop.program(plain, {}, platform)
    assert found is not None
    assert other is not None
    assert found.command[:3] == other.command[:3]
    assert {*found.command, *found.environ.values()} >= {nasty.title, nasty.text}
