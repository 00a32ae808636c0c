"""Service files say what they should to those who read them, whatever characters paths have."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.setup import CONFIG, Setup, data_of, error_of, make_repo, wagit
from wagit.operations import export, export_compose, export_pm2, export_procfile, export_systemd
from wagit.operations.export_service import Service

NASTY = "my \"bot\" 50% %n $HOME ${x} 'q' \\ `id` #1 é \U0001f600"
ECHO = '#!/bin/sh\nprintf \'%s\\0\' "$PWD" "$@"\n'

needs_node = pytest.mark.skipif(not shutil.which("node"), reason="there is no node")
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """Of a worktree, and a program that says what it was given, both with names of every kind."""
    worktree = tmp_path / NASTY
    worktree.mkdir()
    program = worktree / "echo"
    program.write_text(ECHO)
    program.chmod(0o755)
    store = str(tmp_path / "store of $x")
    return Service("wagit-my-bot", (str(program), "-P"), ("run", "--all"), str(worktree), (store,), NASTY, 89)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(make_repo(tmp_path / "My bot!", CONFIG + "bot: {stop: {grace: 1m}}\n")).init()


def said_by(command: str, cwd: Path) -> list[str]:
    """What the program of `service` was given by a shell: its working directory and its words."""
    done = subprocess.run(["sh", "-c", command], cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout.split("\0")[:-1]


@needs_node
@pytest.mark.node
def test_node_reads_the_ecosystem_file(service: Service, tmp_path: Path) -> None:
    [file] = export_pm2.files(service)
    (tmp_path / file.name).write_text(file.text)
    code = f"process.stdout.write(JSON.stringify(require('./{file.name}')))"
    read = subprocess.run(["node", "-e", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    [app] = json.loads(read.stdout)["apps"]
    assert (app["script"], app["args"], app["cwd"]) == (
        service.program[0], ["-P", "run", "--all"], service.worktree,
    )  # fmt: skip
    assert (app["interpreter"], app["treekill"], app["kill_timeout"]) == ("none", False, 89_000)


def units(service: Service, directory: Path) -> list[str]:
    directory.mkdir()
    for file in export_systemd.files(service):
        (directory / file.name).write_text(file.text)
    return [str(path) for path in sorted(directory.iterdir())]


def analyze(paths: list[str], home: Path, **environ: str) -> str:
    """What systemd's own reader says of units; fails if it refuses one."""
    run = home / "run"
    done = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", *paths],
        env=os.environ | {"XDG_RUNTIME_DIR": str(run)} | environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@needs_systemd
def test_systemd_reads_the_units(service: Service, tmp_path: Path, home: Path) -> None:
    paths = units(service, tmp_path / "units")
    assert [os.path.basename(path) for path in paths] == [
        "wagit-my-bot-refresh.service", "wagit-my-bot-refresh.timer", "wagit-my-bot.service",
    ]  # fmt: skip
    assert analyze(paths, home) == ""
    for path, arguments in ((paths[0], ["refresh", "--stale"]), (paths[2], ["run", "--all"])):
        dumped = analyze([path], home, SYSTEMD_LOG_LEVEL="debug")
        [command] = re.findall(r"Command Line: (.*)", dumped)
        assert said_by(command, tmp_path) == [str(tmp_path), "-P", *arguments]
        assert re.findall(r"WorkingDirectory: (.*)", dumped)[:1] == [service.worktree]
        assert f"Environment: PATH={NASTY}\n" in dumped
        assert "KillMode: mixed" in dumped
        assert "TimeoutStopSec: 1min 29s" in dumped


@needs_systemd
def test_a_usual_program_is_run_without_another_one(service: Service) -> None:
    plain = service._replace(program=("/opt/my bots/50%/wagit",))
    bots = export_systemd.files(plain)[0].text
    assert 'ExecStart=:"/opt/my bots/50%%/wagit" "run" "--all"\n' in bots


