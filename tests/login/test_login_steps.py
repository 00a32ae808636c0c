from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.setup import Setup
from tests.support.wagit import set_up
from wagit.bots.builtin import BotEvent, Ended
from wagit.bots.builtin_stop import Stop
from wagit.browser.states import PageState
from wagit.browser.stop import Closed
from wagit.browser.watch import AccountKnown, StateChanged
from wagit.core.errors import WagitError
from wagit.operations import login, login_steps, login_stored, login_visit
from wagit.operations.context import Context, open_at
from wagit.operations.login_steps import Steps


def state(name: PageState) -> StateChanged:
    return StateChanged(name, None, 1.0, None)


ACCOUNT = AccountKnown("4915100000001", 1.0)


@pytest.mark.parametrize(
    ("events", "wanted", "end", "asked"),
    [
        ([state("booting"), state("syncing"), ACCOUNT, state("ready")], None, "ready", False),
        ([state("qr"), state("linking"), state("syncing"), ACCOUNT], None, None, True),
        ([state("qr"), ACCOUNT, state("ready")], "+49 151 0000 0001", "ready", True),
        ([state("qr"), state("ready"), ACCOUNT], "+49 151 9", "wrong-account", True),
        ([state("ready"), state("logged-out")], None, None, True),  # a login that was taken away just now
        ([state("qr"), state("offline"), state("proxy-blocked")], None, None, True),
        ([state("terms-blocked")], None, "blocked", False),
        ([state("qr"), state("outdated-browser"), state("ready")], None, "outdated-browser", True),
    ],
)
def test_what_a_login_has_come_to(events: list[BotEvent], wanted: str | None, end: str, asked: bool) -> None:
    steps = Steps()
    for event in events:
        steps = login_steps.after(steps, event, wanted)
    assert (steps.end, steps.asked) == (end, asked)


Browse = Callable[[Callable[[BotEvent], object], Stop], None]


def logged_in_by(path: Path, monkeypatch: pytest.MonkeyPatch, browse: Browse) -> WagitError:
    """Run a login whose browser does what `browse` says, and leaves nothing in the files; how it failed."""

    def instead(
        context: Context, slot: str, on_event: Callable[[BotEvent], object], stop: Stop, **_: object
    ) -> Ended:
        del context, slot
        browse(on_event, stop)
        return Ended("asked", Closed("devtools", 0.1), 1.0)

    monkeypatch.setattr(login_visit, "browse", instead)
    context = open_at(str(path), os.environ)
    with pytest.raises(WagitError) as raised:
        login.login(context, None, login.Wish(within=0.05), lambda event: None, lambda line: None)  # noqa: ARG005
    return raised.value


def test_the_browser_stays_open_until_the_login_is_in_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup, stored = Setup.make(tmp_path / "repo"), threading.Event()
    monkeypatch.setattr(login_stored, "is_stored", lambda profile: stored.is_set())  # noqa: ARG005

    def browse(on_event: Callable[[BotEvent], object], stop: Stop) -> None:
        for name in ("qr", "linking", "syncing", "ready"):
            on_event(state(name))
        assert not stop.requested
        stored.set()
        eventually(lambda: stop.requested)

    assert isinstance(logged_in_by(setup.path, monkeypatch, browse), login.LoginFailed)


def test_a_login_that_nobody_scans_ends_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup.make(tmp_path / "repo")

    def browse(on_event: Callable[[BotEvent], object], stop: Stop) -> None:
        on_event(state("qr"))
        eventually(lambda: stop.requested)

    failed = logged_in_by(setup.path, monkeypatch, browse)
    assert isinstance(failed, login.LoginTimeout)
    assert "not linked within 0.05 s" in failed.message


def test_several_sessions_in_a_slot_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup.make(tmp_path / "repo")
    for name in ("session", "session-two"):
        (setup.store / "slots/production/data" / name / "Default").mkdir(parents=True)
    failed = logged_in_by(setup.path, monkeypatch, lambda on_event, stop: None)  # noqa: ARG005
    assert isinstance(failed, login_visit.SeveralProfiles)


def test_another_login_that_was_there_before_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = 'rules: [{branch: main, slot: production, account: "+4915100000002"}]'
    path = set_up(tmp_path / "repo", f"version: 1\ndriver: wwebjs\n{rule}\n").path
    cookies = Path(open_at(str(path), os.environ).store.data("production")) / "session/Default/Cookies"
    cookies.parent.mkdir(parents=True)
    cookies.write_text("of a login that names no number")

    def browse(on_event: Callable[[BotEvent], object], stop: Stop) -> None:
        for event in (state("syncing"), ACCOUNT, state("ready")):
            on_event(event)
        assert stop.requested

    failed = logged_in_by(path, monkeypatch, browse)
    assert (failed.code, "wagit clean production" in failed.hint) == ("wrong-account", True)
    assert cookies.exists()
