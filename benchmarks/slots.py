"""What our hook adds to `git switch` when the slot changes, with small and large sessions."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from benchmarks.clock import Contestant, Sample, interleave, program
from benchmarks.figures import Figure, at_most, figure
from benchmarks.stage import Stage, Switching, copy, repository
from wagit.operations.after_switch import PROGRAM

NAME = "slots"
BRANCHES = ("develop", "feature/1")
TICKETS = 200  # branches that nobody has been on
CONFIG = """\
version: 1
driver: wwebjs
default: dev
rules:
  - branch: develop
    slot: staging
  - branch: ticket/{number}
    slot: ticket-{number}
"""
SIZES = {"20 MB": (350, 20), "1 GB": (2000, 1024)}  # files, MB
NONE = "no hook"
SEEN, FIRST, NEW = "branch seen before", "branch first seen", "branch first seen, new slot"


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield figures for both sizes and for branches seen and not seen before."""
    base = repository(
        at, "slots", {".wagit.yml": CONFIG, "package.json": "{}\n"},
        [*BRANCHES, *(f"ticket/{number}" for number in range(TICKETS))],
    )  # fmt: skip
    contestants = [Contestant(NONE, Switching(at, copy(at, base, "none"), *BRANCHES))]
    for size, (files, megabytes) in SIZES.items():
        repo = _set_up(at, copy(at, base, f"wagit-{megabytes}"))
        for slot in ("dev", "staging"):
            _grow(repo / ".git" / "wagit" / "slots" / slot / "data", files, megabytes)
        contestants += _contestants(at, repo, size)
    samples = interleave(contestants, min(rounds, TICKETS - 2), warmups=2)
    yield figure(NAME, samples, NONE)
    for kind, bound in ((SEEN, 60), (FIRST, 200), (NEW, 200)):
        for size in SIZES:
            yield figure(NAME, samples, f"{kind}, {size}", NONE, at_most(bound))


def _contestants(at: Stage, repo: Path, size: str) -> Iterator[Contestant]:
    there_and_back = Switching(at, repo, *BRANCHES, before=lambda: _wait_for_snapshots(repo))
    yield Contestant(f"{SEEN}, {size}", there_and_back, lambda: _be_on(at, repo, BRANCHES[1]))
    yield Contestant(f"{FIRST}, {size}", there_and_back, lambda: _forget(at, repo))
    yield Contestant(f"{NEW}, {size}", _Tickets(at, repo), lambda: _be_on(at, repo, BRANCHES[0]))


class _Tickets:
    """`git switch` to a branch nobody has been on, whose slot is not there; another one each time."""

    def __init__(self, at: Stage, repo: Path) -> None:
        self._at, self._repo, self._numbers = at, repo, itertools.count()

    def __call__(self) -> Sample:
        branch = f"ticket/{next(self._numbers)}"
        _wait_for_snapshots(self._repo)
        return program([self._at.git, "-C", str(self._repo), "switch", "-q", branch], self._at.environ)()


def _set_up(at: Stage, repo: Path) -> Path:
    at.wagit("init", cwd=repo)
    for branch in BRANCHES:
        at.see(repo, branch)
    link = (repo / ".wwebjs_auth").readlink()
    assert link.parts[-2:] == ("dev", "data"), link
    return repo


def _grow(data: Path, files: int, megabytes: int) -> None:
    """Fill a slot with sparse files laid out as in a Chrome profile: what counts is number and size."""
    parts = ("Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb", "Default/Cache/Cache_Data")
    size = (megabytes << 20) // files
    for part, number in itertools.product(parts, range(files // len(parts))):
        file = data / "session" / part / f"{number:06}.ldb"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            opened.truncate(size)


def _wait_for_snapshots(repo: Path) -> None:
    """Let the process end that the switch before started: people do not switch ten times a second."""
    words = {PROGRAM, str(repo)}
    while any(words <= set(one.info["cmdline"] or []) for one in psutil.process_iter(["cmdline"])):
        time.sleep(0.01)


def _be_on(at: Stage, repo: Path, branch: str) -> None:
    if (repo / ".git" / "HEAD").read_text() != f"ref: refs/heads/{branch}\n":
        at.run(at.git, "switch", "-q", branch, cwd=repo)


def _forget(at: Stage, repo: Path) -> None:
    """Make the branches count as never seen."""
    _be_on(at, repo, BRANCHES[1])
    for branch in BRANCHES:
        (repo / ".git" / "wagit" / "routes" / branch).unlink(missing_ok=True)
