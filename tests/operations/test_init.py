"""`wagit init`: what it finds, writes and adopts; twice changes nothing, --dry-run neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git import GitRepo
from tests.support.hooks import files_in
from tests.support.setup import LINK, Setup, data_of, error_of, wagit

PACKAGE = '{"dependencies": {"whatsapp-web.js": "1"}, "scripts": {"dev": "node bot.js"}}'


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    """A bot's repository in which the bot has run: it left its session."""
    repo = GitRepo.init(tmp_path / "repo", "main", "develop")
    repo.commit("package.json", PACKAGE)
    repo.write(".gitignore", "node_modules\n")
    repo.commit(".gitignore")
    repo.write(f"{LINK}/session/Default/Cookies", "a login")
    return repo


def test_init(repo: GitRepo) -> None:
    inode = (repo.path / LINK / "session/Default/Cookies").stat().st_ino
    found = data_of(repo.path, "init")
    assert (found["driver"], found["slot"]) == ("wwebjs", "dev")
    assert {step["state"] for step in found["steps"]} == {"done"}
    assert (repo.path / LINK).is_symlink()
    assert (repo.path / LINK / "session/Default/Cookies").stat().st_ino == inode
    assert Setup(repo).slot == "dev"
    assert repo.git("status", "--porcelain") == "?? .wagit.yml"
    assert wagit(repo.path, "config", "check").status == 0
    assert found["next"][0].startswith("git add .wagit.yml")
    assert oct((repo.git_dir / "wagit").stat().st_mode)[-3:] == "700"


def test_twice_changes_nothing(repo: GitRepo) -> None:
    assert wagit(repo.path, "init").status == 0
    before = files_in(repo.path)
    again = wagit(repo.path, "init")
    assert again.status == 0
    assert "nothing to do: wagit is set up here" in again.stdout
    assert files_in(repo.path) == before


def test_what_to_do_next_in_a_clone(repo: GitRepo, tmp_path: Path) -> None:
    """Its config came with somebody's commit: what that wants to run needs a word before a run."""
    assert wagit(repo.path, "init").status == 0
    repo.commit(".wagit.yml", (repo.path / ".wagit.yml").read_text())
    repo.git("clone", "--quiet", str(repo.path), str(tmp_path / "clone"))
    done = wagit(tmp_path / "clone", "init").stdout.splitlines()
    assert done[-2:] == [
        "  wagit trust   # allow what .wagit.yml wants to run",
        "  wagit run   # scan the QR once",
    ]


def test_no_library_is_said(tmp_path: Path) -> None:
    repo = GitRepo.init(tmp_path / "repo", "main")
    assert "no client library was found here" in wagit(repo.path, "init", "--dry-run").stdout
    assert wagit(repo.path, "init", "--driver", "wwebjs", "--dry-run").stdout.count("no client") == 0


def test_the_start_of_a_python_bot(tmp_path: Path) -> None:
    repo = GitRepo.init(tmp_path / "repo", "main")
    repo.commit("requirements.txt", "playwright\n")
    assert "  wagit run -- python bot.py   #" in wagit(repo.path, "init").stdout


def test_dry_run_changes_nothing_and_shows_all(repo: GitRepo) -> None:
    before = files_in(repo.path)
    planned = data_of(repo.path, "init", "--dry-run")
    assert files_in(repo.path) == before
    done = data_of(repo.path, "init")
    assert [step["what"] for step in planned["steps"]] == [step["what"] for step in done["steps"]]
    assert {step["state"] for step in planned["steps"]} == {"would"}


def test_a_dry_run_says_so(repo: GitRepo) -> None:
    assert wagit(repo.path, "init", "--dry-run").stdout.endswith(
        "nothing was changed; to do it: wagit init\n"
    )


def test_a_config_that_is_there_is_kept(repo: GitRepo) -> None:
    repo.commit(".wagit.yml", "default: mine\n")
    found = data_of(repo.path, "init")
    assert (repo.path / ".wagit.yml").read_text() == "default: mine\n"
    assert found["slot"] == "mine"
    assert (repo.path / LINK / "session/Default/Cookies").read_text() == "a login"
    assert not [step for step in found["next"] if "git add" in step]


@pytest.mark.parametrize(
    ("file", "text", "driver", "link"),
    [
        (
            "package.json",
            '{"dependencies": {"@whiskeysockets/baileys": "6"}}',
            "baileys",
            "auth_info_baileys",
        ),
        ("package.json", '{"dependencies": {"venom-bot": "5"}}', "wppconnect", "tokens"),
        ("requirements.txt", "neonize\n", "whatsmeow", "whatsmeow.db"),
        ("go.mod", "module x\nrequire go.mau.fi/whatsmeow v0.0.1\n", "whatsmeow", "whatsmeow.db"),
        ("Makefile", "all:\n", "generic", ".wagit-session"),
    ],
)
def test_the_driver_is_found(tmp_path: Path, file: str, text: str, driver: str, link: str) -> None:
    repo = GitRepo.init(tmp_path / "repo")
    repo.commit(file, text)
    assert data_of(repo.path, "init")["driver"] == driver
    assert (repo.path / link).is_symlink()
    assert repo.git("status", "--porcelain") == "?? .wagit.yml"


def test_a_driver_that_is_named(repo: GitRepo) -> None:
    assert error_of(repo.path, "init", "--driver", "wwebsj")["status"] == 2
    assert not (repo.path / ".wagit.yml").exists()
    assert data_of(repo.path, "init", "--driver", "chromium")["driver"] == "chromium"
    assert "driver: chromium" in (repo.path / ".wagit.yml").read_text()


def test_a_tracked_session_is_left_alone(repo: GitRepo) -> None:
    """Somebody committed their login: taking it away would show as deleted files."""
    repo.git("add", "--force", LINK)
    repo.git("commit", "--quiet", "-m", "oops")
    found = data_of(repo.path, "init")
    assert (repo.path / LINK / "session/Default/Cookies").read_text() == "a login"
    assert repo.git("status", "--porcelain") == "?? .wagit.yml"
    assert "tracked by git" in str([step["detail"] for step in found["steps"] if step["state"] == "skipped"])


def test_in_a_linked_worktree(repo: GitRepo, tmp_path: Path) -> None:
    wagit(repo.path, "init")
    repo.git("add", ".wagit.yml")
    repo.git("commit", "--quiet", "-m", "config")
    other = repo.add_worktree(tmp_path / "wt", "-b", "new")
    before = files_in(repo.git_dir / "wagit/slots")
    assert wagit(other.path, "init").status == 0
    assert "nothing to do" in wagit(other.path, "init").stdout
    assert files_in(repo.git_dir / "wagit/slots") == before


def test_from_a_subdirectory(repo: GitRepo) -> None:
    (repo.path / "src").mkdir()
    assert wagit(repo.path / "src", "init").status == 0
    assert Setup(repo).slot == "dev"
    assert (repo.path / ".wagit.yml").exists()


def test_uninstall_leaves_the_sessions(repo: GitRepo) -> None:
    wagit(repo.path, "init")
    assert wagit(repo.path, "hooks", "uninstall").status == 0
    assert "wagit" not in repo.switch("develop").stderr
    assert (repo.path / LINK / "session/Default/Cookies").read_text() == "a login"
