"""`wagit snapshots ls`, `show`, `diff` and `rm`: what they tell, what they refuse, and what comes back."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.sessions import Sessions, creds
from tests.support.setup import data_of, error_of, refused, wagit
from wagit.cli.render import bytes_text
from wagit.core import journal
from wagit.slots import records
from wagit.snapshots import aside, objects
from wagit.snapshots import manifest as manifests


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions.make(tmp_path / "repo")


@pytest.fixture
def three(sessions: Sessions) -> tuple[str, ...]:
    """Snapshots of `production`, oldest first: clean, hot, clean."""
    return take_three(sessions)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Sessions:
    """The same for tests that change nothing."""
    made = Sessions.make(tmp_path_factory.mktemp("kept") / "repo")
    take_three(made)
    return made


def take_three(sessions: Sessions) -> tuple[str, ...]:
    return tuple(
        sessions.snapshot({"creds.json": creds(device), f"pre-key-{device}.json": "{}"}, hot=device == 2)
        for device in (1, 2, 3)
    )


def listed(sessions: Sessions, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = data_of(sessions.path, "snapshots", "ls", *options)
    return found


def damage(sessions: Sessions, identifier: str) -> None:
    """Flip one bit of a manifest."""
    path = Path(manifests.path_of(sessions.store, "production", identifier))
    document = bytearray(path.read_bytes())
    document[len(document) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(document)


def test_ls_is_newest_first(sessions: Sessions, three: tuple[str, ...]) -> None:
    rows = listed(sessions)
    assert [row["snapshot"] for row in rows] == list(reversed(three))
    assert [row["tag"] for row in rows] == ["clean", "hot", "clean"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", rows[0]["time"])
    size = sum(path.stat().st_size for path in sessions.data.iterdir())
    assert (rows[0]["files"], rows[0]["size"], rows[0]["why"], rows[0]["branch"]) == (
        4,
        size,
        "asked",
        "main",
    )
    shown = wagit(sessions.path, "snapshots", "ls").stdout.splitlines()
    assert [line[:8] for line in shown[2:]] == [one[:8] for one in reversed(three)]


def test_ls_of_a_slot_without_snapshots_says_what_to_do(sessions: Sessions) -> None:
    told = wagit(sessions.path, "snapshots", "ls", "production").stdout
    assert told == "slot production has no snapshots yet; take one: wagit snapshot production\n"
    assert wagit(sessions.path, "snapshots", "ls", "--all").stdout.startswith("no snapshots yet")
    assert listed(sessions) == []


def test_ls_of_all_slots_and_of_one_that_is_gone(sessions: Sessions, three: tuple[str, ...]) -> None:
    assert wagit(sessions.path, "sessions", "new", "spare").status == 0
    other = sessions.snapshot({"creds.json": creds(9)}, slot="spare")
    assert wagit(sessions.path, "sessions", "rm", "spare", "--yes").status == 0
    assert not records.exists(sessions.store, "spare")
    assert [row["snapshot"] for row in listed(sessions, "spare")] == [other]
    assert [(row["slot"], row["snapshot"]) for row in listed(sessions, "--all")] == [
        *(("production", one) for one in reversed(three)), ("spare", other),
    ]  # fmt: skip
    assert wagit(sessions.path, "snapshots", "ls", "--all").stdout.splitlines()[2].startswith("production")
    assert data_of(sessions.path, "snapshots", "show", "spare", "latest")["snapshot"]["snapshot"] == other
    assert data_of(sessions.path, "snapshots", "diff", "spare", "latest")["after"] == other


def test_a_damaged_one_is_listed_refused_and_can_be_dropped(
    sessions: Sessions, three: tuple[str, ...]
) -> None:
    damage(sessions, three[1])
    rows = listed(sessions)
    assert [row["damaged"] for row in rows] == [False, False, True]
    assert (rows[2]["snapshot"], rows[2]["time"], rows[2]["tag"]) == (three[1], None, None)
    ran = wagit(sessions.path, "snapshots", "ls")
    assert f"drop it: wagit snapshots rm production {three[1]}\n" in ran.stderr
    assert "damaged" in ran.stdout
    assert error_of(sessions.path, "snapshots", "diff", three[1])["code"] == "snapshot-damaged"
    error = error_of(sessions.path, "snapshots", "show", three[1])
    assert (error["code"], error["status"]) == ("snapshot-damaged", 12)
    assert wagit(sessions.path, *error["hint"].partition("drop it: wagit ")[2].split(), "--yes").status == 0
    assert [row["snapshot"] for row in listed(sessions)] == [three[2], three[0]]


def test_show(sessions: Sessions, three: tuple[str, ...]) -> None:
    found = data_of(sessions.path, "snapshots", "show", "latest", "--files")
    assert found["snapshot"]["snapshot"] == three[2]
    assert (found["driver"], found["device"], found["full"], found["problems"]) == ("baileys", "3", False, [])
    files = {file["path"]: file for file in found["entries"]}
    assert sorted(files) == ["creds.json", "pre-key-1.json", "pre-key-2.json", "pre-key-3.json"]
    assert files["creds.json"]["size"] == len(creds(3))
    assert found["added"] == len(creds(3))  # the pre-keys are all the same bytes
    assert data_of(sessions.path, "snapshots", "show", "latest")["entries"] == []
    shown = wagit(sessions.path, "snapshots", "show", three[2][:10], "--files").stdout
    assert f"snapshot  {three[2]}\n" in shown
    assert re.search(rf"(?m)^-rw-\S+ +{bytes_text(len(creds(3)))}  creds\.json$", shown)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_account_is_masked_unless_asked_for(
    sessions: Sessions, three: tuple[str, ...], options: list[str]
) -> None:
    assert three
    words = ("snapshots", "show", "latest", *options)
    assert "4915112345678" not in wagit(sessions.path, *words).stdout
    assert "+4915112345678" in wagit(sessions.path, *words, "--show-numbers").stdout


def test_show_names_an_object_that_is_gone(sessions: Sessions, three: tuple[str, ...]) -> None:
    found = manifests.read(sessions.store, "production", three[0])
    [entry] = [entry for entry in found.entries if entry.path == "creds.json"]
    os.unlink(objects.path_of(sessions.store, entry.digest))
    [problem] = data_of(sessions.path, "snapshots", "show", three[0])["problems"]
    assert "of the file creds.json is missing" in problem
    assert f"problem   {problem}" in wagit(sessions.path, "snapshots", "show", three[0]).stdout


def test_diff_of_two(sessions: Sessions, three: tuple[str, ...]) -> None:
    found = data_of(sessions.path, "snapshots", "diff", three[0], "latest")
    assert (found["before"], found["after"]) == (three[0], three[2])
    assert [(change["path"], change["change"]) for change in found["changes"]] == [
        ("creds.json", "changed"), ("pre-key-2.json", "added"), ("pre-key-3.json", "added"),
    ]  # fmt: skip
    assert found["sums"]["added_bytes"] == 4
    back = wagit(sessions.path, "snapshots", "diff", "production", "latest", three[0]).stdout.splitlines()
    size = bytes_text(len(creds(1)))
    two = "2 B".ljust(len(size))
    assert back[1:3] == [f"-  {two}  pre-key-2.json", f"-  {two}  pre-key-3.json"]
    assert back[3] == (
        f"from snapshot {three[2][:8]} to snapshot {three[0][:8]}: 2 removed (4 B), 1 changed ({size})"
    )


def test_diff_with_the_data_now(sessions: Sessions, three: tuple[str, ...]) -> None:
    name = three[2][:8]
    told = wagit(sessions.path, "snapshots", "diff", "latest").stdout
    assert told == f"no difference between snapshot {name} and the data now\n"
    longer = creds(444) + " " * 2000
    sessions.write({"creds.json": longer}, remove=("pre-key-1.json",))
    shown = wagit(sessions.path, "snapshots", "diff", "latest").stdout.splitlines()
    before, after = bytes_text(len(creds(3))), bytes_text(len(longer))
    assert shown[0].split() == ["~", *before.split(), "->", *after.split(), "creds.json"]
    assert shown[2] == (
        f"from snapshot {name} to the data now: 1 removed (2 B), 1 changed ({before} -> {after})"
    )
    assert data_of(sessions.path, "snapshots", "diff", "latest")["after"] is None


def test_diff_of_a_full_one_sees_what_is_not_essential(sessions: Sessions) -> None:
    full = sessions.snapshot({"creds.json": creds(1), "notes/extra": "1"}, full=True)
    entries = {entry.path for entry in manifests.read(sessions.store, "production", full).entries}
    assert data_of(sessions.path, "snapshots", "diff", full)["changes"] == []
    sessions.write({"other": "1"})
    found = data_of(sessions.path, "snapshots", "diff", full)["changes"]
    assert [change["path"] for change in found] == ["other"]
    assert "notes/extra" in entries


def test_what_names_can_do_to_a_terminal(sessions: Sessions) -> None:
    """Names of any bytes, and messages with control characters, are shown escaped; JSON has them whole."""
    os.close(os.open(os.fsencode(sessions.data) + b"/bad-\xff\x1b[31m.json", os.O_CREAT | os.O_WRONLY))
    sessions.write({"creds.json": creds(1)})
    done = data_of(sessions.path, "snapshot", "--full", "-m", "1\n2\x1b[0m")
    for words in ("ls", "show latest --files", "diff latest"):
        shown = wagit(sessions.path, "snapshots", *words.split()).stdout
        assert "\x1b" not in shown
        shown.encode()
    assert "asked: 1\\n2\\x1b[0m" in wagit(sessions.path, "snapshots", "ls").stdout
    rows = data_of(sessions.path, "snapshots", "show", "latest", "--files")["entries"]
    assert "bad-\udcff\x1b[31m.json" in [row["path"] for row in rows]
    assert done["new"]


def test_rm_sets_aside_and_logs_what_undo_needs(sessions: Sessions, three: tuple[str, ...]) -> None:
    done = data_of(sessions.path, "snapshots", "rm", "latest~2", three[1][:9], "latest~", "--yes")
    assert done == {
        "slot": "production", "snapshots": [three[0], three[1]], "kept_for": 86400.0, "dry_run": False,
    }  # fmt: skip
    assert [row["snapshot"] for row in listed(sessions)] == [three[2]]
    *_, last = journal.read(sessions.store)
    assert (last.verb, last.cause) == ("prune", "snapshots rm")
    assert last.detail == {"slot": "production", "snapshots": [three[0], three[1]]}
    aside.bring_back(sessions.store, "production", *last.detail["snapshots"])
    assert [row["snapshot"] for row in listed(sessions)] == list(reversed(three))


def test_rm_refuses_the_last_good_copy(sessions: Sessions, three: tuple[str, ...]) -> None:
    assert refused(sessions.path, "snapshots", "rm", "latest", "--yes") == ("last-good-copy", 1)
    assert refused(sessions.path, "snapshots", "rm", *three, "--yes") == ("last-good-copy", 1)
    told = wagit(sessions.path, "snapshots", "rm", *three, "--yes", "--force").stdout
    assert told.startswith(f"snapshots {', '.join(one[:8] for one in three)} of production removed")
    assert listed(sessions) == []


def test_a_hot_one_is_the_last_good_copy_where_no_clean_one_is(sessions: Sessions) -> None:
    sessions.snapshot({"creds.json": creds(1)}, hot=True)
    sessions.snapshot({"creds.json": creds(2)}, hot=True)
    assert refused(sessions.path, "snapshots", "rm", "latest", "--yes") == ("last-good-copy", 1)
    assert wagit(sessions.path, "snapshots", "rm", "latest~1", "--yes").status == 0


def test_a_hot_one_goes_where_a_clean_one_stays(sessions: Sessions) -> None:
    clean = sessions.snapshot({"creds.json": creds(1)})
    sessions.snapshot({"creds.json": creds(2)}, hot=True)
    assert refused(sessions.path, "snapshots", "rm", clean, "--yes") == ("last-good-copy", 1)
    assert wagit(sessions.path, "snapshots", "rm", "latest", "--yes").status == 0


def test_rm_asks_and_a_dry_run_changes_nothing(sessions: Sessions, three: tuple[str, ...]) -> None:
    assert refused(sessions.path, "snapshots", "rm", "latest~1") == ("needs-yes", 2)
    before = sessions.everything
    told = wagit(sessions.path, "snapshots", "rm", "latest~1", "--dry-run").stdout
    assert told == f"would remove snapshot {three[1][:8]} of production\n"
    assert sessions.everything == before


@pytest.mark.parametrize(
    ("words", "code", "status"),
    [
        ("ls nowhere", "no-such-slot", 1),
        ("ls ../x", "bad-slot-name", 2),
        ("ls production --all", "usage", 2),
        ("show soon", "no-such-snapshot", 1),
        ("show 0123456789abcdef0", "no-such-snapshot", 1),
        ("show nowhere latest", "no-such-slot", 1),
        ("show production latest latest", "usage", 2),
        ("show latest~9", "no-such-snapshot", 1),
        ("show @{soon}", "no-such-snapshot", 1),
        ("show @{1999-01-01}", "no-such-snapshot", 1),
        ("diff latest ffff", "no-such-snapshot", 1),
        ("diff nowhere latest latest", "no-such-slot", 1),
        ("rm latest~1 ../../x --yes", "no-such-snapshot", 1),
        ("rm latest~1 latest~9 --yes", "no-such-snapshot", 1),
    ],
)
def test_bad_input(kept: Sessions, words: str, code: str, status: int) -> None:
    assert refused(kept.path, "snapshots", *words.split()) == (code, status)


def test_a_word_that_lacks(kept: Sessions) -> None:
    for verb in ("show", "diff", "rm"):
        error = error_of(kept.path, "snapshots", verb)
        assert (error["code"], error["status"]) == ("usage", 2)


def test_a_slot_whose_name_could_be_an_id(sessions: Sessions) -> None:
    """The first of several words is the slot where there is one."""
    assert wagit(sessions.path, "sessions", "new", "beef").status == 0
    sessions.snapshot({"creds.json": creds(1)}, slot="beef")
    assert data_of(sessions.path, "snapshots", "show", "beef", "latest")["snapshot"]["slot"] == "beef"
    assert (
        "production has no snapshot beef" in error_of(sessions.path, "snapshots", "show", "beef")["message"]
    )


def test_json_is_one_line_for_a_long_list(sessions: Sessions, three: tuple[str, ...]) -> None:
    ran = wagit(sessions.path, "snapshots", "ls", "--json")
    assert len(json.loads(ran.stdout)["data"]) == len(three)
    assert (ran.stdout.count("\n"), ran.stderr) == (1, "")
