"""Repositories, stores and places that cannot be used: a sentence, a hint, an exit status, no change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git import GitRepo
from tests.support.hooks import files_in
from tests.support.setup import Setup, make_repo, ours, refused, wagit

CHECKOUT = Path(__file__).parents[2]


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
    setup.repo.write(".git/wagit/slots/staging/data/session/x", "its own")
    for verb in ("sessions new staging", "sessions rename production staging"):
        assert refused(setup.path, *verb.split()) == ("slot-exists", 1)


def test_usage(setup: Setup) -> None:
    for verb in ("use", "use staging --auto", "sessions rm staging", "nonsense", "sessions nonsense",
                 "which --nonsense", "log -n x", "sessions new a b c", "init --driver"):  # fmt: skip
        assert refused(setup.path, *verb.split())[1] == 2
