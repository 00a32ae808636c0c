"""What snapshots and restores of a real session cost, beside what others do with the same directories."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import memory, mounts, sessions
from benchmarks.clock import Contestant, Sample, Samples, interleave, program
from benchmarks.figures import Figure, Target, at_most, figure
from benchmarks.peers import STORES, Peer, Saver, absent, present
from benchmarks.sessions import NUMBER, Size, World, data_of, essential_of, size_of
from benchmarks.stage import BIN, Stage
from wagit.core.store import Store
from wagit.operations import context, examine
from wagit.operations import restore as restoring
from wagit.snapshots.create import newest

NAME = "snapshots"
MEGABYTES = 150  # of rows; LevelDB's log and what Chromium keeps beside make it some 200
SLOW = ("zip -6",)  # not when cold: it says nothing new
PROFILES = 5  # like that one, for what memory it takes: 1 GB
BARE = "python -c pass"
TAKE = (str(BIN / "wagit"), "snapshot", "-q")
BACK = (str(BIN / "wagit"), "restore", "-q", "--yes", "dev", "latest")
CP, COPY = "cp -a + sync", "cp -a"
FIRST, SAME, USED = "first snapshot", "nothing changed", "after a short run"
RESTORE, UNCHECKED, WHOLE = "restore", "restore of one never checked", "wagit restore, whole process"
FIRST_BOUNDS = {CP: 2.0, "restic": 0.25, "borg": 0.3}
AGAIN_BOUNDS = {"restic": 0.2, "borg": 0.2}
BACK_BOUNDS = {COPY: 2.5, "restic": 0.4}


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield the figures: warm and cold, unchanged and changed, back again, on reflinks, and the memory."""
    for name in absent():
        print(f"{NAME}: {name} is not installed and left out", file=sys.stderr)
    with sessions.world(at) as played:
        bot = Ours(at, sessions.linked(at, played, "bot", MEGABYTES))
        yield _size(bot)
        yield from _first(at, bot, rounds, cold=False)
        if memory.can_drop():
            yield from _first(at, bot, rounds, cold=True)
        else:
            print(f"{NAME}: only root can empty the page cache: nothing is measured cold", file=sys.stderr)
        yield from _again(at, bot, played, rounds)
        yield from _restore(at, bot, rounds)
    yield from _reflinks(at, bot, rounds)
    yield from _memory(at, bot)


class Ours:
    """A repository whose slot has the session, and wagit's verbs on it."""

    def __init__(self, at: Stage, repo: Path) -> None:
        self.repo, self._at = repo, at
        self.data = data_of(repo)
        self.essential = essential_of(self.data)

    def forget(self) -> None:
        """Drop every snapshot."""
        for name in ("snapshots", "objects", "tmp"):
            shutil.rmtree(self.repo / ".git" / "wagit" / name, ignore_errors=True)

    def run(self, words: tuple[str, ...]) -> Sample:
        """Run `wagit …` here and measure it."""
        return program([words[0], "-C", str(self.repo), *words[1:]], self._at.environ)()

    def take(self) -> Sample:
        """Take a snapshot."""
        return self.run(TAKE)

    def take_anew(self) -> None:
        """Have one snapshot, of what is there now."""
        self.forget()
        self.take()

    def take_checked(self) -> None:
        """The same, checked and sealed as after a bot's stop."""
        self.take_anew()
        store = Store(str(self.repo / ".git" / "wagit"))
        examine.examine(store, "dev", time.time(), deep=True)
        taken = newest(store, "dev").manifest
        assert taken is not None
        examine.name_snapshot(store, "dev", taken)

    def back(self) -> Sample:
        """Restore the newest: all is staged, checked, durable and put in place. The operation alone."""
        opened = context.open_at(str(self.repo), self._at.environ)
        start, busy = time.perf_counter_ns(), time.process_time_ns()
        done = restoring.restore_paths(opened, "dev", None, [])
        end, ended = time.perf_counter_ns(), time.process_time_ns()
        assert done.files
        return Sample((end - start) / 1e6, (ended - busy) / 1e6)

    def whole_back(self) -> Sample:
        """The same as a program of its own, with all that `wagit` loads."""
        return self.run(BACK)


