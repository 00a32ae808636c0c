"""The link in a worktree: where it may be, and that nothing of the user's is ever replaced."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.git import GitRepo
from wagit.core.repository import Repository, find
from wagit.core.store import Store, create
from wagit.slots import links, records
from wagit.slots.links import LinkRefused


@pytest.fixture
def place(repo: GitRepo) -> tuple[Repository, Store]:
    found = find(str(repo.path))
    store = create(os.path.join(found.common_dir, "wagit"))
    for slot in ("dev", "staging"):
        records.create_slot(store, slot, "wwebjs", 0.0)
    return found, store


Place = tuple[Repository, Store]


def test_point_and_point_again(place: Place) -> None:
    repo, store = place
    assert links.point(repo, store, "auth", store.data("dev")) is True
    assert links.point(repo, store, "auth", store.data("dev")) is False
    assert links.inspect(repo, store, "auth") == (os.path.join(repo.worktree, "auth"), "ours", "dev")
    assert links.point(repo, store, "auth", store.data("staging")) is True
    assert links.inspect(repo, store, "auth").slot == "staging"
    assert not os.path.isabs(os.readlink(os.path.join(repo.worktree, "auth")))


def test_a_nested_place(place: Place) -> None:
    repo, store = place
    links.point(repo, store, "bots/one/auth", store.data("dev"))
    assert os.path.realpath(os.path.join(repo.worktree, "bots/one/auth")) == store.data("dev")


def test_a_link_into_a_store_that_moved_away(place: Place, tmp_path: Path) -> None:
    """A linked worktree's link is absolute: it hangs once the repository has another name."""
    repo, store = place
    link = os.path.join(repo.worktree, "auth")
    os.symlink(tmp_path / "old/.git/wagit/slots/dev/data", link)
    assert links.inspect(repo, store, "auth").state == "lost"
    assert links.point(repo, store, "auth", store.data("dev")) is True
    assert os.path.realpath(link) == store.data("dev")


def test_a_link_into_another_repositorys_store_stays(place: Place, tmp_path: Path) -> None:
    repo, store = place
    other = tmp_path / "other/.git/wagit/slots/dev/data"
    other.mkdir(parents=True)
    os.symlink(other, os.path.join(repo.worktree, "auth"))
    with pytest.raises(LinkRefused, match="that wagit did not make"):
        links.point(repo, store, "auth", store.data("dev"))


def test_a_committed_link_that_hangs_stays(repo: GitRepo, place: Place, tmp_path: Path) -> None:
    found, store = place
    link = repo.path / "auth"
    link.symlink_to(tmp_path / "slots/dev/data")
    repo.git("add", "auth")
    with pytest.raises(LinkRefused, match="tracked by git"):
        links.point(found, store, "auth", store.data("dev"))
    assert link.readlink() == tmp_path / "slots/dev/data"


def test_a_committed_link_into_gits_directory(place: Place) -> None:
    """A link named `post-commit` among the hooks would be run."""
    repo, store = place
    os.symlink(".git/hooks", os.path.join(repo.worktree, "bots"))
    os.makedirs(os.path.join(repo.git_dir, "hooks"), exist_ok=True)
    with pytest.raises(LinkRefused, match="git's own directory"):
        links.point(repo, store, "bots/post-commit", store.data("dev"))
    assert not os.path.lexists(os.path.join(repo.git_dir, "hooks/post-commit"))


def test_a_place_that_is_a_link_to_our_data_through_another_name(place: Place, tmp_path: Path) -> None:
    """The repository may be reached by a link itself."""
    repo, store = place
    (tmp_path / "alias").symlink_to(repo.worktree)
    links.point(repo, store, "auth", store.data("dev"))
    aliased = Repository(str(tmp_path / "alias"), repo.git_dir, repo.common_dir)
    assert links.inspect(aliased, store, "auth").slot == "dev"
    assert links.point(aliased, store, "auth", store.data("staging")) is True


@pytest.mark.parametrize("path", ["..", "../x", "/tmp/x", ".", "a/../../x"])
def test_places_outside(place: Place, path: str) -> None:
    repo, store = place
    with pytest.raises(LinkRefused, match="leaves the worktree"):
        links.point(repo, store, path, store.data("dev"))


@pytest.mark.parametrize("kind", ["directory", "file", "foreign", "tracked", "tracked below"])
def test_places_that_are_taken(place: Place, repo: GitRepo, kind: str) -> None:
    found, store = place
    target = repo.path / "auth"
    if kind == "directory":
        target.mkdir()
    elif kind == "file":
        target.write_text("mine")
    elif kind == "foreign":
        target.symlink_to("/nowhere")
    else:
        repo.commit("auth" if kind == "tracked" else "auth/x")
        repo.git("rm", "-r", "--quiet", "auth")
        repo.git("reset", "--quiet")
    before = os.path.lexists(target) and target.lstat()
    with pytest.raises(LinkRefused) as refused:
        links.point(found, store, "auth", store.data("dev"))
    assert refused.value.hint
    assert (os.path.lexists(target) and target.lstat()) == before


def test_a_name_that_git_would_take_for_a_pattern(place: Place, repo: GitRepo) -> None:
    found, store = place
    repo.commit("a1")
    assert links.point(found, store, "a[0-9]", store.data("dev")) is True


def test_remove_takes_only_ours(place: Place, repo: GitRepo) -> None:
    found, store = place
    links.point(found, store, "auth", store.data("dev"))
    assert links.remove(found, store, "auth") is True
    assert links.remove(found, store, "auth") is False
    (repo.path / "auth").symlink_to("/nowhere")
    assert links.remove(found, store, "auth") is False
    assert os.path.islink(repo.path / "auth")


def test_a_dangling_link_of_ours(place: Place, repo: GitRepo) -> None:
    found, store = place
    links.point(found, store, "auth", store.data("dev"))
    os.rename(store.slot("dev"), store.slot("gone"))
    assert links.inspect(found, store, "auth").slot == "dev"
    assert links.point(found, store, "auth", store.data("staging")) is True
    assert os.path.isdir(repo.path / "auth")
