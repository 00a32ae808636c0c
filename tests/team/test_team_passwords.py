"""A password in the address of a team's remote is told to nobody: in no file of the repository, no output."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.mates import CONFIG, Mate

SECRET = "hunter2"


@pytest.fixture
def ada(tmp_path: Path) -> Mate:
    return Mate.first(tmp_path, "ada")


@pytest.mark.parametrize("url", [f"https://ada:{SECRET}@127.0.0.1:9/it", f"ftp://ada:{SECRET}@h/it", "a\nb"])
def test_an_address_that_may_not_stand_in_a_versioned_file_is_refused_first(ada: Mate, url: str) -> None:
    ran = ada.run("team", "init", "--name", "ada", "--remote", url, "--json")
    assert ran.status == 2, ran
    assert SECRET not in ran.stdout + ran.stderr
    assert ada.config == CONFIG


@pytest.mark.parametrize("scheme", ["https", "ftp"])
def test_an_address_of_the_users_own_is_told_without_its_password(ada: Mate, scheme: str) -> None:
    ada.ok("team", "init", "--name", "ada")
    (ada.repo.path / ".wagit.local.yml").write_text(
        f"version: 1\nteam:\n  remote: {scheme}://ada:{SECRET}@127.0.0.1:9/it\n"
    )
    ada.ok("trust", "--yes")
    verbs = (("team", "init", "--name", "ada"), ("team", "ls"), ("team", "pull"), ("config", "show"))
    for words in verbs:
        ran = ada.run(*words, "--json")
        assert SECRET not in ran.stdout + ran.stderr, words
