"""A repository for all tests of `verify`, whose store is made anew for each."""

from __future__ import annotations

import shutil

import pytest

from tests.support.sessions import NO_SNAPSHOTS, Sessions, creds
from tests.support.setup import Setup, make_repo
from tests.support.verifying import finds
from wagit.core.store import create
from wagit.slots import records

CONFIG = (
    "version: 1\ndriver: baileys\ndefault: dev\nrules:\n"
    '  - {branch: main, slot: production, account: "+49 151 12345678"}\n' + NO_SNAPSHOTS
)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sessions:
    """One repository: what is tested lies in its store."""
    path = tmp_path_factory.mktemp("verify") / "repo"
    return Sessions(Setup(make_repo(path, CONFIG)).init())


@pytest.fixture
def sessions(made: Sessions, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """On main, whose slot is linked, as its rule asks; nothing is wrong with it."""
    finds(monkeypatch)
    shutil.rmtree(made.store.root)
    create(made.store.root)
    records.create_slot(made.store, "production", "baileys", 0.0)
    made.write({"creds.json": creds(7)})
    return made
