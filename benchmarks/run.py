"""`wagit run`: how soon the bot's process is there, first and after a `git switch`, and what it weighs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.bots import Bots, Followed, memory_of
from benchmarks.clock import Contestant, Sample, interleave
from benchmarks.figures import Figure, at_most, figure
from benchmarks.stage import BIN, Stage, repository

NAME = "run"
CONFIG = "version: 1\ndriver: wwebjs\ndefault: dev\nrules:\n  - branch: develop\n    slot: staging\n"
RUN = (str(BIN / "wagit"), "run", "--")
DIRECT, STARTED = "sh started directly", "wagit run to the bot's process"
FROM_RETURN = "git switch returned to the new bot's process"
FROM_START = "git switch started to the new bot's process"
GIT = "git switch itself, beside a wagit run"


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield the figures; one `wagit run` lives through all switches, others are only started."""
    repo = repository(at, "run", {".wagit.yml": CONFIG, "package.json": "{}\n"}, ["develop"])
    at.wagit("init", cwd=repo)
    other = repository(at, "started", {".wagit.yml": CONFIG, "package.json": "{}\n"}, [])
    at.wagit("init", cwd=other)
    switches: list[Followed] = []

    def keep(done: Followed) -> Sample:
        switches.append(done)
        return done.from_start

    with Bots(at, repo) as followed, Bots(at, other) as started:
        followed.start(RUN)
        contestants = [
            Contestant(DIRECT, lambda: started.start_once(())),
            Contestant(STARTED, lambda: started.start_once(RUN)),
            Contestant(FROM_START, lambda: keep(followed.switch())),
        ]
        samples = interleave(contestants, rounds, warmups=1)
        memory, bare = followed.memory(), _bare_memory(at)
    samples[FROM_RETURN] = [each.from_return for each in switches[-rounds:]]
    samples[GIT] = [each.git for each in switches[-rounds:]]
    yield figure(NAME, samples, FROM_RETURN, target=at_most(300, "value"))
    yield figure(NAME, samples, FROM_START)
    yield figure(NAME, samples, GIT)
    yield figure(NAME, samples, STARTED, DIRECT)
    yield Figure(
        NAME,
        "memory of wagit run",
        memory,
        "python that sleeps",
        bare,
        memory - bare,
        memory / bare,
        unit="MB",
    )


def _bare_memory(at: Stage) -> float:
    """The memory of a Python that does nothing."""
    code = "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(at.environ)
    ) as python:
        assert python.stdout is not None
        python.stdout.readline()
        memory = memory_of(python.pid)
        assert python.stdin is not None
        python.stdin.close()
    return memory
