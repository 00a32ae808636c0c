from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.git import GitProgram, GitRepo
from wagit.bots.watch import (
    BindingChanged,
    BranchChanged,
    Change,
    ConfigChanged,
    StateGone,
    Watcher,
    WorktreeGone,
    changes,
    look,
)
from wagit.core import repository


class Watched:
    """A watcher of one worktree and what it told."""

    def __init__(self, repo: GitRepo, *files: str) -> None:
        self.repository = repository.find(str(repo.path))
        os.makedirs(self.repository.state_dir, exist_ok=True)
        self.told: list[Change] = []
        self.watcher = Watcher(self.repository, self.told.append, files)
        self.watcher.start()

    def wait(self, change: Change) -> None:
        """Wait until this is told; what was told before is forgotten."""
        eventually(lambda: change in self.told)
        del self.told[: self.told.index(change) + 1]

    def quiet(self) -> list[Change]:
        """What is told until a later change arrives."""
        marker = Path(self.repository.worktree, ".wagit.local.yml")
        marker.write_text(str(time.monotonic_ns()))
        eventually(lambda: ConfigChanged(str(marker)) in self.told)
        told = [change for change in self.told if change != ConfigChanged(str(marker))]
        self.told.clear()
        return told

    def bind(self, text: str) -> None:
        """Write the binding as wagit does: beside, then a rename."""
        path = Path(self.repository.state_dir, "binding.json")
        path.with_suffix(".tmp").write_text(text)
        path.with_suffix(".tmp").replace(path)


@pytest.fixture
def watched(repo: GitRepo) -> Iterator[Watched]:
    watched = Watched(repo)
    yield watched
    watched.watcher.stop()


def test_a_switch(watched: Watched, repo: GitRepo) -> None:
    repo.switch("develop")
    watched.wait(BranchChanged("develop"))
    repo.switch("main")
    watched.wait(BranchChanged("main"))


def test_what_no_hook_tells(watched: Watched, repo: GitRepo) -> None:
    repo.git("branch", "-m", "renamed")
    watched.wait(BranchChanged("renamed"))
    repo.git("symbolic-ref", "HEAD", "refs/heads/develop")
    watched.wait(BranchChanged("develop"))


def test_commits_and_files_are_no_change(watched: Watched, repo: GitRepo) -> None:
    repo.commit("file")
    repo.write("other", "text")
    repo.git("gc", "--quiet")
    repo.git("branch", "another")
    assert watched.quiet() == []


def test_detaching_and_coming_back(watched: Watched, repo: GitRepo) -> None:
    repo.git("checkout", "--quiet", "--detach")
    watched.wait(BranchChanged(None))
    repo.switch("develop")
    watched.wait(BranchChanged("develop"))


def test_a_rebase_that_stops_is_the_same_branch(watched: Watched, repo: GitRepo) -> None:
    repo.commit("file", "ours\n")
    repo.switch("develop")
    repo.commit("file", "theirs\n")
    watched.wait(BranchChanged("develop"))
    assert repo.run("rebase", "main").status != 0, "a conflict"
    watched.quiet()  # for a moment HEAD may be seen detached
    repo.git("rebase", "--abort")
    assert all(change in (BranchChanged(None), BranchChanged("develop")) for change in watched.quiet())


def test_a_new_binding(watched: Watched) -> None:
    for text in ("1", "2", "3"):
        watched.bind(text)
        watched.wait(BindingChanged())


def test_the_same_binding_again_may_have_been_another_in_between(watched: Watched) -> None:
    for text in ("1", "1"):
        watched.bind(text)
        watched.wait(BindingChanged())


def test_the_same_branch_again_may_have_been_another_in_between(repo: GitRepo) -> None:
    where = repository.find(str(repo.path))
    before = look(where, ())
    repo.switch("develop")
    repo.switch("main")
    assert list(changes(before, look(where, (), before), where)) == [BranchChanged("main")]
    same = look(where, ())
    repo.commit("file")
    assert list(changes(same, look(where, (), same), where)) == []


