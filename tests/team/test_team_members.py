"""Who is in a team: begun, joined, left, sealed anew, with real keys; the main story with a git remote."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyrage
import pytest

from tests.support.directory_remote import DirectoryRemote
from tests.support.mates import CONFIG, Mate
from tests.support.team_keys import LOCKED
from wagit.operations import team_access, team_file, team_init, team_rotate, team_trust
from wagit.operations.snapshot import Preview
from wagit.team import head_file, keys, rotate
from wagit.team.access import Access, read_head, write_head
from wagit.team.git_remote import GitRemote
from wagit.team.head import Head, Lease
from wagit.team.index import KEPT
from wagit.team.settings import sealed_for
from wagit.team.transfer import read_index


@pytest.fixture
def real() -> None:
    """For a test whose sessions lie on the git remote, as they do; else a directory is quicker."""


@pytest.fixture(autouse=True)
def remote(request: pytest.FixtureRequest) -> None:
    if "real" not in request.fixturenames:
        request.getfixturevalue("in_a_directory")


@pytest.fixture
def ada(tmp_path: Path) -> Mate:
    """She began the team, and pushed nothing yet."""
    mate = Mate.first(tmp_path, "ada")
    mate.ok("team", "init", "--name", "ada")
    mate.share("the team")
    return mate


@pytest.fixture
def pair(ada: Mate, tmp_path: Path) -> tuple[Mate, Mate]:
    """Bob was added, and both have the session that ada pushed."""
    bob = ada.another(tmp_path, "bob")
    line = bob.data("team", "init", "--name", "bob")["line"]
    ada.ok("team", "add", line)
    ada.share("bob joins")
    ada.write(7, app="1")
    ada.ok("team", "push")
    bob.fetch()
    bob.ok("trust", "--yes")
    bob.ok("team", "pull")
    return ada, bob


def access(mate: Mate, id: str = "") -> Access:
    """Their access to the team's place, or to that of another id."""
    with mate.here():
        context = mate.context
        opened = team_access.access(context)
        if not id:
            return opened
        team = opened.team._replace(secret_digest=id)
        return opened._replace(team=team, remote=team_access.remote(context, team))


@pytest.mark.usefixtures("real")
def test_the_first_one_begins_a_team(tmp_path: Path) -> None:
    ada = Mate.first(tmp_path, "ada")
    plan = ada.data("team", "init", "--name", "ada", "--dry-run")
    assert (plan["begun"], plan["dry_run"], plan["team"]) == (True, True, None)
    assert (ada.config, list((ada.home / ".config").glob("wagit/age*"))) == (CONFIG, [])
    done = ada.data("team", "init", "--name", "ada")
    assert (done["begun"], done["made"], done["paste"]) == (True, True, "")
    key = ada.home / ".config/wagit/age.key"
    assert done["key_file"] == str(key)
    assert key.stat().st_mode & 0o777 == 0o600
    assert ada.config == CONFIG + f'team:\n  id: {done["team"]}\n  recipients:\n    - "{done["line"]}"\n'
    opened = access(ada)
    assert (opened.me.name, opened.team.secret_digest) == ("ada", done["team"])
    again = ada.data("team", "init", "--name", "ada")
    assert (again["begun"], again["made"], again["line"]) == (False, False, done["line"])
    assert again["next"][0] == "wagit trust"


@pytest.mark.usefixtures("real")
def test_a_remote_that_cannot_keep_a_lease_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wagit.team.remote import NoConditionalWrites

    def fails(_: GitRemote) -> None:
        raise NoConditionalWrites("two writers overwrite each other", "take another")

    ada = Mate.first(tmp_path, "ada")
    monkeypatch.setattr(GitRemote, "prove", fails)
    assert ada.error("team", "init", "--name", "ada")["code"] == "no-conditional-writes"
    assert ada.config == CONFIG
    assert ada.error("team", "init", "--name", "ada", "--remote", "nowhere")["code"] == "no-such-remote"


