"""What sharing a session costs: push and pull beside tar, zstd, age and git; the lease; what a run adds."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import memory, sessions, shared
from benchmarks.bots import Bots
from benchmarks.clock import Contestant, Sample, Samples, interleave, program
from benchmarks.figures import Figure, at_most, figure
from benchmarks.sessions import data_of, essential_of
from benchmarks.shared import Member, Server
from benchmarks.stage import BIN, ROOT, Stage, Switching, copy
from wagit.core.store import Store
from wagit.operations import context, team_access
from wagit.operations.context import Context
from wagit.team import state
from wagit.team.leases import Held
from wagit.team.redis_leases import RedisLeases

NAME = "team"
MEGABYTES = 150  # of rows; with what LevelDB and Chromium keep beside some 200
PUSH, PULL, AGAIN = "first push", "first pull", "push after a short run"
FILE_PUSH, FILE_PULL = (
    "tar | zstd | age, git push of the file",
    "git fetch of the file, age -d | zstd -d | tar",
)
LEASE, LEASE_REDIS, PLAIN = "lease taken, git", "lease taken, Redis", "wagit run"
STARTED, TAKEN = "wagit run, shared slot held", "wagit run, lease to be taken"
SWITCH, SWITCH_PLAIN = "git switch, shared slot", "git switch, slot not shared"
SETTLING = 3  # runs of the bot before a short one is measured
AGE = ROOT / ".cache/age/root/usr/bin"  # where .ci/unpacked puts it
RUN = (str(BIN / "wagit"), "run", "--")
_SAVE = """
set -eu
cd $O/work && tar -cf - "$@" | zstd -q | age -r "$KEY" >session.age
git add session.age && git commit -q -m session && git push -q origin HEAD:refs/heads/session
"""
_BACK = """
set -eu
cd $O/back && git init -q && git fetch -q "$URL" session && git cat-file blob FETCH_HEAD:session.age \
| age -d -i "$OWN" | zstd -q -d | tar -xf -
"""


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield the figures; the session is one that a real Chromium made."""
    missing = [
        tool for tool in ("age", "zstd") if shutil.which(tool, path=f"{AGE}:{at.environ['PATH']}") is None
    ]
    if missing:
        print(f"{NAME}: {' and '.join(missing)} is not installed: nothing is measured", file=sys.stderr)
        return
    with shared.server(at) as served, sessions.world(at) as played:
        repo = sessions.linked(at, played, "bot", MEGABYTES)
        plain = copy(at, repo, "plain")
        ada = shared.begin(at, repo, served)
        bob = shared.join(ada, served)
        ada.wagit("snapshot", "-q", "dev")
        yield from _transfers(ada, bob, served, rounds)
        yield from _again(ada, served, played)
        yield from _lease(ada, rounds)
        yield from _run(at, ada, plain, rounds)


class Peer:
    """One age file of everything, on a branch of the same server."""

    def __init__(self, ada: Member, served: Server) -> None:
        self._place = ada.at.home / "peer"
        self._served, self._at = served, ada.at
        self._data = [str(path) for path in essential_of(data_of(ada.repo))]
        key = ada.at.home / ".config" / "wagit" / "age.key"
        public = next(line for line in key.read_text().splitlines() if "public key" in line).split()[-1]
        self._environ = {
            **ada.at.environ, "O": str(self._place), "KEY": public, "OWN": str(key), "URL": served.url,
            "PATH": f"{AGE}:{ada.at.environ['PATH']}",
        }  # fmt: skip

    def begin(self) -> None:
        """Have nothing, here and there."""
        shutil.rmtree(self._place, ignore_errors=True)
        (self._place / "work").mkdir(parents=True)
        self._at.run(self._at.git, "init", "-q", cwd=self._place / "work")
        self._at.run(self._at.git, "remote", "add", "origin", self._served.url, cwd=self._place / "work")
        self._at.run(
            "sh", "-c", "git update-ref -d refs/heads/session; git prune --expire=now", cwd=self._served.path
        )

    def save(self) -> Sample:
        """Push the session's essential data."""
        return program(["sh", "-c", _SAVE, "sh", *self._data], self._environ)()

    def forget(self) -> None:
        """Have nothing here."""
        shutil.rmtree(self._place / "back", ignore_errors=True)
        (self._place / "back").mkdir(parents=True)

    def back(self) -> Sample:
        """Fetch it and write it out."""
        return program(["sh", "-c", _BACK], self._environ)()


def _transfers(ada: Member, bob: Member, served: Server, rounds: int) -> Iterator[Figure]:
    peer = Peer(ada, served)

    def forget() -> None:
        ada.forget()
        served.forget(ada.at)
        memory.settle(cold=False)

    def begin() -> None:
        peer.begin()
        memory.settle(cold=False)

    pushing = [
        Contestant(PUSH, program(ada.command("team", "push", "-q", "dev"), ada.at.environ), forget),
        Contestant(FILE_PUSH, peer.save, begin),
    ]
    yield figure(NAME, interleave(pushing, rounds), PUSH, FILE_PUSH, at_most(1.5, "ratio"))
    pulling = [
        Contestant(
            PULL, program(bob.command("team", "pull", "-q", "dev"), bob.at.environ), lambda: _empty(bob)
        ),
        Contestant(FILE_PULL, peer.back, peer.forget),
    ]
    yield figure(NAME, interleave(pulling, rounds), PULL, FILE_PULL, at_most(1.5, "ratio"))


