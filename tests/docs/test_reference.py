"""The generated pages are what the code says, and nothing that users meet is missing."""

from __future__ import annotations

import collections
from pathlib import Path
from typing import Any

import pytest

from tests.docs import envelopes, generate
from tests.support.setup import LINK, Setup, data_of, wagit
from wagit.core.errors import WagitError

VERBS = {verb.name: verb for verb in generate.verbs()}
ERRORS = generate.errors()
CHECKED = {
    "init": ["init"],
    "trust": ["trust"],
    "doctor": ["doctor"],
    "which": ["which"],
    "use": ["use", "--auto"],
    "status": ["status"],
    "log": ["log"],
    "down": ["down"],
    "undo": ["undo", "--yes"],
    "health": ["health"],
    "report": ["report"],
    "export": ["export", "pm2"],
    "guard": ["guard"],
    "sessions ls": ["sessions", "ls"],
    "sessions show": ["sessions", "show", "production"],
    "sessions new": ["sessions", "new", "spare"],
    "sessions adopt": ["sessions", "adopt", "adopted", "old_auth"],
    "sessions rename": ["sessions", "rename", "production", "live"],
    "sessions rm": ["sessions", "rm", "production", "--yes"],
    "sessions promote": ["sessions", "promote", "production", "--to", "staging"],
    "snapshot": ["snapshot"],
    "restore": ["restore", "production", "latest", "--yes"],
    "repair": ["repair", "production", "--yes"],
    "clean": ["clean", "production", "--yes"],
    "verify": ["verify", "production"],
    "snapshots ls": ["snapshots", "ls"],
    "snapshots show": ["snapshots", "show", "latest"],
    "snapshots diff": ["snapshots", "diff", "latest"],
    "snapshots rm": ["snapshots", "rm", "latest", "--force", "--yes"],
    "snapshots prune": ["snapshots", "prune", "--yes"],
    "hooks install": ["hooks", "install"],
    "hooks uninstall": ["hooks", "uninstall"],
    "hooks status": ["hooks", "status"],
    "config show": ["config", "show"],
    "config check": ["config", "check"],
}
RUNNING = {"run", "up", "restart", "bot", "standin", "demo", "login", "refresh"}  # tested where they are run
RUNNING |= {verb for verb in VERBS if verb.startswith("team ")}


@pytest.mark.parametrize("name", generate.pages())
def test_a_generated_page_is_up_to_date(name: str) -> None:
    written = (generate.REFERENCE / name).read_text(encoding="utf-8")
    assert written == generate.pages()[name], "run: .venv/bin/python -m tests.docs.generate"


@pytest.mark.parametrize("verb", VERBS.values(), ids=str)
def test_every_verb_says_what_it_does_with_an_example_of_itself(verb: generate.Verb) -> None:
    assert verb.text
    assert f"wagit {verb.name}" in verb.example
    parameters = (*verb.arguments, *verb.options)
    assert not [parameter.name for parameter in parameters if not parameter.help]


def test_the_command_line_has_the_verbs_that_are_described_and_no_others() -> None:
    page = (generate.REFERENCE / "commands.md").read_text(encoding="utf-8")
    described = [line.removeprefix("## wagit ") for line in page.splitlines() if line.startswith("## wagit ")]
    assert described == list(VERBS)
    assert list(envelopes.DATA) == list(VERBS)


def test_every_error_has_a_code_of_its_own_and_a_meaning() -> None:
    assert {error.code for error in ERRORS} > {"usage", "bug", "slot-busy", "not-trusted"}
    inherited = [error.__qualname__ for error in ERRORS if "code" not in vars(error)]
    assert not inherited, "an error without a code of its own"
    twice = [code for code, n in collections.Counter(error.code for error in ERRORS).items() if n > 1]
    assert not twice
    assert all(error.__doc__ and error.__doc__ != WagitError.__doc__ for error in ERRORS)


def test_every_exit_status_is_described() -> None:
    assert {error.exit_status for error in ERRORS} <= set(generate.STATUSES)


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup.make(tmp_path / "repo")


@pytest.mark.parametrize("verb", CHECKED)
def test_what_a_verb_prints_has_the_documented_keys(verb: str, setup: Setup) -> None:
    if verb == "sessions adopt":
        (setup.path / "old_auth" / "session" / "Default").mkdir(parents=True)
    if verb == "hooks install":
        wagit(setup.path, "hooks", "uninstall")
    if verb in ("sessions rename", "sessions rm", "sessions adopt"):
        (setup.path / LINK).unlink()
    if verb == "undo":
        wagit(setup.path, "use", "production")
    if verb.startswith("snapshot") or verb in ("restore", "sessions promote"):
        login = setup.path / LINK / "session/Default/Local Storage/leveldb/CURRENT"
        login.parent.mkdir(parents=True)
        login.write_text("MANIFEST-000001\n")
        data_of(setup.path, "snapshot")
    documented = envelopes.DATA[verb]
    assert isinstance(documented, envelopes.Data)
    found = data_of(setup.path, *CHECKED[verb])
    rows: list[dict[str, Any]] = found if isinstance(found, list) else [found]
    assert rows
    for row in rows:
        assert list(row) == list(documented.fields)


def test_every_verb_with_data_is_checked() -> None:
    described = {name for name, data in envelopes.DATA.items() if not isinstance(data, str)}
    assert described - RUNNING == set(CHECKED)


def test_the_schema_is_printed_as_it_ships(setup: Setup) -> None:
    assert data_of(setup.path, "config", "schema")["$schema"].startswith("https://json-schema.org/")
