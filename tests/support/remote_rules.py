"""What every `Remote` does, whatever it is made of: one set of rules for git and for object stores.

    @pytest.mark.parametrize("rule", RULES, ids=name_of)
    def test_a_remote(rule: Rule, tmp_path: Path) -> None:
        rule(MyPlace(tmp_path / "place"), tmp_path / "work")

A place is what tests know of one implementation: how a machine opens it, and how somebody with the right to
its innards spoils what lies there.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import pytest

from wagit.team.remote import Blob, BlobDamaged, BlobGone, Mark, Overtaken, Remote
from wagit.team.settings import Team

TEAM = Team("ab" * 32, "origin", ())
OTHER_TEAM = Team("cd" * 32, "origin", ())
SPACE, OTHER_SPACE = "1" * 32, "2" * 32


class Place(Protocol):
    """Where a remote lies, seen from outside."""

    def open(self, machine: str, team: Team = TEAM) -> Remote:
        """The place as a machine of that name opens it, with a directory of the machine's own."""

    def spoil(self, space: str, name: str, data: bytes | None, team: Team = TEAM) -> None:
        """Put other bytes where that blob is, as the host could; None takes them away."""

    def leftovers(self) -> list[str]:
        """The names of all that lies there, of every team and space."""


Rule = Callable[[Place, Path], None]


def name_of(rule: object) -> str:
    return getattr(rule, "__name__", str(rule))


def ignore(_: int) -> None:
    """A `Moved` for whom it does not matter."""


class Moves:
    """A `Moved` that adds up."""

    def __init__(self) -> None:
        self.steps: list[int] = []

    def __call__(self, count: int) -> None:
        self.steps.append(count)

    @property
    def total(self) -> int:
        return sum(self.steps)


def make_blob(directory: Path, data: bytes) -> tuple[Blob, str]:
    """A file as the pusher has it, and the blob that it is."""
    directory.mkdir(parents=True, exist_ok=True)
    blob = Blob(hashlib.sha256(data).hexdigest(), len(data))
    path = directory / blob.name
    path.write_bytes(data)
    return blob, str(path)


def make_blobs(directory: Path, *data: bytes) -> dict[Blob, str]:
    return dict(make_blob(directory, one) for one in data)


def fetched(remote: Remote, wanted: Iterable[Blob], directory: Path, space: str = SPACE) -> dict[str, bytes]:
    """What `get` brings, by name."""
    directory.mkdir(parents=True, exist_ok=True)
    remote.get(space, wanted, str(directory), ignore)
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def a_head_is_what_was_written_last(place: Place, _work: Path) -> None:
    ada, bob = place.open("ada"), place.open("bob")
    assert ada.head(SPACE) is None
    first = ada.advance(SPACE, b"first", None)
    assert bob.head(SPACE) == first == Mark(first.version, b"first")
    second = bob.advance(SPACE, b"second\0\r\n\xff", first.version)
    assert second.version != first.version
    assert ada.head(SPACE) == second == Mark(second.version, b"second\0\r\n\xff")
    assert ada.advance(SPACE, b"third", second.version).data == b"third"


def who_read_an_older_head_is_refused(place: Place, _work: Path) -> None:
    ada, bob = place.open("ada"), place.open("bob")
    first = ada.advance(SPACE, b"first", None)
    with pytest.raises(Overtaken):
        bob.advance(SPACE, b"also first", None)
    second = ada.advance(SPACE, b"second", first.version)
    for after in (first.version, None):
        with pytest.raises(Overtaken):
            bob.advance(SPACE, b"late", after)
    assert bob.head(SPACE) == second


def a_head_that_is_gone_is_not_replaced(place: Place, _work: Path) -> None:
    ada, bob = place.open("ada"), place.open("bob")
    first = ada.advance(SPACE, b"first", None)
    bob.destroy(SPACE)
    with pytest.raises(Overtaken):
        ada.advance(SPACE, b"second", first.version)
    assert ada.head(SPACE) is None
    assert bob.advance(SPACE, b"anew", None) == ada.head(SPACE)


def of_many_at_once_one_wins(place: Place, _work: Path) -> None:
    remotes = [place.open(machine) for machine in ("ada", "bob", "cem")]
    now = remotes[0].advance(SPACE, b"start", None)
    for number in range(3):
        won = race(remotes, number, now.version)
        assert len(won) == 1, won
        assert remotes[0].head(SPACE) == won[0]
        now = won[0]


