"""The wheel, installed where this checkout cannot be seen, works: command, hooks, git switch."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.git import GitRepo, Ran

ROOT = Path(__file__).parents[1]
HOOKS = ("post-checkout", "post-merge", "post-rewrite", "route.sh")
CARRIED = (
    *(f"wagit/githooks/sh/{name}" for name in HOOKS),
    "wagit/hook.py",
    "wagit/py.typed",
    "wagit/config/wagit.schema.json",
    "wagit/drivers/preload/wagit-ending.cjs",
    "wagit/drivers/preload/wagit-events.cjs",
    "wagit/drivers/preload/wagit-preload.cjs",
    "wagit/standin/page/index.html",
    "wagit/standin/page/main.js",
)
CONFIG = """\
version: 1
driver: wwebjs
default: dev
rules:
  - {branch: main, slot: production}
"""


class Built(NamedTuple):
    """What `build` made."""

    wheel: Path
    sdist: Path


class Installed(NamedTuple):
    """A virtual environment with the wheel in it, and nothing else of this checkout."""

    root: Path

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def package(self) -> Path:
        [found] = self.root.glob("lib/python*/site-packages/wagit")
        return found

    def environ(self) -> dict[str, str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        return {**environ, "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}"}

    def run(self, cwd: Path, *command: str) -> Ran:
        return _run(command, cwd, self.environ())


def _run(command: tuple[str, ...], cwd: Path, environ: Mapping[str, str] | None = None) -> Ran:
    done = subprocess.run(
        command, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=200, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, isolated_session: None) -> Built:  # noqa: ARG001
    """The sdist of this checkout, and the wheel made from that sdist; no isolation, so no network."""
    out = tmp_path_factory.mktemp("dist")
    ran = _run((sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)), out)
    assert ran.status == 0, f"{ran.stdout}{ran.stderr}\nhatchling is a requirement: make setup"
    [wheel], [sdist] = out.glob("*.whl"), out.glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an empty environment; the pinned dependencies are those of this one, found last.

    A line of a .pth file adds a directory, not the .pth files in it: the checkout stays out of sight.
    """
    made = Installed(tmp_path_factory.mktemp("venv") / "an env")
    venv.create(made.root, with_pip=False)
    python = str(made.bin / "python")
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    ran = _run((*pip, "install", "--quiet", "--no-index", "--no-deps", str(built.wheel)), made.root)
    assert ran.status == 0, ran.stderr
    dependencies = sysconfig.get_paths()["purelib"]
    (made.package.parent / "zz-dependencies.pth").write_text(f"{dependencies}\n")
    return made


@pytest.fixture
def project(installed: Installed, tmp_path: Path) -> GitRepo:
    """A repository set up by the installed wagit."""
    repo = GitRepo.init(tmp_path / "a bot", env=installed.environ())
    repo.commit(".wagit.yml", CONFIG)
    repo.git("branch", "develop")
    ran = installed.run(repo.path, "wagit", "init")
    assert ran.status == 0, ran.stderr
    return repo


def test_the_wheel_carries_what_runs_outside_of_python(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as wheel:
        names = wheel.namelist()
        for hook in HOOKS:
            assert wheel.read(f"wagit/githooks/sh/{hook}") == (ROOT / "hooks" / hook).read_bytes()
    assert not set(CARRIED) - set(names)
    here = {str(path.relative_to(ROOT)) for path in (ROOT / "wagit").rglob("*") if path.is_file()}
    missing = {name for name in here - set(names) if "__pycache__" not in name}
    assert not missing
    assert not [name for name in names if not name.startswith(("wagit/", "wagit_sessions-"))]


def test_the_sdist_carries_sources_tests_and_docs_and_no_packages_of_others(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = {"pyproject.toml", "LICENSE", "Makefile", "hooks/route.sh", "tests/conftest.py", "docs/index.md"}
    assert not wanted - names
    assert not [name for name in names if "node_modules" in name or "__pycache__" in name]


def test_the_command_runs_from_the_wheel(installed: Installed, tmp_path: Path) -> None:
    where = installed.run(
        tmp_path, str(installed.bin / "python"), "-c", "import wagit; print(wagit.__file__)"
    )
    assert where.stdout == f"{installed.package / '__init__.py'}\n"
    version = installed.run(tmp_path, "wagit", "--version")
    assert (version.status, version.stdout.split()[0]) == (0, "wagit")


def test_git_runs_it_as_a_command_of_its_own(installed: Installed, project: GitRepo) -> None:
    ran = installed.run(project.path, "git", "wagit", "which")
    assert (ran.status, ran.stdout.splitlines()[0]) == (0, "main -> production")


def test_git_switch_changes_the_slot_by_the_installed_hook(project: GitRepo) -> None:
    link = project.path / ".wwebjs_auth"
    assert os.readlink(link).endswith("slots/production/data")
    for branch, slot in (("develop", "dev"), ("main", "production"), ("develop", "dev")):
        ran = project.run("switch", branch)
        assert ran.status == 0, ran.stderr
        assert f"wagit: session {slot}" in ran.stderr
        assert os.readlink(link).endswith(f"slots/{slot}/data")


def test_the_hook_does_not_need_the_checkout(installed: Installed, project: GitRepo) -> None:
    for hook in HOOKS[:3]:
        text = project.hook_file(hook).read_text()
        assert str(installed.package) in text
        assert str(ROOT) not in text
    broken = installed.package / "hook.py"
    whole = broken.read_bytes()
    try:  # what runs is this very file: break it, and the switch says so
        broken.write_bytes(b"import sys; sys.exit('from the wheel')\n")
        assert "from the wheel" in project.run("switch", "develop").stderr
    finally:
        broken.write_bytes(whole)


def test_the_hooks_are_proved_to_fire(installed: Installed, project: GitRepo) -> None:
    ran = installed.run(project.path, "wagit", "hooks", "status")
    assert ran.status == 0, ran.stdout
    assert ran.stdout.count(": fires (") == 3
