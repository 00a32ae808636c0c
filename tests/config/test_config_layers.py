from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.config import load_at, problems_at, write_user_config
from tests.support.git import GitRepo

FULL = """\
version: 1
driver: wwebjs                       # found by `wagit init`
strategy: pattern
default: dev
rules:
  - branch: main
    slot: production
    account: "+49 151 0000000"
    protect: true
  - branch: [develop, "release/**"]
    slot: staging
    team: true
  - branch: "feature/{ticket}-*"
    slot: "feature-{ticket}"
    new: move:dev
bot:
  command: [npm, run, dev]
  link: .wwebjs_auth
  stop: {grace: 10s}
  restart: {delays: [5s, 10s, 15s, 20s, 25s, 30s], attempts: 5}
launch: if-running
browser: {mode: hosted, warm: 2, idle: 10m}
snapshots: {on_switch: true, on_stop: true, keep: {last: 5, daily: 7, weekly: 4}}
health: {keep_alive: 5m, check: 24h, fresh: 3d, old: 7d}
"""


def test_nothing_written_is_the_defaults(repo: GitRepo) -> None:
    config = load_at(repo)
    assert config.settings.strategy == "pattern"
    assert config.settings.default == "dev"
    assert config.settings.rules == ()
    assert config.settings.driver is None
    assert config.project is None
    assert str(config.source("strategy")) == "default"


def test_every_key_of_a_full_config_is_read_with_its_line(repo: GitRepo) -> None:
    repo.write(".wagit.yml", FULL)
    config = load_at(repo)
    production, staging, feature = config.settings.rules
    assert (production.branch, production.slot, production.protect) == (("main",), "production", True)
    assert production.account == "+49 151 0000000"
    assert (staging.branch, staging.team) == (("develop", "release/**"), True)
    assert (feature.slot, feature.new) == ("feature-{ticket}", "move:dev")
    bot = config.settings.bot
    assert (bot.command, bot.link, bot.stop.grace) == (("npm", "run", "dev"), ".wwebjs_auth", 10.0)
    assert (bot.restart.delays, bot.restart.attempts) == ((5, 10, 15, 20, 25, 30), 5)
    assert config.settings.health.old == 7 * 86400
    for key, line in {
        "driver": 2, "rules": 5, "rules[0]": 6, "rules[1].branch": 10, "rules[1].branch[1]": 10,
        "rules[2].slot": 14, "bot.command": 17, "bot.stop.grace": 19, "health.old": 24,
    }.items():  # fmt: skip
        assert str(config.source(key)) == f".wagit.yml:{line}", key
    assert str(config.source("rules[0].team")) == "default"


def test_each_layer_is_stronger_than_the_one_before(repo: GitRepo, home: Path) -> None:
    user = write_user_config(home, "default: user\n")
    environ: dict[str, str] = {}
    overrides: dict[str, object] = {}

    def expect(slot: str, source: str) -> None:
        config = load_at(repo, env=environ, overrides=overrides)
        assert (config.settings.default, str(config.source("default"))) == (slot, source)

    expect("user", f"{user}:1")
    repo.write(".wagit.yml", "version: 1\ndefault: project\n")
    expect("project", ".wagit.yml:2")
    repo.write(".wagit.local.yml", "default: local\n")
    expect("local", ".wagit.local.yml:1")
    environ["WHATSAPP_SESSION_NAME"] = "established"
    expect("established", "WHATSAPP_SESSION_NAME")
    environ["WAGIT_DEFAULT"] = "variable"
    expect("variable", "WAGIT_DEFAULT")
    overrides["default"] = "asked"
    expect("asked", "command line")


def test_mappings_merge_key_by_key_and_lists_are_replaced(repo: GitRepo) -> None:
    repo.write(".wagit.yml", FULL)
    repo.write(".wagit.local.yml", "bot: {stop: {grace: 3s}}\nrules:\n  - {branch: '**', slot: mine}\n")
    config = load_at(repo)
    assert config.settings.bot.stop.grace == 3
    assert config.settings.bot.command == ("npm", "run", "dev")
    assert [rule.slot for rule in config.settings.rules] == ["mine"]
    assert str(config.source("rules[0].slot")) == ".wagit.local.yml:3"
    assert str(config.source("bot.command")) == ".wagit.yml:17"


def test_a_key_with_nothing_after_it_counts_as_not_written(repo: GitRepo) -> None:
    repo.write(".wagit.yml", "default:\nrules:\nbot:\n  command: ~\n")
    config = load_at(repo)
    assert (config.settings.default, config.settings.bot.command) == ("dev", None)
    assert str(config.source("default")) == "default"


def test_scalars_are_what_they_look_like(repo: GitRepo) -> None:
    repo.write(
        ".wagit.yml",
        "default: 0042\nrules:\n  - {branch: on, slot: no, account: +4915100000}\n"
        "bot: {command: [node, 8080, 1e3]}\n",
    )
    settings = load_at(repo).settings
    assert settings.default == "0042"
    assert (settings.rules[0].branch, settings.rules[0].slot) == (("on",), "no")
    assert settings.rules[0].account == "+4915100000"
    assert settings.bot.command == ("node", "8080", "1e3")


@pytest.mark.parametrize("written", ["false", "no", '"none"'])
def test_no_link(repo: GitRepo, written: str) -> None:
    repo.write(".wagit.yml", f"bot: {{link: {written}}}\n")
    assert load_at(repo).settings.bot.link is False


