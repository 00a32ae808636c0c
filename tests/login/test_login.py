"""`wagit login` and `wagit refresh` with a real browser, against the stand-in; then whatsapp-web.js."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.bots import Bot, browsers_of, needs_packages, run_bot
from tests.support.browser import eventually, executable
from tests.support.qr import scan_png, scan_terminal
from tests.support.recovering import Bots
from tests.support.wagit import WAGIT, ask_wagit, run_wagit, set_up
from wagit.browser.profile import lock_state
from wagit.core.clock import DAY
from wagit.operations import cleanup, login_stored, refresh
from wagit.operations.context import Context, open_at
from wagit.slots import holding, records
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.browser]
CACHED = "Default/Code Cache"


def events(bot: Bot) -> list[dict[str, Any]]:
    """The lines of JSON that were awaited so far."""
    return [json.loads(line) for line in bot.lines if line.startswith("{")]


def envelope(bot: Bot) -> Any:
    bot.wait('{"ok":')
    bot.process.wait(40)
    return events(bot)[-1]


@contextmanager
def logging_in(path: Path, standin: Standin, *arguments: str) -> Iterator[Bot]:
    executable()
    with run_bot(path / ".wagit.yml", standin.environ(), [*WAGIT, "login", *arguments]) as bot:
        yield bot


def state_of(path: Path, slot: str) -> Any:
    return next(row for row in ask_wagit(path, "sessions", "ls") if row["slot"] == slot)


@needs_packages
@pytest.mark.node
def test_a_scanned_slot_is_safe_and_its_bot_starts_without_a_qr(
    standin: Standin, phone: Phone, number: str, other_number: str, tmp_path: Path
) -> None:
    bots = Bots.make(tmp_path / "my bot", standin, phone, number)
    path, picture = bots.repo.path, tmp_path / "qr.png"

    with logging_in(path, standin, "--json", "--qr-file", str(picture)) as login:
        login.wait('{"event":', having='"ref"')
        shown = events(login)[-1]["ref"]
        assert scan_png(picture) == shown
        assert stat.S_IMODE(picture.stat().st_mode) == 0o600
        phone.link(number, ref=scan_png(picture))
        login.wait('{"event":', having='"ready"')
        assert not picture.exists()
        login.wait('{"event":', having='"ended"')
        stored = bots.profile
        assert login_stored.is_stored(str(stored))
        said = envelope(login)
    assert (login.process.returncode, said["ok"], said["command"]) == (0, True, "login")
    assert said["data"] | {"snapshot": "", "account": ""} == {
        "slot": "production", "account": "", "device": "1", "snapshot": "", "already": False,
    }  # fmt: skip
    assert said["data"]["account"].endswith(number[-3:])
    assert number not in json.dumps(said)
    (kept,) = ask_wagit(path, "snapshots", "ls", "production")
    assert (kept["snapshot"], kept["tag"]) == (said["data"]["snapshot"], "clean")
    assert state_of(path, "production")["age"] == "fresh"

    # whatsapp-web.js opens it, and leaves no caches where the config wants that
    assert bots.is_ready({"WA_CLEANUP_ON_EXIT": "true"}) == []
    assert (stored / "Default/IndexedDB").is_dir()
    assert not [cache for cache in cleanup.CACHES if (stored / cache).exists()]

    with logging_in(path, standin, "--json") as again:  # the login is still there
        said = envelope(again)
    assert (again.process.returncode, said["data"]["already"]) == (0, True)
    assert (stored / CACHED).is_dir()
    assert not any(event.get("event") == "qr" for event in events(again))

    # a second slot, by a pairing code; then both are kept fresh
    assert run_wagit(path, "sessions", "new", "dev", "--driver", "chromium").status == 0
    with logging_in(path, standin, "dev", "--phone", f"+{other_number[:2]} {other_number[2:]}") as login:
        code = login.wait("pairing")[2]
        assert (len(code), code[4]) == (9, "-")
        phone.link_code(code)
        login.wait("slot", having="dev is linked")
        login.process.wait(40)
    assert login.process.returncode == 0
    refreshes(path, standin, phone, number, other_number)


def refreshes(path: Path, standin: Standin, phone: Phone, number: str, other_number: str) -> None:
    """Both slots are refreshed; then the one that the phone logged out is named."""
    environ = {**os.environ, **standin.environ()}
    context = open_at(str(path), environ)
    pace = refresh.Pace(within=40, quiet=0.1)
    before = {device.wid: device.generation for device in phone.devices()}
    assert refresh.chosen(context, [], stale=True) == []  # both were ready a moment ago
    slots = refresh.chosen(context, [], everywhere=True)
    assert slots == ["dev", "production"]
    phone.unlink(number)
    done = {one.slot: one for one in refresh.refresh(context, slots, lambda line: None, pace)}  # noqa: ARG005
    assert (done["dev"].outcome, done["production"].outcome) == ("ready", "logged-out")
    assert done["production"].do == "wagit login production"
    assert None not in (done["dev"].snapshot, done["dev"].last_ready)
    (device,) = phone.devices(other_number)
    assert device.generation == before[device.wid] + 1
    assert state_of(path, "production")["state"] == "logged-out"
    assert lock_state(context.store.data("dev")).state == "absent"
    ran = run_wagit(path, "refresh", "production", "--json", env=standin.environ())
    assert (ran.status, json.loads(ran.stdout)["data"][0]["outcome"]) == (1, "unlinked")
    passed_over(context)


def passed_over(context: Context) -> None:
    """What must not be opened is named, and no browser starts: its generation stays."""
    store = context.store
    record = records.read_record(store, "dev")
    with holding.hold(store, "dev", "elsewhere", 1.0):
        (busy,) = refresh.refresh(context, ["dev"], print)
    shutil.copytree(store.slot("dev"), store.slot("twin"))
    records.write_record(store, "twin", record.opened())
    (behind,) = refresh.refresh(context, ["dev"], print)
    assert (busy.outcome, behind.outcome, behind.do) == ("busy", "behind", "wagit refresh twin")
    assert records.read_record(store, "dev") == record
    records.write_record(store, "dev", record._replace(last_ready=(record.last_ready or 0) - 5 * DAY))
    assert refresh.chosen(context, [], stale=True) == ["dev"]


def test_another_account_than_the_rule_asks_for_is_set_aside(
    standin: Standin, phone: Phone, number: str, other_number: str, tmp_path: Path
) -> None:
    rule = f'rules: [{{branch: main, slot: production, account: "+{number}"}}]\n'
    path = set_up(tmp_path / "repo", f"version: 1\ndriver: wwebjs\n{rule}").path
    ran = run_wagit(path, "login", "--phone", other_number)
    assert (ran.status, "asks for" in ran.stderr) == (1, True)
    with logging_in(path, standin, "--json") as login:
        login.wait('{"event":', having='"ref"')
        phone.link(other_number)
        said = envelope(login)
    assert (login.process.returncode, said["error"]["code"]) == (1, "wrong-account")
    assert "wagit undo" in said["error"]["hint"]
    assert len(phone.devices(other_number)) == 1  # nobody is logged out unasked
    assert state_of(path, "production")["state"] == "empty"
    context = open_at(str(path), {})
    (aside,) = Path(context.store.quarantine("production")).iterdir()
    assert login_stored.is_stored(str(aside / "session"))


def test_a_drawn_qr_scans_and_an_interrupted_login_leaves_nothing_open(
    standin: Standin, phone: Phone, tmp_path: Path
) -> None:
    path = set_up(tmp_path / "repo", "version: 1\ndriver: wppconnect\n").path
    phone.configure(qr_seconds=0.5, qr_count=1000)
    svg = tmp_path / "qr.svg"
    with logging_in(path, standin, "--qr-file", str(svg)) as login:
        login.wait("scan")
        first = scan_terminal("\n".join(login.lines))
        newest = phone.wait_ref(other_than=first.partition(",")[0])
        login.lines.clear()
        login.wait("scan")
        assert scan_terminal("\n".join(login.lines)) not in ("", first)
        assert newest
        eventually(svg.exists)
        login.process.send_signal(signal.SIGINT)
        login.wait("wagit:", having="interrupted")
        assert login.process.wait(40) == 130
        assert not browsers_of(path)
    assert not svg.exists()
    assert ask_wagit(path, "snapshots", "ls") == []


def test_nobody_scans_in_time_and_no_code_is_given(standin: Standin, phone: Phone, tmp_path: Path) -> None:
    path = set_up(tmp_path / "repo", "version: 1\ndriver: wwebjs\n").path
    phone.configure(codes=False)
    ran = run_wagit(path, "login", "--phone", "+4915112345678", "--json", env=standin.environ())
    error = json.loads(ran.stdout.splitlines()[-1])["error"]
    assert (ran.status, error["code"]) == (1, "pairing-refused")
    assert "rate-overlimit" in error["message"]


def test_bots_that_link_themselves_and_bad_input(tmp_path: Path) -> None:
    path = set_up(tmp_path / "repo", "version: 1\ndriver: baileys\n").path
    for arguments, status, text in (
        (("login",), 1, "its bot links it"),
        (("login", "--phone", "0151 123"), 2, "country code"),
        (("login", "--qr-file", "qr.gif"), 2, ".png or .svg"),
        (("login", "--qr-file", str(tmp_path / "no" / "qr.png")), 2, "cannot be a file"),
        (("login", "--timeout", "soon"), 2, "is not a duration"),
        (("login", "nowhere"), 1, "there is no slot"),
        (("refresh", "--all", "--stale"), 2, "either"),
        (("refresh",), 1, "has no browser"),
    ):
        ran = run_wagit(path, *arguments)
        assert (ran.status, text in ran.stdout + ran.stderr) == (status, True), ran


@needs_packages
@pytest.mark.node
def test_a_run_draws_the_qr_of_a_bot_on_its_terminal_and_in_a_file(
    standin: Standin, phone: Phone, number: str, tmp_path: Path
) -> None:
    import pexpect  # type: ignore[import-untyped]

    bots = Bots.make(tmp_path / "repo", standin, phone, number)
    picture = tmp_path / "qr.png"
    command = [*WAGIT[1:], "run", "--qr-file", str(picture), "--", "node", "default.js"]
    run = pexpect.spawn(
        WAGIT[0], command, cwd=bots.repo.path, env={**os.environ, **standin.environ()},
        dimensions=(60, 120), timeout=40, encoding="utf-8",
    )  # fmt: skip
    try:
        run.expect("scan it to link slot")
        ref = scan_terminal(run.before.replace("\r", ""))
        assert ref.startswith(phone.wait_ref())
        assert scan_png(picture) == ref
        phone.link(number, ref=ref)
        run.expect(f"ready {number}")
        eventually(lambda: not picture.exists())
        run.sendintr()
        run.expect(pexpect.EOF)
    finally:
        run.close(force=True)
    assert (run.exitstatus, browsers_of(bots.repo.path)) == (0, [])
