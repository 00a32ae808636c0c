"""`wagit guard`: no session, profile or key gets into a commit or a push; what only looks like one does."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.baileys_login import buffer, creds_json
from tests.support.git import GitProgram, GitRepo, Ran, write_hook
from tests.support.logins import Logins
from tests.support.setup import data_of, wagit
from tests.support.wagit import CHECKOUT
from wagit.core.git import GitFailed
from wagit.core.repository import find
from wagit.operations import doctor_history, guard
from wagit.operations.guard_push import Push

AGE = "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" + "QPZRY9X8GF2TVDW0S3JN54KHCE"
SSH = (
    "-----BEGIN OPENSSH PRIVATE "
    + "KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAA\n"
)
RSA = "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "MIIEpAIBAAKCAQEA" * 4 + "\n"
MINIMAL = "version: 1\n"


def database(*tables: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    for table in tables:
        connection.execute(table)
    return connection.serialize()


LEAKS: dict[str, bytes] = {
    "bot/.wwebjs_auth/session/Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/000003.log": b"\0",
    "profile/Default/Local Storage/leveldb/000005.ldb": b"\0keys",
    "profile/Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.blob/1/00/5": b"blob",
    "tokens/sales/Default/IndexedDB/https_web.whatsapp.com_0/db": b"SQLite format 3\0",
    "tokens/sales.data.json": json.dumps(
        {"WABrowserId": '"x"', "WASecretBundle": {"key": "k" * 43}}
    ).encode(),
    ".wwebjs_auth/RemoteAuth-x.zip": b"PK\3\4x",
    "backup.zip": b"PK\3\4\n\0\0Default/Local Storage/leveldb/000003.log\0",
    "_IGNORE_sales/Default/Preferences": b"{}",
    "saved/000004.log": b"\0\1\2WANoiseInfo\0keys",
    "Cookies": database("CREATE TABLE cookies(host_key TEXT, encrypted_value BLOB)"),
    "auth/creds.json": creds_json(7, "4915112345678").encode(),
    "renamed.txt": json.dumps(creds_json(7, "4915112345678")).encode(),
    "auth/pre-key-1.json": json.dumps({"public": buffer(b"p" * 32), "private": buffer(b"s" * 32)}).encode(),
    "auth/app-state-sync-key-A.json": json.dumps({"keyData": "k" * 44}).encode(),
    "any.thing": database("CREATE TABLE whatsmeow_device(jid TEXT)"),
    "store.db-wal": b"\x37\x7f\x06\x82CREATE TABLE whatsmeow_identity_keys",
    "wagit/objects/ab/" + "c" * 62: b"anything",
    "wagit/slots/dev/slot.json": b'{"driver": "baileys", "generation": 3}',
    "wagit/team/secrets.json": json.dumps(["s" * 43]).encode(),
    "keys.txt": f"# created\n{AGE}\n".encode(),
    ".env": f'KEY="{AGE}"\n'.encode(),
    "deploy": SSH.encode(),
    "deploy.json": json.dumps({"key": SSH}).encode(),
    "id_rsa": RSA.encode(),
}
HARMLESS: dict[str, bytes] = {
    "docs/auth.md": b"Delete .wwebjs_auth, creds.json: `noiseKey`, `signedIdentityKey`, WebEncKeySalt.",
    "tests/creds.json": b'{"noiseKey": {"private": "..."}, "signedIdentityKey": {}}',
    "tests/session-1.json": b'{"user": "ada"}',
    "tokens/colors.json": b'{"red": "#f00"}',
    "src/Local Storage.ts": b"export const at = 'Local Storage/leveldb/000003.log'",
    "age.md": b"It begins with AGE-SECRET-KEY-1 and is secret.",
    "ssh.md": b"-----BEGIN OPENSSH PRIVATE KEY-----\n...\n",
    "id_ed25519.pub": b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL ada",
    "recipients.txt": b"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    "app.db": database("CREATE TABLE users(name TEXT)"),
    ".wwebjs_auth/.gitignore": b"*\n",
    ".wwebjs_auth/empty": b"",
    "000003.log": b"GET /index.html web.whatsapp.com\n",
    "fixture.git/objects/ab/" + "c" * 62: b"x\x01\x4b\xca",
    "slots/dev/slot.json": b'{"machine": "slot"}',
    "SingletonLock": b"notes on it",
}  # fmt: skip


def put(repo: GitRepo, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = repo.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture
def plain(tmp_path: Path) -> GitRepo:
    """A repository that wagit was never set up in."""
    return GitRepo.init(tmp_path / "plain")


def paths(guarded: dict[str, Any]) -> list[str]:
    return [leak["path"] for leak in guarded["leaks"]]


def look(directory: Path, *arguments: str) -> dict[str, Any]:
    """What `wagit guard` finds; its exit status says whether."""
    ran = wagit(directory, "guard", "--json", *arguments)
    found: dict[str, Any] = json.loads(ran.stdout)["data"]
    assert ran.status == (1 if found["leaks"] else 0), ran
    return found


def test_each_kind_is_found_and_nothing_else(plain: GitRepo) -> None:
    put(plain, LEAKS | HARMLESS)
    os.symlink("laptop-4711", plain.path / "profile/SingletonLock")
    os.symlink("../.git/wagit/slots/dev/data", plain.path / "auth_info_baileys")
    plain.git("add", "--force", ".")
    found = look(plain.path)
    assert paths(found) == sorted({*LEAKS, "profile/SingletonLock"})
    assert found["files"] == len(LEAKS) + len(HARMLESS) + 2
    keys = [leak["path"] for leak in found["leaks"] if leak["kind"] == "key"]
    assert keys == sorted([".env", "deploy", "deploy.json", "id_rsa", "keys.txt", "wagit/team/secrets.json"])
    everything = sorted(str(file.relative_to(plain.path)) for file in plain.path.rglob("*"))
    named = look(plain.path, *(name for name in everything if not name.startswith(".git/")))
    assert paths(named) == paths(found)


def test_a_line_a_file_says_how_to_mend_it_and_that_mends_it(plain: GitRepo) -> None:
    put(plain, {"a b/creds.json": creds_json(7, "4915112345678").encode(), "new\nline.txt": AGE.encode()})
    plain.git("add", ".")
    ran = wagit(plain.path, "guard")
    assert ran.status == 1
    lines = ran.stdout.splitlines()
    assert lines[0] == "'a b/creds.json': Baileys' creds.json: git rm --cached -- 'a b/creds.json'"
    assert len(lines) == 2
    for line in lines:
        subprocess.run(
            ["bash", "-c", line.rpartition(": ")[2]], cwd=plain.path, check=True, capture_output=True
        )
    assert wagit(plain.path, "guard") == Ran(0, "", "")
    assert (plain.path / "a b/creds.json").exists()


def test_the_first_commit_of_all(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "new")], check=True)
    (tmp_path / "new/keys.txt").write_text(AGE)
    assert paths(look(tmp_path / "new")) == []
    subprocess.run(["git", "add", "."], cwd=tmp_path / "new", check=True)
    assert paths(look(tmp_path / "new")) == ["keys.txt"]


def test_a_rename_a_submodule_and_what_was_deleted(plain: GitRepo, tmp_path: Path) -> None:
    plain.commit("keys.txt", AGE)
    other = GitRepo.init(tmp_path / "other")
    plain.git("submodule", "add", "-q", str(other.path), "sub")
    plain.git("mv", "keys.txt", "moved.txt")
    assert paths(look(plain.path)) == ["moved.txt"]
    plain.git("rm", "-q", "--cached", "moved.txt")
    assert paths(look(plain.path)) == []


def hooked(repo: GitRepo, *events: str) -> None:
    """Install hooks as docs/howto/guard.md has them."""
    program = f"PYTHONPATH='{CHECKOUT}' '{sys.executable}' -m wagit"
    page = (CHECKOUT / "docs/howto/guard.md").read_text()
    lines = {"pre-commit": "exec wagit guard", "pre-push": 'exec wagit guard --push "$@"'}
    for event in events:
        text = f"#!/bin/sh\n{lines[event]}\n"
        assert text in page
        write_hook(repo.hook_file(event), text.replace("exec wagit", f"{program}"))


def test_git_refuses_the_commit_whichever_index_it_makes(any_git: GitProgram, tmp_path: Path) -> None:
    repo = GitRepo.init(tmp_path / "repo", git=any_git.path)
    hooked(repo, "pre-commit")
    repo.commit("keys.txt", "none yet")
    repo.write("keys.txt", AGE)
    for arguments in (["-a"], ["keys.txt"], ["--include", "keys.txt"]):
        ran = repo.run("commit", "-m", "leak", *arguments)
        assert (ran.status, "keys.txt: a secret key of age" in ran.stderr) == (1, True), ran
        assert not repo.git("status", "--porcelain").startswith("M")
    repo.write("other", "text")
    repo.git("add", "other")
    assert repo.run("commit", "-m", "the other", "other").status == 0
    linked = repo.add_worktree(tmp_path / "linked", "-b", "linked")
    linked.write("keys.txt", AGE)
    assert linked.run("commit", "-am", "leak").status == 1


def test_git_refuses_the_push_of_what_any_new_commit_has(any_git: GitProgram, tmp_path: Path) -> None:
    remote = GitRepo.init(tmp_path / "remote.git", options=("--bare",))
    repo = GitRepo.init(tmp_path / "repo", git=any_git.path)
    repo.git("remote", "add", "origin", str(remote.path))
    repo.commit("old.txt", AGE)
    repo.git("push", "-q", "origin", "main")
    hooked(repo, "pre-push")
    repo.commit("fine.txt")
    # What is there already is not looked at.
    assert repo.run("push", "origin", "main", "main:copy").status == 0
    repo.git("switch", "-q", "-c", "topic")
    leaking = repo.commit("dir/keys\n.txt", AGE.replace("QPZ", "ZPQ"))
    repo.git("rm", "-q", "dir/keys\n.txt")
    repo.commit("after.txt")
    repo.git("tag", "-a", "-m", "tagged", "v1", leaking)
    for refs in (["topic"], ["v1"], ["main", "topic"], [":copy", "topic"]):
        ran = repo.run("push", "origin", *refs)
        assert ran.status == 1, ran
        assert f"take it out of {leaking[:10]}" in ran.stdout + ran.stderr
    assert repo.run("push", "origin", ":copy").status == 0


def test_a_merge_that_brings_it_by_itself(plain: GitRepo) -> None:
    plain.git("switch", "-q", "-c", "side")
    plain.commit("side.txt")
    plain.git("switch", "-q", "main")
    plain.commit("main.txt")
    plain.git("merge", "-q", "--no-commit", "side")
    plain.write("keys.txt", AGE)
    plain.git("add", ".")
    plain.git("commit", "-qm", "merged")
    found = guard.in_push(str(plain.path), os.environ, Push((plain.head,), ()))
    assert [(leak.path, leak.commit) for leak in found.leaks] == [("keys.txt", plain.head)]


def test_pre_commit_runs_it_for_commits_and_pushes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the id that the repository offers, with this interpreter in the place of an installed one."""
    offered = (CHECKOUT / ".pre-commit-hooks.yaml").read_text()
    assert "- id: wagit-guard\n" in offered
    local = offered.replace("language: python", "language: system").replace(
        "entry: wagit", f"entry: env PYTHONPATH={CHECKOUT} {sys.executable} -m wagit"
    )
    remote = GitRepo.init(tmp_path / "remote.git", options=("--bare",))
    repo = GitRepo.init(tmp_path / "repo")
    repo.git("remote", "add", "origin", str(remote.path))
    indented = "".join(f"      {line}\n" for line in local.splitlines())
    repo.commit(".pre-commit-config.yaml", f"repos:\n  - repo: local\n    hooks:\n{indented}")
    program = [sys.executable, "-m", "pre_commit"]
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit"))
    subprocess.run(
        [*program, "install", "-t", "pre-commit", "-t", "pre-push"],
        cwd=repo.path,
        check=True,
        capture_output=True,
    )
    repo.write("keys.txt", AGE)
    repo.git("add", ".")
    ran = repo.run("commit", "-m", "leak")
    assert (ran.status, "keys.txt: a secret key of age" in ran.stderr) == (1, True), ran
    repo.git("commit", "-qnm", "leak")
    repo.git("rm", "-q", "keys.txt")
    assert repo.run("commit", "-m", "gone").status == 0
    ran = repo.run("push", "origin", "main")
    assert (ran.status, "take it out of" in ran.stdout + ran.stderr) == (1, True), ran


