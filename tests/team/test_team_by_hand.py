"""docs/team-format.md is enough to get a shared session out with Debian's age and zstd, without wagit."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.age_program import by_hand
from tests.support.team_keys import Owner, member
from tests.support.team_sessions import SLOT, Shared, session_of
from wagit.snapshots.manifest import Entry
from wagit.team import head_file, index_file, index_lines, keys, pack, session_check
from wagit.team.head import Head, Lease, Pushed, Request
from wagit.team.public_keys import parse
from wagit.team.settings import MOST

PAGE = Path(__file__).parents[2] / "docs/team-format.md"
TEXT = PAGE.read_text(encoding="utf-8")
FILES = {
    "creds.json": b'{"me": 1}',
    "Default/IndexedDB/000003.log": random.Random(2).randbytes(70_000),
    "Default/Local Storage/empty": b"",
    "odd \udcff\n'name": b"odd",
    "text": b"same again\n" * 9000,
}


def run(*command: object, given: bytes = b"", cwd: Path | None = None) -> bytes:
    done = subprocess.run(
        [str(one) for one in command], input=given, env=by_hand(), cwd=cwd, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def ssh_member(directory: Path, name: str) -> Owner:
    path = directory / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path], check=True)
    return Owner(parse(Path(f"{path}.pub").read_text()), path, keys.read(str(path)))


def members(directory: Path) -> list[Owner]:
    """One of each kind of key."""
    return [member(directory, "ada"), ssh_member(directory, "bob")]


def on_a_git_remote(directory: Path, shared: Shared) -> Path:
    """Put the session where the page says that it lies, by git alone."""
    older = session_of([Entry("gone", "directory", 0o700, 0, 0, 0, 0, "")], 4)
    index = shared.index._replace(sessions=(*shared.index.sessions, older))
    blob = index_file.write(index, shared.team.recipients, str(directory))
    head = Head(SLOT, index.secret, 1, None, blob, shared.index.sessions[0].pushed)
    (directory / "head").write_bytes(head_file.encode(head, shared.team.recipients))
    remote = directory / "remote.git"
    run("git", "init", "-q", "--bare", remote)
    places = {"head": directory / "head", blob.name: directory / blob.name}
    places |= {packed.blob.name: Path(packed.path) for packed in shared.packs}
    for name, path in places.items():
        oid = run("git", "-C", remote, "hash-object", "-w", path).decode().strip()
        ref = f"refs/wagit/{shared.team.name}/{shared.team.space(SLOT)}/{name}"
        run("git", "-C", remote, "update-ref", ref, oid)
    return remote


def test_the_recipe_gets_a_session_out_with_each_kind_of_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack, "PACK", 50_000)
    team = members(tmp_path)
    shared = Shared.make(tmp_path, FILES, *team)
    assert len(shared.packs) > 1
    remote = on_a_git_remote(tmp_path, shared)
    [recipe] = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "out.sh").write_text(recipe)
    for one in team:
        out = tmp_path / f"out-{one.recipient.name}"
        out.mkdir()
        run("sh", tmp_path / "out.sh", remote, shared.team.secret_digest, SLOT, one.path, cwd=out)
        session = out / "session"
        found = {
            os.path.relpath(path, session): path.read_bytes() for path in session.rglob("*") if path.is_file()
        }
        assert found == FILES
        mtimes = {path.stat().st_mtime_ns for path in session.rglob("*") if path.is_file()}
        assert mtimes == {
            entry.mtime_ns for entry in shared.index.sessions[0].entries if entry.kind == "file"
        }
        assert not (session / "gone").exists()


def test_the_recipe_stops_at_what_no_member_wrote(tmp_path: Path) -> None:
    ada = member(tmp_path, "ada")
    shared = Shared.make(tmp_path, FILES, ada)
    remote = on_a_git_remote(tmp_path, shared)
    forged = tmp_path / "forged"
    forged.write_bytes(head_file.encode(Head(SLOT, "guessed"), shared.team.recipients))
    oid = run("git", "-C", remote, "hash-object", "-w", forged).decode().strip()
    run(
        "git",
        "-C",
        remote,
        "update-ref",
        f"refs/wagit/{shared.team.name}/{shared.team.space(SLOT)}/head",
        oid,
    )
    [recipe] = re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "out").mkdir()
    done = subprocess.run(
        ["sh", "-c", recipe, "sh", str(remote), shared.team.secret_digest, SLOT, str(ada.path)],
        cwd=tmp_path / "out", env=by_hand(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "no member of the team wrote this\n")


def test_what_age_and_zstd_make_by_hand_is_read(tmp_path: Path) -> None:
    ada, bob = member(tmp_path, "ada"), ssh_member(tmp_path, "bob")
    shared = Shared.make(tmp_path, FILES, ada, bob)
    seal = ["age", *(word for one in (ada, bob) for word in ("-r", one.recipient.key))]
    nothing = dict.fromkeys(("lease", "current", "pushed"))
    known = {"format": 1, "slot": SLOT, "secret": shared.index.secret, "fence": 1, **nothing}
    head = run(*seal, given=json.dumps(known).encode())
    text = b"".join(index_file._lines(shared.index))
    index = run(*seal, given=run("zstd", "-q", "-19", given=text))
    (tmp_path / "index").write_bytes(index)
    for one in (ada, bob):
        assert head_file.decode(head, shared.team, one.keys, SLOT) == Head(SLOT, shared.index.secret, 1)
        read = index_file.read(str(tmp_path / "index"), shared.team, one.keys, SLOT)
        assert read == shared.index


def test_the_page_names_every_key_and_limit() -> None:
    for kind in (Head, Lease, Request, Pushed):
        for name in kind._fields:
            assert f"`{name}`" in TEXT, name
    assert f"{index_lines.MOST_PACKS:,} packs, {index_lines.MOST_OBJECTS:,} objects" in TEXT
    assert f"{session_check.MOST_ENTRIES:,} entries" in TEXT
    assert (MOST, pack.PACK, head_file.BLOCK, head_file.FORMAT) == (
        4 << 30,
        32 << 20,
        4096,
        index_file.FORMAT,
    )
