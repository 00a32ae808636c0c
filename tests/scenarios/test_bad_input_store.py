"""A store that cannot be written, is damaged, or goes away: no traceback, and git goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.git import Ran
from tests.support.hooks import files_in
from tests.support.processes import alive, end, read_pid
from tests.support.setup import CONFIG, Setup, data_of, error_of, make_repo, ours, refused, wagit

CHECKOUT = Path(__file__).parents[2]


def powerless(setup: Setup, *arguments: str) -> Ran:
    """Run the program as somebody who may write only what modes allow, as root may not be here."""
    prefix: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is not installed")
        prefix = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    done = subprocess.run(
        [*prefix, *arguments], cwd=setup.path, env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def frozen() -> Iterator[list[Path]]:
    """Directories whose write permission is taken away, and given back."""
    paths: list[Path] = []
    yield paths
    for path in paths:
        set_modes(path, 0o200)


def set_modes(root: Path, add: int = 0) -> None:
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222 | add)


WRITING = ["use --auto", "use staging", "sessions new other", "init", "hooks uninstall",
           "sessions rename staging other", "sessions rm staging --yes"]  # fmt: skip


@pytest.mark.parametrize("verb", WRITING)
def test_a_read_only_git_directory(setup: Setup, frozen: list[Path], verb: str) -> None:
    (setup.repo.state_dir / "route").unlink()
    frozen.append(setup.repo.git_dir)
    set_modes(setup.repo.git_dir)
    before = files_in(setup.path)
    ran = powerless(setup, sys.executable, "-m", "wagit", *verb.split())
    assert (ran.status, ran.stdout) == (1, ""), ran
    message, _, hint = ran.stderr.partition("\n  hint: ")
    assert message.startswith("wagit: ")
    assert "Traceback" not in ran.stderr
    assert "bug" not in ran.stderr
    assert len(message.splitlines()) == 1
    assert "writable" in hint
    assert files_in(setup.path) == before


def test_init_where_git_is_read_only(tmp_path: Path, frozen: list[Path]) -> None:
    setup = Setup(make_repo(tmp_path / "repo"))
    frozen.append(setup.repo.git_dir)
    set_modes(setup.repo.git_dir)
    before = files_in(setup.path)
    ran = powerless(setup, sys.executable, "-m", "wagit", "init")
    assert ran.status == 1
    assert "writable" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert files_in(setup.path) == before


def test_a_hook_that_may_not_write(setup: Setup, frozen: list[Path]) -> None:
    frozen.append(setup.store)
    set_modes(setup.store)
    before = files_in(setup.store)
    for branch in ("develop", "feature/1-menu"):
        ran = powerless(setup, "git", "switch", branch)
        assert (ran.status, ran.stdout) == (0, "")
        [line] = ours(ran.stderr)
        assert "Permission denied" in line
        assert ran.stderr == f"Switched to branch '{branch}'\n{line}\n"
    assert files_in(setup.store) == before
    assert data_of(setup.path, "which")["bound"] == "production"


FILES = ["binding.json", "route", "hooks.json", "trust.json", "operations.jsonl", "switch.lock"]
TEXTS = {
    "empty": b"",
    "noise": b"\x00\xff{",
    "a list": b"[]\n",
    "other types": b'{"branch": [], "slot": {}}\n',
}


@pytest.mark.parametrize("name", [*FILES, "slots/staging/slot.json", "routes/develop"])
@pytest.mark.parametrize("text", TEXTS)
def test_state_that_is_damaged_is_made_anew(setup: Setup, name: str, text: str) -> None:
    (setup.store / name).write_bytes(TEXTS[text])
    ran = setup.repo.run("switch", "develop")
    assert (ran.status, len(ours(ran.stderr)) <= 1, "not switched" in ran.stderr) == (0, True, False), ran
    assert setup.slot == "staging"
    for verb in ("status", "sessions ls", "log", "which", "use --auto", "trust", "sessions show staging"):
        again = wagit(setup.path, *verb.split())
        assert again.status == 0, again
    assert setup.slot == "staging"


@pytest.mark.parametrize(
    "text",
    [
        b'{"branch": null, "slot": 5, "rule": null, "reason": "", "since": 0}',
        b'{"branch": null, "slot": "../../x", "rule": null, "reason": "", "since": "x", "pinned": true}',
        b'{"branch": 1, "slot": "staging", "rule": "x", "reason": 4, "since": [], "link": 7, "linked": 2}',
        b'{"branch": null, "slot": "gone", "rule": null, "reason": "", "since": 0, "pinned": 7}',
    ],
)
def test_a_binding_of_other_types_counts_as_none(setup: Setup, text: bytes) -> None:
    (setup.repo.state_dir / "binding.json").write_bytes(text)
    for verb in ("which", "status", "sessions ls"):
        assert wagit(setup.path, *verb.split()).status == 0
    assert wagit(setup.path, "use", "--auto").status == 0
    assert setup.slot == "production"


@pytest.mark.parametrize(
    "name", ["format", "slots", "binding.json", "routes", "operations.jsonl", "slots/staging/data"]
)
def test_something_else_in_a_place_of_the_store(setup: Setup, name: str) -> None:
    """A directory for a file, or a file for a directory: no traceback, and git goes on."""
    place = setup.store / name
    if place.is_dir():
        shutil.rmtree(place)
        place.write_text("")
    else:
        place.unlink()
        (place / "x").mkdir(parents=True)
    for verb in ("use --auto", "status", "sessions ls", "log", "init", "which"):
        ran = wagit(setup.path, *verb.split())
        assert ran.status in (0, 1, 10), ran
        assert "Traceback" not in ran.stderr
    ran = setup.repo.run("switch", "develop")
    assert ran.status == 0
    assert len(ours(ran.stderr)) <= 2


@pytest.fixture
def running(setup: Setup, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`wagit run` with a bot that has started."""
    bot = f"echo $$ > {tmp_path}/pid.new; mv {tmp_path}/pid.new {tmp_path}/pid; exec sleep 300"
    process = subprocess.Popen(
        [sys.executable, "-m", "wagit", "run", "--", "sh", "-c", bot], cwd=setup.path, text=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    bot_pid = read_pid(tmp_path / "pid")
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    end(bot_pid)  # which has the pipes, too
    process.communicate()


def test_the_store_is_deleted_while_a_bot_runs(
    setup: Setup, tmp_path: Path, running: subprocess.Popen[str]
) -> None:
    """git goes on in silence, commands say that nothing is set up, and nothing makes a store anew."""
    pid = read_pid(tmp_path / "pid")
    while setup.store.exists():  # a run that has just begun still notes this and that
        shutil.rmtree(setup.store, ignore_errors=True)
    ran = setup.repo.run("switch", "develop")
    assert (ran.status, ours(ran.stderr)) == (0, [])
    assert refused(setup.path, "status") == ("no-store", 10)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert "Traceback" not in err
    eventually(lambda: not alive(pid))
    assert not (setup.store / "slots").exists()


def test_a_config_that_breaks_while_a_bot_runs(
    setup: Setup, tmp_path: Path, running: subprocess.Popen[str]
) -> None:
    """The bot runs on, on its slot; wagit says it once."""
    assert running.stderr is not None
    pid = read_pid(tmp_path / "pid")
    setup.repo.write(".wagit.yml", "defualt: dev\n")
    assert "did you mean default" in running.stderr.readline()
    assert alive(pid)
    assert error_of(setup.path, "status")["code"] == "config"
    setup.repo.write(".wagit.yml", CONFIG)
    running.send_signal(signal.SIGTERM)
    _, err = running.communicate(timeout=60)
    assert "Traceback" not in err
    eventually(lambda: not alive(pid))
    assert setup.slot == "production"
