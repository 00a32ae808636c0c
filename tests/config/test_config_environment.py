from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.config import load_at, problems_at
from wagit.config.environment import ESTABLISHED
from wagit.config.keys import leaves


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A worktree whose config is empty."""
    (tmp_path / ".wagit.yml").touch()
    return tmp_path


def value_at(directory: Path, key: str, env: dict[str, str]) -> object:
    value: object = load_at(directory, env=env).settings
    for part in key.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("WAGIT_STRATEGY", "branch", "strategy", "branch"),
        ("WAGIT_BOT_COMMAND", "node bot.js 'a b'", "bot.command", ("node", "bot.js", "a b")),
        ("WAGIT_BOT_LINK", "false", "bot.link", False),
        ("WAGIT_BOT_RESTART_DELAYS", "1s, 2m", "bot.restart.delays", (1.0, 120.0)),
        ("WAGIT_BROWSER_WARM", "4", "browser.warm", 4),
        ("WAGIT_AUTO_RECOVERY", "no", "auto_recovery", False),
        ("WAGIT_STORE", "/srv/sessions", "store", "/srv/sessions"),
        ("WA_SHARED_SESSION", "true", "strategy", "shared"),
        ("WA_BRANCH_SESSIONS", "TRUE", "strategy", "branch"),
        ("WA_BRANCH_PATTERN_STRATEGY", "1", "strategy", "pattern"),
        ("WA_TEAM_COLLABORATION", "yes", "strategy", "team"),
        ("WA_SHARED_SESSION", "false", "strategy", "pattern"),
        ("WA_BRANCH_DETECTION", "false", "branch_detection", False),
        ("WA_AUTO_MIGRATE_SESSION", "true", "new", "move"),
        ("WA_AUTO_MIGRATE_SESSION", "false", "new", "fresh"),
        ("WA_MIGRATION_BACKUP", "false", "migration_backup", False),
        ("WA_AUTO_RECOVERY", "false", "auto_recovery", False),
        ("WA_CLEANUP_ON_EXIT", "true", "cleanup_on_exit", True),
        ("WA_MAX_RECOVERY_TIME", "45000", "max_recovery_time", 45.0),
        ("WHATSAPP_SESSION_NAME", "shared-one", "default", "shared-one"),
        ("WHATSAPP_KEEP_ALIVE_INTERVAL", "60000", "health.keep_alive", 60.0),
        ("WHATSAPP_HEALTH_CHECK_INTERVAL", "3600000", "health.check", 3600.0),
        ("WHATSAPP_MAX_SESSION_AGE", "1209600000", "health.old", 1209600.0),
        ("WHATSAPP_AUTO_BACKUP", "false", "snapshots.on_switch", False),
        ("WHATSAPP_AUTO_BACKUP", "false", "snapshots.on_stop", False),
        ("WHATSAPP_AUTO_BACKUP", "false", "snapshots.every", 0.0),
        ("WHATSAPP_AUTO_BACKUP", "true", "snapshots.on_stop", True),
        ("WHATSAPP_AUTO_BACKUP", "true", "snapshots.every", 3600.0),
        ("WAGIT_SNAPSHOTS_EVERY", "off", "snapshots.every", 0.0),
        ("WAGIT_SNAPSHOTS_EVERY", "30m", "snapshots.every", 1800.0),
        ("WHATSAPP_TEST_MODE", "true", "test_mode", True),
        ("NODE_ENV", "test", "test_mode", True),
        ("NODE_ENV", "production", "test_mode", False),
        ("AUTO_RESTORE_SESSIONS", "false", "auto_restore_sessions", False),
    ],
)
def test_each_name_sets_its_setting(
    directory: Path, variable: str, text: str, key: str, value: object
) -> None:
    assert value_at(directory, key, {variable: text}) == value


def test_wagits_own_names_win_over_established_ones_and_both_over_files(directory: Path) -> None:
    (directory / ".wagit.yml").write_text("strategy: team\n")
    established = {"WA_SHARED_SESSION": "true"}
    assert value_at(directory, "strategy", established) == "shared"
    assert value_at(directory, "strategy", established | {"WAGIT_STRATEGY": "branch"}) == "branch"


def test_an_empty_variable_is_not_set(directory: Path) -> None:
    assert value_at(directory, "strategy", {"WAGIT_STRATEGY": "", "WA_SHARED_SESSION": ""}) == "pattern"


def test_names_that_a_bot_is_started_with_set_nothing(directory: Path) -> None:
    given = ("WAGIT", "WAGIT_DATA_DIR", "WAGIT_SLOT", "WAGIT_BRANCH", "WAGIT_SESSION_PATH", "WAGIT_CDP_URL")
    assert not set(given) & {key.variable for key in leaves()}
    assert load_at(directory, env=dict.fromkeys(given, "x")).layers == ()


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({"WA_SHARED_SESSION": "maybe"}, "environment: WA_SHARED_SESSION: 'maybe' is not true"),
        ({"WA_MAX_RECOVERY_TIME": "5s"}, "environment: WA_MAX_RECOVERY_TIME: '5s' is not a whole number"),
        ({"WHATSAPP_MAX_SESSION_AGE": "-1"}, "environment: WHATSAPP_MAX_SESSION_AGE: '-1' is"),
        ({"WHATSAPP_SESSION_NAME": "My Bot"}, "environment: WHATSAPP_SESSION_NAME: 'My Bot' is not"),
        ({"WAGIT_STRATEGY": "braanch"}, "environment: WAGIT_STRATEGY: 'braanch' is not one of"),
        ({"WAGIT_STORE": "here"}, "environment: WAGIT_STORE: 'here' is not an absolute path"),
        (
            {"WA_SHARED_SESSION": "true", "WA_BRANCH_SESSIONS": "true"},
            "environment: WA_BRANCH_SESSIONS: contradicts WA_SHARED_SESSION: strategy branch or shared?",
        ),
        (
            {"NODE_ENV": "test", "WHATSAPP_TEST_MODE": "false"},
            "environment: WHATSAPP_TEST_MODE: contradicts NODE_ENV=test",
        ),
    ],
)  # fmt: skip
def test_bad_and_contradicting_names_are_reported(directory: Path, env: dict[str, str], problem: str) -> None:
    problems = problems_at(directory, env=env)
    assert len(problems) == 1
    assert problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("env", "strategy"),
    [
        ({"WA_SHARED_SESSION": "true", "WA_BRANCH_SESSIONS": "false"}, "shared"),
        ({"WA_BRANCH_PATTERN_STRATEGY": "true", "WA_TEAM_COLLABORATION": "true"}, "team"),
        ({"WA_SHARED_SESSION": "true", "WA_BRANCH_SESSIONS": "true", "WAGIT_STRATEGY": "team"}, "team"),
    ],
)
def test_what_does_not_contradict(directory: Path, env: dict[str, str], strategy: str) -> None:
    assert value_at(directory, "strategy", env) == strategy


def test_every_established_name_names_a_setting() -> None:
    known = {key.name for key in leaves()}
    assert all(key in known for name in ESTABLISHED for key in name.sets)
