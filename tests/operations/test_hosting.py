"""Whether a run hosts its browsers: as `browser.mode` says, for drivers with a browser, where it can."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

import pytest

from tests.support.git import GitRepo
from tests.support.wagit import set_up
from wagit.bots.hosted import Hosted
from wagit.bots.hosting import Unhosted
from wagit.operations import hosted
from wagit.operations.context import open_at

CONFIG = "version: 1\ndriver: {}\ndefault: dev\n"


def chosen(repo: GitRepo, environ: Mapping[str, str] | None = None) -> tuple[type, list[str]]:
    """What would host the browsers of a run, and what is said about it."""
    said: list[str] = []
    context = open_at(str(repo.path), {**os.environ, **(environ or {})})
    with hosted.hosting(context, said.append) as hosting:
        return type(hosting), said


@pytest.mark.parametrize(
    ("driver", "expected"),
    [("wwebjs", Hosted), ("wppconnect", Hosted), ("chromium", Hosted), ("baileys", Unhosted)],
)
def test_browsers_are_hosted_for_drivers_that_have_one(repo: GitRepo, driver: str, expected: type) -> None:
    set_up(repo.path, CONFIG.format(driver))
    assert chosen(repo) == (expected, [])


def test_the_user_may_not_want_it(repo: GitRepo) -> None:
    set_up(repo.path, CONFIG.format("wwebjs"))
    assert chosen(repo, {"WAGIT_BROWSER_MODE": "own"}) == (Unhosted, [])


def test_where_it_cannot_be_it_is_said_in_one_line_and_bots_start_their_own(
    repo: GitRepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing:
        def __init__(self, notice: Callable[[str], None]) -> None:
            """Never says a word."""

        def start(self) -> None:
            raise OSError("no space for a socket")

    monkeypatch.setattr(hosted, "BrowserHost", Refusing)
    set_up(repo.path, CONFIG.format("wwebjs"))
    told = "no browser is hosted, so each bot starts its own: no space for a socket"
    assert chosen(repo) == (Unhosted, [told])


def test_the_end_of_the_run_leaves_no_socket(repo: GitRepo) -> None:
    set_up(repo.path, CONFIG.format("wwebjs"))
    context = open_at(str(repo.path), os.environ)
    with hosted.hosting(context, print) as hosting:
        address = _address(hosting)
        assert os.path.exists(address)
    assert not os.path.exists(address)


def _address(hosting: object) -> str:
    from tests.support.histories import slot

    assert isinstance(hosting, Hosted)
    return hosting.environ(slot("a"))["WAGIT_BROWSER"]