def test_files_that_the_config_allows(plain: GitRepo) -> None:
    plain.commit(".wagit.yml", "version: 1\nguard:\n  allow: ['tests/**']\n")
    put(plain, {"tests/a/keys.txt": AGE.encode(), "keys.txt": AGE.encode()})
    plain.git("add", ".")
    assert paths(look(plain.path)) == ["keys.txt"]
    plain.write(".wagit.yml", "guard: {allow: {a: b}}\n")
    found = look(plain.path)
    assert paths(found) == ["keys.txt", "tests/a/keys.txt"]
    assert found["notices"][0].startswith("guard.allow is not heeded: ")


def test_a_large_file_is_read_no_further_than_its_start(plain: GitRepo) -> None:
    put(plain, {"big": b"x" * (1 << 16) + AGE.encode(), "keys.txt": AGE.encode(), "z": b"y" * (1 << 20)})
    plain.git("add", ".")
    assert paths(look(plain.path)) == ["keys.txt"]


def test_a_partial_clone_asks_no_remote(any_git: GitProgram, plain: GitRepo, tmp_path: Path) -> None:
    """What is not here cannot be looked at, was not made here, and is not fetched for it."""
    for number in range(3):
        plain.commit(f"keys-{number}.txt", AGE.replace("QPZ", "PZQ"[number] * 3))
        plain.git("rm", "-q", f"keys-{number}.txt")
    plain.commit("new.txt")
    plain.config("uploadpack.allowFilter", "true")
    url = f"file://{plain.path}"
    subprocess.run(
        [any_git.path, "clone", "-q", "--filter=blob:none", url, str(tmp_path / "partial")], check=True
    )
    partial = GitRepo(tmp_path / "partial", any_git.path)
    partial.commit("mine.txt", AGE)
    partial.write("staged.txt", f"again {AGE}")
    partial.git("add", ".")
    before = partial.git("count-objects", "-v")
    assert doctor_history.check(find(str(partial.path), os.environ), os.environ).state == "ok"
    assert paths(look(partial.path)) == ["staged.txt"]
    found = guard.in_push(str(partial.path), os.environ, Push(("HEAD",), ()))
    assert [leak.path for leak in found.leaks] == ["mine.txt"]
    assert partial.git("count-objects", "-v") == before