def _size(bot: Ours) -> Figure:
    whole = size_of(bot.data)
    parts = [size_of(path) for path in bot.essential]
    essential = Size(sum(part.files for part in parts), sum(part.size for part in parts))
    return Figure(
        NAME, f"the session: {whole.files} files", whole.mb, f"its essential data: {essential.files} files",
        essential.mb, unit="MB",
    )  # fmt: skip


def _bare(at: Stage) -> Contestant:
    return Contestant(BARE, program([sys.executable, "-c", "pass"], at.environ))


def _settled(one: Contestant, *, cold: bool) -> Contestant:
    """Let nothing that was prepared still be written while it is measured; cold: nothing be in memory."""

    def prepare() -> None:
        one.prepare()
        memory.settle(cold=cold)

    return one._replace(prepare=prepare)


def _less_start(samples: Samples, name: str) -> str:
    """Take the interpreter's start of the same round off; return the name of what is left."""
    pairs = zip(samples[name], samples[BARE], strict=True)
    samples[name] = [Sample(ours.wall - bare.wall, ours.cpu - bare.cpu) for ours, bare in pairs]
    return name


def _savers(at: Stage, bot: Ours, peers: list[Peer], kind: str) -> list[Saver]:
    sources = [str(path) for path in bot.essential]
    places = [at.home / kind / f"{number}-{peer.tool}" for number, peer in enumerate(peers)]
    return [Saver(at, peer, place, sources) for peer, place in zip(peers, places, strict=True)]


def _first(at: Stage, bot: Ours, rounds: int, *, cold: bool) -> Iterator[Figure]:
    """Everything is read, written and durable."""
    kind = "cold" if cold else "warm"
    peers = [peer for peer in present() if not (cold and peer.name in SLOW)]
    contestants = [_bare(at), Contestant(FIRST, bot.take, bot.forget)]
    savers = _savers(at, bot, peers, "first")
    contestants += [saver.first() for saver in savers]
    samples = interleave([_settled(one, cold=cold) for one in contestants], rounds)
    ours = _less_start(samples, FIRST)
    for peer in peers:
        bound = FIRST_BOUNDS.get(peer.name)
        target = at_most(bound, "ratio") if bound else None
        yield figure(NAME, samples, ours, peer.name, target, f"{FIRST}, {kind}")
    for saver in savers:
        saver.remove()


def _again(at: Stage, bot: Ours, played: World, rounds: int) -> Iterator[Figure]:
    """The second time nothing was written in between, and then by a bot that got a message."""
    savers = _savers(at, bot, [peer for peer in present() if peer.name in STORES], "again")
    bot.take()
    for saver in savers:
        saver.begin()
        saver.save()
    contestants = [_bare(at), Contestant(SAME, bot.take)]
    contestants += [Contestant(saver.peer.name, saver.save) for saver in savers]
    samples = interleave(contestants, rounds * 2)
    yield from _beside(samples, SAME, 40)
    contestants[1] = Contestant(USED, bot.take)
    use = _OnceARound(lambda: _use(bot, played))
    samples = interleave([one._replace(prepare=use.before(one.name)) for one in contestants], rounds)
    yield from _beside(samples, USED, 120)
    for saver in savers:
        saver.remove()


def _beside(samples: Samples, name: str, bound: float) -> Iterator[Figure]:
    yield figure(NAME, samples, name, BARE, at_most(bound))
    for peer, times in AGAIN_BOUNDS.items():
        if peer in samples:
            yield figure(NAME, samples, name, peer, at_most(times, "ratio"))


def _use(bot: Ours, played: World) -> None:
    """Run the bot for a moment, in which a message comes."""
    with played.bot(bot.repo) as phone:
        phone.send(NUMBER, sessions.FRIEND, "good morning")


