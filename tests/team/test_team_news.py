"""What a merge brings of the team's sessions: found by a process nobody waits for, told once."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.git import GitRepo
from tests.support.hooks import SHELLS, Stub, processes_started, settle, shell_command
from tests.support.memory_remote import MemoryRemote
from tests.support.sessions import creds
from tests.support.sharing import SHARED, SLOT, Sharer, members
from wagit.cli import render_team_news
from wagit.cli.front import Front, Shared
from wagit.core.clock import rfc3339
from wagit.operations import team_access, team_news
from wagit.operations.team_news import TeamNews

RESULT = (
    "import os; open(os.environ['SEEN'], 'a').write(repr((sys.argv[1:], os.readlink('/proc/self/fd/1'))))"
)


@pytest.fixture
def pair(tmp_path: Path, remote: MemoryRemote, monkeypatch: pytest.MonkeyPatch) -> tuple[Sharer, Sharer]:
    """Ada pushed a session; bob's machine opens this remote."""
    ada, bob = members(tmp_path, "ada", "bob", config=SHARED)
    ada.write({"creds.json": creds(7)})
    ada.push(remote)
    monkeypatch.setattr(team_access, "access", lambda _: bob.access(remote))
    return ada, bob


def look(who: Sharer) -> tuple[TeamNews, ...]:
    """What is told after a look at the remote."""
    team_news.look(who.context)
    return team_news.tell(who.context)


def test_a_newer_session_is_told_once(pair: tuple[Sharer, Sharer], remote: MemoryRemote) -> None:
    ada, bob = pair
    [one] = look(bob)
    assert (one.about, one.by, one.key) == (SLOT, "ada", "1")
    assert look(bob) == (), "it was told"
    ada.runs({"creds.json": creds(7), "x.json": "1"})
    ada.push(remote)
    [one] = look(bob)
    assert one.key == "2"


def test_what_was_pulled_meanwhile_is_no_news(pair: tuple[Sharer, Sharer], remote: MemoryRemote) -> None:
    _, bob = pair
    team_news.look(bob.context)
    bob.pull(remote)
    assert team_news.tell(bob.context) == ()
    assert look(bob) == ()


def test_an_older_session_than_there_was_is_told(pair: tuple[Sharer, Sharer], remote: MemoryRemote) -> None:
    ada, bob = pair
    older = dict(remote.heads)
    ada.runs({"creds.json": creds(7), "x.json": "1"})
    ada.push(remote)
    bob.pull(remote)
    remote.heads = older
    [one] = look(bob)
    assert one.text.startswith(f"{SLOT}: ")
    assert "rolled back" in one.text


def test_without_a_network_nothing_is_told(pair: tuple[Sharer, Sharer], remote: MemoryRemote) -> None:
    _, bob = pair
    remote.cut = ["head"]
    assert look(bob) == ()
    assert not os.path.exists(team_news.path_of(bob.store))


def test_other_recipients_are_told(
    pair: tuple[Sharer, Sharer], remote: MemoryRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bob = pair
    monkeypatch.setattr(team_access, "difference", lambda _: "another team: + carol")
    bob.pull(remote)
    assert [one.text for one in look(bob)] == ["another team: + carol"]
    assert look(bob) == ()


def test_a_damaged_file_is_no_news(pair: tuple[Sharer, Sharer]) -> None:
    _, bob = pair
    path = Path(team_news.path_of(bob.store))
    path.parent.mkdir(exist_ok=True)
    for text in ("{", "[]", '{"news": [{}], "told": {}}', '{"news": 1, "told": 2}'):
        path.write_text(text)
        assert team_news.tell(bob.context) == ()


def test_only_who_looks_at_a_terminal_is_told(pair: tuple[Sharer, Sharer]) -> None:
    _, bob = pair
    team_news.look(bob.context)
    assert opened(Shared(str(bob.path)), terminal=False) == ""
    assert opened(Shared(str(bob.path), json=True)) == ""
    told = f"wagit: {SLOT}: ada pushed a newer session "
    assert opened(Shared(str(bob.path))).startswith(told)
    assert opened(Shared(str(bob.path))) == ""


def opened(shared: Shared, *, terminal: bool = True) -> str:
    """What a command says as it opens the repository."""
    stderr = Terminal() if terminal else io.StringIO()
    with contextlib.redirect_stderr(stderr):
        Front("which", shared).context()
    return stderr.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_how_it_is_worded() -> None:
    one = TeamNews("staging", "4", by="ada", time=rfc3339(time.time() - 301))
    wanted = "staging: ada pushed a newer session 5 min ago; it is used at the next run"
    assert render_team_news.line(one) == wanted


# The hook.


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> list[str]:
    return shell_command(request.param)


@pytest.fixture
def stub(tmp_path: Path) -> Stub:
    """An interpreter's home whose check of news notes its words, and where it writes to."""
    stub = Stub(tmp_path / "home of wagit")
    process = stub.home / "operations" / "team_news_process.py"
    process.parent.mkdir()
    process.write_text(f"import sys\n{RESULT}\n")
    return stub


def after_merge(shell: list[str], repo: GitRepo, stub: Stub, seen: Path) -> None:
    done = subprocess.run(
        [*shell, "-c", "set -eu\n" + stub.preamble("post-merge"), "hook", "0"],
        cwd=repo.path, env=repo.environ({"SEEN": str(seen)}), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("", "")


def test_a_merge_has_it_looked_for_where_there_is_a_team(
    shell: list[str], repo: GitRepo, stub: Stub, tmp_path: Path
) -> None:
    settle(repo)
    (repo.common_dir / "wagit" / "team").mkdir()
    after_merge(shell, repo, stub, tmp_path / "seen")
    eventually(lambda: (tmp_path / "seen").exists() and (tmp_path / "seen").read_text())
    assert (tmp_path / "seen").read_text() == repr(([str(repo.path)], os.devnull))
    assert stub.calls == [], "nothing else is due"


def test_without_a_team_a_merge_starts_no_process(shell: list[str], repo: GitRepo, stub: Stub) -> None:
    settle(repo)
    command = [*shell, "-c", stub.preamble("post-merge"), "hook", "0"]
    assert processes_started(command, repo.path, {"PATH": ""}) == 0


def test_a_switch_looks_for_nothing(shell: list[str], repo: GitRepo, stub: Stub) -> None:
    settle(repo)
    (repo.common_dir / "wagit" / "team").mkdir()
    command = [*shell, "-c", stub.preamble("post-checkout"), "hook", "a", "b", "1"]
    assert processes_started(command, repo.path, {"PATH": ""}) == 0
