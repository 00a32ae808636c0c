from __future__ import annotations

from pathlib import Path

from tests.support.config import load_at, write_user_config
from tests.support.git import GitRepo
from wagit.config.trust import digest_of, trust_subset

SENSITIVE = """\
bot: {command: [npm, start], link: sub/auth}
launch: auto
"""
ALL = {
    "bot.command": ["npm", "start"],
    "bot.link": "sub/auth",
    "launch": "auto",
}


def test_covers_exactly_what_runs_programs(repo: GitRepo) -> None:
    repo.write(".wagit.yml", SENSITIVE)
    before = trust_subset(load_at(repo))
    assert before == ALL
    repo.write(".wagit.yml", SENSITIVE + "default: x\nrules: [{branch: main, slot: y}]\nhealth: {old: 9d}\n")
    assert digest_of(trust_subset(load_at(repo))) == digest_of(before)


def test_harmless_values_need_no_trust(repo: GitRepo) -> None:
    repo.write(".wagit.yml", "bot: {link: .wwebjs_auth}\nlaunch: never\nteam: {recipients: []}\n")
    assert trust_subset(load_at(repo), ".wwebjs_auth") == {}
    assert trust_subset(load_at(repo)) == {"bot.link": ".wwebjs_auth"}
    repo.write(".wagit.yml", "bot: {link: false}\n")
    assert trust_subset(load_at(repo)) == {}


def test_a_branchs_config_seen_through_git_needs_the_same_trust(repo: GitRepo) -> None:
    repo.commit(".wagit.yml", SENSITIVE)
    repo.switch("develop")
    assert trust_subset(load_at(repo)) == ALL


def test_the_users_own_layers_need_none(repo: GitRepo, home: Path) -> None:
    write_user_config(home, SENSITIVE)
    assert trust_subset(load_at(repo)) == {}
    repo.write(".wagit.yml", "bot: {command: evil}\n")
    assert trust_subset(load_at(repo)) == {"bot.command": ["evil"]}
    repo.write(".wagit.local.yml", "bot: {command: mine}\n")
    assert trust_subset(load_at(repo)) == {}
    (repo.path / ".wagit.local.yml").unlink()
    assert trust_subset(load_at(repo, env={"WAGIT_BOT_COMMAND": "mine"})) == {}
    assert trust_subset(load_at(repo, overrides={"bot.command": ["mine"]})) == {}


def test_a_local_file_that_came_with_a_commit_is_somebody_elses(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit(".wagit.local.yml", SENSITIVE)
    assert trust_subset(load_at(repo)) == ALL
    linked = repo.add_worktree(tmp_path / "linked", "develop")
    assert trust_subset(load_at(linked)) == ALL


def test_the_digest_minds_words_and_not_order() -> None:
    assert digest_of({"a": ["x", "y"], "b": 1}) == digest_of({"b": 1, "a": ["x", "y"]})
    assert digest_of({"a": ["x", "y"]}) != digest_of({"a": ["x y"]})
