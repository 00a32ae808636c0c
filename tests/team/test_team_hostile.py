"""What others wrote is not believed: cut, changed, forged, or made to break who reads it.

Each ends with an error of its own name, in little time and memory, and with nothing outside the directory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.long import long, longer
from tests.support.team_hostile import (
    EMPTY,
    changed_everywhere,
    cut_everywhere,
    is_refused,
    lines_of,
    sealed,
    written,
    zeros,
)
from tests.support.team_keys import Owner, member, team_of
from tests.support.team_sessions import NOW, SLOT, Shared, digest_of
from wagit.core.store import NewerFormat
from wagit.snapshots.manifest import Entry
from wagit.team import head_file, index_file, pack, sealing, session_check, zstd
from wagit.team.head import Head, Lease
from wagit.team.head_file import HeadForged
from wagit.team.index import HostileSession
from wagit.team.keys import CannotDecrypt
from wagit.team.remote import BlobDamaged
from wagit.team.session_check import Checking
from wagit.team.settings import MOST

FILES = {"a/b": b"one", "a/c": b"three", "creds.json": b"{}"}
ROOT = Path(__file__).parents[2]
MEMORY = 700 << 20  # bytes of address space: a Python with all that is imported takes 300 MB of it


@pytest.fixture
def ada(tmp_path: Path) -> Owner:
    return member(tmp_path, "ada")


@pytest.fixture
def shared(tmp_path: Path, ada: Owner) -> Shared:
    return Shared.make(tmp_path, FILES, ada)


@long
def test_a_head_cut_or_changed_anywhere_is_refused(ada: Owner) -> None:
    team, secret = team_of(ada)
    data = head_file.encode(Head(SLOT, secret, 3), team.recipients)
    for made in (changed_everywhere, cut_everywhere):
        for _, spoiled in made(data):
            is_refused(lambda: head_file.decode(spoiled, team, ada.keys, SLOT), BlobDamaged, CannotDecrypt)  # noqa: B023
    is_refused(lambda: head_file.decode(data + b"\0", team, ada.keys, SLOT), BlobDamaged)
    is_refused(lambda: head_file.decode(bytes(2 << 20), team, ada.keys, SLOT), BlobDamaged)


@long
def test_a_blob_cut_or_changed_anywhere_is_damaged(tmp_path: Path, ada: Owner, shared: Shared) -> None:
    blob = index_file.write(shared.index, shared.team.recipients, str(tmp_path))
    readers: dict[Path, Callable[[], object]] = {
        tmp_path / blob.name: lambda: index_file.read(str(tmp_path / blob.name), shared.team, ada.keys, SLOT),
        Path(shared.packs[0].path): lambda: pack.unpack(
            shared.packs[0].path, shared.packs[0].objects, ada.keys, str(tmp_path / "in")
        ),
    }
    (tmp_path / "in").mkdir()
    for path, read in readers.items():
        data = path.read_bytes()
        for made in (changed_everywhere, cut_everywhere):
            for _, spoiled in made(data):
                path.write_bytes(spoiled)
                is_refused(read, BlobDamaged)
                for left in (tmp_path / "in").iterdir():
                    left.unlink()


def test_a_head_that_no_member_wrote_is_forged(ada: Owner) -> None:
    team, secret = team_of(ada)
    other = Head(SLOT, "guessed")
    for forged in (other, Head("production", secret)):
        data = head_file.encode(forged, team.recipients)
        is_refused(lambda: head_file.decode(data, team, ada.keys, SLOT), HeadForged)  # noqa: B023
    is_refused(
        lambda: head_file.decode(head_file.encode(other, team.recipients), team, ada.keys, None), HeadForged
    )
    for nonsense in (b"[]", b"{}", b'{"secret": null}'):
        data = sealing.seal(nonsense, team.recipients)
        is_refused(lambda: head_file.decode(data, team, ada.keys, SLOT), HeadForged)  # noqa: B023


LEASE = Lease("0f" * 16, "ada", "tower", 300.0, NOW)._asdict()


@pytest.mark.parametrize(
    "change",
    [
        {"fence": -1}, {"fence": True}, {"fence": 1.5}, {"fence": 10**30}, {"fence": "1"}, {"more": 1},
        {"slot": "../x"}, {"slot": ".."}, {"slot": 5}, {"current": ["../../x", 5]},
        {"current": ["ab" * 32, 5]},
        {"lease": {}}, {"lease": [1]}, {"lease": LEASE | {"id": "x"}}, {"lease": LEASE | {"by": "\x1b[2J"}},
        {"lease": LEASE | {"term": float("inf")}}, {"lease": LEASE | {"term": float("nan")}},
        {"lease": LEASE | {"host": "a" * 2000}}, {"lease": LEASE | {"renewals": None}},
        {"lease": LEASE | {"request": {"by": 1}}}, {"lease": LEASE | {"since": 1e300}},
        {"lease": LEASE | {"since": 10**400}},
    ],
)  # fmt: skip
def test_a_head_with_nonsense_in_it_is_refused(ada: Owner, change: dict[str, object]) -> None:
    team, secret = team_of(ada)
    known = json.loads(sealing.unseal(head_file.encode(Head(SLOT, secret), team.recipients), ada.keys, "it"))
    data = sealing.seal(json.dumps(known | change).encode(), team.recipients)
    is_refused(lambda: head_file.decode(data, team, ada.keys, None), BlobDamaged)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b'{"secret": "\\ud800"}', b"1" * 5000])
def test_a_head_that_is_no_json_is_refused(ada: Owner, text: bytes) -> None:
    team, _ = team_of(ada)
    data = sealing.seal(text, team.recipients)
    is_refused(lambda: head_file.decode(data, team, ada.keys, SLOT), BlobDamaged)


def test_a_newer_format_is_named(tmp_path: Path, ada: Owner, shared: Shared) -> None:
    team, secret = team_of(ada)
    data = sealing.seal(json.dumps({"format": 2, "secret": secret, "new": 1}).encode(), team.recipients)
    with pytest.raises(NewerFormat, match="has format 2"):
        head_file.decode(data, team, ada.keys, SLOT)
    lines = lines_of(shared.index)
    lines[0]["format"] = 2
    with pytest.raises(NewerFormat, match="has format 2"):
        index_file.read(str(written(lines, ada, tmp_path)), shared.team, ada.keys, SLOT)


def bounded(wrong: str, body: str, *arguments: object) -> None:
    """Run Python in a process that gets little memory, and says what is wrong."""
    code = f"import resource, sys\nresource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))\n{body}"
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, wrong in done.stdout) == (0, True), done


READ_INDEX = """
from wagit.team import index_file, keys
from wagit.team.index import HostileSession
from wagit.team.settings import Team
try:
    index_file.read(sys.argv[1], Team(sys.argv[3], "origin", ()), keys.read(sys.argv[2]), "staging")
