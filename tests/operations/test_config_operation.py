from __future__ import annotations

import os

from tests.support.config import load_at
from tests.support.git import GitRepo
from wagit.config.environment import ESTABLISHED
from wagit.config.keys import leaves
from wagit.operations import config as operation


def rows_at(repo: GitRepo, **env: str) -> dict[str, tuple[object, str]]:
    rows = operation.show(load_at(repo, env=env), {**os.environ, **env})
    return {row.key: (row.value, row.source) for row in rows}


def test_show_lists_every_setting_and_every_established_name_with_its_source(repo: GitRepo) -> None:
    repo.write(".wagit.yml", "default: a\nbot:\n  stop: {grace: 3m}\n")
    rows = rows_at(repo, WA_BRANCH_DETECTION="false")
    assert list(rows) == [key.name for key in leaves()] + [known.name for known in ESTABLISHED]
    assert rows["default"] == ("a", ".wagit.yml:1")
    assert rows["bot.stop.grace"] == (180.0, ".wagit.yml:3")
    assert rows["launch"] == ("if-running", "default")
    assert rows["branch_detection"] == (False, "WA_BRANCH_DETECTION")
    assert rows["WA_BRANCH_DETECTION"] == ("false", "environment")
    assert rows["WA_SHARED_SESSION"] == (None, "not set")


def test_show_lists_what_each_rule_says(repo: GitRepo) -> None:
    repo.write(
        ".wagit.yml", "rules:\n  - branch: a\n    slot: b\n  - {branch: [c, d], slot: e, team: true}\n"
    )
    rows = rows_at(repo)
    assert {key: row for key, row in rows.items() if key.startswith("rules")} == {
        "rules[0].branch": (["a"], ".wagit.yml:2"),
        "rules[0].slot": ("b", ".wagit.yml:3"),
        "rules[1].branch": (["c", "d"], ".wagit.yml:4"),
        "rules[1].slot": ("e", ".wagit.yml:4"),
        "rules[1].team": (True, ".wagit.yml:4"),
    }


def test_show_says_when_something_stronger_wins(repo: GitRepo) -> None:
    rows = rows_at(repo, WA_SHARED_SESSION="true", WAGIT_STRATEGY="branch")
    assert rows["strategy"] == ("branch", "WAGIT_STRATEGY")
    assert rows["WA_SHARED_SESSION"] == ("true", "environment, overridden by WAGIT_STRATEGY")


def test_check_says_what_it_is_made_of(repo: GitRepo) -> None:
    assert str(operation.check(load_at(repo))) == "the configuration is good: defaults alone; 0 rules"
    repo.write(".wagit.yml", "rules: [{branch: a, slot: b}]\n")
    assert str(operation.check(load_at(repo))) == "the configuration is good: .wagit.yml; 1 rule"


def test_schema_is_one_for_editors() -> None:
    assert operation.schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
