"""`wagit run` on a shared slot, by two members: real git between two laptops, small bots."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.bots import PATIENCE, Bot
from tests.support.browser import eventually
from tests.support.git import Ran
from tests.support.machines import Machine, Together
from tests.support.processes import alive
from tests.support.running import running
from tests.support.wagit import ask_wagit, run_wagit
from wagit.operations import team_access
from wagit.operations.context import open_at
from wagit.team import state
from wagit.team.access import Access, Found, read_head, write_head
from wagit.team.head import Lease
from wagit.team.remote import Overtaken

CONFIG = """\
version: 1
driver: generic
default: dev
bot: {{stop: {{grace: 4s}}}}
rules:
  - {{branch: main, slot: staging, team: true}}
team:
  id: {team}
  recipients: {recipients}
  lease: {{term: 30s}}
"""
# Tells what the session has, writes it anew, and waits to be stopped.
BOT = """
import os, pathlib, signal, sys
file = pathlib.Path(os.environ["WAGIT_DATA_DIR"], "keys")
before = file.read_text() if file.exists() else "nothing"
print("on", os.environ["WAGIT_SLOT"], before, os.getpid(), flush=True)
file.write_text({keys!r})
signal.pause()
"""
SHORT = 30.0  # seconds: renewed after 10 of them, given up by itself after 21


class Laptop(NamedTuple):
    """A member's machine, set up."""

    machine: Machine

    @property
    def path(self) -> Path:
        return self.machine.repo.path

    @property
    def state(self) -> state.State:
        return state.read(self.machine.store, "staging")

    def wagit(self, *words: str) -> Ran:
        return run_wagit(self.path, *words, env=self.machine.environ)

    @property
    def access(self) -> Access:
        return team_access.access(open_at(str(self.path), self.machine.environ))

    def head(self) -> Found:
        """The head on the remote, as this member reads it."""
        found = read_head(self.access, "staging")
        assert found is not None
        return found

    def steals(self) -> bool:
        """Take the lease as no wagit does; whether that was done between two renewals."""
        found = self.head()
        lease = Lease("0" * 32, self.machine.name, "pc", 300.0, 0.0)
        try:
            write_head(self.access, found.head._replace(fence=9, lease=lease), found.version)
        except Overtaken:
            return False
        return True

    def cut(self) -> str:
        """Have nobody answer at the remote's address, and return the one it had."""
        before = self.machine.repo.git("config", "remote.origin.url")
        self.machine.repo.config("remote.origin.url", "http://127.0.0.1:1/origin.git")
        return before

    def shorten(self, seconds: float = SHORT) -> None:
        """Have leases of few seconds."""
        path = Path(self.machine.store.root, "team", "trusted.json")
        known = json.loads(path.read_text())
        known["team"]["term"] = seconds
        path.write_text(json.dumps(known))


def bot(keys: str) -> str:
    return BOT.format(keys=keys)


def stop(running_bot: Bot) -> int:
    running_bot.process.send_signal(signal.SIGINT)
    return running_bot.process.wait(PATIENCE)


@pytest.fixture
def laptops(tmp_path: Path) -> tuple[Laptop, Laptop]:
    """Ada's, who began the team, and bob's."""
    team = Together.make(tmp_path, "ada", "bob")
    ada, bob = team.machines
    recipients = json.dumps([machine.owner.line for machine in team.machines])
    ada.repo.commit(".wagit.yml", CONFIG.format(team=ada.team.secret_digest, recipients=recipients))
    ada.repo.git("branch", "other")
    ada.repo.git("push", "--quiet", "origin", "HEAD", "other")
    bob.repo.git("pull", "--quiet")
    made = Laptop(ada), Laptop(bob)
    for one in made:
        for words in (("init",), ("trust", "--yes")):
            ran = one.wagit(*words)
            assert ran.status == 0, ran
    return made


