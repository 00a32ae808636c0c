from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.killing import killed_in_a_fork
from tests.support.setup import Setup
from wagit.drivers.base import Writer
from wagit.drivers.profile import LOGIN
from wagit.drivers.wwebjs import WhatsappWebJs
from wagit.operations import cleanup
from wagit.operations.context import open_at
from wagit.snapshots import staging

KEPT = ("Default/IndexedDB/x.leveldb/000003.log", "Default/Local Storage/leveldb/CURRENT", "Default/Cookies",
        "Default/Service Worker/Database/CURRENT", "Local State")  # fmt: skip


def fill(profile: Path) -> None:
    for name in (*KEPT, *(f"{cache}/index" for cache in cleanup.CACHES)):
        (profile / name).parent.mkdir(parents=True, exist_ok=True)
        (profile / name).write_text(name)


def files_of(profile: Path) -> set[str]:
    return {str(path.relative_to(profile)) for path in profile.rglob("*") if path.is_file()}


def test_no_cache_is_part_of_a_login() -> None:
    assert not [
        c for c in cleanup.CACHES for part in LOGIN if f"{c}/".startswith(part) or part.startswith(f"{c}/")
    ]


def test_killed_at_any_step_the_login_is_whole_and_each_cache_whole_or_gone(tmp_path: Path) -> None:
    setup = Setup.make(tmp_path / "repo")
    context = open_at(str(setup.path), os.environ)
    profile = setup.store / "slots/production/data/session"

    def run() -> int:
        return cleanup.drop_caches(context.store, "production", str(setup.path))

    gone = 0
    for ended in killed_in_a_fork(run, setup.store, lambda: fill(profile)):
        left = files_of(profile)
        assert left >= set(KEPT), ended
        assert left - set(KEPT) <= {f"{cache}/index" for cache in cleanup.CACHES}, ended
        gone = max(gone, len(cleanup.CACHES) + len(KEPT) - len(left))
    assert (gone, ended.output) == (len(cleanup.CACHES), str(sum(len(f"{c}/index") for c in cleanup.CACHES)))
    assert files_of(profile) == set(KEPT)
    staging.sweep(context.store)
    assert os.listdir(context.store.staging()) == []


@pytest.mark.parametrize(("wanted", "stays"), [("true", False), ("false", True)])
def test_caches_go_where_the_config_wants_it_and_nobody_has_the_slot_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: str, stays: bool
) -> None:
    setup = Setup.make(tmp_path / "repo")
    profile = setup.store / "slots/production/data/session"
    fill(profile)
    context = open_at(str(setup.path), {**os.environ, "WA_CLEANUP_ON_EXIT": wanted})
    with monkeypatch.context() as busy:
        writer = [Writer(1, "chromium", "it has it open")]
        busy.setattr(WhatsappWebJs, "writers", lambda self, data, worktree: writer)  # noqa: ARG005
        cleanup.at_exit(context, "production")
    assert (profile / "Default/Cache").is_dir()
    cleanup.at_exit(context, "production")
    assert (profile / "Default/Cache").is_dir() is stays
