from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.config import load_at, problems_at, write_user_config
from tests.support.git import GitRepo
from wagit.config.problems import ConfigProblems

RULE = "rules:\n  - branch: {}\n    slot: {}\n"


def one(directory: Path, text: str) -> str:
    """The one problem of a project config, without the file's name."""
    (directory / ".wagit.yml").write_text(text)
    problems = problems_at(directory)
    assert len(problems) == 1, problems
    return problems[0].removeprefix(".wagit.yml:")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("strategi: x\n", "1: strategi: unknown key; did you mean strategy"),
        ("bot:\n  comand: x\n", "2: bot.comand: unknown key; did you mean command"),
        ("command: npm start\n", "1: command: unknown key; did you mean bot.command"),
        ("snapshots: {keep: {lst: 4}}\n", "1: snapshots.keep.lst: unknown key; did you mean last"),
        ("strategy: patern\n", "is not one of shared, branch, pattern, team; did you mean pattern"),
        ("driver: wwebj\n", "did you mean wwebjs"),
        ("version: 2\n", "1: version: version 2 is not known; this wagit reads version 1"),
        ("version: one\n", "1: version: 'one' is not a whole number"),
        ("auto_recovery: maybe\n", "1: auto_recovery: 'maybe' is not true or false"),
        ("browser: {warm: -1}\n", "1: browser.warm: '-1' is out of range"),
        ("browser: {warm: " + "9" * 5000 + "}\n", "1: browser.warm: "),
        ("bot: npm\n", "1: bot: must be a mapping of keys, not 'npm'"),
        ("bot: {stop: {grace: soon}}\n", "1: bot.stop.grace: 'soon' is not a duration; write"),
        ("bot: {stop: {grace: 5 s}}\n", "is not a duration"),
        ("bot: {restart: {delays: [5s, x]}}\n", "1: bot.restart.delays[1]: 'x' is not a duration"),
        ("bot: {command: [npm, [x]]}\n", "1: bot.command[1]: must be text, not a list"),
        ("bot: {command: \"npm 'x\"}\n", "1: bot.command: \"npm 'x\" cannot be split into words"),
        ("bot: {command: []}\n", "1: bot.command: is empty"),
        ('bot: {command: ["a\\0b"]}\n', "1: bot.command[0]: 'a\\x00b' has a control character"),
        ("bot: {link: /tmp/x}\n", "1: bot.link: '/tmp/x' is absolute; the link must lie in the worktree"),
        ("bot: {link: C:\\x}\n", "is absolute"),
        ("bot: {link: ~/x}\n", "is absolute"),
        ("bot: {link: a/../../b}\n", "1: bot.link: 'a/../../b' leaves the worktree"),
        ("bot: {link: ./.}\n", "is the worktree itself"),
        ("bot: {link: .git/hooks}\n", "lies in git's own directory"),
        ("bot: {link: sub/.GIT}\n", "lies in git's own directory"),
        ('bot: {link: ""}\n', "is not a path"),
        ('bot: {link: "a\\nb"}\n', "has a control character"),
        ("rules: main\n", "1: rules: must be a list, not 'main'"),
        ("rules: [main]\n", "1: rules[0]: must be a mapping of keys, not 'main'"),
        ("rules:\n  - slot: x\n", "2: rules[0].branch: is missing"),
        ("rules:\n  - branch: x\n", "2: rules[0].slot: is missing"),
        (RULE.format("a", "Staging"), "a-z, 0-9, '.', '_' and '-', no '..'; did you mean staging"),
        (RULE.format("a", "feature/x"), "did you mean feature-x"),
        (RULE.format("a", ".."), "3: rules[0].slot: '..' is not a slot's name"),
        (RULE.format("a", "a..b"), "3: rules[0].slot: 'a..b' is not a slot's name"),
        (RULE.format("a", '"a\\0b"'), "3: rules[0].slot: 'a\\x00b' has a control character"),
        (RULE.format("a", "x" * 300), "is longer than 64 bytes"),
        (RULE.format("a", "ü"), "is not a slot's name"),
        (RULE.format("a", "x-{ticket}"), "slot 'x-{ticket}' uses {ticket}, which 'a' does not capture"),
        (RULE.format('["f/{t}", g]', "x-{t}"), "uses {t}, which 'g' does not capture"),
        (RULE.format("a", '"x-{t"'), "has a brace that is no {capture}"),
        ("default: x/y\n", "1: default: 'x/y' is not a slot's name"),
        ("default: " + "x" * 300 + "\n", "1: default: "),
        (RULE.format("a", "a\n    new: mov:dev"), "fresh, move:<slot>, copy:<slot>; did you mean move"),
        (RULE.format("a", "a\n    new: move:../x"), "4: rules[0].new: '../x' is not a slot's name"),
        (RULE.format("a", "a\n    account: soon"), "4: rules[0].account: 'soon' is not a phone number"),
        (RULE.format("'f/{1}'", "a"), "is no capture; write {name}"),
        (RULE.format("'f/{a'", "a"), "is no capture; write {name}"),
        (RULE.format("'{a}/{a}'", "a"), "captures {a} twice"),
        (RULE.format("'[z-a]'", "a"), "'[z-a]' is no character class"),
        (RULE.format("'!main'", "a"), "cannot be negated; put a rule for main before it"),
        (RULE.format("refs/heads/main", "a"), "did you mean main"),
        (RULE.format("''", "a"), "2: rules[0].branch[0]: is empty"),
        (RULE.format("[]", "a"), "2: rules[0].branch: is empty"),
        ("health: {fresh: 9d}\n", "1: health.fresh: old (7d) must not be less than fresh (9d)"),
        ("store: /tmp/x\n", "1: store: is never read from a repository's file; set it in"),
        ("default: a\ndefault: b\n", "2: default: is written twice; first on line 1"),
        ("rules:\n - branch: a\n   slot: b\n   slot: c\n", "4: rules[0].slot: is written twice; first"),
        ("- a\n", "1: is a list; a config is a mapping: key: value"),
        ("hello\n", "1: is the text 'hello'; a config is a mapping"),
        ("default: a\n---\ndefault: b\n", "2: a second document starts here"),
        ("bot:\n\tlink: x\n", "2: is not valid YAML at column 1: a tab; indent with spaces"),
        ("default: @x\n", "1: is not valid YAML at column 10: a value cannot start with '@'"),
        ("a: b: c\n", "1: is not valid YAML at column 5: a ':' does not belong here"),
        ("rules: [a\n", "2: is not valid YAML at column 1: did not find expected ',' or ']'"),
        ("a: \x07\n", "1: has a control character at column 4: '\\x07'"),
        ("? [a]\n: b\n", "1: a key must be text"),
        ("~: b\n", "1: a key must be text"),
        ("default: *x\n", "1: the alias *x names no anchor"),
        ("rules: &a [*a]\n", "1: the alias *a names no anchor that is complete before it"),
        ("default: !!python/object/apply:os.system [x]\n", "1: the tag 'tag:yaml.org"),
        ("<<: 4\n", "1: <<: merges mappings only"),
    ],
)  # fmt: skip
def test_says_where_what_and_what_was_meant(tmp_path: Path, text: str, problem: str) -> None:
    said = one(tmp_path, text)
    assert said.startswith(problem) if problem[0].isdigit() else problem in said, said


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("^feature/.*$", "did you mean feature/**"),
        ("feature/.*", "did you mean feature/**"),
        ("feature/.+", "did you mean feature/**"),
        ("(main|develop)", "did you mean [main, develop]"),
        ("^(release|hotfix)/.*$", "did you mean [release/**, hotfix/**]"),
        (r"^release/\d+\.\d+$", "did you mean release/*.*"),
        (r"release/[0-9]+", "did you mean release/*"),
        (r"^feature/(?P<ticket>\d+)-.*", "did you mean feature/{ticket}-*"),
        (r"^(?!main)", "'*' stays inside a segment, '**' crosses segments"),
        (".*", "did you mean **"),
    ],
)
def test_a_regular_expression_is_answered_with_its_glob(tmp_path: Path, written: str, meant: str) -> None:
    said = one(tmp_path, RULE.format(f"'{written}'", "a"))
    assert said.startswith("2: rules[0].branch[0]: ")
    assert "looks like a regular expression" in said
    assert said.endswith(meant)


