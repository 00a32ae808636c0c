"""What it costs to check every byte of a real session, beside what copies or hashes the same directories."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import clock, memory, sessions
from benchmarks.clock import Contestant, Sample, Samples, interleave, program
from benchmarks.figures import Figure, Target, figure
from benchmarks.stage import ROOT, Stage
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.integrity.findings import Finding, broken

NAME = "integrity"
MEGABYTES = 150  # of rows
FULL, LEVELDB, WHOLE = "full check", "LevelDB alone", "full check, whole process"
SPEED = Target("value", ">=", 350, "MB/s")
RESIDENT = Target("value", "<=", 100, "MB")
CP = "cp -a"
HASHES = {"b3sum": "", "b3sum, one thread": "--num-threads 1"}
HASH = 'find "$@" -type f -exec b3sum OPTION {} + '
_CHECK = """
import sys
from wagit.drivers import registry
registry.get("wwebjs").check(sys.argv[1], {}, lambda _: None)
"""


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield the figures: time and speed of a check whose files are in memory, and its own memory."""
    with sessions.world(at) as played:
        repo = sessions.linked(at, played, "checked", MEGABYTES)
    data = sessions.data_of(repo)
    size = sum(sessions.size_of(path).mb for path in sessions.essential_of(data))
    sources = [str(path) for path in sessions.essential_of(data)]
    words = [sys.executable, "-c", _CHECK, str(data)]
    environ = {**at.environ, "PYTHONPATH": str(ROOT)}
    samples = interleave(
        [
            Contestant(FULL, Check(data)),
            Contestant(LEVELDB, lambda: _leveldb(data)),
            Contestant(WHOLE, program(words, environ)),
            *_peers(at, sources),
        ],
        rounds,
    )
    yield from _beside(samples, size)
    yield Figure(NAME, "full check: memory", memory.peak(words, environ), target=RESIDENT, unit="MB")


class Check:
    """The driver's check of a session's data, which is whole."""

    def __init__(self, data: Path) -> None:
        self._driver: Driver = registry.get("wwebjs")
        self._data = str(data)

    def __call__(self) -> Sample:
        """Check it, and count what was read."""
        read: list[int] = []
        sample = _timed(lambda: self._driver.check(self._data, {}, read.append))
        assert sum(read) > MEGABYTES * 1e6
        return sample


def _leveldb(data: Path) -> Sample:
    from wagit.integrity.leveldb_check import check_leveldb

    directories = [str(path.parent) for path in data.glob("*/Default/**/CURRENT")]
    return _timed(lambda: [found for path in directories for found in check_leveldb(path)])


def _timed(check: Callable[[], list[Finding]]) -> Sample:
    start, busy = time.perf_counter_ns(), time.process_time_ns()
    found = check()
    end, ended = time.perf_counter_ns(), time.process_time_ns()
    assert not broken(found), found
    return Sample((end - start) / 1e6, (ended - busy) / 1e6)


def _peers(at: Stage, sources: list[str]) -> Iterator[Contestant]:
    copy = at.home / "copied"

    def forget() -> None:
        shutil.rmtree(copy, ignore_errors=True)
        os.mkdir(copy)

    yield Contestant(CP, program(["cp", "-a", *sources, str(copy)], at.environ), forget)
    if shutil.which("b3sum") is None:
        print(f"{NAME}: b3sum is not installed and left out", file=sys.stderr)
        return
    for name, option in HASHES.items():
        yield Contestant(
            name, program(["sh", "-c", HASH.replace("OPTION", option), "sh", *sources], at.environ)
        )


def _beside(samples: Samples, size: float) -> Iterator[Figure]:
    for peer in (CP, *HASHES):
        if peer in samples:
            yield figure(NAME, samples, FULL, peer)
    yield figure(NAME, samples, LEVELDB, CP)
    yield figure(NAME, samples, WHOLE, CP)
    for name in (FULL, CP, *HASHES):
        if name in samples:
            speed = size / clock.median(samples[name]) * 1e3
            yield Figure(NAME, f"{name}: speed", speed, target=SPEED if name == FULL else None, unit="MB/s")
