"""Run contestants in turn, round by round, and compare them by medians of paired differences."""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Sample(NamedTuple):
    """One run: wall-clock time, and processor time of the process and all it waited for; milliseconds."""

    wall: float
    cpu: float = 0.0


Samples = dict[str, list[Sample]]


class Contestant(NamedTuple):
    """Something to measure; `prepare` puts things back before each run and is not measured."""

    name: str
    run: Callable[[], Sample]
    prepare: Callable[[], object] = lambda: None


def interleave(contestants: Sequence[Contestant], rounds: int, warmups: int = 1) -> Samples:
    """Run every contestant once a round, in an order that is shuffled each round.

    So all of them meet the same noise of the machine, and none always runs behind the same other one.
    """
    shuffler = random.Random(1)
    samples: Samples = {one.name: [] for one in contestants}
    for number in range(-warmups, rounds):
        for one in shuffler.sample(list(contestants), len(contestants)):
            one.prepare()
            sample = one.run()
            if number >= 0:
                samples[one.name].append(sample)
    return samples


def program(
    arguments: Sequence[str], environ: Mapping[str, str], accept: tuple[int, ...] = (0,)
) -> Callable[[], Sample]:
    """Return a function that runs a program with no streams and measures it from start to end.

    Raises RuntimeError when the program ends with another status than `accept` has.
    """
    words = list(arguments)
    null = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]

    def run() -> Sample:
        start = time.perf_counter_ns()
        pid = os.posix_spawnp(words[0], words, environ, file_actions=null)
        _, status, usage = os.wait4(pid, 0)
        end = time.perf_counter_ns()
        if os.waitstatus_to_exitcode(status) not in accept:
            raise RuntimeError(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
        return Sample((end - start) / 1e6, (usage.ru_utime + usage.ru_stime) * 1e3)

    return run


def median(samples: Sequence[Sample]) -> float:
    """The median wall-clock time in milliseconds."""
    return statistics.median(sample.wall for sample in samples)


def median_cpu(samples: Sequence[Sample]) -> float:
    """The median processor time in milliseconds."""
    return statistics.median(sample.cpu for sample in samples)


def difference(these: Sequence[Sample], those: Sequence[Sample]) -> float:
    """The median of what each run of `these` took longer than its partner in the same round; milliseconds."""
    return statistics.median(one.wall - other.wall for one, other in zip(these, those, strict=True))


def ratio(these: Sequence[Sample], those: Sequence[Sample]) -> float:
    """The median of how many times as long each run of `these` took as its partner."""
    return statistics.median(one.wall / other.wall for one, other in zip(these, those, strict=True))


def quartiles(samples: Sequence[Sample]) -> tuple[float, float]:
    """The first and third quartile of the wall-clock times in milliseconds."""
    if len(samples) < 2:
        return samples[0].wall, samples[0].wall
    first, _, third = statistics.quantiles((sample.wall for sample in samples), n=4, method="inclusive")
    return first, third
