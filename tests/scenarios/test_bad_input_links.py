"""Places for the link that are taken: nothing there is touched, and the slot follows all the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.hooks import File, files_in
from tests.support.setup import LINK, Setup, data_of, ours, wagit

CHECKOUT = Path(__file__).parents[2]


def place_link(setup: Setup, where: str) -> str:
    """Have the link at a place that is taken; return what must be said."""
    if where == "tracked":
        setup.repo.commit("taken/file.txt")
        setup.repo.git("branch", "--force", "develop")
        shutil.rmtree(setup.path / "taken")
        told = "taken is tracked by git"
    elif where == "tracked file":
        setup.repo.commit("taken")
        setup.repo.git("branch", "--force", "develop")
        (setup.path / "taken").unlink()
        told = "taken is tracked by git"
    elif where == "full":
        setup.repo.write("taken/photos/a.jpg", "mine")
        told = "taken is a directory that wagit did not make"
    elif where == "file":
        setup.repo.write("taken", "mine")
        told = "taken is a file that wagit did not make"
    elif where == "link":
        (setup.path / "taken").symlink_to("elsewhere")
        told = "taken is a link that wagit did not make"
    else:
        (setup.path / "out").symlink_to(setup.path.parent)
        told = "the link out/taken leaves the worktree"
    path = "out/taken" if where == "through a link" else "taken"
    setup.repo.write(".wagit.local.yml", f"bot: {{link: {path}}}\n")
    return told


def outside(setup: Setup) -> dict[str, File]:
    """Everything but what is wagit's own."""
    found = files_in(setup.path.parent).items()
    return {name: file for name, file in found if "/.git" not in name and not name.endswith(LINK)}


@pytest.mark.parametrize("where", ["tracked", "tracked file", "full", "file", "link", "through a link"])
def test_places_for_the_link_that_are_taken(setup: Setup, where: str) -> None:
    """Nothing there is touched; the slot follows the branch all the same, for bots that wagit starts."""
    told = place_link(setup, where)
    before = outside(setup)
    ran = wagit(setup.path, "use", "--auto")
    assert ran.status == 0
    [line] = ours(ran.stderr)
    assert told in line
    assert outside(setup) == before
    again = setup.repo.run("switch", "develop")
    assert again.status == 0
    assert [told in line for line in ours(again.stderr)] == [False, True]
    assert outside(setup) == before
    assert (setup.binding["slot"], setup.binding["linked"]) == ("staging", False)
    assert data_of(setup.path, "status")["linked"] is False
    init = wagit(setup.path, "init")
    assert (init.status, f"! point this worktree at slot staging: {told}" in init.stdout) == (0, True), init
    assert outside(setup) == before
    (setup.path / ".wagit.local.yml").unlink()
    assert wagit(setup.path, "use", "--auto").status == 0
    assert setup.slot == "staging"


def test_a_place_for_the_link_that_one_branch_tracks(setup: Setup) -> None:
    """On the others the link is there, and stands in no switch's way."""
    setup.repo.commit("taken/file.txt")
    setup.repo.write(".wagit.local.yml", "bot: {link: taken}\n")
    for _ in range(2):
        setup.repo.switch("develop")
        assert (setup.path / "taken").resolve() == setup.store / "slots/staging/data"
        assert setup.repo.git("status", "--porcelain") == ""
        ran = setup.repo.switch("main")
        assert "taken is a directory that wagit did not make" in ours(ran.stderr)[1]
        assert (setup.path / "taken/file.txt").is_file()
        assert setup.repo.git("status", "--porcelain") == ""