except HostileSession as error:
    print(error)
"""
UNPACK = """
from wagit.team import keys, pack
from wagit.team.index import HostileSession
try:
    pack.unpack(sys.argv[1], {"ab" * 32: (int(sys.argv[3]), 5)}, keys.read(sys.argv[2]), sys.argv[4])
except HostileSession as error:
    print(error)
"""


def test_ten_gigabytes_of_zeros_are_refused_in_little_memory(
    tmp_path: Path, ada: Owner, shared: Shared
) -> None:
    path = sealed(zeros(10), ada, tmp_path)
    bounded("too long", READ_INDEX, path, ada.path, shared.team.secret_digest)
    (tmp_path / "in").mkdir()
    for offset in (0, MOST - 5):
        bounded("not what its name says", UNPACK, path, ada.path, offset, tmp_path / "in")
    assert os.listdir(tmp_path / "in") == []


def test_a_million_files_are_refused_in_little_memory(tmp_path: Path, ada: Owner, shared: Shared) -> None:
    head = list(index_file._lines(Shared.make(tmp_path, {"0": b""}, ada).index))[:-1]
    count = longer(150_000, 1_000_000)
    names = (b'["file", "%07d", 384, 0, 0, "%s"]\n' % (number, EMPTY.encode()) for number in range(count))
    path = sealed(zstd.compressed([*head, *names]), ada, tmp_path)
    bounded("more than 100000 files", READ_INDEX, path, ada.path, shared.team.secret_digest)


def test_a_session_that_is_too_large_is_refused() -> None:
    entry = Entry("0", "file", 0o600, MOST, 0, 0, 0, EMPTY)
    checking = Checking({EMPTY: MOST})
    checking.add(entry)
    with pytest.raises(ValueError, match="more than 4 GB"):
        checking.add(entry._replace(path="1"))
    assert session_check.MOST_ENTRIES == 100_000


def test_a_pack_that_is_not_what_the_index_says_is_refused(
    tmp_path: Path, ada: Owner, shared: Shared
) -> None:
    [packed] = shared.packs
    (one, (offset, size)), (two, place) = list(packed.objects.items())[:2]
    total = sum(size for _, size in packed.objects.values())
    out = tmp_path / "in"
    out.mkdir()
    for wanted, wrong in (
        ({one: place}, "not what its name says"),
        ({one: (offset, size + 1)}, "not what its name says"),
        ({one: (total, 5)}, "ends before"),
        ({one: (total + 1, 0)}, "ends before"),
        ({one: (0, 3), two: (2, 5)}, "lie one in the other"),
        ({one: (MOST, 5)}, "too far"),
        ({one: (0, MOST), two: (0, MOST)}, "more than 4 GB"),
    ):
        with pytest.raises(HostileSession, match=wrong):
            pack.unpack(packed.path, wanted, ada.keys, str(out))
        for left in out.iterdir():
            assert digest_of(left.read_bytes()) == left.name
            left.unlink()


def test_nothing_is_written_over_or_through_a_link(tmp_path: Path, ada: Owner, shared: Shared) -> None:
    [packed] = shared.packs
    out, victim = tmp_path / "in", tmp_path / "victim"
    out.mkdir()
    victim.write_bytes(b"mine")
    (out / next(iter(packed.objects))).symlink_to(victim)
    with pytest.raises(FileExistsError):
        pack.unpack(packed.path, packed.objects, ada.keys, str(out))
    assert victim.read_bytes() == b"mine"