class _OnceARound:
    """Does something before the first contestant of each round."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act, self._seen = act, set[str]()

    def before(self, name: str) -> Callable[[], None]:
        """What the contestant `name` prepares."""

        def prepare() -> None:
            if not self._seen or name in self._seen:
                self._seen = set()
                self._act()
            self._seen.add(name)

        return prepare


def _restore(at: Stage, bot: Ours, rounds: int) -> Iterator[Figure]:
    """All of it back again: ours verified, durable and in the place of what was there."""
    savers = _savers(at, bot, [peer for peer in present() if peer.back], "back")
    for saver in savers:
        saver.begin()
        saver.save()
    contestants = [
        _bare(at),
        Contestant(RESTORE, bot.back, bot.take_checked),
        Contestant(UNCHECKED, bot.back, bot.take_anew),
        Contestant(WHOLE, bot.whole_back, bot.take_checked),
    ]
    contestants += [Contestant(_named(saver), saver.back, saver.forget_back) for saver in savers]
    copying = savers[0]
    contestants.append(Contestant(CP, lambda: copying.back(sync=True), copying.forget_back))
    samples = interleave([_settled(one, cold=False) for one in contestants], rounds)
    for peer in (CP, *map(_named, savers)):
        bound = BACK_BOUNDS.get(peer)
        yield figure(NAME, samples, RESTORE, peer, at_most(bound, "ratio") if bound else None)
    yield figure(NAME, samples, UNCHECKED, CP)
    yield figure(NAME, samples, WHOLE, BARE)
    for saver in savers:
        saver.remove()


def _named(saver: Saver) -> str:
    return COPY if saver.peer.name == CP else saver.peer.name


def _reflinks(at: Stage, bot: Ours, rounds: int) -> Iterator[Figure]:
    """The same where files can share blocks: no byte is copied, but each is read to be checked."""
    for kind in mounts.MAKE:
        try:
            with mounts.mounted(kind, at.home) as place:
                yield from _reflink(at, bot, kind, place, rounds)
        except mounts.CannotMount as reason:
            print(f"{NAME}: nothing is measured on {kind}: {reason}", file=sys.stderr)


def _reflink(at: Stage, bot: Ours, kind: str, place: Path, rounds: int) -> Iterator[Figure]:
    repo = place / "bot"
    at.run("cp", "-a", str(bot.repo), str(repo), cwd=place)
    at.run(at.git, "status", cwd=repo)
    there = Ours(at, repo)
    there.take()  # by the ordinary way: the hooks are installed for another place
    peer = f"cp -a --reflink=never + sync, {kind}"
    script = f'rm -rf {place}/out && mkdir {place}/out && cp -a --reflink=never "$@" {place}/out && sync'
    copying = program(["sh", "-c", script, "sh", *map(str, there.essential)], at.environ)
    contestants = [
        _bare(at),
        Contestant(FIRST, there.take, there.forget),
        Contestant(RESTORE, there.back, there.take_checked),
        Contestant(peer, copying, lambda: shutil.rmtree(place / "out", ignore_errors=True)),
    ]
    samples = interleave([_settled(one, cold=False) for one in contestants], rounds)
    _less_start(samples, FIRST)
    for name in (FIRST, RESTORE):
        yield figure(NAME, samples, name, peer, at_most(round(1 / 3, 2), "ratio"), f"{name}, {kind}")


def _memory(at: Stage, bot: Ours) -> Iterator[Figure]:
    """The most that is resident at once, with five such profiles and a sparse file of 4 GB."""
    most = Target("value", "<=", 150, "MB")
    for number in range(2, PROFILES + 1):
        at.run("cp", "-a", "session", f"session-{number}", cwd=bot.data)
    for what in ("", " and a sparse file of 4 GB"):
        if what:
            with (bot.essential[0] / "sparse").open("wb") as file:
                file.truncate(4 << 30)
        bot.forget()
        for verb, words in ((FIRST, TAKE), (RESTORE, BACK)):
            peak = memory.peak([words[0], "-C", str(bot.repo), *words[1:]], at.environ)
            title = f"memory of {verb}, {PROFILES} profiles{what}"
            yield Figure(NAME, title, peak, target=most, unit="MB", details={"size": size_of(bot.data).size})
