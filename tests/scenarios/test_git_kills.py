"""kill -9 before each step of everything that moves a session or a pointer to one: nothing is ever lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.automatic import Automatic
from tests.support.git import GitRepo
from tests.support.killing import killed_in_a_fork
from tests.support.setup import CONFIG, LINK, Setup, make_repo, wagit
from wagit import hook

LOGIN = {
    "session/Default/IndexedDB/CURRENT": b"MANIFEST-1\n",
    "session/Default/Cookies": b"c",
    "session/x": b"y",
}


def write_login(directory: Path) -> None:
    for name, content in LOGIN.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)


def places_of_login(setup: Setup) -> list[str]:
    """Every directory below the repository that holds the session; each must hold all of it."""
    found = []
    for parent, directories, _ in os.walk(setup.path):
        if "session" in directories and not os.path.islink(os.path.join(parent, "session")):
            held = {
                name: (Path(parent) / name).read_bytes() for name in LOGIN if (Path(parent) / name).exists()
            }
            assert held in (LOGIN, {}), held
            if held:
                found.append(os.path.relpath(parent, setup.path))
    return found


class Killed:
    """A repository that is put back before each run, and what is done to it."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.kept = setup.path.parent / "kept"
        shutil.copytree(setup.path, self.kept, symlinks=True)

    def reset(self) -> None:
        """Put it back; the snapshot of a slot that was left ends, if it is still being taken in it."""
        Automatic(self.setup.path).end()
        shutil.rmtree(self.setup.path)
        shutil.copytree(self.kept, self.setup.path, symlinks=True)

    def before_each_step(self, *arguments: str) -> Iterator[None]:
        """Run a verb, killed before each of its steps."""
        return self.each(lambda: wagit(self.setup.path, *arguments))

    def each(self, run: Callable[[], object], least: int = 8) -> Iterator[None]:
        steps = 0
        for ended in killed_in_a_fork(run, self.setup.path, self.reset):
            assert ended.killed or "raised" not in ended.output, ended
            assert ended.killed or "status=1" not in ended.output, ended
            steps = ended.step
            yield
        assert steps >= least

    def follows(self, slot: str) -> None:
        ran = wagit(self.setup.path, "use", "--auto")
        assert (ran.status, ran.stderr) == (0, ""), ran
        assert self.setup.slot == slot


@pytest.fixture
def killed(quick_path: Path) -> Killed:
    """On main, whose slot has a login; develop was seen before."""
    setup = Setup.make(quick_path / "repo")
    setup.repo.switch("develop")
    setup.repo.switch("main")
    write_login(setup.path / LINK)
    return Killed(setup)


@pytest.mark.parametrize(("branch", "slot"), [("develop", "staging"), ("feature/1-menu", "feature-1")])
def test_the_hook(killed: Killed, branch: str, slot: str) -> None:
    setup = killed.setup
    (killed.kept / ".git/HEAD").write_text(f"ref: refs/heads/{branch}\n")
    for _ in killed.each(lambda: hook.main(["post-checkout", str(setup.path), ".git"])):
        assert places_of_login(setup) == [".git/wagit/slots/production/data"]
        if setup.route is not None and setup.linked == setup.route:
            assert setup.slot in (slot, "production")
        killed.follows(slot)
        setup.repo.switch("main")
        assert setup.slot == "production"
        assert places_of_login(setup) == [".git/wagit/slots/production/data"]


def test_the_hook_is_enough_after_a_killed_hook(killed: Killed) -> None:
    """No wagit command comes in between: the next switch mends what the last one left."""
    setup = killed.setup
    (killed.kept / ".git/HEAD").write_text("ref: refs/heads/develop\n")
    for _ in killed.each(lambda: hook.main(["post-checkout", str(setup.path), ".git"])):
        setup.repo.switch("main")
        assert setup.slot == "production"


@pytest.mark.parametrize("arguments", ["use staging", "use --auto"])
def test_use(killed: Killed, arguments: str) -> None:
    if arguments == "use --auto":
        wagit(killed.setup.path, "use", "staging")
        shutil.rmtree(killed.kept)
        shutil.copytree(killed.setup.path, killed.kept, symlinks=True)
    for _ in killed.before_each_step(*arguments.split()):
        assert wagit(killed.setup.path, "status").status == 0
        assert killed.setup.slot in ("staging", "production")
        killed.follows("production")
        assert places_of_login(killed.setup) == [".git/wagit/slots/production/data"]


def test_sessions_adopt_a_directory(killed: Killed) -> None:
    setup = killed.setup
    write_login(killed.kept / "old")
    shutil.rmtree(killed.kept / ".git/wagit/slots/production/data/session")
    for _ in killed.before_each_step("sessions", "adopt", "taken", "old"):
        assert places_of_login(setup) in (["old"], [".git/wagit/slots/taken/data"])
        if places_of_login(setup) == ["old"]:
            assert wagit(setup.path, "sessions", "adopt", "taken", "old").status == 0
        killed.follows("production")
        assert places_of_login(setup) == [".git/wagit/slots/taken/data"]


