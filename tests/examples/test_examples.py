"""The examples, run as their READMEs say: copied, set up, linked, stopped, and run again."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.bots import Bot, browsers_of, needs_packages
from tests.support.git import GitRepo
from tests.support.standin import number, phone, standin, standin_of_session
from tests.support.wagit import CHECKOUT, WAGIT, ask_wagit, run_wagit
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

__all__ = ["number", "phone", "standin", "standin_of_session"]

EXAMPLES = CHECKOUT / "examples"
NO_NETWORK = CHECKOUT / "tests" / "support" / "no_network.cjs"
ENDS = (0, 130)  # the bot's own status, if it gave one
needs_baileys = pytest.mark.skipif(
    not (EXAMPLES / "baileys" / "node_modules").is_dir(), reason="make setup installs the example's packages"
)


def copied(name: str, directory: Path, *options: str) -> Path:
    """Do what the README says, up to `wagit init`."""
    ignored = shutil.ignore_patterns("node_modules", ".*")
    shutil.copytree(EXAMPLES / name, directory, ignore=ignored)
    GitRepo.init(directory)
    packages = EXAMPLES / name / "node_modules"
    if packages.is_dir():
        (directory / ".gitignore").write_text("node_modules\n")
        (directory / "node_modules").symlink_to(packages)
    ran = run_wagit(directory, "init", *options)
    assert ran.status == 0, ran.stderr
    return directory


def running(directory: Path, environ: Mapping[str, str], *command: str) -> Bot:
    return Bot([*WAGIT, "run", *command], directory, environ)


def stop(bot: Bot, directory: Path) -> None:
    """As Ctrl-C does."""
    bot.process.send_signal(signal.SIGINT)
    assert bot.process.wait(40) in ENDS, bot.lines
    assert not browsers_of(directory)


@pytest.mark.parametrize(
    ("name", "options", "command"),
    [
        pytest.param("wwebjs", (), (), marks=[pytest.mark.node, needs_packages]),
        ("playwright", ("--driver", "chromium"), ("--", sys.executable, "bot.py")),
    ],
)
@pytest.mark.browser
def test_a_browser_example_is_linked_once(
    tmp_path: Path, standin: Standin, phone: Phone, name: str, options: tuple[str, ...],
    command: tuple[str, ...], number: str,
) -> None:  # fmt: skip
    directory = copied(name, tmp_path / "my-bot", *options)
    environ = standin.environ()
    bot = running(directory, environ, *command)
    bot.wait("qr")
    phone.link(number)
    bot.wait("ready")
    stop(bot, directory)
    again = running(directory, environ, *command)
    assert again.wait("qr", "ready")[0] == "ready"
    stop(again, directory)


@needs_baileys
@pytest.mark.node
def test_the_baileys_example_keeps_one_identity_in_the_slot(tmp_path: Path) -> None:
    """WhatsApp is out of reach: what can be seen is whose folder it uses, and that it tries again."""
    directory = copied("baileys", tmp_path / "my-bot")
    environ = {"NODE_OPTIONS": f"--require {NO_NETWORK}"}
    identities = set()
    for _ in range(2):
        bot = running(directory, environ)
        bot.wait("disconnected")
        stop(bot, directory)
        [slot] = ask_wagit(directory, "sessions", "ls")
        creds = directory / ".git" / "wagit" / "slots" / slot["slot"] / "data" / "creds.json"
        identities.add(json.loads(creds.read_text())["noiseKey"]["public"]["data"])
    assert len(identities) == 1
    assert (directory / "auth_info_baileys").is_symlink()
