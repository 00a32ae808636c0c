"""One team's refs on a git remote: listed, fetched, pushed and deleted by the git program."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from wagit.core.repository import Repository
from wagit.team import git_words as words
from wagit.team.git_address import NAME, Address
from wagit.team.git_contents import Source
from wagit.team.git_process import Bounds, Ended, environ_of, run
from wagit.team.git_scratch import Scratch, scratch
from wagit.team.settings import Team

MANY = 256  # refs in one connection
BRIEF = Bounds(silence=30.0)
LONG = Bounds(silence=120.0)  # a server checks what it was sent, and says nothing meanwhile

_T = TypeVar("_T")


class GitPlace:
    """The refs of a team. Each errand has a repository of its own, so that threads do not meet."""

    def __init__(
        self, address: Address, team: Team, repository: Repository, environ: Mapping[str, str], root: str
    ) -> None:
        self.title = address.title
        self.algorithm = "sha1"  # by which the remote names objects, as far as was seen
        self._refs = f"refs/wagit/{team.name}/"
        self._config = address.config
        self._cwd = repository.worktree  # what relative paths in URLs are relative to
        self._environ = environ_of(environ, address.ssh)
        self._root = root

    def ref(self, space: str, name: str) -> str:
        """What a space's head or blob is called on the remote."""
        return f"{self._refs}{space}/{name}"

    def errand(self, errand: Callable[[Scratch], _T]) -> _T:
        """Do it in a repository of its own, which names objects as the remote does."""
        other: _OtherHash | None = None
        for algorithm in dict.fromkeys((self.algorithm, "sha256", "sha1")):
            try:
                with scratch(self._root, algorithm, self._config) as own:
                    done = errand(own)
            except _OtherHash as found:
                other = found
                continue
            self.algorithm = algorithm
            return done
        assert other is not None
        raise words.trouble(other.ended, self.title)

    def source(self, own: Scratch) -> Source:
        """How git is run in an errand's repository."""
        return Source(self._cwd, {**self._environ, "GIT_DIR": own.path})

    def listed(self, space: str = "*", name: str = "*") -> dict[str, str]:
        """Object ids by ref without the team's part: `<space>/<name>`. Raises as `Remote`."""
        ended = self.errand(
            lambda own: self._run(own, ["ls-remote", "--refs", NAME, self.ref(space, name)], BRIEF)
        )
        if ended.status != 0:
            raise words.trouble(ended, self.title)
        lines = (line.partition("\t") for line in ended.out.decode(errors="replace").splitlines())
        found = {ref.removeprefix(self._refs): oid for oid, _, ref in lines if ref.startswith(self._refs)}
        if any(len(oid) == 64 for oid in found.values()):
            self.algorithm = "sha256"
        return found

    def fetch(
        self,
        own: Scratch,
        refs: Mapping[str, str],
        bounds: Bounds,
        told: Callable[[float], None] | None = None,
    ) -> Ended:
        """Fetch theirs to ours in an errand's repository. Raises OSError when there is no room for it."""
        options = ["--no-tags", "--no-write-fetch-head", _progress(told)]
        chosen = [f"+{theirs}:{ours}" for theirs, ours in refs.items()]
        ended = self._run(own, ["fetch", *options, NAME, *chosen], bounds, told)
        if words.is_full_here(ended):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._root)
        return ended

    def push(
        self,
        own: Scratch,
        refs: Sequence[str],
        lease: Sequence[str] = (),
        bounds: Bounds = BRIEF,
        told: Callable[[float], None] | None = None,
    ) -> Ended:
        """Push from an errand's repository; the user's pre-push hooks are about commits and do not run."""
        options = ["--porcelain", "--no-verify", "--no-thin", _progress(told)]
        return self._run(own, ["push", *options, *lease, NAME, *refs], bounds, told)

    def delete(self, refs: Sequence[str]) -> None:
        """Delete refs, those that are there. Raises as `Remote`."""
        for start in range(0, len(refs), MANY):
            some = refs[start : start + MANY]
            ended = self._push_deletion(some)
            if ended.status == 0:
                continue
            if not words.pushed(ended):
                raise words.trouble(ended, self.title)
            there = self.listed()  # some servers refuse to delete what is not there
            left = [ref for ref in some if ref.removeprefix(self._refs) in there]
            if len(left) == len(some):
                raise words.trouble(ended, self.title)
            self.delete(left)

    def _push_deletion(self, refs: Sequence[str]) -> Ended:
        return self.errand(lambda own: self.push(own, [f":{ref}" for ref in refs]))

    def _run(
        self, own: Scratch, arguments: list[str], bounds: Bounds, told: Callable[[float], None] | None = None
    ) -> Ended:
        ended = run(arguments, *self.source(own), bounds, told)
        if ended.status != 0 and words.is_mismatch(ended):
            raise _OtherHash(ended)
        return ended


class _OtherHash(Exception):
    """The remote names its objects by another hash than our repository does."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self.ended = ended


def _progress(told: Callable[[float], None] | None) -> str:
    return "--progress" if told else "--no-progress"
