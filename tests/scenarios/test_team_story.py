"""A team's session from its link to a member's leaving: real git, Chromium, whatsapp-web.js, two laptops."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import isolated_environ
from tests.support.bots import (
    PATIENCE,
    Bot,
    browsers_of,
    close_browsers,
    install_bot,
    needs_packages,
    run_bot,
)
from tests.support.browser import eventually
from tests.support.git import GitRepo, Ran
from tests.support.processes import end
from tests.support.wagit import WAGIT
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

pytestmark = [pytest.mark.browser, pytest.mark.node, needs_packages]

CONFIG = """\
version: 1
driver: wwebjs
default: dev
rules:
  - {branch: main, slot: staging, team: true}
team:
  lease: {term: 45s}
"""
RUN = (*WAGIT, "run", "--", "node", "default.js")


class Laptop:
    """A member's own home, clone and key."""

    def __init__(self, directory: Path, name: str, standin: Standin) -> None:
        self.name = name
        self.environ = {**isolated_environ(directory / name), **standin.environ()}
        self.repo = GitRepo(directory / name / "bot", env=self.environ)

    def wagit(self, *words: str) -> Ran:
        done = subprocess.run(
            [*WAGIT, *words], cwd=self.repo.path, env=self.repo.environ(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    def ok(self, *words: str) -> str:
        """What a verb prints that must succeed."""
        ran = self.wagit(*words)
        assert ran.status == 0, f"{self.name}: wagit {' '.join(words)}: {ran.stdout}{ran.stderr}"
        return ran.stdout

    def data(self, *words: str) -> Any:
        """What a verb tells that must succeed."""
        return json.loads(self.ok(*words, "--json"))["data"]

    @contextmanager
    def running(self) -> Iterator[Bot]:
        """Run the bot under wagit."""
        with run_bot(install_bot(self.repo.path, "default.js"), self.environ, RUN) as bot:
            yield bot

    def stop(self, bot: Bot) -> None:
        """Interrupt it, as Ctrl-C does, and wait until all is pushed."""
        bot.process.send_signal(signal.SIGINT)
        bot.process.wait(PATIENCE)
        assert not browsers_of(self.repo.path)

    def is_ready(self, number: str) -> list[str]:
        """Run it until it is ready, without a QR, and stop it; return what was printed."""
        with self.running() as bot:
            assert bot.wait("ready", "qr") == ["ready", number], bot.lines
            self.stop(bot)
            return bot.lines

    def commit(self, message: str) -> None:
        """Commit the config, and push it."""
        self.repo.git("commit", "--quiet", "--message", message, ".wagit.yml")
        self.repo.git("push", "--quiet", "origin", "HEAD")

    def die(self, bot: Bot) -> None:
        """Power off: nothing is told to anybody."""
        bot.process.kill()
        bot.kill()
        end(*(process.pid for process in browsers_of(self.repo.path)))
        close_browsers(self.repo.path)


@pytest.fixture
def ada(tmp_path: Path, standin: Standin) -> Laptop:
    """The first member, whose repository has a rule for the team, and whose team is begun."""
    origin = GitRepo.init(tmp_path / "origin.git", options=("--bare",))
    ada = Laptop(tmp_path, "ada", standin)
    origin.clone(ada.repo.path)
    ada.repo.write(".gitignore", "node_modules\n.wwebjs_cache\ndefault.js\n")
    ada.repo.write(".wagit.yml", CONFIG)
    ada.repo.git("add", ".")
    ada.ok("init")
    ada.ok("team", "init", "--name", "ada")
    ada.repo.git("commit", "--quiet", "--all", "--message", "a bot for all of us")
    ada.repo.git("push", "--quiet", "origin", "HEAD")
    return ada


def join(ada: Laptop, directory: Path, standin: Standin) -> Laptop:
    """A second member clones, makes a key, is added by a pull request, and trusts the team."""
    bob = Laptop(directory, "bob", standin)
    GitRepo(directory / "origin.git").clone(bob.repo.path)
    bob.ok("init")
    line = bob.data("team", "init", "--name", "bob")["line"]
    bob.repo.git("switch", "--quiet", "--create", "add-bob")
    key, _, name = line.partition(" ")
    bob.ok("team", "add", key, name)
    bob.commit("add bob")
    ada.repo.git("pull", "--quiet", "origin", "add-bob")
    assert "bob" in ada.ok("trust", "--yes")
    ada.repo.git("push", "--quiet", "origin", "HEAD:main")
    ada.ok("team", "push")
    bob.repo.git("switch", "--quiet", "main")
    bob.repo.git("pull", "--quiet", "origin", "main")
    bob.ok("trust", "--yes")
    return bob


def test_a_team_shares_one_session_without_a_second_scan(
    ada: Laptop, tmp_path: Path, standin: Standin, phone: Phone, number: str
) -> None:
    with ada.running() as bot:
        bot.link(phone, number)
        ada.stop(bot)
    bob = join(ada, tmp_path, standin)
    bob.is_ready(number)
    pushed = bob.data("team", "ls")[0]["number"]

    with bob.running() as bot:
        assert bot.wait("ready", "qr") == ["ready", number], bot.lines
        refused = ada.wagit("run", "--", "node", "default.js")
        assert refused.status == 13
        assert "bob" in refused.stderr
        bob.die(bot)
    time.sleep(ada.data("team", "ls")[0]["left"])  # until then each try costs the others a processor
    eventually(lambda: ada.wagit("team", "lease", "--take").status == 0, 120.0)
    assert ada.data("team", "ls")[0]["number"] == pushed
    ada.is_ready(number)

    ada.ok("team", "remove", "bob")
    said = ada.ok("team", "rotate", "--yes")
    assert "phone" in said
    ada.commit("bob left")
    ada.is_ready(number)
    bob.repo.git("pull", "--quiet", "origin", "main")
    bob.ok("trust", "--yes")
    assert bob.wagit("team", "pull").status == 14
    assert bob.wagit("run", "--", "node", "default.js").status == 14
