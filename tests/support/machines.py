"""Machines of a team, each with a home, a key, a clone and a store of its own.

team = Together.make(tmp_path, "ada", "bob")      # a bare origin, two clones, two homes, two keys
ada, bob = team.machines
ada.access(remote)                                # what every step of sharing needs, as ada
ada, bob = with_stores(laptops(tmp_path, "ada", "bob"))   # the same without any repository
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

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


def _member(home: Path, name: str) -> Owner:
    directory = home / ".config" / "wagit"
    directory.mkdir(parents=True, exist_ok=True)
    owner = member(directory, name)
    return owner._replace(path=owner.path.rename(directory / "age.key"))
