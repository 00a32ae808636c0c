"""A team on this machine: a git server on loopback, two members with a home each, and one session."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.stage import BIN, ROOT, Stage

RULE = "rules:\n  - {branch: main, slot: dev, team: true}\n"
SECONDS = 30.0  # a server that does not listen by then never will


class Member(NamedTuple):
    """One member's clone, and an environment with a home of their own."""

    at: Stage
    repo: Path

    def wagit(self, *words: str) -> str:
        """Run a verb that must succeed."""
        return self.at.wagit(*words, cwd=self.repo)

    def command(self, *words: str) -> list[str]:
        """The command line of a verb."""
        return [str(BIN / "wagit"), "-C", str(self.repo), *words]

    def forget(self) -> None:
        """Know nothing of what was ever pushed or pulled, but for the team itself."""
        team = self.repo / ".git" / "wagit" / "team"
        for path in team.iterdir():
            if path.name in ("secrets.json", "trusted.json"):
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Share nothing meanwhile: what a bot's stop would push waits for a push of its own."""
        config = self.repo / ".wagit.yml"
        trusted = self.repo / ".git" / "wagit" / "team" / "trusted.json"
        text, aside = config.read_text(), trusted.with_suffix(".aside")
        config.write_text(text.partition("rules:")[0])
        trusted.rename(aside)
        try:
            yield
        finally:
            aside.rename(trusted)
            config.write_text(text)


class Server(NamedTuple):
    """A bare repository behind git's own daemon."""

    path: Path
    url: str

    def forget(self, at: Stage) -> None:
        """Have no sessions, as before the first push."""
        refs = at.run(at.git, "for-each-ref", "--format=delete %(refname)", "refs/wagit", cwd=self.path)
        at.run(at.git, "update-ref", "--stdin", cwd=self.path, input=refs)
        at.run(at.git, "-c", "gc.auto=0", "prune", "--expire=now", cwd=self.path)

    def size(self, at: Stage) -> int:
        """Bytes of what the refs of the team lead to."""
        listed = at.run(at.git, "for-each-ref", "--format=%(objectsize)", "refs/wagit", cwd=self.path)
        return sum(map(int, listed.split()))


@contextmanager
def server(at: Stage) -> Iterator[Server]:
    """Serve a bare repository on loopback."""
    path = at.home / "served" / "origin.git"
    path.mkdir(parents=True)
    at.run(at.git, "init", "-q", "--bare", cwd=path)
    port = _free_port()
    daemon = subprocess.Popen(
        [at.git, "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", "--export-all",
         "--enable=receive-pack", f"--base-path={path.parent}"],
        env=dict(at.environ), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        _await(port)
        yield Server(path, f"git://127.0.0.1:{port}/origin.git")
    finally:
        os.killpg(daemon.pid, 15)
        daemon.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _await(port: int) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as connection:
            if connection.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"nobody listens at port {port}")


def begin(at: Stage, repo: Path, served: Server) -> Member:
    """Let a repository's slot `dev` be the team's, with `origin` on the server."""
    at.run(at.git, "remote", "add", "origin", served.url, cwd=repo)
    config = repo / ".wagit.yml"
    config.write_text(config.read_text() + RULE)
    ada = Member(at, repo)
    ada.wagit("team", "init", "--name", "ada")
    at.run(at.git, "commit", "-q", "-am", "a team", cwd=repo)
    at.run(at.git, "push", "-q", "origin", "main", cwd=repo)
    return ada


def join(ada: Member, served: Server) -> Member:
    """A second member, who can read what is pushed from now on."""
    home = ada.at.home / "bob"
    home.mkdir()
    shutil.copy(ada.at.home / ".gitconfig", home)
    at = ada.at._replace(environ={**ada.at.environ, "HOME": str(home)})
    at.run(at.git, "clone", "-q", served.url, "bob-bot", cwd=home)
    bob = Member(at, home / "bob-bot")
    bob.wagit("init")
    made = json.loads(bob.wagit("team", "init", "--name", "bob", "--json"))["data"]
    key, name = made["line"].split(" ", 1)
    ada.wagit("team", "add", key, name)
    shutil.copy(ada.repo / ".wagit.yml", bob.repo)
    bob.wagit("trust", "--yes")
    return bob


@contextmanager
def redis(at: Stage) -> Iterator[str | None]:
    """A Redis of our own on loopback, by its URL; None where there is none."""
    root = ROOT / ".cache/redis/root"  # where .ci/redis puts it
    program = root / "usr/bin/redis-server"
    found = str(program) if program.exists() else shutil.which("redis-server", path=at.environ["PATH"])
    if found is None:
        yield None
        return
    port = _free_port()
    libraries = os.pathsep.join(map(str, root.glob("usr/lib/*-linux-gnu")))
    server = subprocess.Popen(
        [found, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(at.home)],
        env={**at.environ, "LD_LIBRARY_PATH": libraries}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _await(port)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()
