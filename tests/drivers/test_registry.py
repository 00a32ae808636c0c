"""What holds for every driver, and the facts of each."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pathspec
import pytest

from tests.support.linked_profile import write_profile
from wagit.drivers import registry
from wagit.drivers.registry import UnknownDriver, get, names

CREDS = '{"me": {"id": "4915100000001:12@s.whatsapp.net"}}'


def whatsmeow_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE whatsmeow_device (jid TEXT)")
        connection.execute("INSERT INTO whatsmeow_device VALUES ('4915100000001:12@s.whatsapp.net')")
        connection.commit()


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_profile(tmp_path_factory.mktemp("linked") / "profile")


@pytest.fixture(params=["wwebjs", "baileys", "wppconnect", "whatsmeow", "chromium"])
def linked(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A driver's name and a data directory of it with a login."""
    name, data = str(request.param), tmp_path / "data"
    if name in ("wwebjs", "wppconnect"):
        shutil.copytree(request.getfixturevalue("profile"), data / "session-x", symlinks=True)
    elif name == "chromium":
        shutil.copytree(request.getfixturevalue("profile"), data, symlinks=True)
    elif name == "baileys":
        data.mkdir()
        (data / "creds.json").write_text(CREDS)
    else:
        data.mkdir()
        whatsmeow_file(data / "mine.db")
    return name, data


@pytest.mark.parametrize("name", names())
class TestEvery:
    def test_an_empty_slot_is_no_session(self, name: str, tmp_path: Path) -> None:
        driver = get(name)
        assert driver.name == name
        for data in (tmp_path, tmp_path / "absent"):
            assert not driver.is_linked(str(data))
            assert driver.identity(str(data)) is None
            assert driver.read_identity(str(data)).reason
            assert driver.profiles(str(data)) == []
            assert driver.writers(str(data), str(tmp_path)) == []
            assert os.path.dirname(driver.session_path(str(data)) + "/").startswith(str(data))

    def test_its_link_is_a_name_inside_the_worktree(self, name: str) -> None:
        for link in (get(name).link, *get(name).other_links):
            assert link
            assert "/" not in link

    def test_names_itself_to_its_bots(self, name: str, tmp_path: Path) -> None:
        assert get(name).environ(str(tmp_path)) == {"WAGIT_DRIVER": name}

    def test_its_preload_exists(self, name: str) -> None:
        preload = get(name).preload
        assert preload is None or os.path.isfile(preload)

    def test_is_documented(self, name: str) -> None:
        reference = Path(__file__).parents[2] / "docs" / "reference" / "drivers.md"
        text = reference.read_text(encoding="utf-8")
        assert f"`{name}`" in text
        assert f"`{get(name).link}`" in text


def test_finds_the_login(linked: tuple[str, Path]) -> None:
    driver, data = get(linked[0]), str(linked[1])
    assert driver.identity(data) == ("+4915100000001", "12")
    assert driver.is_linked(data)
    assert len(driver.profiles(data)) == 1
    assert driver.session_path(data) == os.path.join(data, driver.profiles(data)[0]).rstrip("/")


