"""`wagit login` and `wagit refresh` on a shared slot: its lease, its newest session, the push; no browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.mates import CONFIG as MATES
from tests.support.mates import Mate
from tests.support.memory_remote import MemoryRemote
from tests.support.sessions import creds
from tests.support.sharing import SHARED, SLOT, Sharer, members
from wagit.bots.builtin import BotEvent, Ended
from wagit.bots.builtin_stop import Stop
from wagit.browser.states import PageState
from wagit.browser.stop import Closed
from wagit.browser.watch import StateChanged
from wagit.core.errors import WagitError
from wagit.operations import login, login_stored, login_visit, refresh, team_ways
from wagit.operations.context import Context
from wagit.operations.login import LoggedIn, Wish
from wagit.operations.refresh import Refreshed
from wagit.team.access import Access
from wagit.team.head import Lease
from wagit.team.keys import Ask, NoKey
from wagit.team.leases import LeaseHeld, LeaseLost
from wagit.team.object_remote import ObjectRemote
from wagit.team.remote import Remote, RemoteUnreachable

Act = Callable[[Callable[[PageState], object], Stop], object]


class Desk:
    """A member whose browser does what a test says; `opened` are the slots that it was opened on."""

    def __init__(self, who: Sharer, remote: Remote, patch: pytest.MonkeyPatch) -> None:
        self.who, self.remote, self._patch = who, remote, patch
        self.opened: list[str] = []
        self.said: list[str] = []
        self.asked: list[str] = []
        self.act: Act = lambda tell, stop: tell("ready")  # noqa: ARG005  # all is well
        self.ways = who.ways(remote)

    def _browse(
        self, context: Context, slot: str, on_event: Callable[[BotEvent], object], stop: Stop, **_: object
    ) -> Ended:
        del context
        self.opened.append(slot)
        self.act(lambda name: on_event(StateChanged(name, None, 1.0, None)), stop)
        eventually(lambda: stop.requested)
        return Ended("asked", Closed("devtools", 0.1), 1.0)

    def _here(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(team_ways, "WAYS", self.ways)
        patch.setattr(login_visit, "browse", self._browse)
        patch.setattr(login_visit, "has_profile", lambda *_: True)
        patch.setattr(login_visit, "profile_of", lambda *_: str(self.who.data))
        patch.setattr(login_stored, "is_stored", lambda _: True)

    def refresh(self, *slots: str) -> list[Refreshed]:
        with self._patch.context() as patch:
            self._here(patch)
            pace = refresh.Pace(within=30.0, quiet=0.0)
            return list(refresh.refresh(self.who.context, list(slots or (SLOT,)), self.said.append, pace))

    def login(self, confirm: Callable[[str], None] | None = None, within: float = 30.0) -> LoggedIn:
        with self._patch.context() as patch:
            self._here(patch)
            wish = Wish(within=within, confirm=confirm or self.asked.append)
            return login.login(self.who.context, None, wish, lambda _: None, self.said.append)

    def links(self, device: int) -> None:
        """From now on the browser asks for a scan, and somebody scans."""

        def act(tell: Callable[[PageState], object], stop: Stop) -> None:
            tell("qr")
            self.who.write({"creds.json": creds(device)})
            tell("ready")
            eventually(lambda: stop.requested)

        self.act = act

    @property
    def lease(self) -> Lease | None:
        return self.who.head(self.remote).head.lease

    @property
    def number(self) -> int:
        """Of the team's newest push, 0 for none."""
        pushed = self.who.head(self.remote).head.pushed
        return pushed.number if pushed is not None else 0


def desks(path: Path, remote: Remote, patch: pytest.MonkeyPatch) -> tuple[Desk, Desk]:
    """Ada's, who pushed device 7, and bob's, whose slot is empty."""
    ada, bob = members(path, "ada", "bob", config=SHARED)
    ada.write({"creds.json": creds(7)})
    ada.push(remote)
    bob.write({})
    return Desk(ada, remote, patch), Desk(bob, remote, patch)


@pytest.fixture
def both(tmp_path: Path, remote: MemoryRemote, monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, Desk]:
    return desks(tmp_path, remote, monkeypatch)


