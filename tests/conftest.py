"""Every test runs far from the user: a home of its own, fixed dates, and no git or wagit variables."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.git import FIRST_DATE, GitProgram, GitRepo, git_program
from tests.support.newer_git import newer_git
from wagit.slots import swap

# On a busy machine one example of thousands takes longer than Hypothesis' 0.2 s: that is no failure.
settings.register_profile("wagit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("wagit")

LEAKS = (
    "DBUS_SESSION_BUS_ADDRESS",
    "GIT_",
    "WAGIT",
    "WA_",
    "WHATSAPP_",
    "XDG_",
    "AUTO_RESTORE_SESSIONS",
    "NODE_ENV",
    "NODE_OPTIONS",
)

IN_MEMORY = "/dev/shm"
GIT_CONFIG = """\
[init]
\tdefaultBranch = main
[protocol "file"]
\tallow = always
[advice]
\tdetachedHead = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""


def isolated_environ(home: Path) -> dict[str, str]:
    """Return the variables that keep git, wagit and browsers inside `home`, and make its directories."""
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text(GIT_CONFIG)
    directories = {
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local/share",
        "XDG_STATE_HOME": home / ".local/state",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_RUNTIME_DIR": home / "run",
    }
    for directory in directories.values():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    date = f"{FIRST_DATE} +0000"
    return {
        "HOME": str(home),
        **{name: str(directory) for name, directory in directories.items()},
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_EDITOR": "true",
        "GIT_AUTHOR_NAME": "Ada Author",
        "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_NAME": "Cem Committer",
        "GIT_COMMITTER_EMAIL": "cem@example.org",
        "GIT_COMMITTER_DATE": date,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def isolate(environ: pytest.MonkeyPatch, home: Path) -> None:
    """Drop what could leak in and point everything at `home`."""
    for name in list(os.environ):
        if name.startswith(LEAKS):
            environ.delenv(name)
    for name, value in isolated_environ(home).items():
        environ.setenv(name, value)


@pytest.fixture(scope="session", autouse=True)
def isolated_session() -> Iterator[None]:
    """The same for fixtures that live longer than a test."""
    home = Path(tempfile.mkdtemp(prefix="wagit-session-"))
    with pytest.MonkeyPatch.context() as environ:
        isolate(environ, home)
        yield
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(autouse=True)
def home(isolated_session: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:  # noqa: ARG001
    """The test's own home; its path is short, since sockets below it have at most 107 bytes."""
    home = Path(tempfile.mkdtemp(prefix="wagit-"))
    isolate(monkeypatch, home)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A `tmp_path` in memory where there is room: for tests that put a repository back hundreds of times."""
    if not _has_room(IN_MEMORY):
        yield tmp_path
        return
    path = Path(tempfile.mkdtemp(prefix="wagit-", dir=IN_MEMORY))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def _has_room(directory: str) -> bool:
    """Whether small repositories, with hooks that git runs, can be kept in `directory`."""
    try:
        found = os.statvfs(directory)
    except OSError:
        return False
    return not found.f_flag & (os.ST_NOEXEC | os.ST_RDONLY) and found.f_bavail * found.f_frsize > 1 << 30


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    """A repository on `main` with one commit, and `develop` and `feature/1` at the same one."""
    return GitRepo.init(tmp_path / "repo", "main", "develop", "feature/1")


@pytest.fixture
def git_new(monkeypatch: pytest.MonkeyPatch) -> GitProgram:
    """A git >= 2.54, first on the PATH (reftable, sha256, hooks from config); skips where there is none."""
    path = newer_git()
    monkeypatch.setenv("PATH", f"{os.path.dirname(path)}:{os.environ['PATH']}")
    return git_program(path)


@pytest.fixture(params=["system", "newer"])
def any_git(request: pytest.FixtureRequest) -> GitProgram:
    """Each git there is, first on the PATH so that wagit runs the same one; the newer one may skip."""
    if request.param == "system":
        return git_program()
    program = request.getfixturevalue("git_new")
    assert isinstance(program, GitProgram)
    return program


@pytest.fixture(params=["exchange", "renames"])
def way_to_swap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With directories exchanged in one step, and as where that cannot be done."""
    if request.param == "renames":
        monkeypatch.setattr(swap, "exchange", lambda one, other: False)  # noqa: ARG005
    return str(request.param)
