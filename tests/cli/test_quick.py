"""The short way of `wagit snapshot` is the ordinary way, sooner: same words, same envelope, same store."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_imports import CHECKOUT
from tests.support.git import Ran
from tests.support.setup import Setup
from wagit.cli import app, quick
from wagit.cli.quick import Form

HEAVY = {"typer", "click", "pydantic", "pydantic_core", "rich", "pathspec", "psutil", "yaml", "asyncio",
         "subprocess", "socket", "hashlib", "dataclasses", "pathlib", "importlib.metadata"}  # fmt: skip
IDS = re.compile(r"\b([0-9a-f]{8}|[0-9a-f]{16})\b|\d{4}-\d\d-\d\dT[\d:.]+Z|\d+ s ago")


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """On a branch seen before, with a session in its slot."""
    made = Setup.make(tmp_path / "repo")
    made.repo.switch("develop")  # slot staging stays empty
    made.repo.switch("main")
    database = (
        made.store / "slots" / "production" / "data" / "session" / "Default" / "IndexedDB" / "x.leveldb"
    )
    database.mkdir(parents=True)
    for number in range(3):
        (database / f"{number:06}.ldb").write_bytes(b"%d" % number * 5000)
    return made


def ran(way: Callable[[list[str]], int | None], *words: str) -> Ran | None:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = way(list(words))
    return None if status is None else Ran(status, out.getvalue(), err.getvalue())


def alike(done: Ran | None) -> Ran:
    """Without ids and times."""
    assert done is not None, "the short way was not taken"
    return Ran(done.status, IDS.sub("<>", done.stdout), IDS.sub("<>", done.stderr))


@pytest.mark.parametrize(
    "words",
    ["", "production", "-m before", "--message before --json", "--json", "-q", "--quiet production", "--full",
     "--hot --json", "--full --hot -m x production", "staging", "staging --json"],
)  # fmt: skip
def test_both_ways_say_and_do_the_same(setup: Setup, tmp_path: Path, words: str) -> None:
    other = tmp_path / "other"
    shutil.copytree(setup.path, other, symlinks=True)
    for _ in range(2):  # new, and nothing changed
        short = alike(ran(quick.run, "-C", str(setup.path), "snapshot", *words.split()))
        assert short == alike(ran(app.run, "-C", str(other), "snapshot", *words.split()))
    kept, same = (
        sorted(path.name for path in (place / ".git" / "wagit" / "objects").glob("*/*"))
        for place in (setup.path, other)
    )
    assert kept == same


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("snapshot", Form()),
        ("-C DIR snapshot SLOT", Form("SLOT", directory="DIR")),
        ("snapshot -m TEXT --hot", Form(message="TEXT", hot=True)),
        ("--json snapshot -q --full", Form(full=True, json=True, quiet=True)),
        ("snapshot SLOT MORE", None),
        ("snapshots", None),
        ("restore snapshot", None),
        ("snapshot -m", None),
        ("snapshot -m --hot", None),
        ("snapshot -m A -m B", None),
        ("snapshot --message=TEXT", None),
        ("snapshot --dry-run", None),
        ("snapshot -v", None),
        ("snapshot --help", None),
        ("snapshot -- SLOT", None),
    ],
)
def test_the_usual_forms_are_read_and_no_other(words: str, found: Form | None) -> None:
    assert quick.form(words.split()) == found


def test_a_slot_that_is_held_is_refused_in_the_same_words(setup: Setup) -> None:
    with (setup.store / "slots" / "production" / "lock").open("w") as lock:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)
        words = ("-C", str(setup.path), "snapshot")
        refused = ran(quick.run, *words)
        assert refused is not None
        assert refused.status == 11
        assert refused == ran(app.run, *words)


def _pin(setup: Setup, _: pytest.MonkeyPatch) -> None:
    assert ran(app.run, "-C", str(setup.path), "use", "production")


def _never_seen(setup: Setup, _: pytest.MonkeyPatch) -> None:
    shutil.rmtree(setup.repo.state_dir / "routes")


def _other_config(setup: Setup, _: pytest.MonkeyPatch) -> None:
    setup.path.joinpath(".wagit.local.yml").write_text("nonsense: 1\n")


def _hooks_gone(setup: Setup, _: pytest.MonkeyPatch) -> None:
    shutil.rmtree(setup.repo.common_dir / "hooks")


def _variable(_: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAGIT_SNAPSHOTS_ON_STOP", "nonsense")


def _detached(setup: Setup, _: pytest.MonkeyPatch) -> None:
    setup.repo.git("symbolic-ref", "HEAD", "refs/heads/elsewhere")


@pytest.mark.parametrize("unusual", [_pin, _never_seen, _other_config, _hooks_gone, _variable, _detached])
def test_what_is_unusual_goes_the_ordinary_way(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, unusual: Callable[[Setup, pytest.MonkeyPatch], None]
) -> None:
    unusual(setup, monkeypatch)
    assert ran(quick.run, "-C", str(setup.path), "snapshot") is None
    assert ran(quick.run, "-C", str(setup.path), "snapshot", "production") is None


def test_a_slot_or_a_place_that_is_not_there_goes_the_ordinary_way(setup: Setup, tmp_path: Path) -> None:
    assert ran(quick.run, "-C", str(setup.path), "snapshot", "nothing") is None
    assert ran(quick.run, "-C", str(setup.path), "snapshot", "../slots/production") is None
    assert ran(quick.run, "-C", str(tmp_path), "snapshot") is None


def test_a_branch_that_was_switched_without_a_hook_is_followed(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as quiet:
        quiet.setenv("WHATSAPP_AUTO_BACKUP", "false")  # that of the switch may be sooner than ours
        setup.repo.switch("develop")
    setup.repo.git("symbolic-ref", "HEAD", "refs/heads/main")
    assert setup.binding["slot"] == "staging"
    done = ran(quick.run, "-C", str(setup.path), "snapshot")
    assert done is not None
    assert "3 files" in done.stdout
    assert setup.slot == "production"


def test_what_it_imports(setup: Setup) -> None:
    code = "import sys\nfrom wagit.cli.main import main\n"
    code += (
        "sys.argv = ['wagit', 'snapshot', '-m', 'x']\ntry: main()\nfinally: print('\\n'.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(CHECKOUT)!r})\n{code}"],
        cwd=setup.path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, *modules = done.stdout.splitlines()
    assert first.startswith("snapshot ")
    assert set(modules) & HEAVY <= {"subprocess"}, "only git tells the commit"
    assert set(modules) >= {"wagit.cli.quick", "wagit.operations.seen", "blake3"}
