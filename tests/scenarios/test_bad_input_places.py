"""Repositories, stores and places that cannot be used: a sentence, a hint, an exit status, no change."""

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
from tests.support.git import GitRepo, Ran
from tests.support.hooks import File, files_in
from tests.support.processes import alive, read_pid
from tests.support.setup import CONFIG, LINK, Setup, data_of, error_of, make_repo, ours, wagit

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """On main, with develop seen before."""
    setup = Setup.make(tmp_path / "repo")
    setup.repo.switch("develop")
    setup.repo.switch("main")
    return setup


def refused(directory: Path, *arguments: str) -> tuple[str, int]:
    """The code and exit status of a verb that must fail, having changed nothing, in both ways of telling."""
    before = files_in(directory)
    error = error_of(directory, *arguments)
    assert error["message"]
    assert error["hint"]
    assert "\n" not in error["message"]
    assert error["status"] != 3, error
    ran = wagit(directory, *arguments)
    assert ran == Ran(error["status"], "", f"wagit: {error['message']}\n  hint: {error['hint']}\n")
    assert files_in(directory) == before
    return error["code"], error["status"]


VERBS = ["which", "use --auto", "use staging", "status", "log", "sessions ls", "sessions show production",
         "sessions new x", "sessions adopt x y", "sessions rename staging x", "sessions rm staging --yes",
         "run -- true", "trust", "init"]  # fmt: skip


@pytest.mark.parametrize("verb", [*VERBS, "hooks status", "hooks install", "config show"])
def test_not_a_repository(tmp_path: Path, verb: str) -> None:
    assert refused(tmp_path, *verb.split()) == ("not-a-repository", 10)


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere", "which") == ("not-a-repository", 10)


@pytest.mark.parametrize("verb", VERBS)
def test_a_bare_repository(tmp_path: Path, verb: str) -> None:
    repo = GitRepo.init(tmp_path / "bare.git", options=("--bare",))
    assert refused(repo.path, *verb.split()) == ("bare-repository", 10)


def test_inside_the_git_directory(setup: Setup) -> None:
    assert refused(setup.repo.git_dir, "which") == ("not-a-repository", 10)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "init"])
def test_not_set_up(tmp_path: Path, verb: str) -> None:
    repo = make_repo(tmp_path / "repo")
    assert refused(repo.path, *verb.split()) == ("no-store", 10)