def uncomposed(value: Any, variables: Mapping[str, str]) -> Any:
    """What Compose makes of a value: variables replaced, and `$$` one dollar."""
    if isinstance(value, dict):
        return {key: uncomposed(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [uncomposed(one, variables) for one in value]
    if not isinstance(value, str):
        return value
    pattern = r"\$(?:\$|\{(\w+):-([^}]*)\}|(.?))"
    return re.sub(pattern, lambda found: _replaced(found, variables), value)


def _replaced(found: re.Match[str], variables: Mapping[str, str]) -> str:
    assert found[3] is None, f"a variable that nobody meant: {found[0]}"
    return variables.get(found[1], found[2]) if found[1] else "$"


def test_yaml_reads_the_compose_file(service: Service) -> None:
    [file] = export_compose.files(service)
    raw = yaml.safe_load(file.text)
    bot = uncomposed(raw, {})["services"]["bot"]
    assert bot["command"] == ["/opt/wagit/bin/wagit", "run", "--all"]
    assert bot["working_dir"] == service.worktree
    mounts = [(one["type"], one["source"], one["target"]) for one in bot["volumes"]]
    assert mounts == [("bind", path, path) for path in (service.worktree, *service.directories)]
    assert (bot["init"], bot["stop_signal"], bot["stop_grace_period"]) == (True, "SIGTERM", "89s")
    assert (bot["shm_size"], bot["hostname"]) == ("1gb", "wagit-my-bot")
    assert bot["build"]["args"] == {"WAGIT": "wagit-sessions"}
    assert '"$WAGIT"' in bot["build"]["dockerfile_inline"]
    assert not bot["build"]["dockerfile_inline"].startswith(" ")


def has_compose() -> bool:
    if not shutil.which("docker"):
        return False
    return not subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode


def test_compose_reads_its_file(service: Service, tmp_path: Path) -> None:
    if not has_compose():
        pytest.skip("there is no docker compose")
    [file] = export_compose.files(service)
    (tmp_path / file.name).write_text(file.text)
    command = ["docker", "compose", "-f", file.name, "config", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    bot = json.loads(done.stdout)["services"]["bot"]
    assert bot["working_dir"] == service.worktree


def test_a_procfile_is_run_by_a_shell(service: Service, tmp_path: Path) -> None:
    [file] = export_procfile.files(service)
    lines = [
        found for line in file.text.splitlines() if (found := re.match(r"([A-Za-z0-9_-]+):\s*(.+)$", line))
    ]
    [(name, command)] = [found.groups() for found in lines]
    assert name == "bot"
    assert said_by(command, tmp_path) == [str(tmp_path), "-P", "-C", service.worktree, "run", "--all"]


def test_what_is_printed_runs_this_worktree_with_this_wagit(setup: Setup) -> None:
    for kind, everywhere in (("pm2", True), ("pm2", False)):
        found = data_of(setup.path, "export", kind, *(["--all"] if everywhere else []))
        [file] = found["files"]
        app = json.loads(file["text"].partition("module.exports = ")[2].rstrip(";\n"))["apps"][0]
        assert (found["name"], app["name"]) == ("wagit-my-bot", "wagit-my-bot")
        assert app["cwd"] == str(setup.path)
        assert app["args"][-2:] == ["run", "--all"] if everywhere else app["args"][-1] == "run"
        assert app["kill_timeout"] == 1000 * export.stop_timeout(60.0) > 90_000
        version = subprocess.run(
            [app["script"], *app["args"][: app["args"].index("run")], "--version"], capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        assert version.stdout.startswith("wagit ")


def test_text_is_the_file_itself_and_what_comes_next_goes_to_stderr(setup: Setup) -> None:
    ran = wagit(setup.path, "export", "procfile")
    assert ran.stdout.splitlines()[1].startswith("bot: exec ")
    assert [line.partition(" -t ")[0] for line in ran.stderr.splitlines()] == [
        "wagit: next: wagit export procfile --output Procfile", "wagit: next: foreman start -f Procfile",
    ]  # fmt: skip


def test_what_is_only_shown_says_how_to_write_the_same(setup: Setup) -> None:
    steps = data_of(setup.path, "export", "systemd", "--all", "--name", "bots")["next"]
    assert steps[0] == "wagit export systemd --all --name bots --output ~/.config/systemd/user"


def test_a_file_is_written_when_asked_for_and_replaced_only_if_it_is_ours(
    setup: Setup, tmp_path: Path
) -> None:
    file = tmp_path / "out" / "bot.config.cjs"
    assert data_of(setup.path, "export", "pm2", "-o", str(file), "--dry-run")["written"] is False
    assert not file.exists()
    assert wagit(setup.path, "export", "pm2", "-o", str(file)).stdout == f"wrote {file}\n"
    before = file.read_text()
    assert wagit(setup.path, "export", "pm2", "--all", "-o", str(file)).status == 0
    assert file.read_text() != before
    other = Setup(make_repo(tmp_path / "other")).init()
    assert error_of(other.path, "export", "pm2", "-o", str(file))["code"] == "cannot-export"
    file.write_text("module.exports = mine\n")
    assert error_of(setup.path, "export", "pm2", "-o", str(file))["code"] == "cannot-export"
    assert file.read_text() == "module.exports = mine\n"


def test_units_go_into_a_directory(setup: Setup, tmp_path: Path) -> None:
    found = data_of(setup.path, "export", "systemd", "-o", str(tmp_path / "units"), "--name", "bots")
    names = ["bots.service", "bots-refresh.service", "bots-refresh.timer"]
    assert [file["path"] for file in found["files"]] == [str(tmp_path / "units" / name) for name in names]
    assert sorted(names) == sorted(os.listdir(tmp_path / "units"))
    assert any("enable --now bots.service bots-refresh.timer" in step for step in found["next"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["upstart"], "usage"),
        (["pm2", "--name", "../x"], "usage"),
        (["pm2", "-o", "{tmp}"], "usage"),
        (["pm2", "-o", "{tmp}/pm2.js"], "usage"),
        (["systemd", "-o", "{tmp}/file"], "usage"),
    ],
)
def test_what_cannot_be_is_refused(setup: Setup, tmp_path: Path, arguments: list[str], code: str) -> None:
    (tmp_path / "file").touch()
    words = [word.format(tmp=tmp_path) for word in arguments]
    error = error_of(setup.path, "export", *words)
    assert (error["code"], bool(error["hint"])) == (code, True)


@pytest.mark.skipif(sys.platform == "darwin", reason="no such names there")
@pytest.mark.parametrize("name", ["a\ttab", "no text \udcff"])
def test_a_path_that_no_file_can_carry_is_refused(tmp_path: Path, name: str) -> None:
    repo = Setup(make_repo(tmp_path / name)).init()
    assert error_of(repo.path, "export", "pm2")["code"] == "cannot-export"
