"""What somebody is told who comes to it new: no team yet, nothing pushed yet, somebody else's bot."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from tests.support.mates import CONFIG, Mate
from tests.support.team_keys import LOCKED
from wagit.cli import team
from wagit.cli.front import Front, Shared
from wagit.cli.render import settings
from wagit.cli.render_team import detail, lease, listing
from wagit.operations import team_news
from wagit.operations.config import Row
from wagit.operations.team_lease import TeamLease
from wagit.operations.team_ls import TeamSlot
from wagit.team import keys, seen
from wagit.team.head import Pushed

ROW = TeamSlot(
    slot="staging", number=2, generation=0, time="2026-11-20T12:00:00.000Z", by="ada", host="vm", size=1800,
    holder="bob", holder_host="vm", left=314.0, ours=False, requested=None, here="up-to-date",
    known="2026-11-20T12:00:00.000Z",
    online=True,
)  # fmt: skip


pytestmark = pytest.mark.usefixtures("in_a_directory")


def test_without_a_team_each_verb_says_how_to_begin_one(tmp_path: Path) -> None:
    ada = Mate.first(tmp_path, "ada", CONFIG.replace(", team: true", ""))
    for words in (("push",), ("status", "staging"), ("rotate", "--yes"), ("rotate",)):
        error = ada.error("team", *words)
        assert (error["code"], error["hint"]) == ("no-team", "begin one: wagit team init")
        assert "nobody" not in ada.run("team", *words).stderr


def test_a_dry_run_gives_no_id_that_nobody_has_the_secret_of(tmp_path: Path) -> None:
    ada = Mate.first(tmp_path, "ada")
    made = ada.data("team", "init", "--name", "ada")
    (ada.repo.path / ".wagit.yml").write_text(CONFIG)
    plan = ada.data("team", "init", "--name", "ada", "--dry-run")
    assert (plan["line"], plan["begun"]) == (made["line"], True)
    assert (plan["team"], plan["paste"]) == (None, "")
    assert "would begin a team at origin, of which" in ada.ok("team", "init", "--name", "ada", "--dry-run")


def test_what_is_next_does_not_send_a_new_member_to_the_phone(tmp_path: Path) -> None:
    ada = Mate.first(tmp_path, "ada")
    ada.ok("team", "init", "--name", "ada")
    ada.write(7)
    assert "none pushed yet" in ada.ok("team", "ls")
    plan = ada.data("team", "push", "--dry-run")
    assert plan["sent"] == plan["size"] > 0
    ada.share("the team")
    bob = ada.another(tmp_path, "bob")
    said = bob.ok("init")
    assert "scan the QR" not in said
    assert "wagit team init" in said
    assert "no QR: the team has the session" in said


def test_who_holds_it_until_when_has_room_in_80_columns() -> None:
    table = listing([ROW])
    assert " bob on vm, 5 min 14 s " in table
    assert "held by bob" not in table


def test_a_place_that_nothing_was_told_of_is_neither_empty_nor_free() -> None:
    row = ROW._replace(number=None, holder=None, here="never", known=None)
    assert "free" not in listing([row]) + detail(row)
    assert "none pushed yet" not in listing([row])
    there = ROW._replace(number=None, holder=None, here="never")
    assert "free      none pushed yet" in listing([there])


def test_only_the_holder_is_told_to_release_it() -> None:
    asked = TeamLease("staging", "bob", "vm", ours=False, left=300.0, fence=1, requested="ada", done="looked")
    assert lease(asked).endswith("; ada asks for it")
    assert lease(asked._replace(ours=True)).endswith("; ada asks for it: wagit down, or: wagit team release")


def test_another_team_is_told_once_though_a_merge_has_told_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Mate.first(tmp_path, "ada")
    ada.ok("team", "init", "--name", "ada")
    key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    config = ada.repo.path / ".wagit.yml"
    config.write_text(f'{config.read_text()}    - "{key} bob"\n')
    with ada.here():
        team_news.look(ada.context)
        monkeypatch.setattr(sys, "stderr", Terminal())
        front = Front("team ls", Shared(str(ada.repo.path)))
        team._opened(front)
    assert len([one for one in front.messages if "names another team: + bob" in one]) == 1


def test_who_was_not_told_of_a_rotation_hears_of_it_before_they_accept_an_older_session() -> None:
    known = seen.Seen("team", Pushed(7, 3, 0.0, "bob", "vm", 2, 1800))
    with pytest.raises(seen.RolledBack) as gone:
        seen.check(known, "dev", None, "origin")
    assert "it has nothing for slot dev" in gone.value.message
    assert gone.value.hint.startswith("where the team was rotated: git pull, then wagit trust; else ask")


def test_in_the_background_no_passphrase_can_be_asked_for(tmp_path: Path) -> None:
    key = tmp_path / "age.key"
    key.write_text(LOCKED)
    key.chmod(0o600)
    with pytest.raises(keys.CannotDecrypt) as refused:
        keys.read(str(key), None)
    assert "as by wagit up, needs a key without one" in refused.value.hint


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_recipients_leave_each_key_of_the_config_whole() -> None:
    line = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p ada"
    rows = [
        Row("team.recipients", (line, line), ".wagit.yml:10"),
        Row("team.lease.term", 300.0, "default"),
    ]
    out = io.StringIO()
    Console(file=out, width=80).print(settings(rows))
    shown = out.getvalue()
    assert "team.lease.term " in shown
    assert "…" not in shown
    cells = (row.partition(" ")[2].split("  .wagit.yml")[0].strip() for row in shown.splitlines())
    assert line.replace(" ", "") in "".join(cells).replace(" ", "")