def test_a_refresh_opens_the_newest_session_and_the_others_get_what_it_becomes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = tmp_path / "share"
    share.mkdir()
    first, second = members(tmp_path, "ada", "bob", config=SHARED)
    remote = ObjectRemote.open(f"file://{share}", first.team, os.environ)
    first.write({"creds.json": creds(7)})
    first.push(remote)
    second.write({"creds.json": creds(3)})
    bob = Desk(second, remote, monkeypatch)
    holders = []

    def act(tell: Callable[[PageState], object], stop: Stop) -> None:
        del stop
        assert second.device == 7
        assert second.state.unpushed
        holders.append(bob.lease)
        second.write({"keys.json": '"of the refresh"'})
        tell("ready")

    bob.act = act
    [done] = bob.refresh()
    assert (done.outcome, done.why) == ("ready", "")
    assert [one.by for one in holders if one] == ["bob"]
    assert (bob.lease, bob.number, second.state.unpushed) == (None, 2, False)
    first.pull(remote)
    assert first.files["keys.json"] == '"of the refresh"'
    assert "slot production has the session that ada on ada-pc pushed" in bob.said[0]


def test_a_refresh_leaves_a_slot_that_somebody_holds_and_goes_on(
    both: tuple[Desk, Desk], remote: MemoryRemote
) -> None:
    ada, bob = both
    ada.who.leases(remote).take(SLOT)
    bob.who.write({"creds.json": creds(4)}, slot="dev")
    shared, own = bob.refresh(SLOT, "dev")
    assert (shared.outcome, "held by ada on ada-pc" in shared.why, "--request" in shared.do) == (
        "busy", True, True,
    )  # fmt: skip
    assert (own.outcome, bob.opened) == ("ready", ["dev"])


def test_without_network_a_refresh_says_so_and_leaves_the_slot_even_with_a_lease(
    both: tuple[Desk, Desk], remote: MemoryRemote
) -> None:
    ada, _ = both
    remote.cut = ["head"]
    [done] = ada.refresh()
    assert (done.outcome, "its lease cannot be had" in done.why) == ("failed", True)
    remote.cut = ["put"]

    def act(tell: Callable[[PageState], object], stop: Stop) -> None:
        del stop
        ada.who.write({"keys.json": "1"})
        tell("ready")

    ada.act = act
    [done] = ada.refresh()
    assert (done.outcome, ada.lease is not None) == ("ready", True)
    assert "is not pushed: memory: the connection broke; its lease stays here" in ada.said[-1]
    remote.cut = ["head"]
    [done] = ada.refresh()
    assert (done.outcome, done.why) == ("failed", "memory: the connection broke")
    assert (ada.opened, ada.lease is not None) == ([SLOT], True)


def test_a_refresh_whose_lease_is_lost_closes_the_browser_and_pushes_nothing(
    both: tuple[Desk, Desk],
) -> None:
    ada, _ = both

    def act(tell: Callable[[PageState], object], stop: Stop) -> None:
        ada.who.write({"keys.json": "late"})
        tell("syncing")
        ada.who.boot.pass_time(300.0)
        eventually(lambda: stop.requested)

    ada.act = act
    [done] = ada.refresh()
    assert (done.outcome, "has run out" in done.why, ada.number) == ("failed", True, 1)
    assert "closing the browser" in ada.said[-2]
    assert "not pushed, as its lease is lost" in ada.said[-1]
    assert ada.who.state.unpushed


def no_key(context: Context, ask: Ask | None) -> Access:
    del context, ask
    raise NoKey("you have no key", "make one: wagit team init")


def test_without_a_key_nothing_shared_is_opened(both: tuple[Desk, Desk]) -> None:
    ada, _ = both
    ada.ways = ada.ways._replace(access=no_key)
    for verb in (ada.refresh, ada.login):
        with pytest.raises(NoKey):
            verb()
    ada.who.write({"creds.json": creds(4)}, slot="dev")
    shared, own = ada.refresh(SLOT, "dev")
    assert (shared.outcome, shared.why, own.outcome) == ("failed", "you have no key", "ready")
    assert ada.opened == ["dev"]


