"""`launch: auto`: a switch starts the bot, by real git, where the user allowed it; git never waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.background import BOT, CONFIG, Background
from tests.support.browser import eventually
from tests.support.processes import alive
from tests.support.setup import ours, wagit
from tests.support.wagit import set_up

AUTO = CONFIG.replace("default: dev\n", "default: dev\nlaunch: auto\n")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Background]:
    repo = set_up(tmp_path / "repo", AUTO, "develop")
    repo.write("bot.sh", BOT)
    made = Background(repo)
    yield made
    made.end()


def test_a_switch_starts_the_bot_once_the_config_is_trusted(made: Background) -> None:
    held = made.repo.switch("develop")
    assert ours(held.stderr) == [
        "wagit: session dev (was production)", "wagit: launch: auto waits for your word: wagit trust"
    ]  # fmt: skip
    assert not made.log.exists()
    assert wagit(made.path, "trust", "--yes").status == 0

    piped = made.repo.shell("git switch main 2>&1 | cat")
    assert "session production (was dev)" in piped.stdout
    made.wait_logged("on production\n")
    first = eventually(lambda: made.supervisor)

    made.repo.switch("develop")  # which it follows
    made.wait_logged("on dev\n")
    assert made.supervisor == first
    [ended] = made.data("down")
    assert ended["supervisor"] == first

    made.repo.switch("main")  # by the route that is kept
    eventually(lambda: made.log.read_text().count("on production\n") == 2)
    second = eventually(lambda: made.supervisor)
    assert second is not None
    assert alive(second)
    assert second != first


def test_what_keeps_it_from_starting_is_in_the_log(made: Background) -> None:
    made.repo.write(".wagit.yml", AUTO.replace("{branch: main,", "{branch: main, protect: true,"))
    assert wagit(made.path, "trust", "--yes").status == 0
    made.repo.git("commit", "--quiet", "--all", "--message", "protect")
    made.repo.git("branch", "--force", "develop")
    made.repo.switch("develop")
    made.wait_logged("on dev\n")
    wagit(made.path, "down")
    made.repo.switch("main")
    made.wait_logged("launch: auto starts no bot: Slot production is protected.")
    assert made.supervisor is None