def test_what_is_essential_is_enough_for_the_login(linked: tuple[str, Path], tmp_path: Path) -> None:
    driver, data = get(linked[0]), linked[1]
    essential = pathspec.GitIgnoreSpec.from_lines(driver.essential)
    never = pathspec.GitIgnoreSpec.from_lines(driver.never)
    for file in (path.relative_to(data) for path in data.rglob("*") if path.is_file()):
        if essential.match_file(file) and not never.match_file(file):
            (tmp_path / "copy" / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(data / file, tmp_path / "copy" / file)
    assert driver.is_linked(str(tmp_path / "copy"))
    assert not list((tmp_path / "copy").rglob("*Cookies*"))


def test_init_finds_the_session_of_an_unmanaged_bot(linked: tuple[str, Path]) -> None:
    driver, data = get(linked[0]), linked[1]
    worktree = data.parent / "worktree"
    worktree.mkdir()
    assert driver.adoptable(str(worktree)) is None
    if driver.link_is_file:
        shutil.copyfile(data / "mine.db", worktree / driver.link)
    else:
        data.rename(worktree / driver.link)
    assert driver.adoptable(str(worktree)) == str(worktree / driver.link)
    (worktree / driver.link).rename(worktree / "elsewhere")
    (worktree / driver.link).symlink_to("elsewhere")
    assert driver.adoptable(str(worktree)) is None


@pytest.mark.parametrize("link", ["auth_info", "baileys_auth_info"])
def test_init_finds_baileys_under_its_other_names(tmp_path: Path, link: str) -> None:
    (tmp_path / link).mkdir()
    assert get("baileys").adoptable(str(tmp_path)) is None
    (tmp_path / link / "creds.json").write_text(CREDS)
    assert get("baileys").adoptable(str(tmp_path)) == str(tmp_path / link)


def test_a_directory_that_is_no_session_is_not_adopted(tmp_path: Path) -> None:
    (tmp_path / "tokens" / "design").mkdir(parents=True)
    (tmp_path / "whatsmeow.db").write_text("a note")
    for name in names():
        assert get(name).adoptable(str(tmp_path)) is None


def test_several_sessions_leave_the_library_s_default(tmp_path: Path) -> None:
    for name in ("session-a", "session-b", "RemoteAuth-c"):
        (tmp_path / name / "Default").mkdir(parents=True)
    assert get("wwebjs").profiles(str(tmp_path)) == ["session-a", "session-b"]
    assert get("wwebjs").session_path(str(tmp_path)) == str(tmp_path / "session")


def test_the_only_linked_one_of_several_sessions_is_the_login(tmp_path: Path, profile: Path) -> None:
    (tmp_path / "session" / "Default").mkdir(parents=True)
    shutil.copytree(profile, tmp_path / "session-a", symlinks=True)
    driver, data = get("wwebjs"), str(tmp_path)
    assert driver.identity(data) == ("+4915100000001", "12")
    shutil.copytree(profile, tmp_path / "session-b", symlinks=True)
    assert driver.identity(data) is None
    assert "2 logins" in driver.read_identity(data).reason
    assert driver.is_linked(data)


def test_the_link_of_a_file_library_points_at_the_file(tmp_path: Path) -> None:
    assert get("whatsmeow").link_target(str(tmp_path)) == str(tmp_path / "whatsmeow.db")
    assert get("wwebjs").link_target(str(tmp_path)) == str(tmp_path)


def test_sqlite_keeps_its_wal_beside_the_file_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "whatsmeow.db").symlink_to("data/whatsmeow.db")
    with closing(sqlite3.connect(tmp_path / "whatsmeow.db")) as opened:
        opened.execute("PRAGMA journal_mode=WAL")
        opened.execute("CREATE TABLE t (x)")
        opened.commit()
        found = sorted(path.name for path in (tmp_path / "data").iterdir())
    assert found == ["whatsmeow.db", "whatsmeow.db-shm", "whatsmeow.db-wal"]


@pytest.mark.parametrize(
    ("name", "near"), [("wwebj", "wwebjs"), ("venom", "wppconnect"), ("playwrite", "chromium"), ("zzz", "")]
)
def test_an_unknown_name_gets_the_nearest(name: str, near: str) -> None:
    with pytest.raises(UnknownDriver) as raised:
        get(name)
    assert raised.value.exit_status == 2
    assert (f"did you mean {near}?" in raised.value.hint) == bool(near)
    assert ", ".join(registry.names()) in raised.value.hint


def test_the_hook_s_part_is_the_standard_library_alone() -> None:
    code = (
        "import sys; from wagit.drivers.registry import get; get('wwebjs').writers('/', '/')\n"
        "heavy = {'psutil', 'json', 'pathlib', 'dataclasses', 'subprocess', 'sqlite3', 'cramjam', 'socket'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
