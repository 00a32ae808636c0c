"""What the sh hooks call: it follows the branch, says one line, and ends with 0 whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.git import Ran
from tests.support.hooks import files_in
from tests.support.setup import CONFIG, LINK, Setup, wagit
from wagit import hook

HOOK = Path(hook.__file__)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    setup = Setup.make(tmp_path / "repo")
    setup.repo.switch("develop")
    setup.repo.switch("main")
    return setup


def at(setup: Setup, branch: str) -> None:
    """Move HEAD as programs do that run no hooks."""
    setup.repo.git("symbolic-ref", "HEAD", f"refs/heads/{branch}")


def run(setup: Setup, *arguments: str, git_dir: str = ".git") -> Ran:
    """Run it as the sh hooks do."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(HOOK), "post-checkout", str(setup.path), git_dir, *arguments],
        cwd=setup.path, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("branch", "slot"), [("develop", "staging"), ("topic", "dev")])
def test_it_follows_the_branch(setup: Setup, branch: str, slot: str) -> None:
    """Seen before, by what was kept; never seen, by the rules."""
    at(setup, branch)
    assert run(setup) == Ran(0, "", f"wagit: session {slot} (was production)\n")
    assert setup.slot == slot
    assert run(setup) == Ran(0, "", "")


def test_an_absolute_git_directory(setup: Setup) -> None:
    at(setup, "develop")
    assert run(setup, git_dir=str(setup.repo.git_dir)).status == 0
    assert setup.slot == "staging"


def test_a_kept_route_counts_only_for_the_same_config(setup: Setup) -> None:
    setup.repo.write(".wagit.yml", CONFIG.replace("slot: staging", "slot: renamed"))
    at(setup, "develop")
    run(setup)
    assert setup.slot == "renamed"


@pytest.mark.parametrize("name", ["WAGIT_STRATEGY", "WA_BRANCH_SESSIONS", "WA_SHARED_SESSION"])
def test_the_environment_counts(setup: Setup, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "branch" if name == "WAGIT_STRATEGY" else "true")
    setup.repo.switch("develop")
    assert setup.slot == ("dev" if name == "WA_SHARED_SESSION" else "develop")
    monkeypatch.delenv(name)
    setup.repo.switch("main")
    setup.repo.switch("develop")
    assert setup.slot == "staging"


def test_branch_detection_off_keeps_the_slot(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WA_BRANCH_DETECTION", "false")
    setup.repo.switch("develop")
    assert setup.binding["slot"] == "production"


def test_where_wagit_was_never_set_up(setup: Setup) -> None:
    """Hooks of a template run in every repository."""
    import shutil

    shutil.rmtree(setup.store)
    before = files_in(setup.path)
    assert run(setup) == Ran(0, "", "")
    assert files_in(setup.path) == before


@pytest.fixture
def shared(setup: Setup) -> Setup:
    """On `develop`, having seen `release/1` too, which has the same slot: the sh hook can settle both."""
    setup.repo.git("branch", "release/1")
    for branch in ("release/1", "develop"):
        setup.repo.switch(branch)
    assert setup.slot == "staging"
    return setup


def test_a_link_that_git_cleaned_away_comes_back_with_the_next_switch(shared: Setup) -> None:
    shared.repo.git("clean", "-ffdxq")
    shared.repo.switch("release/1")
    assert shared.slot == "staging"


def test_a_link_of_a_pinned_slot_comes_back_too(shared: Setup) -> None:
    wagit(shared.path, "use", "production")
    shared.repo.git("clean", "-ffdxq")
    assert shared.repo.switch("release/1").status == 0
    assert shared.slot == "production"


def test_a_pinned_slot_that_was_set_aside_is_missed(shared: Setup) -> None:
    wagit(shared.path, "use", "production")
    assert wagit(shared.path, "sessions", "rm", "production", "--yes").status == 0
    ran = shared.repo.switch("main")
    assert ran.status == 0
    assert "wagit: there is no slot 'production'" in ran.stderr


def test_a_config_replaced_by_an_older_one_counts(shared: Setup, tmp_path: Path) -> None:
    """`mv` and `cp -p` keep dates."""
    older = tmp_path / "older.yml"
    older.write_text(CONFIG.replace('"release/**"]', '"old/**"]'))
    os.utime(older, (1e9, 1e9))
    older.rename(shared.path / ".wagit.yml")
    shared.repo.switch("release/1")
    assert shared.slot == "dev"


def test_a_config_that_is_gone_decides_no_branch_seen_with_it(shared: Setup) -> None:
    """Before and after, `develop` has the same slot, so only the config tells that `release/1` has not."""
    local = shared.repo.write(".wagit.local.yml", CONFIG.replace('"release/**"]', "topic, main]"))
    for branch in ("topic", "develop"):
        shared.repo.switch(branch)
    assert shared.slot == "staging"
    local.unlink()
    shared.repo.switch("release/1")
    assert shared.slot == "staging"
    shared.repo.switch("topic")
    assert shared.slot == "dev"


def test_a_store_that_is_not_where_the_config_says(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    """The session does not follow the branch any more, so somebody has to be told."""
    monkeypatch.setenv("WAGIT_STORE", str(setup.path.parent / "elsewhere"))
    ran = setup.repo.switch("develop")
    assert ran.status == 0
    assert "wagit: session production stays: the store is gone" in ran.stderr
    assert setup.linked == "production"


def test_while_head_is_detached_nothing_changes(setup: Setup) -> None:
    setup.repo.git("checkout", "--quiet", "--detach", "develop")
    before = files_in(setup.store)
    assert run(setup) == Ran(0, "", "")
    assert files_in(setup.store) == before


def test_whatever_happens_it_ends_with_0(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("one by nought")

    monkeypatch.setattr(hook, "follow", broken)
    assert hook.main(["post-checkout", str(setup.path), ".git"]) == 0
    [line] = capsys.readouterr().err.splitlines()
    assert "one by nought" in line
    assert line.endswith("run: wagit use --auto")


def test_ctrl_c_says_nothing(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(hook, "follow", interrupted)
    assert hook.main(["post-checkout", str(setup.path), ".git"]) == 0
    assert capsys.readouterr().err == ""


def test_a_bot_that_has_the_old_slot_open_keeps_the_link(setup: Setup) -> None:
    """It opened the data through the link: the link moves once it has ended."""
    import socket

    profile = setup.path / LINK / "session"
    (profile / "Default").mkdir(parents=True)
    bot = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.pause()", f"--user-data-dir={profile}"],
        cwd=setup.path,
    )
    try:
        (profile / "SingletonLock").symlink_to(f"{socket.gethostname()}-{bot.pid}")
        ran = setup.repo.switch("develop")
        first, second = [line for line in ran.stderr.splitlines() if line.startswith("wagit:")]
        assert first == "wagit: session staging (was production)"
        assert f"{LINK} stays on slot production: " in second
        assert f"(pid {bot.pid}) has it open; stop it, then run: wagit use --auto" in second
        assert (setup.linked, setup.binding["slot"], setup.binding["linked"]) == (
            "production",
            "staging",
            False,
        )
        assert setup.route is None
    finally:
        bot.kill()
        bot.wait()
    assert wagit(setup.path, "use", "--auto").status == 0
    assert setup.slot == "staging"