@pytest.mark.parametrize(
    "written", ["v1.*", "v1.x.*", "pay$", "a+b", "it(1)", "**", "[a-z]*", "x/[!a-c]?", "a[^b]c", "a[b"]
)
def test_a_glob_is_no_regular_expression(tmp_path: Path, written: str) -> None:
    (tmp_path / ".wagit.yml").write_text(RULE.format(f"'{written}'", "a"))
    assert load_at(tmp_path).settings.rules[0].branch == (written,)


def test_all_problems_of_all_layers_come_at_once_in_order(repo: GitRepo, home: Path) -> None:
    user = write_user_config(home, "launch: autto\n")
    repo.write(
        ".wagit.yml",
        "rules:\n  - branch: a\n    slot: A\n    protct: true\nhealth:\n  old: never\nversion: 3\n",
    )
    repo.write(".wagit.local.yml", "default: [x]\n")
    environ = {"WAGIT_BROWSER_WARM": "many", "WA_MAX_RECOVERY_TIME": "5s"}
    with pytest.raises(ConfigProblems) as raised:
        load_at(repo, env=environ, overrides={"strategy": "x"})
    error = raised.value
    places = [str(problem).partition(": ")[0] for problem in error.problems]
    assert places == [
        f"{user}:1", ".wagit.yml:3", ".wagit.yml:4", ".wagit.yml:6", ".wagit.yml:7", ".wagit.local.yml:1",
        "environment", "environment", "command line",
    ]  # fmt: skip
    assert (error.code, error.exit_status) == ("config", 2)
    assert error.message.count("\n") == len(error.problems) - 1


