from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from playwright.sync_api import BrowserContext

from tests.standin.pages import SOCKET, chromium, linked, opened, profile, wait_ready, wait_state
from wagit.standin import environment
from wagit.standin.phone import Phone, PhoneRefused, StandinGone
from wagit.standin.server import PortTaken, Standin, StandinRuns, environ_of_running
from wagit.standin.switchboard import Options


def free_port() -> int:
    with Standin.start() as standin:
        return int(standin.control_url.rpartition(":")[2])


def listening() -> set[int]:
    connections = psutil.Process().net_connections("tcp")
    return {c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN}


def test_it_stops_cleanly_and_leaves_nothing() -> None:
    ports, threads = listening(), set(threading.enumerate())  # some of these may end meanwhile
    with Standin.start() as standin:
        assert Phone(standin.control_url).devices() == []
        directory = standin.state_dir
        assert listening() - ports
    assert (listening() - ports, set(threading.enumerate()) - threads) == (set(), set())
    assert not os.path.exists(directory)


def test_it_stops_at_once_if_told_so(tmp_path: Path) -> None:
    Standin.start(str(tmp_path)).stop()
    assert (tmp_path / "certificate.pem").exists()


def test_one_that_never_served_leaves_nothing() -> None:
    before = listening()
    standin = Standin(None, 0, Options(), device_limit=4)
    standin.stop()
    assert listening() <= before
    assert not os.path.exists(standin.state_dir)


def test_it_listens_on_loopback_alone() -> None:
    with Standin.start():
        hosts = {
            c.laddr.ip for c in psutil.Process().net_connections("tcp") if c.status == psutil.CONN_LISTEN
        }
    assert hosts == {"127.0.0.1"}


def test_a_port_that_is_taken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Standin.start() as first:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        port = int(first.control_url.rpartition(":")[2])
        with pytest.raises(PortTaken, match=str(port)):
            Standin.start(port=port)
    assert list(tmp_path.iterdir()) == []


def test_two_never_share_a_state_directory(tmp_path: Path) -> None:
    with Standin.start(str(tmp_path)), pytest.raises(StandinRuns, match=f"pid {os.getpid()}"):
        Standin.start(str(tmp_path))
    Standin.start(str(tmp_path)).stop()


def test_the_control_url_is_at_the_port_that_was_asked_for() -> None:
    port = free_port()
    with Standin.start(port=port) as standin:
        assert standin.control_url == f"http://127.0.0.1:{port}"


def test_a_restart_keeps_ports_and_certificate(tmp_path: Path) -> None:
    with Standin.start(str(tmp_path)) as first:
        pass
    with Standin.start(str(tmp_path)) as second:
        assert second.control_url == first.control_url
        assert second.chromium_args == first.chromium_args
    with Standin.start() as other:
        assert other.chromium_args != first.chromium_args


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_the_key_is_private(tmp_path: Path) -> None:
    with Standin.start(str(tmp_path / "state")):
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "state/key.pem").stat().st_mode & 0o777 == 0o600


def test_nobody_accepts_the_certificate_unasked(standin: Standin) -> None:
    port = standin.chromium_args[0].rpartition(":")[2]
    with pytest.raises(OSError, match="certificate verify failed"):
        urlopen(f"https://127.0.0.1:{port}/", context=ssl.create_default_context())


@pytest.mark.browser
def test_an_open_page_is_ready_again_after_a_restart(tmp_path: Path, number: str) -> None:
    with Standin.start(str(tmp_path)) as standin, chromium(standin) as browser, profile(browser) as tabs:
        page = linked(tabs, Phone(standin.control_url), number)
        standin.stop()
        wait_state(page, "OPENING")
        with Standin.start(str(tmp_path)) as restarted:
            wait_ready(page)
            phone = Phone(restarted.control_url)
            assert phone.wait_ready(number).generation == 2
            assert phone.devices()[0].rollbacks == 0
        page.close()


@pytest.mark.browser
def test_a_page_in_conflict_stays_so_when_its_connection_breaks(
    tabs: BrowserContext, phone: Phone, number: str
) -> None:
    first, second = linked(tabs, phone, number), opened(tabs)
    wait_state(first, "CONFLICT")
    before = len(phone.events())
    # a code is asked for behind whatever the page says first, so that the journal is complete
    ask = f"require('WAWebAltDeviceLinkingApi').startAltLinkingFlow('{number}')"
    first.evaluate(f"{SOCKET}.reconnect(), {ask}")
    assert sorted(event["type"] for event in phone.events(before)) == ["closed", "code"]
    wait_state(first, "CONFLICT")
    wait_ready(second)


def test_options_are_checked(phone: Phone, standin: Standin) -> None:
    assert phone.configure() == Options().model_dump()
    with pytest.raises(PhoneRefused) as refused:
        phone.configure(qr_seconds="soon")  # type: ignore[arg-type]
    assert refused.value.reason == "bad-request"
    assert standin.control_url


def test_a_phone_without_a_standin_says_so() -> None:
    with pytest.raises(StandinGone, match="no stand-in answers"):
        Phone(f"http://127.0.0.1:{free_port()}").devices()


def test_the_environment_adds_to_what_node_is_told(standin: Standin) -> None:
    environ = standin.environ({"NODE_OPTIONS": "--no-warnings", "PATH": os.environ["PATH"]})
    assert environ["NODE_OPTIONS"].endswith(" --no-warnings")
    assert environ["NODE_OPTIONS"].startswith("--require ")
    assert json.loads(environ["WAGIT_CHROMIUM_ARGS"]) == standin.chromium_args


def test_without_a_browser_the_bot_may_bring_its_own(standin: Standin) -> None:
    environ = standin.environ({"WAGIT_CHROMIUM": "/nowhere"})
    assert "PUPPETEER_EXECUTABLE_PATH" not in environ


def test_a_stand_in_that_runs_elsewhere_can_be_joined(tmp_path: Path) -> None:
    with Standin.start(str(tmp_path)) as running:
        assert environ_of_running(str(tmp_path), os.environ) == running.environ()


@pytest.mark.node
def test_the_preload_leaves_other_programs_alone(standin: Standin) -> None:
    script = """
        const { spawnSync, spawn } = require('node:child_process');
        const show = (args) => spawn(process.execPath, ['-e', 'console.log(process.argv.length)', ...args],
                                     { stdio: 'inherit', env: {} });
        show([]).on('exit', () => show(['--', '--user-data-dir=/x']));
    """
    program = ["node", "-e", script]
    said = subprocess.run(
        program, env={**os.environ, **standin.environ()}, capture_output=True, text=True, check=True
    )
    assert said.stdout.split()[0] == "1"


def test_the_wrapper_keeps_arguments_with_blanks(tmp_path: Path) -> None:
    echo = tmp_path / "echo all"
    code = "import sys; print(sys.argv[1:])"
    echo.write_text(f"""#!/bin/sh\nexec '{sys.executable}' -c '{code}' "$@"\n""")
    echo.chmod(0o700)
    environment.write_wrapper(str(tmp_path / "wrapper"), str(echo), ["--rules=MAP a b"])
    said = subprocess.run([tmp_path / "wrapper", "--x=y z"], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "['--rules=MAP a b', '--x=y z']"