def test_one_that_cannot_look_says_so_and_blocks_nothing(
    plain: GitRepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Iterator[Any]:
        raise GitFailed("git diff: it broke")

    monkeypatch.setattr(guard, "staged", broken)
    ran = wagit(plain.path, "guard")
    assert ran == Ran(0, "", "wagit: the guard could not look, so NOTHING WAS CHECKED: git diff: it broke\n")
    assert wagit(plain.path, "guard", "--strict").status == 1
    monkeypatch.setattr(guard, "staged", lambda git: 1 / 0)  # noqa: ARG005
    assert "NOTHING WAS CHECKED: ZeroDivisionError" in wagit(plain.path, "guard").stderr
    assert wagit(tmp_path, "guard").status == 10


def history(directory: Path) -> dict[str, str]:
    checks: list[dict[str, str]] = data_of(directory, "doctor")["checks"]
    return next(check for check in checks if check["name"] == "history")


def test_doctor_finds_what_was_committed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_history, "PATIENCE", 600.0)
    logins = Logins.make(tmp_path)
    ok = doctor_history.check(find(str(logins.path), os.environ), os.environ)
    assert (ok.state, ok.found) == ("ok", "no session and no key found in it")
    leaking = logins.repo.commit("auth/creds.json", creds_json(7, "4915112345678"))
    logins.repo.git("rm", "-q", "auth/creds.json")
    logins.repo.commit("after.txt")
    logins.repo.git("switch", "-q", "main")
    ran = wagit(logins.path, "doctor")
    assert ran.status == 1
    assert f"XX  history    auth/creds.json of {leaking[:10]} is Baileys' creds.json\n" in ran.stdout
    assert "do: the login is leaked: unlink the device on the phone, then: wagit login" in ran.stdout
    (logins.path / ".wagit.local.yml").write_text("guard: {allow: auth/creds.json}\n")
    assert doctor_history.check(find(str(logins.path), os.environ), os.environ).state == "ok"


def test_doctor_says_when_it_stopped_early(plain: GitRepo) -> None:
    plain.commit("auth/creds.json", creds_json(7, "4915112345678"))
    ticks = iter([0.0, 99.0, 99.0, 99.0])
    found = doctor_history.check(find(str(plain.path), os.environ), os.environ, lambda: next(ticks))
    assert found.state == "ok"
    assert found.found.endswith("; not all of it was looked at within 3 s")


def test_this_project_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tests and documents are full of what only looks like sessions."""
    if not (CHECKOUT / ".git").exists():
        pytest.skip("this is no checkout")
    monkeypatch.chdir(CHECKOUT)
    files = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True).stdout
    assert guard.in_files(str(CHECKOUT), os.environ, files.split("\0")).leaks == ()
