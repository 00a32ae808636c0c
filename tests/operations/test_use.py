"""Pinning a slot, following again, and what status, which and log say of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.hooks import files_in
from tests.support.setup import LINK, Setup, data_of, ours, wagit


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    setup = Setup.make(tmp_path / "repo")
    setup.repo.switch("develop")
    setup.repo.switch("main")
    return setup


def test_a_pinned_slot_stays_across_switches(setup: Setup) -> None:
    ran = wagit(setup.path, "use", "staging")
    assert ran.stdout == "slot staging (was production); pinned, until: wagit use --auto\n"
    for branch in ("feature/1-menu", "develop", "main"):
        assert ours(setup.repo.switch(branch).stderr) == []
        assert setup.slot == "staging"
        found = data_of(setup.path, "which")
        assert (found["slot"], found["pinned"], found["branch"]) == ("staging", True, branch)
    assert (
        data_of(setup.path, "which")["reason"]
        == "pinned by `wagit use staging`; the branch alone: production"
    )
    assert data_of(setup.path, "which", "feature/1-menu")["slot"] == "feature-1"
    told = wagit(setup.path, "status").stdout
    assert "slot     staging (pinned)" in told
    assert "session  empty, 0 B\n" in told  # when it was last ready is not known, and not told
    assert wagit(setup.path, "use", "--auto").stdout == "slot production (was staging)\n"
    assert setup.slot == "production"
    setup.repo.switch("feature/1-menu")
    assert setup.slot == "feature-1"


def test_a_slot_mistyped(setup: Setup) -> None:
    assert "no slot 'stagin'; did you mean staging\n" in wagit(setup.path, "use", "stagin").stderr


def test_a_pin_is_of_one_worktree(setup: Setup) -> None:
    other = Setup(setup.repo.add_worktree(setup.path.parent / "wt", "topic"))
    wagit(setup.path, "use", "staging")
    assert (setup.slot, other.slot) == ("staging", "dev")


def test_pinning_the_slot_that_is_used(setup: Setup) -> None:
    said = wagit(setup.path, "use", "production").stdout
    assert said == "slot production, as before; pinned, until: wagit use --auto\n"
    setup.repo.switch("develop")
    assert setup.slot == "production"


def test_the_log_tells_what_was_pinned_before(setup: Setup) -> None:
    """What unpins onto the slot that was pinned changes something, too."""
    wagit(setup.path, "use", "production")
    wagit(setup.path, "use", "--auto")
    unpinned, pinned = (entry["detail"] for entry in data_of(setup.path, "log", "-n", "2"))
    assert pinned == {"from": "production", "to": "production", "pinned": True, "was_pinned": False}
    assert unpinned == {"from": "production", "to": "production", "pinned": False, "was_pinned": True}


def test_dry_run(setup: Setup) -> None:
    before = files_in(setup.path)
    assert wagit(setup.path, "use", "staging", "--dry-run").stdout == "would use slot staging\n"
    assert wagit(setup.path, "use", "--auto", "--dry-run").stdout == "would use slot production\n"
    assert files_in(setup.path) == before


def test_dry_run_where_the_slot_would_be_kept(setup: Setup) -> None:
    setup.repo.git("checkout", "--quiet", "--detach", "develop")
    assert wagit(setup.path, "use", "--auto", "--dry-run").stdout == "would use slot production\n"


def test_use_mends_whatever_is_missing(setup: Setup) -> None:
    (setup.path / LINK).unlink()
    assert wagit(setup.path, "use", "--auto").status == 0
    assert setup.slot == "production"
    (setup.repo.state_dir / "binding.json").unlink()
    assert wagit(setup.path, "status").status == 0
    assert setup.slot == "production"


def test_a_second_time_changes_nothing(setup: Setup) -> None:
    assert wagit(setup.path, "use", "--auto").status == 0
    before = files_in(setup.path)
    assert wagit(setup.path, "use", "--auto").status == 0
    assert wagit(setup.path, "status").status == 0
    assert files_in(setup.path) == before


def test_status(setup: Setup) -> None:
    found = data_of(setup.path, "status")
    assert found["since"].endswith("Z")
    kept = {key: found[key] for key in ("branch", "slot", "pinned", "link", "linked", "hooks", "notices")}
    assert kept == {"branch": "main", "slot": "production", "pinned": False, "link": LINK, "linked": True,
                    "hooks": True, "notices": []}  # fmt: skip
    assert found["session"]["slot"] == "production"
    setup.repo.git("checkout", "--quiet", "--detach")
    assert "branch   detached HEAD\n" in wagit(setup.path, "status").stdout


def test_log(setup: Setup) -> None:
    wagit(setup.path, "use", "staging")
    wagit(setup.path, "use", "--auto")
    entries = data_of(setup.path, "log")
    assert [
        (entry["verb"], entry["cause"], entry["detail"]["from"], entry["detail"]["to"]) for entry in entries
    ] == [
        ("switch", "use --auto", "staging", "production"),
        ("switch", "use", "production", "staging"),
        ("switch", "hook post-checkout", "staging", "production"),
        ("switch", "hook post-checkout", "production", "staging"),
        ("switch", "init", None, "production"),
    ]
    assert len(data_of(setup.path, "log", "-n", "2")) == 2
    assert len(data_of(setup.path, "log", "-n", "0")) == 5
    other = Setup(setup.repo.add_worktree(setup.path.parent / "wt", "topic"))
    assert len(data_of(other.path, "log", "--here")) == 1
    assert len(data_of(other.path, "log", "-n", "0")) == 6


def test_a_torn_line_of_the_log_is_passed_over(setup: Setup) -> None:
    journal = setup.store / "operations.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    wagit(setup.path, "use", "staging")
    causes = [entry["cause"] for entry in data_of(setup.path, "log")]
    assert causes == ["use", "hook post-checkout", "init"]
    assert json.loads(journal.read_bytes().splitlines()[-1])["cause"] == "use"


def test_status_says_what_hinders_it(setup: Setup) -> None:
    (setup.path / LINK).unlink()
    setup.repo.write(f"{LINK}/mine", "mine")
    ran = wagit(setup.path, "status")
    assert "is a directory that wagit did not make" in ran.stderr
    assert "not pointed at production" in ran.stdout
    assert (setup.path / LINK / "mine").read_text() == "mine"