def test_sessions_adopt_one_profile(killed: Killed) -> None:
    """One client's directory of LocalAuth's keeps its name inside the slot."""
    setup = killed.setup
    shutil.rmtree(killed.kept / ".git/wagit/slots/production/data/session")
    write_login(killed.kept / "old")
    for _ in killed.before_each_step("sessions", "adopt", "taken", "old/session"):
        assert places_of_login(setup) in (["old"], [".git/wagit/slots/taken/data"])
        killed.follows("production")


def rows(database: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(database)
    try:
        found: list[tuple[str]] = connection.execute("SELECT jid FROM whatsmeow_device").fetchall()
    finally:
        connection.close()
    return found


def leave_database(path: Path, *jids: str) -> None:
    """Leave an SQLite file as a killed bot does: with rows that are in the -wal alone."""
    pid = os.fork()
    if pid == 0:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS whatsmeow_device (jid TEXT)")
        connection.executemany("INSERT INTO whatsmeow_device VALUES (?)", [(jid,) for jid in jids])
        connection.commit()
        os._exit(0)
    os.waitpid(pid, 0)
    assert path.with_name(path.name + "-wal").stat().st_size > 0


@pytest.fixture
def database(quick_path: Path) -> Killed:
    """A whatsmeow bot's database where the bot left it, and slots that are empty."""
    config = CONFIG.replace("driver: wwebjs", "driver: whatsmeow")
    setup = Setup(make_repo(quick_path / "repo", config)).init()
    (setup.path / "whatsmeow.db").unlink(missing_ok=True)
    leave_database(setup.path / "old.db", "1@s.whatsapp.net")
    return Killed(setup)


def test_sessions_adopt_a_database_with_its_wal(database: Killed) -> None:
    setup = database.setup
    for _ in database.before_each_step("sessions", "adopt", "taken", "old.db"):
        taken = setup.store / "slots/taken/data/whatsmeow.db"
        old = setup.path / "old.db"
        if old.exists():
            assert old.with_name("old.db-wal").exists()
            ran = wagit(setup.path, "sessions", "adopt", "taken", "old.db")
            assert ran.status == 0, ran
        assert not old.exists()
        assert rows(taken) == [("1@s.whatsapp.net",)]
        assert wagit(setup.path, "use", "--auto").status == 0


def test_a_bot_that_ran_on_between_a_killed_adoption_and_the_next(database: Killed) -> None:
    """What the first one had linked into the slot is older than the bot's files then: they win."""
    setup = database.setup
    for _ in database.before_each_step("sessions", "adopt", "taken", "old.db"):
        if not (setup.path / "old.db").exists():
            continue
        assert rows(setup.path / "old.db") == [("1@s.whatsapp.net",)]  # closing it folds the -wal in
        leave_database(setup.path / "old.db", "2@s.whatsapp.net")
        assert wagit(setup.path, "sessions", "adopt", "taken", "old.db").status == 0
        found = rows(setup.store / "slots/taken/data/whatsmeow.db")
        assert found == [("1@s.whatsapp.net",), ("2@s.whatsapp.net",)]


def test_sessions_rename(killed: Killed) -> None:
    for _ in killed.before_each_step("sessions", "rename", "production", "live"):
        [place] = places_of_login(killed.setup)
        assert place in (".git/wagit/slots/production/data", ".git/wagit/slots/live/data")
        killed.follows("production")
        assert places_of_login(killed.setup) == [place]


def test_sessions_rm(killed: Killed) -> None:
    for _ in killed.before_each_step("sessions", "rm", "production", "--yes"):
        [place] = places_of_login(killed.setup)
        assert place.startswith((".git/wagit/slots/production/", ".git/wagit/quarantine/production/"))
        killed.follows("production")
        assert places_of_login(killed.setup) == [place]


def test_init_adopts_the_session_that_is_there(quick_path: Path) -> None:
    repo = GitRepo.init(quick_path / "repo", "main", "develop")
    repo.commit(
        "package.json", '{"dependencies": {"whatsapp-web.js": "1"}, "scripts": {"dev": "node bot.js"}}'
    )
    write_login(repo.path / LINK)
    killed = Killed(Setup(repo))
    for _ in killed.before_each_step("init"):
        assert places_of_login(killed.setup) in ([LINK], [".git/wagit/slots/dev/data"])
        assert wagit(repo.path, "init").status == 0
        again = wagit(repo.path, "init")
        assert "nothing to do: wagit is set up here" in again.stdout
        assert killed.setup.slot == "dev"
        assert places_of_login(killed.setup) == [".git/wagit/slots/dev/data"]
        untracked = [line for line in repo.git("status", "--porcelain").splitlines() if ".tmp-" not in line]
        assert untracked == ["?? .wagit.yml"]
