"""What the sh hook compares: dates of the kept routes and of the config."""

from __future__ import annotations

import os
import time

import pytest

from tests.support.git import GitRepo
from wagit.config.digest import Decided
from wagit.core.repository import find
from wagit.routing import cache
from wagit.routing.cache import Target

TARGET = Target("dev", "wwebjs", None, None, "no rules")


def test_a_config_saved_in_the_tick_of_a_resolve_is_newer_than_the_route(repo: GitRepo) -> None:
    """The kernel dates files by its last tick, which may be before the clock said that the resolve began."""
    started = time.time()
    config = repo.write(".wagit.yml", "default: saved-while-it-was-read\n")
    os.utime(config, (started - 0.004, started - 0.004))
    cache.remember(find(str(repo.path)), "main", "digest", TARGET, started)
    assert config.stat().st_mtime_ns > (repo.state_dir / "routes/main").stat().st_mtime_ns


def test_a_route_that_cannot_be_written_leaves_nothing_behind(repo: GitRepo) -> None:
    """A branch `a` was seen where there is `a/b` now, or the disk is full."""
    found = find(str(repo.path))
    cache.remember(found, "a/b", "digest", TARGET, time.time())
    cache.remember(found, "a", "digest", TARGET, time.time())
    assert cache.recall(found, "a", "digest") == TARGET
    (repo.state_dir / "route").mkdir()
    with pytest.raises(IsADirectoryError):
        cache.complete(found, "dev", Decided("digest", ()), None, "")
    assert list(repo.state_dir.glob(".tmp-*")) == []