def test_aliases_and_merges(repo: GitRepo) -> None:
    repo.write(
        ".wagit.yml",
        "rules:\n  - &one {branch: a, slot: one, team: true}\n  - {<<: *one, branch: b}\n  - *one\n",
    )
    config = load_at(repo)
    assert [(rule.branch, rule.slot, rule.team) for rule in config.settings.rules] == [
        (("a",), "one", True), (("b",), "one", True), (("a",), "one", True),
    ]  # fmt: skip
    assert str(config.source("rules[2].slot")) == ".wagit.yml:4"


def test_a_linked_worktree_uses_the_main_ones_local_file(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit(".wagit.yml", "default: shared\n")
    repo.write(".wagit.local.yml", "default: mine\n")
    linked = repo.add_worktree(tmp_path / "linked", "-b", "linked")
    config = load_at(linked)
    assert str(config.source("default")) == f"{repo.path}/.wagit.local.yml:1"
    linked.write(".wagit.local.yml", "default: here\n")
    assert load_at(linked).settings.default == "here"


def test_a_tree_without_config_uses_the_default_branchs(repo: GitRepo) -> None:
    repo.commit(".wagit.yml", "default: from-main\n")
    repo.switch("develop")
    config = load_at(repo)
    assert (config.settings.default, config.project) == ("from-main", "main:.wagit.yml")
    assert str(config.source("default")) == "main:.wagit.yml:1"


def test_the_default_branch_is_origins_first(repo: GitRepo, tmp_path: Path) -> None:
    repo.commit(".wagit.yml", "default: from-main\n")
    repo.switch("develop")
    repo.commit(".wagit.yml", "default: from-develop\n")
    repo.switch("feature/1")
    clone = repo.clone(tmp_path / "clone")
    assert load_at(clone).project == "origin/main:.wagit.yml"
    clone.git("remote", "set-head", "origin", "develop")
    assert load_at(clone).project == "origin/develop:.wagit.yml"
    clone.git("branch", "develop", "origin/develop")
    assert load_at(clone).project == "develop:.wagit.yml"
    assert load_at(clone, "main").project == "origin/main:.wagit.yml"


def test_the_default_branch_is_git_configs_next(repo: GitRepo) -> None:
    repo.commit(".wagit.yml", "default: from-main\n")
    repo.switch("develop")
    repo.commit(".wagit.yml", "default: from-develop\n")
    repo.switch("feature/1")
    repo.config("init.defaultBranch", "develop")
    assert load_at(repo).project == "develop:.wagit.yml"


@pytest.mark.parametrize("packed", [False, True])
def test_files_tell_when_the_default_branchs_config_may_be_another(repo: GitRepo, packed: bool) -> None:
    repo.commit(".wagit.yml", "default: one\n")
    repo.switch("develop")
    if packed:
        repo.git("pack-refs", "--all")

    def stamps() -> list[tuple[str, bool, int]]:
        files = load_at(repo).files
        return [
            (file.path, file.existed, os.stat(file.path).st_mtime_ns if file.existed else 0) for file in files
        ]

    before = stamps()
    assert stamps() == before
    tree = repo.git("rev-parse", "main^")
    repo.git("update-ref", "refs/heads/main", tree)
    assert stamps() != before


def test_an_orphan_branch_uses_the_default_branchs(repo: GitRepo) -> None:
    repo.commit(".wagit.yml", "default: from-main\n")
    repo.git("switch", "--orphan", "empty")
    assert load_at(repo).project == "main:.wagit.yml"


def test_another_branch_is_seen_as_a_switch_to_it_would(repo: GitRepo) -> None:
    repo.commit(".wagit.yml", "default: from-main\n")
    repo.switch("develop")
    repo.commit(".wagit.yml", "default: from-develop\n")
    repo.write(".wagit.yml", "default: edited\n")
    assert load_at(repo, "main").project == "main:.wagit.yml"
    assert load_at(repo, "develop").settings.default == "edited"
    assert load_at(repo, "feature/1").project == "main:.wagit.yml"
    assert load_at(repo, "not-there").settings.default == "edited"


def test_a_problem_on_another_branch_names_it(repo: GitRepo) -> None:
    repo.commit(".wagit.yml", "version: 1\ndefalt: x\n")
    repo.switch("develop")
    assert problems_at(repo) == ["main:.wagit.yml:2: defalt: unknown key; did you mean default"]


def test_works_on_reftable_and_sha256(git_new: object, tmp_path: Path) -> None:
    del git_new
    repo = GitRepo.init(tmp_path / "r", "main", options=("--ref-format=reftable", "--object-format=sha256"))
    repo.commit(".wagit.yml", "default: from-main\n")
    repo.git("switch", "--orphan", "empty")
    config = load_at(repo)
    assert config.project == "main:.wagit.yml"
    assert any(file.path.endswith("reftable/tables.list") for file in config.files)


def test_rules_without_new_take_the_general_one(repo: GitRepo) -> None:
    repo.write(".wagit.yml", "rules:\n  - {branch: a, slot: a}\n  - {branch: b, slot: b, new: fresh}\n")
    config = load_at(repo, env={"WA_AUTO_MIGRATE_SESSION": "true"})
    assert [rule.new for rule in config.settings.rules] == ["move", "fresh"]
    assert str(config.source("rules[0].new")) == "WA_AUTO_MIGRATE_SESSION"


def test_an_age_limit_below_the_default_freshness_lowers_it(repo: GitRepo) -> None:
    config = load_at(repo, env={"WHATSAPP_MAX_SESSION_AGE": "86400000"})
    assert (config.settings.health.fresh, config.settings.health.old) == (86400, 86400)


def test_settings_cannot_be_changed(repo: GitRepo) -> None:
    config = load_at(repo)
    with pytest.raises(ValueError, match="frozen"):
        config.settings.default = "x"