def _empty(member: Member) -> None:
    """Have no session, and know of none."""
    member.forget()
    store = member.repo / ".git" / "wagit"
    for name in ("slots/dev", "snapshots", "objects", "quarantine", "tmp"):
        shutil.rmtree(store / name, ignore_errors=True)
    (store / "tmp").mkdir()
    memory.settle(cold=False)


def _again(ada: Member, served: Server, played: sessions.World) -> Iterator[Figure]:
    """In turn: everything anew, and what a short run of the bot changed; bytes and time."""
    samples: Samples = {PUSH: [], AGAIN: []}
    push = program(ada.command("team", "push", "-q", "dev"), ada.at.environ)
    sizes: list[tuple[int, int]] = []
    for _ in range(SETTLING):  # LevelDB goes on compacting what the session grew by
        _short_run(ada, played)
    for _ in range(3):
        ada.forget()
        served.forget(ada.at)
        samples[PUSH].append(push())
        first = served.size(ada.at)
        _short_run(ada, played)
        before = _names(served, ada)
        ada.wagit("team", "lease", "-q", "--take", "dev")  # which a run has when it pushes
        samples[AGAIN].append(push())
        ada.wagit("team", "release", "-q", "dev")
        sizes.append((first, sum(size for name, size in _names(served, ada).items() if name not in before)))
    yield figure(NAME, samples, AGAIN, PUSH, at_most(0.1, "ratio"))
    first, again = (sorted(each)[1] / 1e6 for each in zip(*sizes, strict=True))
    yield Figure(NAME, f"{AGAIN}: bytes", again, f"{PUSH}: bytes", first, ratio=again / first,
                 target=at_most(0.1, "ratio"), unit="MB")  # fmt: skip


def _short_run(ada: Member, played: sessions.World) -> None:
    """The bot gets one message."""
    with ada.alone(), played.bot(ada.repo) as phone:
        phone.send(sessions.NUMBER, sessions.FRIEND, "good morning")
    ada.wagit("snapshot", "-q", "dev")


def _names(served: Server, ada: Member) -> dict[str, int]:
    """The blobs on the server, and their sizes in bytes."""
    listed = ada.at.run(
        ada.at.git, "for-each-ref", "--format=%(objectname) %(objectsize)", "refs/wagit", cwd=served.path
    )
    return {name: int(size) for name, size in (line.split() for line in listed.splitlines())}


def _lease(ada: Member, rounds: int) -> Iterator[Figure]:
    """From an opened repository to a lease that is ours: keys, remote, head read and advanced."""
    opened = context.open_at(str(ada.repo), ada.at.environ)

    def take() -> Sample:
        start = time.perf_counter_ns()
        access = team_access.access(opened)
        team_access.leases(access).take("dev")
        return Sample((time.perf_counter_ns() - start) / 1e6)

    def release() -> None:
        ada.wagit("team", "release", "-q", "dev")

    take()
    samples = interleave([Contestant(LEASE, take, release)], rounds)
    yield figure(NAME, samples, LEASE, target=at_most(300, "value"))
    with shared.redis(ada.at) as url:
        if url is not None:
            samples = interleave([Contestant(LEASE_REDIS, *_in_redis(opened, url))], rounds * 5)
            yield figure(NAME, samples, LEASE_REDIS, target=at_most(20, "value"))


def _in_redis(opened: Context, url: str) -> tuple[Callable[[], Sample], Callable[[], None]]:
    """Take the lease of a slot that was never shared, and give it back: after a loss of data Redis waits."""
    access = team_access.access(opened)
    leases = RedisLeases(access._replace(team=access.team._replace(lease_at=url)))
    held: list[Held] = []

    def take() -> Sample:
        start = time.perf_counter_ns()
        held.append(leases.take("never-shared"))
        return Sample((time.perf_counter_ns() - start) / 1e6)

    def release() -> None:
        if held:
            leases.release(held.pop())

    return take, release


def _hold(ada: Member) -> None:
    """Leave what a killed run leaves: the lease, and that the session was brought up to date under it."""
    ada.wagit("team", "lease", "-q", "--take", "dev")
    store = Store(str(ada.repo / ".git" / "wagit"))
    state.update(store, "dev", lambda old: old._replace(ready=old.own.id if old.own else ""))


def _run(at: Stage, ada: Member, plain: Path, rounds: int) -> Iterator[Figure]:
    """Until the bot's process is there, the lease held; and what a switch takes."""
    at.run(at.git, "branch", "-f", "develop", cwd=ada.repo)
    at.run(at.git, "branch", "-f", "develop", cwd=plain)
    with Bots(at, ada.repo) as ours, Bots(at, plain) as theirs:
        contestants = [
            Contestant(STARTED, lambda: ours.start_once(RUN), lambda: _hold(ada)),
            Contestant(TAKEN, lambda: ours.start_once(RUN)),
            Contestant(PLAIN, lambda: theirs.start_once(RUN)),
        ]
        samples = interleave(contestants, rounds)
        yield figure(NAME, samples, STARTED, PLAIN, at_most(100))
        yield figure(NAME, samples, TAKEN, PLAIN)
    contestants = [
        Contestant(SWITCH, Switching(at, ada.repo, "develop", "main")),
        Contestant(SWITCH_PLAIN, Switching(at, plain, "develop", "main")),
    ]
    yield figure(NAME, interleave(contestants, rounds * 5), SWITCH, SWITCH_PLAIN, at_most(0.5))
