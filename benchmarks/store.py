"""What many snapshots cost: the room of ten days, one more beside 10,000, and letting thousands go."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from benchmarks import memory, sessions
from benchmarks.clock import Contestant, Sample, interleave, program
from benchmarks.figures import Figure, at_most, figure
from benchmarks.sessions import NUMBER, World, data_of, essential_of, size_of
from benchmarks.stage import BIN, Stage, copy
from wagit.core.repository import find
from wagit.core.store import Store
from wagit.operations.snapshot import Ask, take
from wagit.snapshots import manifest as manifests
from wagit.snapshots import objects
from wagit.snapshots.manifest import Manifest

NAME = "store"
MEGABYTES = 150
DAYS, DAY = 10, 86400.0
SETTLING = 3  # days before: LevelDB goes on merging the months of rows that were written at once
MESSAGES = 200  # a day
GROWTH = 1  # MB a day of rows whose keys lie all over the place
SLOTS, OF_EACH = 100, 100
THOUSAND = 1000
START = 1_700_000_000.0  # some day
ONE, MANY = "one snapshot", f"{SLOTS * OF_EACH:,} snapshots"


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield the figures; the session of the first is that of all others."""
    with sessions.world(at) as played:
        repo = sessions.linked(at, played, "bot", MEGABYTES)
        yield from _ten_days(repo, played)
    base = _newest(repo)
    yield from _among_many(at, repo, base, rounds)
    yield from _prune(at, repo, base, rounds)


def store_of(repo: Path) -> Store:
    """The store of a repository."""
    return Store(str(repo / ".git" / "wagit"))


def _newest(repo: Path) -> Manifest:
    store = store_of(repo)
    identifier, _ = manifests.listing(store, "dev").snapshots[0]
    return manifests.read(store, "dev", identifier)


def _ten_days(repo: Path, played: World) -> Iterator[Figure]:
    """A bot that is used every day, and the snapshot of each evening; then one that is used a lot more."""
    what = f"{DAYS} daily snapshots, {MESSAGES} messages a day"
    yield _room(repo, played, what, 0)._replace(target=at_most(1.4, "ratio"))
    shutil.rmtree(store_of(repo).snapshots("dev"))
    shutil.rmtree(store_of(repo).objects())
    yield _room(repo, played, f"{what} and {GROWTH} MB", GROWTH)


def _room(repo: Path, played: World, what: str, growth: int) -> Figure:
    where, store = find(str(repo)), store_of(repo)
    for day in range(-SETTLING, DAYS):
        with played.bot(repo) as phone:
            for number in range(MESSAGES):
                phone.send(NUMBER, sessions.FRIEND, f"message {number} of day {day}")
            if growth:
                phone.grow(NUMBER, growth)
        if day < 0:
            continue
        taken = take(where, store, "dev", Ask("stop", START + day * DAY))
        assert taken.new
    kept = sum(size_of(Path(place)).mb for place in (store.objects(), store.snapshots("dev")))
    essential = sum(size_of(path).mb for path in essential_of(data_of(repo)))
    return Figure(
        NAME, what, kept, "the essential data once", essential, kept - essential, kept / essential, unit="MB"
    )


class Changing(NamedTuple):
    """A slot of which a byte changes before each snapshot, as a log of LevelDB does in a short run."""

    at: Stage
    repo: Path

    def change(self) -> None:
        """Write as a bot would."""
        with (essential_of(data_of(self.repo))[0] / "changing.log").open("ab") as file:
            file.write(b"x")
        memory.settle(cold=False)

    def alone(self) -> None:
        """The same, and no snapshot but the newest."""
        _, *older = manifests.listing(store_of(self.repo), "dev").snapshots
        for identifier, _ in older:
            os.unlink(manifests.path_of(store_of(self.repo), "dev", identifier))
        self.change()

    def run(self, *words: str) -> Sample:
        """Run `wagit …` here."""
        return program([str(BIN / "wagit"), "-C", str(self.repo), *words], self.at.environ)()


