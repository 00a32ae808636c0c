"""Submodules, and clones with them, where hooks of ours are everywhere or in one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git import GitRepo
from tests.support.setup import Setup, ours
from tests.support.twins import REMOTE, Twins
from wagit.githooks.texts import EVENTS


def with_submodule(both: Twins) -> None:
    """Give both a submodule at `lib`, with wagit's hooks ready in every new repository."""
    both.git(f"-c protocol.file.allow=always submodule --quiet add -b develop {REMOTE} lib")
    both.git("commit -m submodule")
    both.git("push --quiet origin main")


def everywhere(both: Twins, home: Path, way: str) -> None:
    """Have wagit's hooks run in each repository of this user: by a template, by core.hooksPath, by config."""
    config = home / ".gitconfig"
    if way == "config":
        found = both.repo.run("config", "--local", "--get-regexp", r"^hook\.wagit").stdout
        for line in found.splitlines():
            key, _, value = line.partition(" ")
            both.repo.git("config", "--global", key, value)
        return
    hooks = home / "template/hooks"
    hooks.mkdir(parents=True)
    from wagit.githooks import texts
    from wagit.githooks.places import hook_files

    for event in EVENTS:
        (hooks / event).write_bytes(texts.SHEBANG + texts.block(event, hook_files()))
        (hooks / event).chmod(0o755)
    option = ("init", "templateDir", home / "template") if way == "template" else ("core", "hooksPath", hooks)
    config.write_text(config.read_text() + f"[{option[0]}]\n\t{option[1]} = {option[2]}\n")


@pytest.mark.parametrize("way", ["template", "hooksPath", "config"])
def test_clone_with_submodules_where_hooks_are_everywhere(both: Twins, home: Path, way: str) -> None:
    with_submodule(both)
    plain = both.twin.git("-C", "..", "clone", "--recurse-submodules", "remote.git", "plain") + "\n"
    everywhere(both, home, way)
    for repo in (both.repo, both.twin):
        ran = repo.run("-C", "..", "clone", "--recurse-submodules", "remote.git", "clone")
        assert (ran.status, ran.stdout, ours(ran.stderr)) == (0, plain, [])
    both.git("-C ../clone submodule update --init --recursive")
    both.git("-C ../clone switch --recurse-submodules develop")
    both.git("-C ../clone switch --recurse-submodules main")
    both.git("-C ../clone submodule update --remote")
    assert both.said == []
    assert not list((both.path / "../clone").rglob("wagit"))


def test_submodules_of_a_repository_with_wagit(both: Twins) -> None:
    with_submodule(both)
    both.uses("production", "main")
    both.git("switch develop")
    both.git("switch main")
    both.git("submodule deinit --force lib")
    both.git("submodule update --init")
    both.git("submodule foreach git switch feature/1-menu")
    both.uses("production", "main")


def test_wagit_in_a_submodule(both: Twins) -> None:
    """Its git directory lies in the outer repository's; their sessions have nothing to do with each other."""
    with_submodule(both)
    inner = Setup(GitRepo(both.path / "lib", both.repo.program)).init()
    assert inner.slot == "staging"
    inner.repo.switch("main")
    assert inner.slot == "production"
    assert inner.store != both.setup.store
    both.git("switch develop")
    assert inner.slot == "production"
    both.uses("staging", "develop")
    both.git("-C lib checkout --quiet main")
    both.git("switch main")
    both.git("submodule update")
    assert inner.slot == "production"