def test_a_huge_file_is_refused_by_its_size(repo: GitRepo) -> None:
    repo.write(".wagit.yml", "#" * 10_000_000)
    assert problems_at(repo) == [".wagit.yml: has 10,000,000 bytes; a config may have 1,048,576"]
    repo.git("add", "-f", ".wagit.yml")
    repo.commit()
    repo.switch("develop")
    assert problems_at(repo) == ["main:.wagit.yml: has 10,000,000 bytes; a config may have 1,048,576"]


def test_not_utf8(repo: GitRepo) -> None:
    (repo.path / ".wagit.yml").write_bytes(b"version: 1\ndefault: \xff\n")
    assert problems_at(repo) == [".wagit.yml:2: is not UTF-8 (byte 20)"]


def test_a_directory_a_pipe_and_an_unreadable_loop_are_no_config(repo: GitRepo) -> None:
    file = repo.path / ".wagit.yml"
    file.mkdir()
    assert problems_at(repo) == [".wagit.yml: is not a file"]
    file.rmdir()
    os.mkfifo(file)
    assert problems_at(repo) == [".wagit.yml: is not a file"]
    file.unlink()
    file.symlink_to(".wagit.yml")
    assert "cannot be read" in problems_at(repo)[0]


def test_a_link_in_another_branch_is_no_config(repo: GitRepo) -> None:
    (repo.path / ".wagit.yml").symlink_to("/etc/hostname")
    repo.git("add", ".wagit.yml")
    repo.commit()
    repo.switch("develop")
    assert problems_at(repo) == ["main:.wagit.yml: is not a file there"]


def test_store_is_refused_in_both_files_of_a_repository_and_read_from_the_users(
    repo: GitRepo, home: Path
) -> None:
    repo.write(".wagit.yml", "store: /tmp/x\n")
    repo.write(".wagit.local.yml", "store: /tmp/x\n")
    assert len(problems_at(repo)) == 2
    (repo.path / ".wagit.yml").unlink()
    (repo.path / ".wagit.local.yml").unlink()
    write_user_config(home, "store: ~/sessions\n")
    assert load_at(repo).settings.store == "~/sessions"
    write_user_config(home, "store: sessions\n")
    assert "'sessions' is not an absolute path" in problems_at(repo)[0]
    write_user_config(home, "{store: /x}\n")
    assert "must be a plain line by itself" in problems_at(repo)[0]


def test_a_hostile_key_cannot_write_on_the_terminal(tmp_path: Path) -> None:
    said = one(tmp_path, '"\\e[31mred\\nline": x\n')
    assert "\x1b" not in said
    assert "\n" not in said


def test_thousands_of_problems_are_cut(tmp_path: Path) -> None:
    (tmp_path / ".wagit.yml").write_text("".join(f"key{n}: x\n" for n in range(2000)))
    with pytest.raises(ConfigProblems) as raised:
        load_at(tmp_path)
    assert "1950 more problems are not shown" in raised.value.message
    assert raised.value.message.count("\n") == 50