def test_a_login_asks_before_it_replaces_the_teams_session_and_is_pushed(both: tuple[Desk, Desk]) -> None:
    ada, bob = both

    def no(question: str) -> None:
        bob.asked.append(question)
        raise WagitError("nothing was changed", "")

    with pytest.raises(WagitError, match="nothing was changed"):
        bob.login(no)
    assert (bob.opened, bob.lease, bob.who.files) == ([], None, {})
    bob.links(9)
    assert bob.login().device == "9"
    assert "push 1 of" in bob.asked[1]
    assert "by ada" in bob.asked[1]
    assert (bob.lease, bob.number, bob.who.state.unpushed) == (None, 2, False)
    assert not any("has the session that" in line for line in bob.said), "nothing is pulled to be replaced"
    ada.who.pull(ada.remote)
    assert ada.who.device == 9


def test_a_login_of_a_slot_that_is_linked_opens_the_newest_and_asks_nothing(both: tuple[Desk, Desk]) -> None:
    _, bob = both
    bob.who.write({"creds.json": creds(3)})
    done = bob.login()
    assert (done.already, done.device, bob.asked) == (True, "7", [])
    assert bob.lease is None


def test_a_login_that_nobody_scans_leaves_the_teams_session(both: tuple[Desk, Desk]) -> None:
    _, bob = both
    bob.act = lambda tell, stop: tell("qr")  # noqa: ARG005
    bob.who.write({})
    with pytest.raises(login.LoginTimeout):
        bob.login(within=0.05)
    assert (bob.number, bob.lease, bob.who.state.unpushed) == (1, None, False)
    assert bob.who.pull(bob.remote).new


def test_a_login_is_refused_while_another_holds_the_slot_and_without_network(
    both: tuple[Desk, Desk], remote: MemoryRemote
) -> None:
    ada, bob = both
    ada.who.leases(remote).take(SLOT)
    with pytest.raises(LeaseHeld) as held:
        bob.login()
    assert held.value.exit_status == 13
    remote.cut = ["head"]
    with pytest.raises(RemoteUnreachable):
        bob.login()
    assert bob.opened == []


def test_a_login_goes_on_without_network_with_a_lease_that_is_surely_ours(
    both: tuple[Desk, Desk], remote: MemoryRemote
) -> None:
    _, bob = both
    remote.cut = ["put"]
    bob.links(9)
    bob.login()
    assert bob.lease is not None
    bob.act = lambda tell, stop: tell("ready")  # noqa: ARG005
    remote.cut = ["head"] * 9
    assert bob.login().already
    remote.cut = []
    assert bob.number == 1
    bob.who.push(remote)
    assert bob.number == 2


def test_a_login_whose_lease_is_lost_closes_the_browser_and_keeps_what_was_linked(
    both: tuple[Desk, Desk],
) -> None:
    _, bob = both

    def act(tell: Callable[[PageState], object], stop: Stop) -> None:
        tell("qr")
        bob.who.write({"creds.json": creds(9)})
        bob.who.boot.pass_time(300.0)
        eventually(lambda: stop.requested)

    bob.act = act
    with pytest.raises(LeaseLost) as lost:
        bob.login()
    assert (lost.value.exit_status, bob.number, bob.who.device) == (13, 1, 9)
    assert bob.who.state.unpushed


def test_the_verbs_end_as_run_does_without_key_trust_or_yes(tmp_path: Path) -> None:
    ada = Mate.first(tmp_path, "ada", MATES.replace("baileys", "wwebjs"))
    ada.ok("team", "init", "--name", "ada")
    verbs = (("login",), ("login", "staging"), ("refresh",), ("refresh", "staging"))
    Path(ada.store.root, "team", "trusted.json").unlink()
    assert [ada.error(*words)["status"] for words in verbs] == [15] * 4
    ada.ok("trust", "--yes")
    key = ada.home / ".config/wagit/age.key"
    key.rename(key.with_suffix(".away"))
    assert [ada.error(*words)["status"] for words in verbs] == [14] * 4
    key.with_suffix(".away").rename(key)
    unlinked = ada.run("refresh", "--json")
    assert (unlinked.status, '"unlinked"' in unlinked.stdout) == (1, True), unlinked
    stored = Path(ada.store.data("staging"), "session/Default/Local Storage/leveldb/CURRENT")
    stored.parent.mkdir(parents=True)
    stored.write_text("of a profile without a login")
    ada.ok("team", "push")
    assert ada.error("login")["code"] == "needs-yes"
    assert "free" in ada.ok("team", "lease")