@pytest.mark.parametrize("name", [".wagit.yml", ".wagit.local.yml"])
def test_config_written_replaced_and_removed(watched: Watched, repo: GitRepo, name: str) -> None:
    path = repo.write(name, "one")
    change = ConfigChanged(str(path))
    watched.wait(change)
    repo.write("new", "two").replace(path)
    watched.wait(change)
    path.unlink()
    watched.wait(change)


def test_files_elsewhere(repo: GitRepo, tmp_path: Path) -> None:
    elsewhere = tmp_path / "config" / "config.yml"
    elsewhere.parent.mkdir()
    watched = Watched(repo, str(elsewhere))
    elsewhere.write_text("text")
    watched.wait(ConfigChanged(str(elsewhere)))
    watched.watcher.stop()


def test_a_linked_worktree_follows_its_own_branch(repo: GitRepo, tmp_path: Path) -> None:
    linked = repo.add_worktree(tmp_path / "linked", "develop")
    watched = Watched(linked)
    repo.switch("feature/1")
    assert watched.quiet() == []
    linked.git("switch", "--quiet", "-c", "new")
    watched.wait(BranchChanged("new"))
    watched.watcher.stop()


def test_a_reftable_repository(git_new: GitProgram, tmp_path: Path) -> None:
    repo = GitRepo.init(
        tmp_path / "repo", "main", "develop", git=git_new.path, options=("--ref-format=reftable",)
    )
    watched = Watched(repo)
    repo.switch("develop")
    watched.wait(BranchChanged("develop"))
    repo.commit("file")  # writes the same tables as a switch does
    assert set(watched.quiet()) <= {BranchChanged("develop")}
    linked = repo.add_worktree(tmp_path / "linked", "main")
    beside = Watched(linked)
    linked.git("switch", "--quiet", "-c", "new")
    beside.wait(BranchChanged("new"))
    beside.watcher.stop()
    watched.watcher.stop()


def test_deleted_state_is_told_and_followed_again_once_it_is_back(watched: Watched, repo: GitRepo) -> None:
    watched.bind("1")
    watched.wait(BindingChanged())
    state = Path(watched.repository.state_dir)
    shutil.rmtree(state)
    watched.wait(StateGone(str(state)))
    repo.switch("develop")
    watched.wait(BranchChanged("develop"))
    state.mkdir()
    watched.bind("2")
    watched.wait(BindingChanged())
    watched.bind("3")
    watched.wait(BindingChanged())


def test_a_removed_worktree(repo: GitRepo, tmp_path: Path) -> None:
    linked = repo.add_worktree(tmp_path / "linked", "develop")
    watched = Watched(linked)
    repo.git("worktree", "remove", "--force", str(linked.path))
    watched.wait(WorktreeGone(str(linked.path)))
    assert watched.told == []
    watched.watcher.stop()


def test_what_happened_between_making_and_starting_is_told(repo: GitRepo) -> None:
    watcher_of = repository.find(str(repo.path))
    told: list[Change] = []
    watcher = Watcher(watcher_of, told.append)
    repo.switch("develop")
    watcher.start()
    eventually(lambda: told)
    assert told == [BranchChanged("develop")]
    watcher.stop()


@pytest.mark.parametrize(
    "trouble", [OSError("OS file watch limit reached."), TypeError("a watchfiles with other arguments")]
)
def test_without_file_events_it_looks_now_and_then(
    trouble: Exception, repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    import watchfiles._rust_notify

    def full(*_: object) -> None:
        raise trouble

    monkeypatch.setattr(watchfiles._rust_notify, "RustNotify", full)
    watched = Watched(repo)
    repo.switch("develop")
    watched.wait(BranchChanged("develop"))
    watched.watcher.stop()


def test_nothing_is_told_after_the_end(watched: Watched, repo: GitRepo) -> None:
    watched.watcher.stop()
    repo.switch("develop")
    assert watched.told == []
