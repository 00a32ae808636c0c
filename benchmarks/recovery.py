"""What the check before each start costs, and how soon a bot is there when it finds damage."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import memory, sessions
from benchmarks.bots import Bots
from benchmarks.clock import Contestant, Sample, interleave, program
from benchmarks.figures import Figure, at_most, figure
from benchmarks.run import RUN
from benchmarks.sessions import data_of, essential_of, size_of
from benchmarks.stage import BIN, ROOT, Stage

NAME = "recovery"
MEGABYTES = 170  # of rows; what LevelDB keeps beside makes it some 200
VERIFY = (str(BIN / "wagit"), "verify", "-q", "--deep")
TAKE = (str(BIN / "wagit"), "snapshot", "-q")
BARE = "python -c pass"
FAST, FAST_ALONE = "unchanged, checked within wagit run", "the same in a process of its own"
WHOLE = "unchanged, to the bot's process"
BROKEN = "one bit flipped, mended, to the bot's process"
TORN = "a torn log, mended, to the bot's process"
COPY = "cp -a of the session"
CHECK = """
import sys, time
{imports}
from wagit.core.store import Store
from wagit.operations.examine import examine
start = time.perf_counter_ns()
assert examine(Store(sys.argv[1]), "dev", time.time()).fast
print(time.perf_counter_ns() - start)
"""


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield the figures, all of one session with one snapshot."""
    with sessions.world(at) as played:
        repo = sessions.linked(at, played, "bot", MEGABYTES)
    at.run(*VERIFY, cwd=repo)
    at.run(*TAKE, cwd=repo)
    yield from _unchanged(at, repo, rounds)
    yield from _damaged(at, repo, rounds)


def _unchanged(at: Stage, repo: Path, rounds: int) -> Iterator[Figure]:
    """Nothing is read; once as `wagit run` pays for it, once with all that has to be loaded for it."""
    store = str(repo / ".git" / "wagit")
    alone = [sys.executable, "-c", CHECK.format(imports=""), store]

    def within() -> Sample:
        code = CHECK.format(imports="import wagit.operations.run")
        done = subprocess.run(
            [sys.executable, "-c", code, store],
            cwd=ROOT,
            env=dict(at.environ),
            capture_output=True,
            check=True,
        )
        return Sample(int(done.stdout) / 1e6)

    environ = {**at.environ, "PYTHONPATH": str(ROOT)}
    contestants = [
        Contestant(BARE, program([sys.executable, "-c", "pass"], environ)),
        Contestant(FAST, within),
        Contestant(FAST_ALONE, program(alone, environ)),
    ]
    samples = interleave(contestants, rounds * 2)
    yield figure(NAME, samples, FAST, target=at_most(20, "value"))
    yield figure(NAME, samples, FAST_ALONE, BARE)


def _damaged(at: Stage, repo: Path, rounds: int) -> Iterator[Figure]:
    """From the start of `wagit run` to the bot's first word, beside a copy of the same files."""
    session = _Session(repo)
    copy = at.home / "copy"
    with Bots(at, repo) as bots:
        contestants = [
            Contestant(COPY, program(["cp", "-a", str(data_of(repo)), str(copy)], at.environ), session.whole),
            Contestant(WHOLE, lambda: bots.start_once(RUN), session.whole),
            Contestant(BROKEN, lambda: bots.start_once(RUN), session.flip),
            Contestant(TORN, lambda: bots.start_once(RUN), session.tear),
        ]
        samples = interleave([_settled(one, copy) for one in contestants], rounds)
    size = sum(size_of(path).size for path in essential_of(data_of(repo)))
    yield Figure(NAME, "the session", size / 1e6, unit="MB")
    yield figure(NAME, samples, WHOLE)
    yield figure(NAME, samples, BROKEN, COPY, at_most(1500, "value"))
    yield figure(NAME, samples, TORN, COPY)


def _settled(one: Contestant, copy: Path) -> Contestant:
    """Let nothing that was prepared still be written while it is measured."""

    def prepare() -> None:
        shutil.rmtree(copy, ignore_errors=True)
        one.prepare()
        memory.settle(cold=False)

    return one._replace(prepare=prepare)


class _Session:
    """The slot's data: whole, or damaged in one place; what recoveries set aside is dropped."""

    def __init__(self, repo: Path) -> None:
        self._aside = repo / ".git" / "wagit" / "quarantine"
        [self._database] = (data_of(repo) / "session/Default/IndexedDB").glob("*.leveldb")

    def whole(self) -> None:
        """As the last recovery left it, whose seal still holds."""
        shutil.rmtree(self._aside, ignore_errors=True)

    def flip(self) -> None:
        """Flip one bit in the middle of the largest table, of which Chromium would delete everything."""
        self.whole()
        table = max(self._database.glob("*.ldb"), key=lambda path: path.stat().st_size)
        with table.open("r+b") as file:
            file.seek(table.stat().st_size // 2)
            byte = file.read(1)[0]
            file.seek(-1, 1)
            file.write(bytes([byte ^ 1]))

    def tear(self) -> None:
        """Cut the log as a kill does."""
        self.whole()
        log = max(self._database.glob("*.log"), key=lambda path: path.stat().st_size)
        with log.open("r+b") as file:
            file.truncate(log.stat().st_size - 7)
