"""A team's place on a git remote: refs under `refs/wagit/<team>/<space>/` that point to blobs.

`head` is the head, every other one a blob by its name. git's own compare-and-swap of refs, done by the server
under its lock, is what makes a head safe: `--force-with-lease` with an expected value (git-push(1)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from time import sleep

from wagit.core.repository import Repository
from wagit.team import git_words as words
from wagit.team.git_address import Address
from wagit.team.git_contents import read_small, take_out
from wagit.team.git_place import BRIEF, LONG, MANY, GitPlace
from wagit.team.git_scratch import Scratch, oid_of
from wagit.team.incoming import complain, lies
from wagit.team.proving import prove
from wagit.team.remote import LARGEST_HEAD, Blob, BlobDamaged, BlobGone, Mark, Moved, Overtaken
from wagit.team.settings import Team

GROUP = 64 << 20  # bytes of blobs that go in one connection: what a broken one costs at most
PAUSES = (0.05, 0.2, 0.5)  # seconds, between tries to lock a ref that another push holds


class GitRemote:
    """Implements `Remote`, and is safe to use from several threads and processes."""

    def __init__(
        self, address: Address, team: Team, repository: Repository, environ: Mapping[str, str], root: str
    ) -> None:
        """Use `root` for repositories of our own; nothing is connected to yet."""
        self.title = address.title
        self._place = GitPlace(address, team, repository, environ, root)

    def prove(self) -> None:
        """See `Remote.prove`."""
        prove(self)

    def spaces(self) -> list[str]:
        """See `Remote.spaces`."""
        names = (ref.split("/") for ref in self._place.listed(name="head"))
        return sorted(name[0] for name in names if len(name) == 2 and name[1] == "head")

    def head(self, space: str) -> Mark | None:
        """See `Remote.head`. Raises BlobDamaged when the server has it, but cannot read it any more."""
        return self._place.errand(lambda own: self._read_head(own, space))

    def advance(self, space: str, data: bytes, after: str | None) -> Mark:
        """See `Remote.advance`; the version is the git blob's object id."""
        return self._place.errand(lambda own: self._advance(own, space, data, after))

    def blobs(self, space: str) -> set[str]:
        """See `Remote.blobs`."""
        return set(self._blobs(space))

    def put(self, space: str, files: Mapping[Blob, str], moved: Moved) -> None:
        """See `Remote.put`. Raises BlobDamaged for a file that is not what it is called, OSError."""
        there = self._blobs(space) if files else {}
        missing = [
            blob
            for blob, path in files.items()
            if blob.name not in there or there[blob.name] != oid_of(blob, path, self._place.algorithm)
        ]
        for group in _groups(missing):
            self._send(space, {blob: files[blob] for blob in group}, _Progress(group, moved))

    def get(self, space: str, wanted: Iterable[Blob], directory: str, moved: Moved) -> None:
        """See `Remote.get`."""
        asked = [one for one in dict.fromkeys(wanted) if not lies(directory, one)]
        there = self._blobs(space) if asked else {}
        gone = [blob for blob in asked if blob.name not in there]
        damaged: list[Blob] = []
        for group in _groups([blob for blob in asked if blob.name in there]):
            lost, bad = self._bring(space, group, directory, moved)
            gone, damaged = gone + lost, damaged + bad
        complain(self.title, gone, damaged)

    def drop(self, space: str, names: Iterable[str]) -> None:
        """See `Remote.drop`."""
        self._place.delete([self._place.ref(space, name) for name in names])

    def destroy(self, space: str) -> None:
        """See `Remote.destroy`."""
        self._place.delete([self._place.ref(space, "head")])
        self.drop(space, self._blobs(space))

    def _read_head(self, own: Scratch, space: str) -> Mark | None:
        theirs = self._place.ref(space, "head")
        ended = self._place.fetch(own, {theirs: "refs/head"}, BRIEF._replace(file=LARGEST_HEAD))
        if words.is_missing_ref(ended):
            return None
        if ended.status != 0 and not words.is_corrupt(ended) and not own.is_full(LARGEST_HEAD):
            raise words.trouble(ended, self.title)
        whole = ended.status == 0
        found = read_small(self._place.source(own), "refs/head", LARGEST_HEAD) if whole else None
        if found is None:
            raise BlobDamaged(f"the head on {self.title} is damaged", "look at that repository: git fsck")
        return Mark(*found)

    def _advance(self, own: Scratch, space: str, data: bytes, after: str | None) -> Mark:
        oid = own.add(data)
        ref = self._place.ref(space, "head")
        overtaken = Overtaken("somebody else changed it meanwhile", "run it again")
        if after is not None and len(after) != len(oid):
            raise overtaken
        pauses = iter(PAUSES)
        while True:
            ended = self._place.push(own, [f"{oid}:{ref}"], [f"--force-with-lease={ref}:{after or ''}"])
            if ended.status == 0:
                return Mark(oid, data)
            if not words.was_rejected(ended):  # it may have been done
                raise words.trouble(ended, self.title)
            now = self._place.listed(space, "head").get(f"{space}/head")
            if now == oid:
                return Mark(oid, data)
            if now != after:
                raise overtaken
            pause = next(pauses, None) if words.is_locked(ended) else None
            if pause is None:
                raise words.trouble(ended, self.title)
            sleep(pause)

    def _send(self, space: str, files: Mapping[Blob, str], progress: _Progress) -> None:
        def send(own: Scratch) -> None:
            oids = {blob: own.add_file(blob, path) for blob, path in files.items()}
            refs = [f"+{oid}:{self._place.ref(space, blob.name)}" for blob, oid in oids.items()]
            ended = self._place.push(own, refs, bounds=LONG, told=progress)
            if ended.status != 0:
                there = self._blobs(space) if words.was_rejected(ended) else {}
                if any(there.get(blob.name) != oid for blob, oid in oids.items()):
                    raise words.trouble(ended, self.title)

        self._place.errand(send)
        progress.end()

    def _bring(
        self, space: str, group: Sequence[Blob], directory: str, moved: Moved
    ) -> tuple[list[Blob], list[Blob]]:
        """Fetch a group; gives those that are gone and those that are damaged.

        One that the server cannot send keeps back the whole group: then each goes alone.
        """
        try:
            return [], self._fetch_group(space, group, directory, _Progress(group, moved))
        except (BlobGone, BlobDamaged) as trouble:
            if len(group) == 1:
                lost = isinstance(trouble, BlobGone)
                return (list(group), []) if lost else ([], list(group))
        one_by_one = [self._bring(space, [blob], directory, moved) for blob in group]
        return [blob for lost, _ in one_by_one for blob in lost], [
            blob for _, bad in one_by_one for blob in bad
        ]

    def _fetch_group(
        self, space: str, group: Sequence[Blob], directory: str, progress: _Progress
    ) -> list[Blob]:
        local = [(f"refs/get/{number}", blob) for number, blob in enumerate(group)]
        size = sum(blob.size for blob in group)
        most = size + size // 256 + (1 << 16)  # what zlib and a pack's index add

        def fetch(own: Scratch) -> list[Blob]:
            refs = {self._place.ref(space, blob.name): ref for ref, blob in local}
            ended = self._place.fetch(own, refs, LONG._replace(file=most), progress)
            if ended.status == 0:
                return take_out(self._place.source(own), local, directory)
            if words.is_missing_ref(ended) or words.is_missing_object(ended):
                raise BlobGone(f"{self.title} has it no more")
            if words.is_corrupt(ended) or own.is_full(most):
                raise BlobDamaged(f"{self.title} cannot read it")
            raise words.trouble(ended, self.title)

        damaged = self._place.errand(fetch)
        progress.end()
        return damaged

    def _blobs(self, space: str) -> dict[str, str]:
        """Object ids by name."""
        names = {ref.removeprefix(f"{space}/"): oid for ref, oid in self._place.listed(space).items()}
        return {name: oid for name, oid in names.items() if len(name) == 64}


class _Progress:
    """Passes on how far a group is, and that all of it has moved in the end."""

    def __init__(self, group: Iterable[Blob], moved: Moved) -> None:
        self._total = sum(blob.size for blob in group)
        self._done = 0
        self._moved = moved

    def __call__(self, so_far: float) -> None:
        step = min(int(so_far), self._total) - self._done
        if step > 0:
            self._done += step
            self._moved(step)

    def end(self) -> None:
        self(self._total)


def _groups(blobs: Sequence[Blob]) -> Iterator[list[Blob]]:
    group: list[Blob] = []
    for blob in blobs:
        if group and (len(group) == MANY or sum(one.size for one in group) + blob.size > GROUP):
            yield group
            group = []
        group.append(blob)
    if group:
        yield group
