"""What a repository's config wants to run takes effect only after the user saw it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.setup import CONFIG, LINK, Setup, data_of, error_of, make_repo, ours, wagit

COMMAND = CONFIG + "bot:\n  command: [touch, ran]\n"


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """A clone of somebody's repository: its config came with a commit."""
    return Setup(make_repo(tmp_path / "repo", COMMAND)).init()


def test_run_refuses_until_it_is_trusted(setup: Setup) -> None:
    error = error_of(setup.path, "run")
    assert (error["code"], error["status"]) == ("not-trusted", 15)
    assert "touch ran" in error["message"]
    assert not (setup.path / "ran").exists()
    assert error_of(setup.path, "trust")["code"] == "needs-yes"
    assert error_of(setup.path, "run")["status"] == 15
    assert data_of(setup.path, "trust", "--yes")["trusted"] is True
    assert wagit(setup.path, "run").status == 0
    assert (setup.path / "ran").exists()


def test_dry_run_shows_and_allows_nothing(setup: Setup) -> None:
    found = data_of(setup.path, "trust", "--dry-run")
    assert (found["subset"], found["trusted"]) == ({"bot.command": ["touch", "ran"]}, False)
    assert error_of(setup.path, "run")["status"] == 15


def test_an_edit_elsewhere_asks_nothing_new(setup: Setup) -> None:
    wagit(setup.path, "trust", "--yes")
    setup.repo.commit(".wagit.yml", "# a comment\n" + COMMAND.replace("slot: production", "slot: live"))
    assert data_of(setup.path, "trust")["trusted"] is True
    setup.repo.switch("develop")
    assert data_of(setup.path, "trust")["trusted"] is True
    assert wagit(setup.path, "run").status == 0


def test_another_command_asks_again(setup: Setup) -> None:
    wagit(setup.path, "trust", "--yes")
    setup.repo.commit(".wagit.yml", COMMAND.replace("[touch, ran]", "[touch, ran, twice]"))
    assert error_of(setup.path, "run")["status"] == 15
    setup.repo.switch("develop")
    assert wagit(setup.path, "run").status == 0


def test_the_users_own_words_need_no_trust(setup: Setup) -> None:
    assert wagit(setup.path, "run", "--", "true").status == 0
    setup.repo.write(".wagit.local.yml", "bot: {command: [touch, mine]}\n")
    assert wagit(setup.path, "run").status == 0
    assert (setup.path / "mine").exists()


def test_what_init_writes_is_trusted(tmp_path: Path) -> None:
    setup = Setup.make(tmp_path / "repo")
    (setup.path / ".wagit.yml").unlink()
    setup.repo.write("package.json", '{"dependencies": {"whatsapp-web.js": "1"}, "scripts": {"dev": "true"}}')
    setup.repo.git("update-ref", "-d", "refs/heads/main")
    for branch in ("develop", "topic", "feature/1-menu", "feature/2-cart"):
        setup.repo.git("branch", "-D", branch)
    setup.init()
    assert data_of(setup.path, "trust")["subset"] == {"bot.command": ["npm", "run", "dev"]}
    assert data_of(setup.path, "trust")["trusted"] is True


def test_unreadable_trust_is_no_trust(setup: Setup) -> None:
    wagit(setup.path, "trust", "--yes")
    (setup.store / "trust.json").write_text("{")
    assert error_of(setup.path, "run")["status"] == 15


def test_a_link_of_the_config_waits_for_trust(setup: Setup) -> None:
    """Hooks never ask: they use the driver's own place, say so in one line, and git goes on."""
    setup.repo.commit(".wagit.yml", COMMAND.replace("bot:\n", "bot:\n  link: tokens/mine\n"))
    setup.repo.git("branch", "--force", "topic")
    ran = setup.repo.switch("topic")
    assert ours(ran.stderr)[1:] == ["wagit: bot.link: tokens/mine waits for your word: wagit trust"]
    assert setup.slot == "dev"
    assert not (setup.path / "tokens").exists()
    wagit(setup.path, "trust", "--yes")
    setup.repo.switch("main")
    assert (setup.path / "tokens/mine").resolve() == (setup.store / "slots/production/data")
    assert (setup.path / LINK).is_symlink() is False or setup.linked is not None
