"""What wagit puts into a worktree is ignored by git, path by path and no more."""

from __future__ import annotations

import pytest

from tests.support.git import GitRepo
from wagit.core.repository import find
from wagit.slots import exclude


@pytest.mark.parametrize(
    "path", ["auth", "a/b", "star*", "q?", "[x]", "back\\slash", "#hash", "!bang", "end ", "ü"]
)
def test_that_very_path_is_ignored(repo: GitRepo, path: str) -> None:
    found = find(str(repo.path))
    assert not exclude.has(found, [path])
    exclude.add(found, [path])
    assert exclude.has(found, [path])
    assert repo.run("check-ignore", "-q", "--", path).status == 0
    for other in ("x", "starfish", "qq", "deeper/auth", "hash", "bang", "back"):
        assert repo.run("check-ignore", "-q", "--", other).status == 1


def test_what_was_there_stays(repo: GitRepo) -> None:
    file = repo.common_dir / "info/exclude"
    file.write_bytes(b"# mine\n*.log")
    found = find(str(repo.path))
    exclude.add(found, ["auth", "auth2"])
    exclude.add(found, ["auth"])
    assert file.read_bytes() == b"# mine\n*.log\n/auth\n/auth2\n"
    file.unlink()
    exclude.add(found, ["auth"])
    assert file.read_bytes() == b"/auth\n"
