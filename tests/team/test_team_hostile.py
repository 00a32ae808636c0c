"""What others wrote is not believed: cut, changed, forged, or made to break who reads it.

Each ends with an error of its own name, in little time and memory, and with nothing outside the directory.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.long import long, longer
from tests.support.team_keys import Owner, member, team_of
from tests.support.team_sessions import NOW, SLOT, Shared, digest_of, entries_of, session_of
from wagit.core.errors import WagitError
from wagit.core.store import NewerFormat
from wagit.snapshots.manifest import Entry
from wagit.team import head_file, index_file, pack, sealing, session_check, zstd
from wagit.team.head import Head, Lease
from wagit.team.head_file import HeadForged
from wagit.team.index import HostileSession, Index
from wagit.team.index_lines import Lines
from wagit.team.keys import CannotDecrypt
from wagit.team.remote import BlobDamaged
from wagit.team.session_check import Checking
from wagit.team.settings import MOST, Team

FILES = {"a/b": b"one", "a/c": b"three", "creds.json": b"{}"}
ROOT = Path(__file__).parents[2]
EMPTY = digest_of(b"")
MEMORY = 700 << 20  # bytes of address space: a Python with all that is imported takes 300 MB of it


@pytest.fixture
def ada(tmp_path: Path) -> Owner:
    return member(tmp_path, "ada")


@pytest.fixture
def shared(tmp_path: Path, ada: Owner) -> Shared:
    return Shared.make(tmp_path, FILES, ada)


def lines_of(index: Index) -> list[Any]:
    return [json.loads(line) for line in index_file._lines(index)]


def written(lines: Iterable[object], ada: Owner, directory: Path) -> Path:
    """Seal lines as an index, whatever they say."""
    texts = (line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    pieces = (text + b"\n" for text in texts)
    return sealed(zstd.compressed(pieces), ada, directory)


def sealed(pieces: Iterable[bytes], ada: Owner, directory: Path) -> Path:
    return directory / sealing.seal_file(pieces, [ada.recipient], str(directory), durable=False).name


def zeros(gigabytes: int) -> Iterator[bytes]:
    """So many GB of zeros, as zstd."""
    from zstandard import ZstdCompressor

    frame = ZstdCompressor().compress(bytes(1 << 28))
    yield from (frame for _ in range(4 * gigabytes))


def changed_everywhere(data: bytes) -> Iterator[tuple[int, bytes]]:
    """With one bit flipped, in each byte of the header and many of the rest."""
    header = data.index(b"\n--- ") + 60
    for at in [*range(header), *range(header, len(data), longer(31, 1)), len(data) - 1]:
        yield at, data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


def cut_everywhere(data: bytes) -> Iterator[tuple[int, bytes]]:
    for length in range(0, len(data), longer(31, 1)):
        yield length, data[:length]
    yield len(data) - 1, data[:-1]


def is_refused(read: Callable[[], object], *errors: type[WagitError]) -> None:
    with pytest.raises(errors) as raised:
        read()
    assert raised.value.hint


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
        read(written(lines, ada, tmp_path), ada, shared.team)


def read(path: Path, ada: Owner, team: Team) -> Index:
    return index_file.read(str(path), team, ada.keys, SLOT)


def test_an_index_that_no_member_wrote_is_forged(tmp_path: Path, ada: Owner, shared: Shared) -> None:
    for forged in ({"secret": "guessed"}, {"slot": "production"}):
        lines = lines_of(shared.index)
        lines[0] |= forged
        path = written(lines, ada, tmp_path)
        is_refused(lambda: read(path, ada, shared.team), HeadForged)  # noqa: B023


def file(
    path: object, digest: object = EMPTY, size: object = 0, mode: object = 0o600, mtime: object = 0
) -> list[object]:
    return ["file", path, mode, size, mtime, digest]


HOSTILE: dict[str, list[object]] = {
    "leads out": [file(".."), file("../x"), file("/etc/passwd"), file("a/../../x"), file("./x"), file(""),
        file("a//b"), file("x\0y"), ["directory", "..", 0o700, 0]],
    "too long": [file("a" * 256), file("ä" * 128)],
    "no directory": [file("missing/x"), file("creds.json/x"), ["directory", "missing/x", 0o700, 0]],
    "one name": [file("creds.json"), ["directory", "creds.json", 0o700, 0], ["directory", "a", 0o700, 0]],
    "neither a file nor a directory": [["link", "x", 0o777, 0, 0, "/etc/passwd"], ["device", "x", 0o600, 0],
        ["fifo", "x", 0o600, 0], [*file("x"), 1], [], {}, None, 5, "file", ["file"]],
    "gives rights": [file("x", mode=0o4755), file("x", mode=0o2755), file("x", mode=0o1777),
        ["directory", "x", 0o2777, 0]],
    "in no pack": [file("x", digest="ab" * 32), file("x", size=1),
        file("x", digest=digest_of(b"one"), size=4)],
    "no number": [file("x", size=-1), file("x", size=True), file("x", size=1.0), file("x", mode=None),
        file("x", mtime=1 << 70), file("x", mtime=-5), file("x", size=10**400)],
    "no digest": [file("x", digest="../../x"), file("x", digest=5), file("x", digest="AB" * 32)],
    "without a name": [file(5), file(None), file(["x"])],
    "other files than it says": [file("x")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "line"),
    [(wrong, line) for wrong, lines in HOSTILE.items() for line in lines],
    ids=lambda it: repr(it)[:40],
)
def test_a_hostile_entry_is_refused(tmp_path: Path, ada: Owner, wrong: str, line: object) -> None:
    shared = Shared.make(tmp_path, FILES | {"empty": b""}, ada)
    path = written([*lines_of(shared.index), line], ada, tmp_path)
    with pytest.raises(HostileSession, match=wrong):
        read(path, ada, shared.team)


def test_surrogates_make_no_second_name(tmp_path: Path, ada: Owner) -> None:
    shared = Shared.make(tmp_path, {"é": b""}, ada)
    path = written([*lines_of(shared.index), file("\udcc3\udca9")], ada, tmp_path)
    with pytest.raises(HostileSession, match="two of one name"):
        read(path, ada, shared.team)
    path = written([*lines_of(shared.index), file("x\ud800")], ada, tmp_path)
    with pytest.raises(HostileSession):
        read(path, ada, shared.team)


@pytest.mark.parametrize(("one", "other"), [("Key", "kEY"), ("ß", "SS"), ("é", "e\u0301")])
def test_names_that_are_one_where_case_is_folded(one: str, other: str) -> None:
    for folds in (True, False):
        checking = Checking({EMPTY: 0}, folds=folds)
        first, second = (entries_of({name: b""})[0] for name in (one, other))
        checking.add(first)
        if folds:
            with pytest.raises(ValueError, match="two of one name"):
                checking.add(second)
        else:
            checking.add(second)


def first_of(lines: list[Any], kind: str) -> Any:
    return next(line for line in lines[1:] if line[0] == kind)


@pytest.mark.parametrize(
    ("kind", "at", "value"),
    [
        ("pack", 1, "../../../etc/passwd"), ("pack", 2, -1), ("pack", 2, 1 << 60), ("object", 1, "x"),
        ("object", 2, 1), ("object", 2, -1), ("object", 3, -5), ("object", 3, MOST), ("object", 4, MOST + 1),
        ("session", 1, {}), ("session", 2, {}), ("session", 1, None),
    ],
)  # fmt: skip
def test_lies_about_packs_and_objects_are_refused(
    tmp_path: Path, ada: Owner, shared: Shared, kind: str, at: int, value: object
) -> None:
    lines = lines_of(shared.index)
    first_of(lines, kind)[at] = value
    path = written(lines, ada, tmp_path)
    with pytest.raises(HostileSession):
        read(path, ada, shared.team)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("files", 4), ("size", 1), ("slot", "production"), ("slot", "../x"), ("tag", "dirty"),
        ("tag", []), ("time", 10**400),
        ("time", "now"), ("driver", "\x1b]0;x\x07"), ("branch", "a\u202eb"), ("full", 1), ("generation", -1),
        ("message", None),
    ],
)  # fmt: skip
def test_lies_about_the_session_are_refused(
    tmp_path: Path, ada: Owner, shared: Shared, key: str, value: object
) -> None:
    lines = lines_of(shared.index)
    first_of(lines, "session")[2][key] = value
    path = written(lines, ada, tmp_path)
    with pytest.raises(HostileSession):
        read(path, ada, shared.team)


ODD: list[object] = [
    None, True, -1, 1.5, 1e308, 10**400, "", ".", "\ud800", "\0", [], {}, [[]], "a" * 2000, 1 << 64,
    float("nan"),
]  # fmt: skip


def spots(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in a document."""
    within = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in within:
        yield (*path, key)
        yield from spots(inner, (*path, key))