@pytest.mark.parametrize("verb", ["which", "init", "doctor"])
def test_no_git(setup: Setup, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    before = files_in(setup.path)
    monkeypatch.setenv("PATH", "/nonexistent")
    if verb == "doctor":
        ran = wagit(setup.path, "doctor")
        assert (ran.status, "there is no git program" in ran.stdout) == (1, True)
    else:
        assert refused(setup.path, verb) == ("git-missing", 10)
    assert files_in(setup.path) == before


@pytest.mark.parametrize("verb", VERBS)
def test_a_store_of_a_newer_format(setup: Setup, verb: str) -> None:
    (setup.store / "format").write_text("2\n")
    assert refused(setup.path, *verb.split()) == ("newer-format", 1)


def test_hooks_of_a_store_of_a_newer_format(setup: Setup) -> None:
    (setup.store / "format").write_text("2\n")
    before = files_in(setup.store / "slots")
    ran = setup.repo.run("switch", "feature/1-menu")
    assert ran.status == 0
    [line] = ours(ran.stderr)
    assert "has format '2'; this wagit reads format 1" in line
    assert files_in(setup.store / "slots") == before
    assert setup.slot == "production"


NAMES = [
    "a/b",
    "../x",
    "..",
    ".",
    "",
    "a\0b",
    "x" * 300,
    "UPPER",
    "with space",
    "-x",
    ".hidden",
    "a..b",
    "\u00fc",
    "a\n",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_slot_names(setup: Setup, name: str) -> None:
    (setup.path / "old/session/Default").mkdir(parents=True)
    for verb in (["sessions", "new"], ["use"], ["sessions", "rename", "staging"], ["sessions", "show"]):
        assert refused(setup.path, *verb, "--", name) == ("bad-slot-name", 2)
    assert refused(setup.path, "sessions", "adopt", "--", name, "old") == ("bad-slot-name", 2)
    assert refused(setup.path, "sessions", "rm", "--yes", "--", name) == ("bad-slot-name", 2)


def test_slots_that_are_not_there(setup: Setup) -> None:
    for verb in ("use nowhere", "use --dry-run nowhere", "sessions show nowhere", "sessions rm nowhere --yes",
                 "sessions rm nowhere --dry-run", "sessions rename nowhere x"):  # fmt: skip
        assert refused(setup.path, *verb.split()) == ("no-such-slot", 1)
    for verb in ("sessions new staging", "sessions rename production staging"):
        assert refused(setup.path, *verb.split()) == ("slot-exists", 1)


def test_usage(setup: Setup) -> None:
    for verb in ("use", "use staging --auto", "sessions rm staging", "nonsense", "sessions nonsense",
                 "which --nonsense", "log -n x", "sessions new a b c", "init --driver"):  # fmt: skip
        assert refused(setup.path, *verb.split())[1] == 2


# Places for the link


def place_link(setup: Setup, where: str) -> str:
    """Have the link at a place that is taken; return what must be said."""
    if where == "tracked":
        setup.repo.commit("taken/file.txt")
        setup.repo.git("branch", "--force", "develop")
        shutil.rmtree(setup.path / "taken")
        told = "taken is tracked by git"
    elif where == "tracked file":
        setup.repo.commit("taken")
        setup.repo.git("branch", "--force", "develop")
        (setup.path / "taken").unlink()
        told = "taken is tracked by git"
    elif where == "full":
        setup.repo.write("taken/photos/a.jpg", "mine")
        told = "taken is a directory that wagit did not make"
    elif where == "file":
        setup.repo.write("taken", "mine")
        told = "taken is a file that wagit did not make"
    elif where == "link":
        (setup.path / "taken").symlink_to("elsewhere")
        told = "taken is a link that wagit did not make"
    else:
        (setup.path / "out").symlink_to(setup.path.parent)
        told = "the link out/taken leaves the worktree"
    path = "out/taken" if where == "through a link" else "taken"
    setup.repo.write(".wagit.local.yml", f"bot: {{link: {path}}}\n")
    return told


def outside(setup: Setup) -> dict[str, File]:
    """Everything but what is wagit's own."""
    found = files_in(setup.path.parent).items()
    return {name: file for name, file in found if "/.git" not in name and not name.endswith(LINK)}


@pytest.mark.parametrize("where", ["tracked", "tracked file", "full", "file", "link", "through a link"])
def test_places_for_the_link_that_are_taken(setup: Setup, where: str) -> None:
    """Nothing there is touched; the slot follows the branch all the same, for bots that wagit starts."""
    told = place_link(setup, where)
    before = outside(setup)
    ran = wagit(setup.path, "use", "--auto")
    assert ran.status == 0
    [line] = ours(ran.stderr)
    assert told in line
    assert outside(setup) == before
    again = setup.repo.run("switch", "develop")
    assert again.status == 0
    assert [told in line for line in ours(again.stderr)] == [False, True]
    assert outside(setup) == before
    assert (setup.binding["slot"], setup.binding["linked"]) == ("staging", False)
    assert data_of(setup.path, "status")["linked"] is False
    init = wagit(setup.path, "init")
    assert (init.status, f"! point this worktree at slot staging: {told}" in init.stdout) == (0, True), init
    assert outside(setup) == before
    (setup.path / ".wagit.local.yml").unlink()
    assert wagit(setup.path, "use", "--auto").status == 0
    assert setup.slot == "staging"


def test_a_place_for_the_link_that_one_branch_tracks(setup: Setup) -> None:
    """On the others the link is there, and stands in no switch's way."""
    setup.repo.commit("taken/file.txt")
    setup.repo.write(".wagit.local.yml", "bot: {link: taken}\n")
    for _ in range(2):
        setup.repo.switch("develop")
        assert (setup.path / "taken").resolve() == setup.store / "slots/staging/data"
        assert setup.repo.git("status", "--porcelain") == ""
        ran = setup.repo.switch("main")
        assert "taken is a directory that wagit did not make" in ours(ran.stderr)[1]
        assert (setup.path / "taken/file.txt").is_file()
        assert setup.repo.git("status", "--porcelain") == ""


# Permissions


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


# Damage

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
    read_pid(tmp_path / "pid")
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_the_store_is_deleted_while_a_bot_runs(
    setup: Setup, tmp_path: Path, running: subprocess.Popen[str]
) -> None:
    """git goes on in silence, commands say that nothing is set up, and nothing makes a store anew."""
    pid = read_pid(tmp_path / "pid")
    shutil.rmtree(setup.store)
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