def test_a_passphrase_is_asked_for_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked: list[str] = []

    def lock(_: bytes, passphrase: str) -> bytes:  # by scrypt it takes seconds
        locked.append(passphrase)
        return LOCKED.encode()

    monkeypatch.setattr(pyrage.passphrase, "encrypt", lock)
    ada = Mate.first(tmp_path, "ada")
    wish = team_init.Wish("ada", passphrase=True)
    assert ada.error("team", "init", "--name", "ada", "--passphrase")["code"] == "no-passphrase"
    with ada.here():
        answers = iter(("one", "two"))
        with pytest.raises(team_init.NoPassphrase):
            team_init.init(ada.context, wish, ask=lambda _: next(answers))
        assert not (ada.home / ".config/wagit/age.key").exists()
        team_init.init(ada.context, wish, ask=lambda _: "secret")
        with pytest.raises(keys.CannotDecrypt):
            team_access.access(ada.context)
    assert locked == ["secret"]


def test_an_ssh_key_will_do(tmp_path: Path) -> None:
    ada = Mate.first(tmp_path, "ada")
    assert "--name" in ada.error("team", "init", "--ssh")["hint"]  # nothing says who it is
    ada.repo.config("user.name", "Ada Author")
    assert ada.error("team", "init", "--ssh")["code"] == "no-team-key"
    (ada.home / ".ssh").mkdir(mode=0o700)
    path = ada.home / ".ssh/id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    done = ada.data("team", "init", "--ssh")
    assert done["line"].startswith("ssh-ed25519 AAAA")
    assert done["name"] == "Ada Author"
    assert not (ada.home / ".config/wagit/age.key").exists()
    assert access(ada).me.name == "Ada Author"


def test_somebody_new_is_told_how_to_join_and_reads_nothing_before(ada: Mate, tmp_path: Path) -> None:
    ada.write(7)
    ada.ok("team", "push")
    eve = ada.another(tmp_path, "eve")
    done = eve.data("team", "init", "--name", "eve")
    assert (done["begun"], done["next"][0]) == (
        False,
        f"ask a member to run: wagit team add '{done['line']}'",
    )
    eve.ok("trust", "--yes")
    error = eve.error("team", "pull")
    assert (error["code"], error["status"]) == ("not-a-member", 14)
    assert "wagit team add" in error["hint"]
    eve.repo.write(
        ".wagit.local.yml", f'team: {{recipients: ["{done["line"]}"]}}\n'
    )  # they say so themselves
    assert eve.error("team", "pull")["code"] == "cannot-decrypt"


def test_somebody_who_was_added_gets_the_session(pair: tuple[Mate, Mate]) -> None:
    ada, bob = pair
    assert bob.files == ada.files
    assert "# the bot" in ada.config
    assert "# one at a time" in ada.config


def test_a_newcomer_adds_themselves_on_a_branch_and_trusts_nothing_by_that(ada: Mate, tmp_path: Path) -> None:
    bob = ada.another(tmp_path, "bob")
    line = bob.data("team", "init", "--name", "bob")["line"]
    done = bob.data("team", "add", line.rpartition(" ")[0], "bob")
    assert (done["written"], done["trusted"], done["members"]) == (True, False, ["ada", "bob"])
    assert bob.error("team", "pull")["code"] == "not-trusted"
    assert f'    - "{line}"\n' in bob.config


def test_what_cannot_be_added_or_removed(pair: tuple[Mate, Mate]) -> None:
    ada, bob = pair
    before = ada.config
    bobs = bob.data("team", "init", "--name", "bob")["line"].split()[0]
    for words, code in (
        (("add", bobs, "robert"), "already-a-member"),
        (("add", ada.data("team", "init", "--name", "ada")["line"].replace(" ", " x ")), "already-a-member"),
        (("add", "age1nonsense", "eve"), "bad-recipient"),
        (("add", bobs[:-1] + "q", "eve"), "bad-recipient"),
        (("remove", "eve"), "no-such-member"),
    ):
        assert ada.error("team", *words)["code"] == code
    ada.ok("team", "remove", "bob", "--dry-run")
    assert ada.config == before
    ada.ok("team", "remove", "bob")
    assert ada.error("team", "remove", "ada")["code"] == "last-member"


