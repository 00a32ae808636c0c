"""A bot in the background, by the verbs: real processes, a small bot, no browser."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs import envelopes
from tests.support.background import CONFIG, Background
from tests.support.browser import eventually
from tests.support.processes import alive
from tests.support.setup import wagit
from tests.support.wagit import WAGIT
from wagit.bots import control_server
from wagit.core import control, running

RESTARTED = """echo "on $WAGIT_SLOT"
[ ! -e crash ] || exit 7
exec sleep 3600
"""


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Background]:
    made = Background.make(tmp_path / "repo", CONFIG, "develop", bot=RESTARTED)
    yield made
    made.end()


def keys(verb: str) -> list[str]:
    documented = envelopes.DATA[verb]
    assert isinstance(documented, envelopes.Data)
    return list(documented.fields)


def test_up_status_switch_restart_down(bot: Background) -> None:
    """The whole day of a bot in the background."""
    assert "bot      none runs: wagit run, or in the background: wagit up" in wagit(bot.path, "status").stdout
    done = bot.up()
    assert list(done) == keys("up")
    [first] = done["bots"]
    assert (first["slot"], first["state"], done["already"]) == ("production", "starting", False)
    assert done["supervisor"] == bot.supervisor
    assert os.getsid(done["supervisor"]) == done["supervisor"]
    bot.wait_logged("on production\n")

    second = wagit(bot.path, "up")
    assert (second.status, second.stdout.startswith("it runs already (pid ")) == (0, True)
    shown = wagit(bot.path, "status").stdout
    assert "bot      starting for " in shown
    assert f"wagit    pid {done['supervisor']}, the bot's {first['pid']}\n" in shown
    second = bot.run("run", "--", "true")
    assert second.status == 11
    assert second.stderr.startswith("wagit: a bot runs in this worktree already: wagit run (pid ")

    bot.repo.switch("develop")
    bot.wait_logged("on dev\n")
    eventually(lambda: all(one["pid"] for one in bot.data("status")["bots"] if one["state"] == "starting"))
    data = bot.data("status")
    assert {known["slot"]: known["state"] for known in data["bots"]} == {
        "dev": "starting",
        "production": "stopped",
    }
    old = next(known["pid"] for known in data["bots"] if known["slot"] == "dev")
    again = bot.data("restart")
    assert (list(again), again["began"]) == (keys("restart"), False)
    assert again["bots"][0]["pid"] != old
    assert not alive(old)
    refused = bot.run("restart", "production")
    assert (refused.status, "no bot of slot production is run here" in refused.stderr) == (1, True)

    [ended] = bot.data("down")
    assert (ended["supervisor"], [known["slot"] for known in ended["bots"]]) == (done["supervisor"], ["dev"])
    assert not alive(done["supervisor"])
    assert not bot.socket.exists()
    assert wagit(bot.path, "down").stdout == "no bot runs here\n"
    known = bot.data("status")
    assert (known["supervisor"], {one["state"] for one in known["bots"]}) == (None, {"stopped"})


def test_what_keeps_a_bot_from_starting_is_said_as_run_says_it(bot: Background) -> None:
    missing = bot.run("up", "--", "no-such-program")
    assert (missing.status, missing.stdout) == (127, "")
    assert missing.stderr.startswith("wagit: there is no program 'no-such-program'\n  hint: ")
    assert "wagit: " in bot.log.read_text()
    bot.repo.write(".wagit.yml", CONFIG.replace("bot.sh", "other.sh"))
    error = json.loads(bot.run("up", "--json").stdout)["error"]
    assert error["code"] == "not-trusted"
    assert bot.run("up", "--wait", "redy").status == 2
    assert bot.supervisor is None


def test_down_ends_a_run_that_waits_to_start_its_bot_again(bot: Background) -> None:
    (bot.path / "crash").touch()
    error = json.loads(bot.run("up", "--json", "--wait", "ready", "--timeout", "0.5").stdout)["error"]
    assert error["code"] == "not-yet"
    eventually(lambda: (bot.bot() or {}).get("state") == "reconnecting")
    shown = wagit(bot.path, "status").stdout
    assert "the bot ended with status 7; restart 1 of 5 in 3600 s" in shown
    assert "restarts 1 in a row, of 5" in shown
    supervisor = bot.supervisor
    assert wagit(bot.path, "down").stdout == f"stopped: production (pid {supervisor})\n"
    assert bot.supervisor is None


def test_a_wagit_that_was_killed_is_known_and_replaced(bot: Background) -> None:
    done = bot.up()
    eventually(lambda: Path(running.standings_of(bot.at)).exists())
    os.kill(done["supervisor"], signal.SIGKILL)
    eventually(lambda: bot.supervisor is None)
    assert bot.socket.exists()
    known = bot.bot()
    assert (known["state"], known["reason"]) == ("stopped", "wagit was killed; the bot was starting")
    assert wagit(bot.path, "down").stdout == "no bot runs here\n"
    again = bot.up()
    assert again["supervisor"] != done["supervisor"]
    eventually(lambda: not alive(done["bots"][0]["pid"]))
    assert control.ask(str(bot.socket), {"op": "status"})["pid"] == again["supervisor"]


def test_a_run_in_the_foreground_is_asked_the_same_way(bot: Background) -> None:
    with subprocess.Popen(
        [*WAGIT, "run"], cwd=bot.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout is not None
        assert any(line == "on production\n" for line in run.stdout)
        assert bot.bot()["state"] == "starting"
        assert bot.data("down")[0]["supervisor"] == run.pid
        assert run.wait(10) == 128 + signal.SIGTERM
    assert not bot.log.exists()


def test_who_is_refused_by_its_socket_ends_it_all_the_same(bot: Background) -> None:
    done = bot.up()
    with ExitStack() as others:
        for _ in range(control_server.MOST - 1):
            told = others.enter_context(control.talk(str(bot.socket), {"op": "watch"}))
            assert told.next(10) is not None
        assert bot.data("down")[0]["supervisor"] == done["supervisor"]
    assert not alive(done["supervisor"])


def test_what_answers_no_more_is_ended_all_the_same(bot: Background) -> None:
    """Its socket is gone: `git clean` in the wrong place, or a file system that has none."""
    done = bot.up()
    bot.socket.unlink()
    assert bot.data("status")["supervisor"] == done["supervisor"]
    assert bot.data("down")[0]["supervisor"] == done["supervisor"]
    assert not alive(done["supervisor"])


def test_what_was_suspended_is_ended_too(bot: Background) -> None:
    done = bot.up()
    os.kill(done["supervisor"], signal.SIGSTOP)
    assert bot.data("down")[0]["supervisor"] == done["supervisor"]
    assert not alive(done["supervisor"])