def test_no_value_in_any_place_breaks_the_reader(shared: Shared) -> None:
    lines = lines_of(shared.index)
    refused = 0
    for *way, last in spots(lines):
        for odd in ODD:
            changed = spot = json.loads(json.dumps(lines))
            for key in way:
                spot = spot[key]
            spot[last] = odd
            reader = Lines(shared.team.secret_digest, SLOT, "it")
            try:
                reader.take(b"".join(json.dumps(line).encode() + b"\n" for line in changed))
                reader.finished()
            except (ValueError, HeadForged, NewerFormat):
                refused += 1
    assert refused > 800


def test_repeated_lines_are_refused(tmp_path: Path, ada: Owner, shared: Shared) -> None:
    lines, empty = lines_of(shared.index), session_of([])
    many = {
        "first": [lines[0], *lines],
        "pack": [lines[0], *[first_of(lines, "pack")] * 10_001],
        "object": [*lines, first_of(lines, "object")],
        "session": [lines[0], *[["session", empty.pushed._asdict(), empty.header._asdict()]] * 6],
    }
    for name, each in many.items():
        path = written(each, ada, tmp_path)
        with pytest.raises(HostileSession):
            read(path, ada, shared.team)
        assert name


def test_an_index_that_is_cut_off_by_its_writer_is_refused(
    tmp_path: Path, ada: Owner, shared: Shared
) -> None:
    text = b"".join(index_file._lines(shared.index))
    for part in (b"", text[:10], text[:-1], text.rpartition(b"\n")[0].rpartition(b"\n")[0] + b"\n"):
        path = sealed(zstd.compressed([part]), ada, tmp_path)
        is_refused(lambda: read(path, ada, shared.team), HostileSession)  # noqa: B023
    for nonsense in (b"", b"no zstd", b"\x28\xb5\x2f\xfd" + b"\xff" * 50):
        path = sealed([nonsense], ada, tmp_path)
        is_refused(lambda: read(path, ada, shared.team), HostileSession)  # noqa: B023


def test_a_window_that_takes_a_gigabyte_is_refused(tmp_path: Path, ada: Owner, shared: Shared) -> None:
    from zstandard import ZstdCompressionParameters, ZstdCompressor

    wide = ZstdCompressor(
        compression_params=ZstdCompressionParameters.from_level(3, window_log=30)
    ).compressobj()
    text = b"".join(index_file._lines(shared.index))
    path = sealed([wide.compress(text), wide.flush()], ada, tmp_path)
    is_refused(lambda: read(path, ada, shared.team), HostileSession)


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
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MEMORY >> 10


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
