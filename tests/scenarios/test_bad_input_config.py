"""A config that cannot be used: one place, one sentence, exit 2, nothing changed, and git goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.git import Ran
from tests.support.hooks import File, files_in
from tests.support.setup import CONFIG, LINK, Setup, ours, wagit

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
RULE = "version: 1\nrules:\n  - branch: {branch}\n    slot: {slot}\n"
BAD = {
    "malformed": ("rules: [\n", ".wagit.yml:"),
    "a list": ("- a\n- b\n", "is a list; a config is a mapping"),
    "a text": ("hello\n", "a config is a mapping"),
    "huge": ("#" * 10_000_000, "has 10,000,000 bytes; a config may have 1,048,576"),
    "deeply nested": ("[" * 100_000, "is nested deeper than 32 levels"),
    "aliased bomb": (BOMB, "stands for more than 100,000 values"),
    "unknown key": ("version: 1\ndefualt: dev\n", ".wagit.yml:2: defualt: unknown key; did you mean default"),
    "unknown key inside": ("bot: {comand: [a]}\n", "bot.comand: unknown key; did you mean command"),
    "wrong type": ("bot: {stop: {grace: soon}}\n", ".wagit.yml:1: bot.stop.grace: "),
    "a regular expression": (RULE.format(branch="feature/.*", slot="a"), "did you mean feature/**"),
    "an anchored one": (RULE.format(branch='"^main$"', slot="a"), "looks like a regular expression"),
    "slot with a slash": (RULE.format(branch="main", slot="a/b"), ".wagit.yml:4: rules[0].slot: 'a/b'"),
    "slot with dots": (RULE.format(branch="main", slot='".."'), ".wagit.yml:4: rules[0].slot: '..'"),
    "slot with NUL": (RULE.format(branch="main", slot='"a\\0b"'), ".wagit.yml:4: rules[0].slot: "),
    "slot too long": (RULE.format(branch="main", slot="a" * 300), ".wagit.yml:4: rules[0].slot: "),
    "default slot": ("default: ../../etc\n", ".wagit.yml:1: default: '../../etc'"),
    "absolute link": ("bot: {link: /tmp/x}\n", "/tmp/x' is absolute; the link must lie in the worktree"),
    "link that leaves": ("bot: {link: ../x}\n", "leaves the worktree; the link must lie in it"),
    "link to itself": ("bot: {link: .}\n", ".wagit.yml:1: bot.link: "),
    "link into .git": ("bot: {link: .git/hooks}\n", ".wagit.yml:1: bot.link: "),
    "store": ("store: /tmp/x\n", "store: is never read from a repository's file"),
    "a newer version": ("version: 2\n", ".wagit.yml:1: version: "),
    "not UTF-8": ("default: \udcff\n", ".wagit.yml:1: is not UTF-8"),
    "control characters": ("default: a\x07b\n", ".wagit.yml"),
    "unknown driver": ("driver: whatsapp\n", ".wagit.yml:1: driver: "),
}
VERBS = ["which", "use --auto", "use staging", "status", "sessions ls", "run -- true", "init", "trust --yes",
         "config check", "config show", "sessions new other", "sessions rm staging --yes"]  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """On main, with develop seen before."""
    setup = Setup.make(tmp_path_factory.mktemp("bad") / "repo")
    setup.repo.switch("develop")
    setup.repo.switch("main")
    return setup


def spoil(setup: Setup, text: str) -> dict[str, File]:
    (setup.path / ".wagit.yml").write_bytes(text.encode(errors="surrogateescape"))
    return files_in(setup.path)


def said_well(ran: Ran, status: int) -> str:
    """The message, which must be one with a hint and without a traceback."""
    assert ran.status == status, ran
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    message, _, hint = ran.stderr.rpartition("  hint: ")
    assert message.startswith("wagit: ")
    assert len(hint) > 10
    return message.removeprefix("wagit: ")


@pytest.mark.parametrize("name", BAD)
def test_commands_say_where_and_change_nothing(prepared: Setup, name: str) -> None:
    text, told = BAD[name]
    before = spoil(prepared, text)
    for verb in ("use --auto", "init", "config check"):
        message = said_well(wagit(prepared.path, *verb.split()), 2)
        assert told in message
        assert len(message.splitlines()) == 1, message
        assert max(map(len, message.splitlines())) < 400
    assert files_in(prepared.path) == before


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_says_it(prepared: Setup, verb: str) -> None:
    before = spoil(prepared, "defualt: dev\n")
    assert "did you mean default" in said_well(wagit(prepared.path, *verb.split()), 2)
    ran = wagit(prepared.path, "--json", *verb.split())
    envelope = json.loads(ran.stdout)
    assert (ran.status, ran.stderr, envelope["ok"], envelope["data"]) == (2, "", False, None)
    assert envelope["error"]["code"] == "config"
    assert "did you mean default" in envelope["error"]["message"]
    assert envelope["error"]["hint"]
    assert files_in(prepared.path) == before


@pytest.mark.parametrize("name", BAD)
def test_hooks_say_one_line_and_git_goes_on(tmp_path: Path, prepared: Setup, name: str) -> None:
    """The config comes with the branch that is switched to; the session stays what it was."""
    import shutil

    (prepared.path / ".wagit.yml").write_text(CONFIG)
    shutil.copytree(prepared.path, tmp_path / "repo", symlinks=True)
    repo = type(prepared.repo)(tmp_path / "repo")
    setup = Setup(repo)
    assert wagit(repo.path, "use", "--auto").status == 0
    text, told = BAD[name]
    before = files_in(setup.store)
    (repo.path / ".wagit.yml").write_bytes(text.encode(errors="surrogateescape"))
    ran = repo.run("switch", "develop")
    assert (ran.status, ran.stdout) == (0, "M\t.wagit.yml\n")
    [line] = ours(ran.stderr)
    assert ran.stderr == f"Switched to branch 'develop'\n{line}\n"
    assert told in line
    assert files_in(setup.store) == before
    assert setup.slot == "production"
    repo.git("checkout", "--quiet", ".wagit.yml")
    repo.switch("main")
    repo.switch("develop")
    assert setup.slot == "staging"


def test_all_problems_at_once(prepared: Setup) -> None:
    before = spoil(prepared, "defualt: dev\nbot: {comand: [a], stop: {grace: soon}}\n")
    prepared.repo.write(".wagit.local.yml", "strategy: patern\n")
    message = said_well(wagit(prepared.path, "which"), 2)
    (prepared.path / ".wagit.local.yml").unlink()
    assert [line.split(" ")[0] for line in message.splitlines()] == [
        ".wagit.yml:1:", ".wagit.yml:2:", ".wagit.yml:2:", ".wagit.local.yml:1:",
    ]  # fmt: skip
    assert files_in(prepared.path) == before


def test_an_empty_config_is_a_config(prepared: Setup) -> None:
    spoil(prepared, "")
    assert wagit(prepared.path, "which").stdout.startswith("main -> ")
    assert wagit(prepared.path, "config", "check").status == 0


def test_an_environment_that_makes_no_sense(prepared: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    before = spoil(prepared, CONFIG)
    for name, value in {"WAGIT_STRATEGY": "patern", "WAGIT_DEFAULT": "a/b", "WAGIT_STORE": "here"}.items():
        with monkeypatch.context() as environ:
            environ.setenv(name, value)
            assert name in said_well(wagit(prepared.path, "use", "--auto"), 2)
            ran = prepared.repo.run("switch", "develop")
            assert (ran.status, len(ours(ran.stderr))) == (0, 1)
            assert name in ran.stderr
            prepared.repo.run("switch", "main")
    assert files_in(prepared.store / "slots") == {
        name.removeprefix(".git/wagit/slots/"): file
        for name, file in before.items()
        if name.startswith(".git/wagit/slots/")
    }


def test_a_doctor_reports_a_bad_config(prepared: Setup) -> None:
    spoil(prepared, "defualt: dev\n")
    ran = wagit(prepared.path, "doctor")
    assert ran.status == 1
    assert "did you mean default" in ran.stdout
    assert (prepared.path / LINK).is_symlink()
