"""What is shown of a bot while it goes on: `logs -f` and `status --watch`, in pipes and in a terminal."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect  # type: ignore[import-untyped]
import pytest

from tests.support.background import CONFIG, Background
from tests.support.setup import wagit
from tests.support.wagit import WAGIT
from wagit.bots.log_rotation import RotatingLog, files

Show = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Background]:
    made = Background.make(tmp_path / "repo", CONFIG, "develop")
    yield made
    made.end()


@contextmanager
def showing(bot: Background, *verb: str) -> Iterator[subprocess.Popen[str]]:
    """Run a verb that goes on until it is interrupted; it must end quietly."""
    process = subprocess.Popen(
        [*WAGIT, *verb], cwd=bot.path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            yield process
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=20)[1] == ""
            assert process.returncode == 130
        finally:
            process.kill()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def lines_until(process: subprocess.Popen[str], text: str) -> list[str]:
    """The next lines up to one that has `text`. What is changed before it came may never be shown."""
    lines = [next_line(process)]
    while text not in lines[-1]:
        assert lines[-1], lines
        lines.append(next_line(process))
    return lines


def objects_until(process: subprocess.Popen[str], states: dict[str, str]) -> None:
    """Read the next objects up to one of a supervisor whose bots have these states."""
    while True:
        told = json.loads(next_line(process))
        if told["supervisor"] and {one["slot"]: one["state"] for one in told["bots"]} == states:
            return


def test_logs_go_on_across_rotation_until_ctrl_c(bot: Background) -> None:
    assert wagit(bot.path, "logs").stderr.startswith("wagit: nothing was logged yet")
    log = RotatingLog(str(bot.log), lambda error: None, largest=50)  # noqa: ARG005
    log.write(b"before\nlast\n")
    with showing(bot, "logs", "-f", "-n", "1") as process:
        assert next_line(process) == "last\n"
        for number in range(12):
            log.write(b"line %d\n" % number)
            assert next_line(process) == f"line {number}\n"
        assert len(files(str(bot.log))) > 1
        log.write(b"no end")
    assert bot.run("logs", "-n", "2").stdout == "line 11\nno end"


def test_logs_are_objects_a_line(bot: Background) -> None:
    log = RotatingLog(str(bot.log), lambda error: None)  # noqa: ARG005
    with showing(bot, "--json", "logs", "-f") as process:
        log.write(b"wagit: 2026-11-20T09:51:00.000Z stopping\nwagit: mine\nhalf ")
        log.write(b"a line \xff\n")
        assert [json.loads(next_line(process)) for _ in range(3)] == [
            {"by": "wagit", "text": "stopping", "time": "2026-11-20T09:51:00.000Z"},
            {"by": "bot", "text": "wagit: mine", "time": None},
            {"by": "bot", "text": "half a line \ufffd", "time": None},
        ]


def test_each_change_is_a_line_in_a_pipe(bot: Background) -> None:
    """From before a run to behind it, and into the next one."""
    with showing(bot, "status", "--watch") as process, showing(bot, "status", "--watch", "--json") as objects:
        assert next_line(process) == "no bot has run here yet\n"
        assert json.loads(next_line(objects)) == {"supervisor": None, "bots": []}
        bot.up()
        lines_until(process, "slot production (main): starting for ")
        objects_until(objects, {"production": "starting"})
        bot.repo.switch("develop")
        switched = lines_until(process, "slot dev (develop): starting for ")
        assert any("slot production (main): stopped for " in line for line in switched)
        objects_until(objects, {"dev": "starting", "production": "stopped"})
        wagit(bot.path, "down")
        lines_until(process, "slot dev (develop): stopped for ")
        bot.up()
        lines_until(process, "slot dev (develop): starting for ")


def test_a_terminal_gets_a_table_that_is_kept_up_to_date(bot: Background) -> None:
    bot.up()
    shown = pexpect.spawn(
        WAGIT[0], [*WAGIT[1:], "status", "--watch"], cwd=str(bot.path), dimensions=(24, 80), timeout=20,
        encoding="utf-8",
    )  # fmt: skip
    with shown:
        shown.expect("production.*starting for")
        bot.repo.switch("develop")
        shown.expect("dev .*develop")
        wagit(bot.path, "down")
        shown.expect("no bot runs: wagit up")
        shown.sendintr()
        shown.expect(pexpect.EOF)
    assert shown.exitstatus == 130
    assert "Traceback" not in shown.before