def _among_many(at: Stage, repo: Path, base: Manifest, rounds: int) -> Iterator[Figure]:
    few, many = (Changing(at, copy(at, repo, name)) for name in ("few", "many"))
    for one in (few, many):
        one.run("use", "--auto")  # the hooks are installed for another place
    _write(store_of(many.repo), base, SLOTS, OF_EACH)
    few.alone()
    contestants = [
        Contestant(f"a snapshot, {ONE}", lambda: few.run("snapshot", "-q"), few.alone),
        Contestant(f"a snapshot, {MANY}", lambda: many.run("snapshot", "-q"), many.change),
        Contestant(f"snapshots ls, {ONE}", lambda: few.run("snapshots", "ls", "dev"), few.alone),
        Contestant(f"snapshots ls, {MANY}", lambda: many.run("snapshots", "ls", "dev"), many.change),
    ]
    samples = interleave(contestants, rounds)
    for what, bound in (("a snapshot", 1.2), ("snapshots ls", 1.5)):
        yield figure(NAME, samples, f"{what}, {MANY}", f"{what}, {ONE}", at_most(bound, "ratio"))
    for one in (few, many):
        shutil.rmtree(one.repo)


def _write(store: Store, base: Manifest, slots: int, of_each: int, own: int = 0) -> None:
    """Write manifests like `base`, an hour apart, each with `own` objects that no other names."""
    names = ["dev", *(f"slot-{number}" for number in range(1, slots))]
    body = manifests.encode(base.header, base.entries).partition(b"\n")[2]
    for name in names:
        os.makedirs(store.snapshots(name), mode=0o700, exist_ok=True)
        for number in range(1, of_each + 1):
            header = base.header._replace(slot=name, number=number, time=START + number * 3600)
            first = manifests.encode(header, ()).partition(b"\n")[0]
            document = first + b"\n" + (_own(store, base, own, number) if own else body)
            identifier = manifests.id_of(document)
            Path(manifests.path_of(store, name, identifier)).write_bytes(document)


def _own(store: Store, base: Manifest, own: int, number: int) -> bytes:
    """The entries' lines, the first files replaced by small ones of this snapshot alone."""
    entries = list(base.entries)
    files = [place for place, entry in enumerate(entries) if entry.kind == "file"][:own]
    for place in files:
        content = f"{number} {place}\n".encode()
        digest = str(blake3(content).hexdigest())
        path = Path(objects.path_of(store, digest))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        entries[place] = entries[place]._replace(digest=digest, size=len(content))
    return manifests.encode(base.header, tuple(entries)).partition(b"\n")[2]


def _prune(at: Stage, repo: Path, base: Manifest, rounds: int) -> Iterator[Figure]:
    """Let all of a thousand go but what the config keeps, and of two thousand."""
    contestants = []
    for count in (THOUSAND, 2 * THOUSAND):
        made = copy(at, repo, f"prune-{count}")
        shutil.rmtree(data_of(made))
        store = store_of(made)
        shutil.rmtree(store.snapshots("dev"))
        _write(store, base, 1, count, own=3)
        contestants.append(_pruning(at, made, count))
    samples = interleave(contestants, min(rounds, 3))
    one, two = (contestant.name for contestant in contestants)
    yield figure(NAME, samples, one)
    yield figure(NAME, samples, two, one, at_most(2.2, "ratio"))


def _pruning(at: Stage, made: Path, count: int) -> Contestant:
    repo = made.with_name(f"{made.name}-now")

    def prepare() -> None:
        shutil.rmtree(repo, ignore_errors=True)
        at.run("cp", "-a", str(made), str(repo), cwd=at.home)
        memory.settle(cold=False)

    words = [str(BIN / "wagit"), "-C", str(repo), "snapshots", "prune", "-q", "--now", "--yes"]
    return Contestant(f"prune of {count:,}", program(words, at.environ), prepare)
