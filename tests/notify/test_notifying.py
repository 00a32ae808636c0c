"""A run tells people when its session needs somebody: as the branch's config says, if that may."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.baileys_login import creds_json
from tests.support.browser import eventually
from tests.support.setup import CONFIG, Setup, make_repo, wagit
from tests.support.wagit import run_wagit
from tests.support.webhook import receiving
from wagit.bots.board import Board, Recovered
from wagit.bots.hosting import Unhosted
from wagit.bots.observation import BotState
from wagit.bots.standing import Standing
from wagit.core.errors import WagitError
from wagit.operations import context, notifying
from wagit.operations.joined import Joined
from wagit.slots.holding import SlotBusy

COMMAND = [sys.executable, "-c", "import sys; open('told', 'a').write(sys.stdin.read())"]
MINE = f"notify: {{on: [failed, conflict, recovered], command: {json.dumps(COMMAND)}}}\n"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends waits as long as a busy machine may take for a program."""
    monkeypatch.setattr(notifying, "LAST", 60.0)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(make_repo(tmp_path / "my bot")).init()


def _nobody(event: object, slot: str | None = None) -> bool:  # noqa: ARG001  # as Ask has it
    """Nothing is asked of the run here."""
    return True


class Run:
    """What stands for a run: its board, and what was said and told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.board = Board()
        self.said: list[str] = []
        opened = context.open_at(str(path), os.environ)
        self.joined = Joined(opened, self.board, _nobody, Unhosted(), self.said.append)

    def put(self, state: BotState, slot: str = "production") -> None:
        self.board.put(Standing(slot, "main", state, 1.0, f"it is {state}"))

    def told(self) -> list[dict[str, Any]]:
        return told(self.path)

    def kinds(self) -> list[str]:
        return [notice["kind"] for notice in self.told()]


def told(path: Path) -> list[dict[str, Any]]:
    file = path / "told"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@contextmanager
def running(path: Path) -> Iterator[Run]:
    run = Run(path)
    with notifying.attach(run.joined):
        yield run


def test_all_is_delivered_before_the_run_has_ended(setup: Setup) -> None:
    setup.repo.write(".wagit.local.yml", MINE)
    with running(setup.path) as run:
        run.put("starting")
        run.put("conflict")
        run.put("banned")
        run.board.recovered(Recovered("production", "main", "restored"))
        run.put("conflict", "dev")
    assert run.kinds() == ["conflict", "recovered", "conflict"]
    assert run.told()[0] | {"time": ""} == {
        "kind": "conflict", "slot": "production", "branch": "main", "repository": "my bot",
        "state": "conflict", "reason": "it is conflict", "next_step": "", "number": None, "time": "",
        "text": "my bot, production: another one uses the session. it is conflict",
    }  # fmt: skip
    assert run.said == []


def test_a_service_that_starts_again_and_again_tells_once(setup: Setup) -> None:
    setup.repo.write(".wagit.local.yml", MINE)
    runs: tuple[tuple[BotState, ...], ...] = (("conflict",), ("conflict",), ("ready", "conflict"))
    for states in runs:
        with running(setup.path) as run:
            for state in states:
                run.put(state)
    assert [notice["kind"] for notice in told(setup.path)] == ["conflict", "conflict"]


def test_what_nobody_heard_does_not_count_as_told(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    with running(setup.path) as run:
        run.put("failed")
    setup.repo.write(".wagit.local.yml", MINE)
    with running(setup.path) as run:
        run.put("failed")
    assert run.kinds() == ["failed"]


def test_the_config_of_the_branch_that_is_checked_out_counts(setup: Setup) -> None:
    setup.repo.write(".wagit.local.yml", MINE)
    with running(setup.path) as run:
        setup.repo.write(".wagit.local.yml", MINE.replace("conflict, ", ""))
        run.put("conflict")
        run.put("failed")
    assert run.kinds() == ["failed"]


def test_what_came_with_a_commit_waits_for_trust_and_is_said_once(setup: Setup) -> None:
    setup.repo.commit(".wagit.yml", CONFIG + MINE)
    with running(setup.path) as run:
        run.put("conflict")
        run.put("failed")
    assert run.told() == []
    assert run.said == ["notify.command is not used: it waits for your word: wagit trust"]
    assert wagit(setup.path, "trust", "--yes").status == 0
    with running(setup.path) as run:
        run.put("ready")
        run.put("failed")
    assert (run.kinds(), run.said) == (["failed"], [])


def test_a_bot_that_cannot_be_started_is_told_but_not_that_another_runs(setup: Setup) -> None:
    setup.repo.write(".wagit.local.yml", MINE)

    def fail(error: WagitError) -> None:
        with running(setup.path):
            raise error

    with pytest.raises(SlotBusy):
        fail(SlotBusy("held"))
    assert told(setup.path) == []
    with pytest.raises(WagitError):
        fail(WagitError("slot production is broken", "repair it"))
    [notice] = told(setup.path)
    assert (notice["kind"], notice["slot"], notice["branch"]) == ("failed", "production", "main")
    assert (notice["reason"], notice["next_step"]) == ("slot production is broken", "repair it")


def test_a_qr_is_told_when_it_waits(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wagit.bots.notices.QR_WAITS", 0.2)
    setup.repo.write(".wagit.local.yml", MINE.replace("failed", "qr"))
    with running(setup.path) as run:
        run.board.put(Standing("production", "main", "qr", run.joined.context.clock.now(), ref="2@secret"))
        eventually(run.told)
    assert run.kinds() == ["qr"]
    assert "secret" not in (setup.path / "told").read_text()


def test_a_bot_that_crashes_for_good_is_told_of_by_a_real_run(setup: Setup) -> None:
    setup.repo.write(".wagit.local.yml", MINE)
    ran = run_wagit(setup.path, "run", "--once", "--", "sh", "-c", "exit 7")
    assert ran.status == 7
    [notice] = told(setup.path)
    assert (notice["kind"], notice["slot"], notice["state"]) == ("failed", "production", "failed")
    assert notice["reason"] == "the bot ended with status 7"
    assert ran.stderr.count("status 7") <= 1


def test_a_bot_that_is_stopped_or_ends_well_is_no_news(setup: Setup) -> None:
    setup.repo.write(".wagit.local.yml", MINE)
    assert run_wagit(setup.path, "run", "--", "true").status == 0
    assert told(setup.path) == []


def test_a_recovery_is_told_by_a_real_run_and_said_once(tmp_path: Path) -> None:
    setup = Setup(make_repo(tmp_path / "bot", CONFIG.replace("wwebjs", "baileys"))).init()
    setup.repo.write(".wagit.local.yml", MINE)
    data = setup.store / "slots/production/data"
    (data / "creds.json").write_text(creds_json(3, "4915100000001")[:100])
    ran = run_wagit(setup.path, "run", "--", "true")
    assert ran.status == 0
    [notice] = told(setup.path)
    assert (notice["kind"], notice["slot"], notice["branch"]) == ("recovered", "production", "main")
    assert "slot production is broken" in notice["reason"]
    assert ran.stderr.count("slot production is broken") == 1
    assert "wagit verify production" in notice["next_step"]


def test_a_webhook_that_never_answers_keeps_no_run_from_its_end(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifying, "LAST", 0.2)
    with receiving(200) as server:
        setup.repo.write(".wagit.local.yml", f"notify: {{webhook: '{server.url}'}}\n")
        server.may_answer.clear()
        with running(setup.path) as run:
            run.put("failed")
            eventually(lambda: server.got)
        assert len(server.got) == 1, "it was waited for until the attempt ended, and another one"
        server.may_answer.set()
