"""Members of a team as people meet it: each with a home, a clone and a key, and a real git remote.

ada = Mate.first(tmp_path, "ada")                 # a repository whose slot `staging` is shared; no team yet
ada.ok("team", "init", "--name", "ada")
ada.share("the team")                             # commit and push
bob = ada.another(tmp_path, "bob")                # clones it and sets wagit up
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import isolate
from tests.support.git import GitRepo, Ran
from tests.support.sessions import NO_SNAPSHOTS, contents, creds
from tests.support.setup import data_of, error_of, wagit
from wagit.core.store import Store
from wagit.operations.context import Context, open_at

CONFIG = f"""\
# the bot
version: 1
driver: baileys
default: dev
rules:
  - {{branch: main, slot: staging, team: true}}   # one at a time
{NO_SNAPSHOTS}"""


class Mate:
    """Somebody on a machine of their own."""

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        self.home = directory / name / "home"
        self.repo = GitRepo(directory / name / "bot")

    @classmethod
    def first(cls, directory: Path, name: str, config: str = CONFIG) -> Mate:
        """Make the repository that all will clone, and set wagit up in it."""
        origin = GitRepo.init(directory / "origin.git", options=("--bare",))
        mate = cls(directory, name)
        mate.repo = GitRepo.init(mate.repo.path)
        mate.repo.git("remote", "add", "origin", str(origin.path))
        mate.repo.commit(".wagit.yml", config)
        mate.repo.git("push", "--quiet", "origin", "main")
        mate.ok("init")
        return mate

    def another(self, directory: Path, name: str) -> Mate:
        """Another one who clones it and sets wagit up."""
        mate = Mate(directory, name)
        GitRepo(directory / "origin.git").clone(mate.repo.path)
        mate.ok("init")
        return mate

    @contextmanager
    def here(self) -> Iterator[None]:
        """Be on their machine."""
        with pytest.MonkeyPatch.context() as environ:
            isolate(environ, self.home)
            yield

    def run(self, *words: str) -> Ran:
        with self.here():
            return wagit(self.repo.path, *words)

    def ok(self, *words: str) -> str:
        """What a verb prints that must succeed, lines for people included."""
        ran = self.run(*words)
        assert ran.status == 0, (self.name, words, ran)
        return ran.stdout + ran.stderr

    def data(self, *words: str) -> Any:
        with self.here():
            return data_of(self.repo.path, *words)

    def error(self, *words: str) -> dict[str, Any]:
        with self.here():
            return error_of(self.repo.path, *words)

    @property
    def context(self) -> Context:
        """As a verb has it; use it inside `here`."""
        return open_at(str(self.repo.path), os.environ)

    @property
    def store(self) -> Store:
        return Store(str(self.repo.common_dir / "wagit"))

    @property
    def config(self) -> str:
        return (self.repo.path / ".wagit.yml").read_text()

    @property
    def files(self) -> dict[str, str]:
        """What `staging` has."""
        return contents(Path(self.store.data("staging")))

    def write(self, device: int, **more: str) -> None:
        """Put a login into `staging`, and more files."""
        for name, text in {
            "creds.json": creds(device),
            **{f"{key}.json": text for key, text in more.items()},
        }.items():
            (Path(self.store.data("staging")) / name).write_text(text)

    def share(self, message: str) -> None:
        """Commit the config and push it."""
        self.repo.commit(".wagit.yml", self.config, message)
        self.repo.git("push", "--quiet", "origin", "HEAD:main")

    def fetch(self) -> None:
        """Get what the others committed."""
        self.repo.git("pull", "--quiet", "--ff-only", "origin", "main")