def test_a_dry_run_of_a_push_tells_that_all_of_it_is_sealed_anew(
    pair: tuple[Mate, Mate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are looked at by their state alone, which tells nothing of those that were just written."""
    ada, _ = pair
    ada.write(7)
    assert ada.data("team", "push")["number"] == 1
    monkeypatch.setattr("wagit.operations.snapshot.preview", lambda *_: Preview(None, "clean", 2, 1700, 0))
    assert ada.data("team", "push", "--dry-run")["new"] is False
    assert ada.data("team", "push", "--anew", "--dry-run")["sent"] == 1700
    ada.ok("team", "remove", "bob")
    told = ada.data("team", "push", "--dry-run")
    assert (told["new"], told["number"], told["sent"]) == (True, 2, 1700)
    assert ada.data("team", "push")["number"] == 2
    assert ada.data("team", "push", "--dry-run")["new"] is False


def test_nobody_allows_what_they_have_not_seen(pair: tuple[Mate, Mate]) -> None:
    ada, _ = pair
    mallory = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p mallory"
    ada.repo.write(".wagit.yml", ada.config.replace("  recipients:\n", f'  recipients:\n    - "{mallory}"\n'))
    for words in (("remove", "bob"), ("rotate", "--yes")):
        error = ada.error("team", *words)
        assert (error["code"], error["status"]) == ("not-trusted", 15)
        assert "+ mallory" in error["message"]
    assert "mallory" in ada.ok("team", "ls")  # told, and not in effect
    assert [one.name for one in access(ada).team.recipients] == ["ada", "bob"]


def test_a_file_that_cannot_be_changed_by_itself_is_left_to_the_user(pair: tuple[Mate, Mate]) -> None:
    ada, _ = pair
    anchored = ada.config.replace("  recipients:\n", "  recipients: &all\n") + "notify: {on: []}\n"
    ada.repo.write(".wagit.yml", anchored + "---\n")
    assert ada.run("team", "remove", "bob").status == 2  # two documents: no config at all
    ada.repo.write(".wagit.yml", anchored)
    ada.repo.switch("elsewhere", "-c")
    (ada.repo.path / ".wagit.yml").unlink()
    ada.repo.git("rm", "--quiet", "--cached", ".wagit.yml")
    assert ada.error("team", "remove", "bob")["code"] == "not-in-this-file"


def test_who_was_removed_reads_nothing_that_is_pushed_from_then_on(pair: tuple[Mate, Mate]) -> None:
    ada, bob = pair
    ada.write(7, app="2")
    removed = ada.data("team", "remove", "bob")
    assert removed["members"] == ["ada"]
    assert any("Linked devices" in line for line in removed["next"])
    ada.ok("team", "push")
    bob.fetch()
    assert bob.error("team", "pull")["code"] == "cannot-decrypt"
    assert bob.files["app.json"] == "1"


def history(opened: Access, directory: Path) -> list[int]:
    """The numbers of the pushes that are kept, newest first."""
    found = read_head(opened, "staging")
    assert found is not None
    assert found.head.current is not None
    directory.mkdir(exist_ok=True)
    return [
        one.pushed.number
        for one in read_index(opened, "staging", found.head.current, str(directory)).sessions
    ]


def blobs(opened: Access, directory: Path) -> list[bytes]:
    """All that lies at the place of `staging`."""
    found = read_head(opened, "staging")
    assert found is not None
    assert found.head.current is not None
    directory.mkdir()
    index = read_index(opened, "staging", found.head.current, str(directory))
    assert index.sealed == sealed_for(opened.team.recipients)
    space = opened.team.space("staging")
    opened.remote.get(space, index.packs, str(directory), lambda _: None)
    assert {file.name for file in directory.iterdir()} == opened.remote.blobs(space)
    return [file.read_bytes() for file in directory.iterdir()]


@pytest.mark.usefixtures("real")
def test_rotate_moves_all_that_is_kept_where_an_old_member_cannot_follow(
    pair: tuple[Mate, Mate], tmp_path: Path
) -> None:
    ada, bob = pair
    for count in range(KEPT + 1):
        ada.write(7, app=str(count))
        ada.ok("team", "push")
    was = access(ada).team.secret_digest
    kept = history(access(ada), tmp_path / "before")
    assert len(kept) == KEPT
    ada.ok("team", "remove", "bob")
    assert ada.data("team", "rotate", "--dry-run")["slots"] == ["staging"]
    done = ada.data("team", "rotate", "--yes")
    assert (done["was"], done["slots"], done["left"], done["written"]) == (was, ["staging"], 0, True)
    assert any("Linked devices" in line for line in done["next"])
    assert f"  id: {done['team']}\n" in ada.config
    assert history(access(ada), tmp_path / "after") == kept
    assert access(ada, was).remote.spaces() == []
    sealed, hers, his = blobs(access(ada), tmp_path / "sealed"), access(ada).keys, access(bob).keys
    assert len(sealed) > 1
    for data in sealed:
        assert pyrage.decrypt(data, hers.identities)
        with pytest.raises(pyrage.DecryptError):
            pyrage.decrypt(data, his.identities)
    ada.write(7, app="more")
    assert ada.data("team", "push")["number"] == kept[0] + 1

    assert bob.error("team", "pull")["code"] == "team-rolled-back"  # he trusts the team from before, still
    there = access(bob, done["team"])
    with pytest.raises(keys.CannotDecrypt):
        read_head(there, "staging")


def test_the_others_are_told_of_a_rotation_and_go_on_after_trust(pair: tuple[Mate, Mate]) -> None:
    ada, bob = pair
    ada.ok("team", "rotate", "--yes")
    ada.share("rotated")
    bob.fetch()
    assert "another id (rotated)" in bob.ok("team", "ls")
    assert any("the team is rotated" in one for one in bob.data("trust", "--dry-run")["team"])
    bob.ok("trust", "--yes")
    bob.write(7, app="bob's")
    assert bob.data("team", "push")["number"] == 2
    ada.ok("team", "pull")
    assert ada.files["app.json"] == "bob's"


def test_after_a_rotation_the_machine_knows_what_is_there(ada: Mate) -> None:
    ada.ok("team", "rotate", "--yes")  # before anything was shared: it begins in the new place
    ada.write(7)
    ada.ok("team", "push")
    ada.ok("team", "rotate", "--yes")
    assert ada.data("team", "push")["new"] is False
    ada.ok("team", "rotate", "--yes")
    opened = access(ada)
    opened.remote.destroy(opened.team.space("staging"))
    assert ada.error("team", "push")["code"] == "team-rolled-back"


def test_what_nobody_can_read_stays_where_it_was(pair: tuple[Mate, Mate], tmp_path: Path) -> None:
    ada, _ = pair
    was = access(ada)
    forged = head_file.encode(Head("other", "no secret"), was.team.recipients)
    for data in (b"garbage", forged, pyrage.encrypt(b"{}", [pyrage.x25519.Identity.generate().to_public()])):
        was.remote.advance(secrets.token_hex(16), data, None)
    done = ada.data("team", "rotate", "--yes")
    assert (done["slots"], done["left"]) == (["staging"], 3)
    assert len(was.remote.spaces()) == 3
    assert history(access(ada), tmp_path / "after") == [1]


def test_a_head_that_the_host_put_at_another_place_is_no_slot(ada: Mate) -> None:
    ada.write(7)
    ada.ok("team", "push")
    was = access(ada)
    copied = was.remote.head(was.team.space("staging"))
    assert copied is not None
    was.remote.advance("f" * 32, copied.data, None)
    done = ada.data("team", "rotate", "--yes")
    assert (done["slots"], done["left"]) == (["staging"], 1)


def test_a_rotation_that_lost_a_lease_changes_no_config(
    pair: tuple[Mate, Mate], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = pair
    before, real = ada.config, rotate.move
    theirs = Lease("b" * 32, "bob", "pc", 300.0, 0.0)

    def move(*arguments: Any) -> int:
        sent = real(*arguments)
        opened = access(bob)
        found = read_head(opened, "staging")
        assert found is not None
        write_head(opened, found.head._replace(fence=found.head.fence + 1, lease=theirs), found.version)
        return sent

    monkeypatch.setattr(rotate, "move", move)
    assert ada.error("team", "rotate", "--yes")["code"] == "lease-lost"
    assert ada.config == before
    assert read_head(access(ada), "staging") is not None


def test_rotate_is_refused_while_somebody_has_the_lease(pair: tuple[Mate, Mate]) -> None:
    ada, bob = pair
    before = ada.config
    bob.ok("team", "lease", "--take")
    error = ada.error("team", "rotate", "--yes")
    assert (error["code"], error["status"]) == ("lease-held", 13)
    assert ada.config == before
    bob.ok("team", "release")
    ada.ok("team", "rotate", "--yes")
    assert ada.config != before


class Killed(BaseException):
    """The process ends here."""


STEPS = (
    (DirectoryRemote, "put"),
    (DirectoryRemote, "advance"),
    (DirectoryRemote, "destroy"),
    (team_rotate, "atomic_write"),
    (team_rotate, "_end"),
    (team_file, "atomic_write"),
    (team_trust, "atomic_write"),
)


def kill_at(environ: pytest.MonkeyPatch, last: int) -> None:
    """Let that many steps be done, and none after them."""
    count = iter(range(1000))

    def step(real: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **more: object) -> object:
            if next(count) >= last:
                raise Killed
            return real(*args, **more)

        return run

    for where, name in STEPS:
        environ.setattr(where, name, step(getattr(where, name)))


def rotates(ada: Mate, last: int) -> bool:
    """Rotate, killed after so many steps; whether it was over before."""
    with pytest.MonkeyPatch.context() as environ, ada.here():
        kill_at(environ, last)
        try:
            team_rotate.rotate(ada.context)
        except Killed:
            return False
        return True


def test_a_rotation_that_is_killed_anywhere_loses_nothing_and_goes_on(tmp_path: Path) -> None:
    ada = Mate.first(tmp_path, "ada")
    ada.ok("team", "init", "--name", "ada")
    for text in ("1", "2"):
        ada.write(7, app=text)
        ada.ok("team", "push")
    over = False
    for last in range(40):
        was = access(ada).team.secret_digest
        over = rotates(ada, last)
        if ada.data("trust", "--dry-run")["team"]:  # the file was written, and not trusted yet
            ada.ok("trust", "--yes")
        places = [access(ada, one) for one in {was, access(ada).team.secret_digest}]
        there = [one for one in places if read_head(one, "staging") is not None]
        assert [2, 1] in [history(one, tmp_path / f"{last}-{at}") for at, one in enumerate(there)], last
        if over:
            break
        ada.ok("team", "rotate", "--yes")
        assert history(access(ada), tmp_path / f"{last}-after") == [2, 1]
        assert access(ada, was).remote.spaces() == []
    assert over
    assert last > len(STEPS)
    assert not (Path(ada.store.root) / "team/rotating.json").exists()
    ada.write(7, app="3")
    assert ada.data("team", "push")["number"] == 3


def test_what_is_written_oddly_is_pasted_by_hand_and_nothing_is_lost_meanwhile(
    ada: Mate, tmp_path: Path
) -> None:
    ada.write(7)
    ada.ok("team", "push")
    head, _, tail = ada.config.partition("team:\n")
    odd = head + "team:\n  <<:\n" + "".join(f"    {line}\n" for line in tail.splitlines())
    ada.repo.write(".wagit.yml", odd)
    was = access(ada)
    added = ada.data("team", "add", "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", "bob")
    assert (added["written"], added["trusted"], ada.config) == (False, False, odd)
    assert added["paste"].startswith('- "age1ql3z7')
    assert "write there:" in ada.ok("team", "rotate", "--yes")
    assert (ada.config, read_head(was, "staging") is None) == (odd, False)
    assert history(access(ada), tmp_path / "odd") == [1]
    pasted = ada.data("team", "rotate", "--yes")
    ada.repo.write(".wagit.yml", odd.replace(was.team.secret_digest, pasted["team"]))
    ada.ok("trust", "--yes")
    assert ada.data("team", "rotate", "--yes")["team"] == pasted["team"]
    assert was.remote.spaces() == []
    assert history(access(ada), tmp_path / "done") == [1]
