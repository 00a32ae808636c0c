"""The real supervisor in a process of its own, real git, real bots."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import FLAGS, browser, eventually, executable
from tests.support.git import GitRepo
from tests.support.processes import CHECKOUT, NOTING, POLITE, Supervised, alive, end, python
from wagit.browser.profile import browser_of
from wagit.browser.stop import close_browser
from wagit.core.locks import acquire, holder_of

PATIENCE = 30
# Notes that it was asked to end, but takes a while.
SLOW = POLITE.replace("def end(*_):", "def end(*_):\n    time.sleep(0.3)")
DEAF = POLITE.replace("sys.exit(0)", "pass")
CHROMIUM = f"""{NOTING}
import json, subprocess
browser = subprocess.Popen(
    [*json.loads(os.environ["BROWSER"]), "--user-data-dir=" + os.environ["PROFILE"], "about:blank"],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
while not os.path.islink(os.environ["PROFILE"] + "/SingletonLock"): time.sleep(0.01)
note("start", os.environ["SLOT"], os.getpid())
while True: signal.pause()
"""


@pytest.fixture
def supervised(repo: GitRepo, tmp_path: Path) -> Supervised:
    return Supervised(repo.path, tmp_path / "state")


def started(supervised: Supervised, slot: str, count: int = 1) -> int:
    return int(supervised.notes.wait("start", slot, count=count)[2])


def holder_pid(supervised: Supervised, slot: str) -> int | None:
    holder = holder_of(supervised.lock(slot))
    return holder.pid if holder else None


def test_a_switch_moves_the_bot(supervised: Supervised, repo: GitRepo) -> None:
    with supervised.running(*python(POLITE)) as process:
        started(supervised, "main")
        repo.switch("develop")
        pid = started(supervised, "develop")
        assert [note[:2] for note in supervised.notes.all()] == [
            ["start", "main"],
            ["end", "main"],
            ["start", "develop"],
        ]
        assert holder_pid(supervised, "main") is None
        assert holder_pid(supervised, "develop") == process.pid
        assert (supervised.state / "link").read_text() == "develop"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert not alive(pid)
        assert holder_pid(supervised, "develop") is None


def test_a_branch_of_the_same_slot_keeps_the_bot(supervised: Supervised, repo: GitRepo) -> None:
    (supervised.state / "routes").write_text("main shared\ndevelop shared\n")
    with supervised.running(*python(POLITE)):
        pid = started(supervised, "shared")
        repo.switch("develop")
        repo.switch("feature/1")
        started(supervised, "feature-1")
        repo.switch("main")
        started(supervised, "shared", count=2)
        repo.switch("develop")
        repo.write(".wagit.yml", "command new")
        supervised.wait_said("its command is another now")
        assert len(supervised.notes.all("start", "shared")) == 2
        assert not alive(pid)


def test_ten_switches_in_a_row_end_on_the_last_one_with_one_bot(
    supervised: Supervised, repo: GitRepo
) -> None:
    with supervised.running(*python(SLOW)) as process:
        started(supervised, "main")
        branches = ["develop", "feature/1", "main"]
        for turn in range(9):
            repo.switch(branches[turn % 3])
        repo.switch("feature/1")
        eventually(lambda: supervised.notes.all()[-1][:2] == ["start", "feature-1"])
        assert (supervised.state / "link").read_text() == "feature-1"
        running = [int(pid) for _, _, pid in supervised.notes.all("start") if alive(int(pid))]
        assert len(running) == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
        starts, ends = len(supervised.notes.all("start")), len(supervised.notes.all("end"))
        assert starts == ends, "each bot ended as it was asked to"


def test_never_two_bots_at_a_time(supervised: Supervised, repo: GitRepo) -> None:
    with supervised.running(*python(SLOW)):
        started(supervised, "main")
        for branch in random.Random(7).choices(["main", "develop", "feature/1"], k=12):
            repo.run("switch", branch)
            time.sleep(random.Random(branch).random() / 10)  # in the middle of whatever is under way
        repo.switch("develop", "--force-create")
        eventually(lambda: supervised.notes.all()[-1][:2] == ["start", "develop"])
    order = [note[0] for note in supervised.notes.all()]
    assert order == ["start", "end"] * (len(order) // 2) + ["start"]


def test_a_slot_that_another_holds_is_waited_for(supervised: Supervised, repo: GitRepo) -> None:
    with acquire(supervised.lock("develop")) as other, supervised.running(*python(POLITE)):
        pid = started(supervised, "main")
        repo.switch("develop")
        supervised.wait_said("develop.lock is held by")
        eventually(lambda: not alive(pid) and holder_pid(supervised, "main") is None)
        other.release()
        started(supervised, "develop")
        assert supervised.said().count("is held by") == 1


def test_a_branch_change_ends_the_waiting(supervised: Supervised, repo: GitRepo) -> None:
    with acquire(supervised.lock("develop")), supervised.running(*python(POLITE)):
        started(supervised, "main")
        repo.switch("develop")
        supervised.notes.wait("end", "main")
        repo.switch("main")
        started(supervised, "main", count=2)


def test_a_first_slot_that_is_held_ends_the_run(supervised: Supervised) -> None:
    with acquire(supervised.lock("main")), supervised.running(*python(POLITE)) as process:
        assert process.wait(PATIENCE) == 1
        assert "main.lock is held by" in supervised.said()
        assert supervised.notes.all() == []


def test_a_bad_config_keeps_the_bot_until_the_branch_changes(supervised: Supervised, repo: GitRepo) -> None:
    with supervised.running(*python(POLITE)):
        pid = started(supervised, "main")
        repo.write(".wagit.yml", "bad")
        supervised.wait_said("wagit: the config is bad; mend it\n")
        assert alive(pid)
        repo.switch("develop")
        supervised.notes.wait("end", "main")
        repo.write(".wagit.yml", "")
        started(supervised, "develop")


def test_deleted_state_does_not_touch_the_bot(supervised: Supervised, repo: GitRepo) -> None:
    state = repo.git_dir / "wagit"
    state.mkdir()
    with supervised.running(*python(POLITE)):
        pid = started(supervised, "main")
        shutil.rmtree(state)
        supervised.wait_said(f"{state} was deleted")
        assert alive(pid)
        repo.switch("develop")
        started(supervised, "develop")


def test_a_removed_worktree_ends_the_run(repo: GitRepo, tmp_path: Path) -> None:
    linked = repo.add_worktree(tmp_path / "linked", "develop")
    supervised = Supervised(linked.path, tmp_path / "state")
    with supervised.running(*python(POLITE)) as process:
        pid = started(supervised, "develop")
        repo.git("worktree", "remove", "--force", str(linked.path))
        assert process.wait(PATIENCE) == 0, supervised.said()
        assert not alive(pid)
        assert f"{linked.path} is gone" in supervised.said()


@pytest.mark.parametrize("status", [0, 42])
def test_the_bots_own_end_is_ours(supervised: Supervised, status: int) -> None:
    with supervised.running("sh", "-c", f"echo out; echo err >&2; exit {status}") as process:
        assert process.wait(PATIENCE) == status
        assert process.stdout is not None
        assert process.stdout.read() == b"out\n", "our lines are not among the bot's"
        assert "err\n" in supervised.said()


def test_a_bot_ended_by_a_signal(supervised: Supervised) -> None:
    with supervised.running("sh", "-c", "kill -SEGV $$") as process:
        assert process.wait(PATIENCE) == 128 + signal.SIGSEGV


def test_a_command_that_does_not_exist(supervised: Supervised) -> None:
    with supervised.running("no-such-bot") as process:
        assert process.wait(PATIENCE) == 127
        assert "there is no program 'no-such-bot'" in supervised.said()
    assert holder_of(supervised.lock("main")) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_stop_a_bot_that_gives_no_status(supervised: Supervised, number: int) -> None:
    with supervised.running(*python(POLITE.replace("signal.signal(signal.SIGTERM, end)", ""))) as process:
        pid = started(supervised, "main")
        process.send_signal(number)
        assert process.wait(PATIENCE) == 128 + number
        assert not alive(pid)


def test_a_second_signal_hurries_a_deaf_bot(supervised: Supervised, repo: GitRepo) -> None:
    repo.write(".wagit.yml", "grace 1000")
    with supervised.running(*python(DEAF)) as process:
        pid = started(supervised, "main")
        process.send_signal(signal.SIGINT)
        supervised.wait_said("wagit: stopping\n")
        supervised.notes.wait("end", "main")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert not alive(pid)


def test_nohup_is_respected(supervised: Supervised, repo: GitRepo) -> None:
    process = subprocess.Popen(
        ["nohup", *supervised.command(*python(POLITE))],
        env=supervised.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, cwd=CHECKOUT,
    )  # fmt: skip
    started(supervised, "main")
    process.send_signal(signal.SIGHUP)
    repo.switch("develop")
    started(supervised, "develop")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def test_killed_without_mercy_the_bot_lives_and_holds_its_slot(supervised: Supervised) -> None:
    with supervised.running(*python(POLITE)) as process:
        pid = started(supervised, "main")
        process.kill()
        process.wait()
        assert alive(pid)
        with supervised.running(*python(POLITE)) as second:
            assert second.wait(PATIENCE) == 1
            assert f"pid {process.pid}" in supervised.said()
            assert alive(pid)
        end(pid)
        eventually(lambda: holder_of(supervised.lock("main")) is None)


@pytest.mark.browser
class TestWithBrowser:
    @pytest.fixture
    def env(self) -> dict[str, str]:
        return {"BROWSER": json.dumps([executable(), *FLAGS])}

    @pytest.fixture(autouse=True)
    def no_browser_left(self, supervised: Supervised) -> Iterator[None]:
        yield
        for slot in ("main", "develop"):
            close_browser(str(supervised.data(slot) / "profile"))

    def live(self, supervised: Supervised, slot: str) -> bool:
        return browser_of(str(supervised.data(slot) / "profile")) is not None

    def test_switches_leave_one_browser_and_the_end_none(
        self, supervised: Supervised, repo: GitRepo, env: dict[str, str]
    ) -> None:
        with supervised.running(*python(CHROMIUM), env=env) as process:
            started(supervised, "main")
            repo.switch("develop")
            started(supervised, "develop")
            assert not self.live(supervised, "main")
            assert self.live(supervised, "develop")
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 128 + signal.SIGTERM
            assert not self.live(supervised, "develop")

    def test_a_killed_bot_leaves_no_orphan(self, supervised: Supervised, env: dict[str, str]) -> None:
        with supervised.running(*python(CHROMIUM), env=env) as process:
            os.kill(started(supervised, "main"), signal.SIGKILL)
            assert process.wait(PATIENCE) == 128 + signal.SIGKILL
            assert not self.live(supervised, "main")
            assert not os.path.lexists(supervised.data("main") / "profile" / "SingletonLock")

    def test_another_slots_browser_is_left_alone(
        self, supervised: Supervised, repo: GitRepo, env: dict[str, str]
    ) -> None:
        with (
            browser(supervised.data("other") / "profile") as other,
            supervised.running(*python(CHROMIUM), env=env),
        ):
            started(supervised, "main")
            repo.switch("develop")
            started(supervised, "develop")
            assert other.poll() is None
