"""What the sh hook compares: dates of the kept routes and of the config."""

from __future__ import annotations

import os
import time

from tests.support.git import GitRepo
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
