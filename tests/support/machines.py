"""Machines of a team, each with a home, a key, a clone and a store of its own; and a network to be cut.

team = Together.make(tmp_path, "ada", "bob")      # a bare origin, two clones, two homes, two keys
ada, bob = team.machines
ada.access(remote)                                # what every step of sharing needs, as ada

with network("ada", "bob") as net:                # where network namespaces are allowed, else skips
    net.prefix("ada")                             # begins the command line of a program on ada's machine
    net.host("ada")                               # where that program reaches this one
    net.cut("ada")                                # from now on nothing gets through
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import isolated_environ
from tests.support.boot_clock import FakeBootClock
from tests.support.git import GitRepo
from tests.support.team_keys import SECRET, Owner, member, team_of
from wagit.core import store as stores
from wagit.core.store import Store
from wagit.team.access import Access, Member, remember
from wagit.team.head_leases import HeadLeases
from wagit.team.remote import Remote
from wagit.team.settings import Team


class Machine(NamedTuple):
    """One member's laptop. `environ` keeps git and wagit in its home."""

    name: str
    home: Path
    environ: dict[str, str]
    repo: GitRepo
    owner: Owner
    store: Store
    team: Team
    boot: FakeBootClock

    def access(self, remote: Remote) -> Access:
        """What every step on a shared slot begins with."""
        return Access(
            self.team, remote, self.owner.keys, Member(self.name, f"{self.name}-laptop"), self.store
        )

    def leases(self, remote: Remote) -> HeadLeases:
        """Leases in the heads, by a boot clock that the test moves."""
        return HeadLeases(self.access(remote), boot=self.boot)


class Together(NamedTuple):
    """A team's machines, and the bare repository that they cloned. The first one began the team."""

    origin: GitRepo
    machines: tuple[Machine, ...]

    @classmethod
    def make(cls, directory: Path, *names: str, term: float = 300.0) -> Together:
        """Make machines of these names below `directory`."""
        origin = GitRepo.init(directory / "origin.git", options=("--bare",))
        machines = laptops(directory, *names, term=term)
        for number, machine in enumerate(machines):
            origin.clone(machine.repo.path)
            if not number:
                machine.repo.commit("README", "a bot\n")
                machine.repo.git("push", "--quiet", "origin", "HEAD")
        return cls(origin, with_stores(machines))


def laptops(directory: Path, *names: str, term: float = 300.0) -> tuple[Machine, ...]:
    """Machines whose repository is yet to be made or cloned, for tests that need none."""
    homes = {name: directory / name for name in names}
    environs = {name: isolated_environ(home) for name, home in homes.items()}
    owners = {name: _member(home, name) for name, home in homes.items()}
    team = team_of(*owners.values())[0]._replace(term=term)
    return tuple(
        Machine(name, home, environs[name], GitRepo(home / "bot", env=environs[name]), owners[name],
                Store(str(home / "bot" / ".git" / "wagit")), team, FakeBootClock(1000.0 + 500 * number))
        for number, (name, home) in enumerate(homes.items())
    )  # fmt: skip


def with_stores(machines: Iterable[Machine]) -> tuple[Machine, ...]:
    """Make the stores; the first machine began the team."""
    made = tuple(machine._replace(store=stores.create(machine.store.root)) for machine in machines)
    remember(made[0].store, SECRET)
    return made


class Network:
    """Network namespaces, each joined to this machine by a wire of its own."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._tag = secrets.token_hex(3)
        self._names = names
        net = secrets.randbelow(1 << 14)
        self._nets = {name: f"198.18.{net + number >> 6 & 255}.{(net + number & 63) * 4}" for number, name in
                      enumerate(names)}  # fmt: skip

    def host(self, name: str) -> str:
        """The address at which a machine of the network reaches this one."""
        return self._address(name, 1)

    def prefix(self, name: str) -> tuple[str, ...]:
        """What runs a command on a machine of the network."""
        return ("ip", "netns", "exec", self._space(name))

    def cut(self, name: str) -> None:
        """Let nothing through any more, and say so to nobody."""
        _ip("link", "set", self._wire(name, "h"), "down")

    def mend(self, name: str) -> None:
        """Let all through again."""
        _ip("link", "set", self._wire(name, "h"), "up")

    def make(self) -> None:
        """Make it. Raises CalledProcessError where that is not allowed."""
        for name in self._names:
            here, there, space = self._wire(name, "h"), self._wire(name, "m"), self._space(name)
            _ip("netns", "add", space)
            _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", space)
            _ip("addr", "add", f"{self._address(name, 1)}/30", "dev", here)
            _ip("link", "set", here, "up")
            for words in (
                ("addr", "add", f"{self._address(name, 2)}/30", "dev", there),
                ("link", "set", there, "up"), ("link", "set", "lo", "up"),
            ):  # fmt: skip
                _ip("-netns", space, *words)

    def remove(self) -> None:
        """Take it away, also one that was half made; the wires go with the namespaces."""
        for name in self._names:
            subprocess.run(["ip", "netns", "del", self._space(name)], capture_output=True, check=False)

    def _space(self, name: str) -> str:
        return f"wagit-{self._tag}-{name}"

    def _wire(self, name: str, end: str) -> str:
        return f"wg{self._tag}{self._names.index(name)}{end}"

    def _address(self, name: str, last: int) -> str:
        start, _, four = self._nets[name].rpartition(".")
        return f"{start}.{int(four) + last}"


@contextmanager
def network(*names: str) -> Iterator[Network]:
    """A network of machines with these names; skips where there can be none."""
    if not shutil.which("ip") or os.geteuid() != 0:
        pytest.skip("network namespaces need root and the program ip")
    net = Network(names)
    try:
        try:
            net.make()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces here: {error.stderr}")
        yield net
    finally:
        net.remove()


def _member(home: Path, name: str) -> Owner:
    directory = home / ".config" / "wagit"
    directory.mkdir(parents=True, exist_ok=True)
    owner = member(directory, name)
    return owner._replace(path=owner.path.rename(directory / "age.key"))


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], capture_output=True, text=True, check=True)
