"""Two members' repositories whose slot `production` is shared, and a remote between them.

ada, bob = members(tmp_path, "ada", "bob")
ada.write({"creds.json": creds(7)})
ada.push(remote)                                  # TeamPushed
bob.pull(remote)                                  # TeamPulled
bob.runs({"creds.json": creds(7), "app": "1"})    # as a bot would: opened for writing, then changed
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.boot_clock import FakeBootClock
from tests.support.git import GitRepo
from tests.support.sessions import NO_SNAPSHOTS, Sessions, contents
from tests.support.setup import CONFIG, Setup
from tests.support.team_keys import SECRET, Owner, member, team_of
from wagit.core import store as stores
from wagit.operations import team_pull, team_push, team_ways
from wagit.operations.context import Context
from wagit.operations.team_pull import TeamPulled
from wagit.operations.team_push import TeamPushed
from wagit.operations.team_run import Sharing
from wagit.operations.team_tenure import Ways
from wagit.slots import records
from wagit.team import state
from wagit.team.access import Access, Found, Member, read_head, remember
from wagit.team.head_leases import HeadLeases
from wagit.team.index import Index
from wagit.team.leases import Leases
from wagit.team.remote import Remote
from wagit.team.settings import Team
from wagit.team.transfer import read_index

SLOT = "production"
SHARED = CONFIG.replace("slot: production", "slot: production\n    team: true", 1)

Pull = Callable[[Context, Access, str], tuple[str, ...]]


class Sharer(Sessions):
    """One member on one machine."""

    def __init__(self, setup: Setup, owner: Owner, team: Team) -> None:
        super().__init__(setup)
        self.owner = owner
        self.team = team
        self.boot = FakeBootClock(1000.0)

    @property
    def name(self) -> str:
        return self.owner.recipient.name

    @property
    def files(self) -> dict[str, str]:
        """What the slot has."""
        return contents(self.data)

    @property
    def state(self) -> state.State:
        return state.read(self.store, SLOT)

    def write(self, files: Mapping[str, str], remove: tuple[str, ...] = (), slot: str = SLOT) -> None:
        """Write files of the slot, which is made when it is not there."""
        records.create_slot(self.store, slot, "baileys", 0.0)
        super().write(files, remove, slot)

    def access(self, remote: Remote) -> Access:
        return Access(self.team, remote, self.owner.keys, Member(self.name, f"{self.name}-pc"), self.store)

    def leases(self, remote: Remote) -> HeadLeases:
        return HeadLeases(self.access(remote), boot=self.boot)

    def push(self, remote: Remote) -> TeamPushed:
        return team_push.push_opened(self.context, self.access(remote), self.leases(remote), SLOT)

    def pull(self, remote: Remote, *, accept_older: bool = False, dry_run: bool = False) -> TeamPulled:
        return team_pull.pull_into(
            self.context, self.access(remote), SLOT, accept_older=accept_older, dry_run=dry_run
        )

    def ways(self, remote: Remote, pull: Pull = team_ways.pull, leases: Leases | None = None) -> Ways:
        """How this member's runs reach the team."""
        return Ways(
            lambda *_: self.access(remote), lambda _: leases or self.leases(remote), pull, team_ways.push,
            self.boot,
        )  # fmt: skip

    def about_to_run(self, remote: Remote, leases: Leases | None = None) -> Sharing:
        """A run in a terminal of its own, which has pulled, and whose bot is the next thing."""

        def pull(*_: object) -> tuple[str, ...]:
            self.pull(remote)
            return ()

        run = Sharing(lambda _: None, self.ways(remote, pull, leases))
        run.at(SLOT)
        bring = run.enter(self.context, SLOT)
        if bring is not None:
            bring()
        return run

    def runs(self, files: Mapping[str, str], remove: tuple[str, ...] = ()) -> None:
        """Open the session for writing, as a bot does, and change it."""
        records.write_record(self.store, SLOT, self.record.opened())
        state.update(self.store, SLOT, lambda old: old._replace(unpushed=True))
        self.write(files, remove)

    def head(self, remote: Remote) -> Found:
        found = read_head(self.access(remote), SLOT)
        assert found is not None
        return found

    def index(self, remote: Remote, directory: Path) -> Index:
        """The current index, as this member reads it."""
        directory.mkdir(parents=True, exist_ok=True)
        current = self.head(remote).head.current
        assert current is not None
        return read_index(self.access(remote), SLOT, current, str(directory))


def members(directory: Path, *names: str, config: str = CONFIG) -> tuple[Sharer, ...]:
    """Members of one team, each with a set-up repository; the first one began it."""
    owners = {name: member(_made(directory / name), name) for name in names}
    team, _ = team_of(*owners.values())
    made = tuple(Sharer(_setup(directory / name / "bot", config), owners[name], team) for name in names)
    remember(made[0].store, SECRET)
    return made


def _setup(path: Path, config: str) -> Setup:
    text = config.replace("driver: wwebjs", "driver: baileys") + NO_SNAPSHOTS
    repo = GitRepo.init(path, "main")
    repo.commit(".wagit.yml", text)
    stores.create(str(repo.common_dir / "wagit"))
    return Setup(repo)


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory
