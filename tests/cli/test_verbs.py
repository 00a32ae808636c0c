"""The command line as a user meets it: help, shared options, completion, suggestions, pipes and colour."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.support.git import GitRepo, Ran
from tests.support.setup import Setup, data_of, wagit
from wagit.cli.app import app
from wagit.cli.main import run

CHECKOUT = Path(__file__).parents[2]
VERBS = ["init", "trust", "doctor", "which", "use", "status", "log", "undo", "sessions ls", "sessions show",
         "login", "refresh", "health", "report", "export", "guard",
         "sessions new", "sessions adopt", "sessions rename", "sessions promote", "sessions rm",
         "run", "up", "down", "restart", "logs", "bot", "standin", "demo",
         "snapshot", "restore", "verify", "repair", "clean",
         "snapshots ls", "snapshots show", "snapshots diff", "snapshots rm", "snapshots prune",
         "team push", "team pull", "team ls", "team status", "team lease", "team release",
         "team init", "team add", "team remove", "team rotate",
         "hooks install", "hooks uninstall", "hooks status", "config show", "config check",
         "config schema"]  # fmt: skip
READING = ["which", "use --auto", "status", "log", "sessions ls", "sessions show production", "trust", "init",
           "snapshots ls production", "hooks status", "verify production",
           "config show", "config check", "config schema"]  # fmt: skip


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Setup:
    return Setup.make(tmp_path_factory.mktemp("cli") / "repo")


def program(cwd: Path, *arguments: str, env: dict[str, str] | None = None) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "wagit", *arguments], cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), **(env or {})}, text=True, check=False, timeout=60,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def every_verb() -> Iterator[str]:
    def walk(command: Any, path: str) -> Iterator[str]:
        for name, sub in getattr(command, "commands", {}).items():
            yield from walk(sub, f"{path} {name}".strip())
        if not hasattr(command, "commands"):
            yield path

    yield from walk(typer.main.get_command(app), "")


def test_these_are_all_verbs() -> None:
    assert sorted(every_verb()) == sorted(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_an_example(tmp_path: Path, verb: str) -> None:
    """Anywhere, also outside a repository; an example can be pasted."""
    ran = wagit(tmp_path, *verb.split(), "--help")
    assert (ran.status, ran.stderr) == (0, "")
    assert f"Example: wagit {verb.split(maxsplit=1)[0]}" in ran.stdout
    for option in ("-C", "--json", "-q, --quiet", "-v, --verbose", "--color"):
        assert option in ran.stdout
    assert wagit(tmp_path, *verb.split(), "-h").stdout == ran.stdout
    explained = ran.stdout.split("Options:")[0].replace("@{", "")
    assert not set("<{") & set(explained)  # no types of Python's


def test_what_is_not_set_takes_no_rows(setup: Setup) -> None:
    shown = wagit(setup.path, "config", "show").stdout
    assert "None" not in shown
    table, _, rest = shown.partition("not set: ")
    assert ("WA_SHARED_SESSION" in table, "WA_SHARED_SESSION" in rest) == (False, True)


def test_uninstall_says_what_stays(setup: Setup) -> None:
    assert f"the sessions stay in {setup.store}/slots" in wagit(setup.path, "hooks", "uninstall").stderr
    assert wagit(setup.path, "hooks", "uninstall").stderr == ""


def test_a_mistyped_option_of_run_is_no_command(setup: Setup) -> None:
    ran = wagit(setup.path, "run", "--yse")
    assert (ran.status, "No such option: --yse" in ran.stderr) == (2, True)


def test_help_lists_the_verbs(tmp_path: Path) -> None:
    for arguments in (["--help"], ["hooks", "--help"]):
        ran = _captured(run, arguments)
        assert (ran.status, ran.stdout.lstrip().startswith("Usage: "), ran.stderr) == (0, True, "")
    for arguments in ([], ["sessions"]):
        ran = _captured(run, arguments)
        assert (ran.status, ran.stdout, ran.stderr.lstrip().startswith("Usage: ")) == (2, "", True)
    listed = wagit(tmp_path, "--help").stdout
    assert all(f"  {verb.split()[0]} " in listed for verb in VERBS)


@pytest.mark.parametrize("verb", READING)
def test_shared_options_before_and_behind_the_verb(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    assert wagit(setup.path, "init").status == 0
    monkeypatch.chdir(tmp_path)
    words = verb.split()
    where = ["-C", str(setup.path)]
    answers = []
    for arguments in (
        [*where, "--json", *words],
        [*words, *where, "--json"],
        ["-C", "/nowhere", *words, *where, "--json"],
    ):
        ran = _captured(run, arguments)
        assert (ran.status, ran.stderr, ran.stdout.count("\n")) == (0, "", 1), ran
        answers.append(json.loads(ran.stdout))
    assert answers[0] == answers[1] == answers[2]
    assert list(answers[0]) == ["ok", "command", "data", "messages", "error"]
    assert (answers[0]["ok"], answers[0]["error"]) == (True, None)
    assert answers[0]["command"] == " ".join(word for word in words if word not in ("--auto", "production"))
    for arguments in ([*where, "-q", *words], [*words, *where, "--quiet"]):
        assert _captured(run, arguments) == Ran(0, "", "")
    assert _captured(run, [*where, *words]).stdout


def _captured(run: Any, arguments: list[str]) -> Ran:
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(arguments)
    return Ran(status, out.getvalue(), err.getvalue())


def test_quiet_errors_are_still_told(setup: Setup) -> None:
    ran = wagit(setup.path, "-q", "use", "nowhere")
    assert (ran.status, ran.stdout) == (1, "")
    assert ran.stderr.startswith("wagit: there is no slot 'nowhere'\n  hint: ")


def complete(cwd: Path, line: str) -> list[str]:
    words = line.split(" ")
    env = {"_WAGIT_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    ran = program(cwd, env=env)
    assert ran.stderr == ""
    return ran.stdout.split()


def test_completion(setup: Setup, tmp_path: Path) -> None:
    """As a shell asks for it; where nothing can be known nothing is said."""
    wagit(setup.path, "sessions", "new", "prepared")
    assert complete(setup.path, "wagit use pr") == ["prepared", "production"]
    assert complete(setup.path, "wagit which feature/") == ["feature/1-menu", "feature/2-cart"]
    assert complete(setup.path, "wagit sessions show pro") == ["production"]
    assert complete(setup.path, "wagit sessions new x --driver wh") == ["whatsmeow"]
    assert complete(setup.path, "wagit export p") == ["pm2", "procfile"]
    assert complete(setup.path, "wagit sta") == ["status", "standin"]
    assert complete(tmp_path, "wagit use ") == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("wich", "which"), ("stauts", "status"), ("sesions ls", "sessions"), ("sessions remane", "rename"),
     ("config chek", "check"), ("which --jsn", "--json"), ("init --dryrun", "--dry-run")],
)  # fmt: skip
def test_what_was_mistyped_is_suggested(tmp_path: Path, typed: str, meant: str) -> None:
    ran = wagit(tmp_path, *typed.split())
    assert ran.status == 2
    assert ran.stderr.startswith("wagit: ")
    assert meant in ran.stderr
    assert "--help" in ran.stderr


def test_git_wagit(setup: Setup, tmp_path: Path) -> None:
    """git runs `git-wagit` from the PATH for `git wagit`, in worktrees and aliases too."""
    script = tmp_path / "bin/git-wagit"
    script.parent.mkdir()
    script.write_text(f"""#!/bin/sh\nexec '{sys.executable}' -m wagit "$@"\n""")
    script.chmod(0o755)
    env = {"PATH": f"{script.parent}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT)}
    ran = setup.repo.run("wagit", "which", env=env)
    assert (ran.status, ran.stderr) == (0, "")
    assert ran.stdout.startswith("main -> production\n")
    setup.repo.config("alias.w", "!git wagit which develop")
    assert setup.repo.run("w", env=env).stdout.startswith("develop -> staging\n")
    (setup.path / "sub").mkdir(exist_ok=True)
    other = setup.repo.add_worktree(tmp_path / "wt", "feature/1-menu")
    assert other.run("wagit", "which", env=env).stdout.startswith("feature/1-menu -> feature-1\n")
    assert GitRepo(setup.path / "sub").run("wagit", "which", env=env).stdout.startswith("main -> production")


def test_a_pipe_that_closes_early(setup: Setup) -> None:
    for verb in ("config show", "config schema", "--help", "which"):
        done = subprocess.run(
            ["sh", "-c", f'"$0" -m wagit {verb} | true', sys.executable], cwd=setup.path, capture_output=True,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")


def test_output_that_nobody_can_read(setup: Setup) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$0" -m wagit which >&-', sys.executable], cwd=setup.path, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("color", ["never", "always", "auto"])
def test_colour(setup: Setup, color: str) -> None:
    out = wagit(setup.path, "--color", color, "config", "show").stdout
    assert ("\x1b[" in out) == (color == "always")
    assert "default" in out


def test_colour_that_means_nothing(setup: Setup) -> None:
    assert wagit(setup.path, "--color", "blue", "which").status == 2


def test_ctrl_c(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wagit.operations.which.which", interrupted)
    assert wagit(setup.path, "which") == Ran(130, "", "")


def test_a_bug_leaves_a_log(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("one by nought")

    monkeypatch.setattr("wagit.operations.which.which", broken)
    ran = wagit(setup.path, "which")
    assert (ran.status, ran.stdout, "Traceback" in ran.stderr) == (3, "", False)
    assert "one by nought" in ran.stderr
    log = Path(ran.stderr.split("report it with ")[1].strip())
    assert "Traceback" in log.read_text()
    error = json.loads(wagit(setup.path, "which", "--json").stdout)["error"]
    assert error["code"] == "bug"


def test_the_version(tmp_path: Path) -> None:
    assert wagit(tmp_path, "--version").stdout.startswith("wagit ")


def test_the_data_of_which(setup: Setup) -> None:
    found = data_of(setup.path, "which", "develop")
    for key, value in {"branch": "develop", "slot": "staging", "strategy": "pattern"}.items():
        assert found[key] == value
    assert found["rule"] == {"index": 1, "pattern": "develop"}
    assert found["source"].startswith("develop:.wagit.yml:")