def race(remotes: list[Remote], number: int, after: str) -> list[Mark]:
    """Let all advance at once; gives the marks of who could."""
    won: list[Mark] = []
    failed: list[BaseException] = []
    start = threading.Barrier(len(remotes))

    def advance(who: int) -> None:
        start.wait()
        try:
            won.append(remotes[who].advance(SPACE, f"{number} by {who}".encode(), after))
        except Overtaken:
            pass
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=advance, args=(who,)) for who in range(len(remotes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    return won


def spaces_are_those_with_a_head(place: Place, work: Path) -> None:
    ada = place.open("ada")
    assert ada.spaces() == []
    ada.put(OTHER_SPACE, make_blobs(work, b"no head yet"), ignore)
    assert ada.spaces() == []
    ada.advance(OTHER_SPACE, b"two", None)
    ada.advance(SPACE, b"one", None)
    assert place.open("bob").spaces() == [SPACE, OTHER_SPACE]


def spaces_and_teams_are_apart(place: Place, work: Path) -> None:
    ada, other = place.open("ada"), place.open("eve", OTHER_TEAM)
    files = make_blobs(work, b"data")
    ada.advance(SPACE, b"one", None)
    ada.put(SPACE, files, ignore)
    assert other.head(SPACE) is None
    assert other.spaces() == []
    assert other.blobs(SPACE) == ada.blobs(OTHER_SPACE) == set()
    other.advance(SPACE, b"theirs", None)
    other.destroy(SPACE)
    assert ada.blobs(SPACE) == {blob.name for blob in files}
    assert ada.head(SPACE) is not None


def blobs_arrive_whole(place: Place, work: Path) -> None:
    files = make_blobs(work, b"", b"a", b"\r\n\0\xff" * 1000, os.urandom(3 << 20), b"\0" * (2 << 20))
    ada, bob = place.open("ada"), place.open("bob")
    sent = Moves()
    ada.put(SPACE, files, sent)
    assert sent.total == sum(blob.size for blob in files)
    assert bob.blobs(SPACE) == {blob.name for blob in files}
    assert fetched(bob, files, work / "bob") == {
        blob.name: Path(path).read_bytes() for blob, path in files.items()
    }


def what_is_there_is_not_sent_again(place: Place, work: Path) -> None:
    ada = place.open("ada")
    old, new = make_blobs(work, b"old"), make_blobs(work, b"newer")
    ada.put(SPACE, old, ignore)
    sent = Moves()
    place.open("bob").put(SPACE, {**old, **new}, sent)
    assert sent.total == 5
    assert ada.blobs(SPACE) == {blob.name for blob in (*old, *new)}
    sent = Moves()
    ada.put(SPACE, {**old, **new}, sent)
    assert sent.total == 0


def what_lies_here_is_not_fetched_again(place: Place, work: Path) -> None:
    ada = place.open("ada")
    one, two = make_blob(work, b"one")[0], make_blob(work, b"second")[0]
    ada.put(SPACE, {blob: str(work / blob.name) for blob in (one, two)}, ignore)
    got = Moves()
    (work / "got").mkdir()
    ada.get(SPACE, [one], str(work / "got"), ignore)
    before = (work / "got" / one.name).stat()
    ada.get(SPACE, [one, two], str(work / "got"), got)
    assert got.total == two.size
    assert (work / "got" / one.name).stat() == before


def many_blobs_at_once(place: Place, work: Path) -> None:
    files = make_blobs(work, *(f"blob {number}".encode() for number in range(40)))
    place.open("ada").put(SPACE, files, ignore)
    bob = place.open("bob")
    assert set(fetched(bob, files, work / "bob")) == bob.blobs(SPACE) == {blob.name for blob in files}
    few = [blob.name for blob in files][:15]
    bob.drop(SPACE, few)
    assert bob.blobs(SPACE) == {blob.name for blob in files} - set(few)


def nothing_at_all_is_fine(place: Place, work: Path) -> None:
    ada = place.open("ada")
    ada.put(SPACE, {}, ignore)
    assert fetched(ada, [], work / "got") == {}
    ada.drop(SPACE, [])
    ada.destroy(SPACE)
    assert ada.blobs(SPACE) == set()


def blobs_that_are_gone_are_named(place: Place, work: Path) -> None:
    here, gone, never = make_blob(work, b"here"), make_blob(work, b"gone"), make_blob(work, b"never")
    ada = place.open("ada")
    ada.put(SPACE, dict([here, gone]), ignore)
    place.spoil(SPACE, gone[0].name, None)
    with pytest.raises(BlobGone) as said:
        fetched(ada, [here[0], gone[0], never[0]], work / "got")
    assert gone[0].name in said.value.message
    assert never[0].name in said.value.message
    assert here[0].name not in said.value.message
    assert not (work / "got" / gone[0].name).exists()
    assert ada.blobs(SPACE) == {here[0].name}


def _is_damaged(place: Place, work: Path, lie: bytes) -> None:
    good, bad = make_blob(work, b"good"), make_blob(work, b"bytes of a pack")
    ada = place.open("ada")
    ada.put(SPACE, dict([good, bad]), ignore)
    place.spoil(SPACE, bad[0].name, lie)
    with pytest.raises(BlobDamaged) as said:
        fetched(place.open("bob"), [good[0], bad[0]], work / "got")
    assert bad[0].name in said.value.message
    assert good[0].name not in said.value.message
    left = {path.name: path.stat().st_size for path in (work / "got").iterdir()}
    assert left in ({}, {good[0].name: 4}), "nothing of the damaged one stays"


def a_changed_byte_is_damage(place: Place, work: Path) -> None:
    _is_damaged(place, work, b"bytes of a Pack")


def a_cut_blob_is_damage(place: Place, work: Path) -> None:
    _is_damaged(place, work, b"bytes of")


def an_emptied_blob_is_damage(place: Place, work: Path) -> None:
    _is_damaged(place, work, b"")


def a_grown_blob_is_damage(place: Place, work: Path) -> None:
    _is_damaged(place, work, b"bytes of a pack" + os.urandom(4 << 20))


def a_wrong_size_is_damage(place: Place, work: Path) -> None:
    blob, path = make_blob(work, b"ten bytes!")
    ada = place.open("ada")
    ada.put(SPACE, {blob: path}, ignore)
    for size in (9, 11):
        with pytest.raises(BlobDamaged):
            fetched(ada, [Blob(blob.name, size)], work / f"got-{size}")
        assert not list((work / f"got-{size}").iterdir())


def dropped_blobs_may_be_gone_already(place: Place, work: Path) -> None:
    files = make_blobs(work, b"one", b"two", b"three")
    one, two, three = (blob.name for blob in files)
    ada = place.open("ada")
    ada.put(SPACE, files, ignore)
    head = ada.advance(SPACE, b"head", None)
    ada.drop(SPACE, [one])
    ada.drop(SPACE, [one, two, "0" * 64])
    assert ada.blobs(SPACE) == {three}
    assert ada.head(SPACE) == head


def destroyed_leaves_nothing(place: Place, work: Path) -> None:
    before = place.leftovers()
    ada = place.open("ada")
    ada.advance(SPACE, b"second", ada.advance(SPACE, b"first", None).version)
    ada.put(SPACE, make_blobs(work, b"one", b"two"), ignore)
    place.open("bob").destroy(SPACE)
    assert place.leftovers() == before
    assert (ada.head(SPACE), ada.spaces(), ada.blobs(SPACE)) == (None, [], set())


def proven_and_nothing_left_of_it(place: Place, _work: Path) -> None:
    ada = place.open("ada")
    ada.advance(SPACE, b"head", None)
    before = place.leftovers()
    ada.prove()
    assert place.leftovers() == before


RULES: tuple[Rule, ...] = (
    a_head_is_what_was_written_last,
    who_read_an_older_head_is_refused,
    a_head_that_is_gone_is_not_replaced,
    of_many_at_once_one_wins,
    spaces_are_those_with_a_head,
    spaces_and_teams_are_apart,
    blobs_arrive_whole,
    what_is_there_is_not_sent_again,
    what_lies_here_is_not_fetched_again,
    many_blobs_at_once,
    nothing_at_all_is_fine,
    blobs_that_are_gone_are_named,
    a_changed_byte_is_damage,
    a_cut_blob_is_damage,
    an_emptied_blob_is_damage,
    a_grown_blob_is_damage,
    a_wrong_size_is_damage,
    dropped_blobs_may_be_gone_already,
    destroyed_leaves_nothing,
    proven_and_nothing_left_of_it,
)
