"""What a hostile branch may name as the team's remote runs no program, even once it was trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git import GitRepo
from tests.support.mates import Mate


@pytest.fixture
def ada(tmp_path: Path) -> Mate:
    mate = Mate.first(tmp_path, "ada")
    mate.ok("team", "init", "--name", "ada")
    return mate


def trusts(who: Mate, remote: str) -> None:
    text = who.config.replace("team:\n", f"team:\n  remote: '{remote}'\n", 1)
    (who.repo.path / ".wagit.yml").write_text(text)
    who.ok("trust", "--yes")


@pytest.mark.parametrize("address", ["./brought.git", "../bot/brought.git", "./link"])
def test_hooks_of_a_repository_that_a_commit_brought_do_not_run(
    ada: Mate, tmp_path: Path, address: str
) -> None:
    brought = GitRepo.init(ada.repo.path / "brought.git", options=("--bare",))
    (ada.repo.path / "link").symlink_to("brought.git")
    hook = brought.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    trusts(ada, address)
    ada.write(7)
    assert ada.error("team", "push")["code"] == "no-such-remote"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "template", ["ext::sh -c touch% {}", "x@-oProxyCommand=touch {}:x", "ssh://-oProxyCommand=touch%20{}/x"]
)
def test_no_address_is_a_command(ada: Mate, tmp_path: Path, template: str) -> None:
    trusts(ada, template.format(tmp_path / "ran"))
    ada.write(7)
    assert ada.error("team", "push")["code"] in {"no-such-remote", "remote-unreachable", "remote-refused"}
    assert not (tmp_path / "ran").exists()