def test_one_runs_it_the_other_asks_for_it_and_goes_on_with_its_session(
    laptops: tuple[Laptop, Laptop],
) -> None:
    ada, bob = laptops
    ada.shorten()
    with running(ada.path, bot("of ada"), env=ada.machine.environ) as hers:
        assert hers.wait("on")[:3] == ["on", "staging", "nothing"]
        refused = bob.wagit("run", "--", "true")
        assert refused.status == 13
        assert "'staging' is held by ada on " in refused.stderr
        assert "wagit team lease staging --request" in refused.stderr
        assert bob.wagit("team", "lease", "staging", "--request").status == 0
        hers.wait("wagit:", having=" asks for staging: stop the bot, and it is theirs")
        eventually(lambda: "asks for staging" in ada.wagit("status").stdout)
        assert "lease    held here" in ada.wagit("status").stdout
        assert stop(hers) == 130
        hers.wait("wagit:", having="slot staging is pushed to origin")
    assert ada.head().head.lease is None

    ada.machine.repo.commit("menu.js")
    ada.machine.repo.git("push", "--quiet")
    bob.machine.repo.git("pull", "--quiet")
    news = Path(bob.machine.store.root, "team", "news.json")
    eventually(lambda: news.exists() and '"by": "ada"' in news.read_text())
    with running(bob.path, bot("of bob"), env=bob.machine.environ) as his:
        his.wait("wagit:", having="slot staging has the session that ada on ")
        assert his.wait("on")[:4] == ["on", "staging", "of", "ada"]
        stop(his)
    assert not bob.state.unpushed


def test_a_bot_whose_lease_was_taken_is_stopped_at_once(laptops: tuple[Laptop, Laptop]) -> None:
    ada, bob = laptops
    ada.shorten()
    with running(ada.path, bot("of ada"), env=ada.machine.environ) as hers:
        pid = int(hers.wait("on")[-1])
        eventually(bob.steals)
        hers.wait("wagit:", having="bob on pc has it now; stopping the bot")
        assert hers.process.wait(PATIENCE) == 13
        assert not alive(pid)
    assert ada.state.unpushed
    assert ada.head().head.pushed is None


def test_without_a_network_a_run_goes_on_with_its_lease_and_pushes_later(
    laptops: tuple[Laptop, Laptop],
) -> None:
    ada, _ = laptops
    with running(ada.path, bot("first"), env=ada.machine.environ) as first:
        first.wait("on")
        first.process.kill()
        origin = ada.cut()
        with running(ada.path, bot("second"), env=ada.machine.environ) as second:
            assert second.wait("on")[:3] == ["on", "staging", "first"]
            trouble = "its lease cannot be renewed for now"
            if not any(trouble in line for line in second.lines):  # it is told beside the bot's start
                second.wait("wagit:", having=trouble)
            assert stop(second) == 130
            second.wait("wagit:", having="is not pushed")
    assert ada.state.unpushed
    ada.machine.repo.config("remote.origin.url", origin)
    assert ask_wagit(ada.path, "team", "push", env=ada.machine.environ)["new"]
    assert not ada.state.unpushed


def test_a_switch_within_a_run_pushes_beside_the_next_bot(laptops: tuple[Laptop, Laptop]) -> None:
    ada, _ = laptops
    with running(ada.path, bot("of ada"), env=ada.machine.environ) as one:
        one.wait("on", having="staging")
        ada.machine.repo.switch("other")
        assert one.wait("on")[1] == "dev"
        one.wait("wagit:", having="slot staging is pushed")
        eventually(lambda: ada.head().head.lease is None)
        assert stop(one) == 130


def test_nobody_runs_a_shared_slot_unshared(laptops: tuple[Laptop, Laptop]) -> None:
    ada, bob = laptops
    key = Path(bob.machine.owner.path)
    key.rename(key.with_suffix(".away"))
    ran = bob.wagit("run", "--", "true")
    assert (ran.status, "wagit team init" in ran.stderr) == (14, True), ran
    ada.cut()
    ran = ada.wagit("run", "--", "true")
    assert ran.status == 1
    assert "slot staging is shared, and its lease cannot be had" in ran.stderr
    Path(ada.machine.store.root, "team", "trusted.json").unlink()
    assert ada.wagit("run", "--", "true").status == 15
    ada.machine.repo.write(".wagit.yml", CONFIG.partition("team:\n")[0].format())
    ran = ada.wagit("run", "--", "true")
    assert (ran.status, "wagit team init" in ran.stderr) == (10, True), ran
