"""`wagit verify` of a slot: what it tells, and how bad that is."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

from tests.support.browser import eventually
from tests.support.hooks import files_in
from tests.support.sessions import Sessions, creds
from tests.support.setup import data_of, wagit
from tests.support.slot_records import change
from tests.support.verifying import FATAL, finds, found
from wagit.operations import damage
from wagit.slots import holding
from wagit.snapshots import seal as seals


def test_all_that_is_known_of_a_slot(sessions: Sessions) -> None:
    taken = sessions.snapshot()
    seals.settle()
    told = found(sessions)
    size = len(creds(7))
    assert (told["slot"], told["driver"], told["state"], told["status"]) == (
        "production",
        "baileys",
        "whole",
        0,
    )
    assert (told["path"], told["files"], told["essential"], told["size"]) == (
        str(sessions.data),
        1,
        size,
        size,
    )
    assert (told["fast"], told["read"], told["checked"], told["findings"]) == (False, size, told["whole"], [])
    assert told["login"]["matches"] is True
    assert (told["login"]["account"], told["login"]["device"]) == ("+49 ••••678", "7")
    assert told["locks"] == {"holder": None, "writers": [], "singletons": []}
    assert (told["browser"], told["live"], told["notes"]) == (None, False, [])
    assert (told["kept"]["snapshots"], told["kept"]["newest"]["snapshot"]) == (1, taken)


def test_the_fast_path_says_so(sessions: Sessions) -> None:
    first = found(sessions)
    sessions.write({"creds.json": creds(7)})
    assert not found(sessions)["fast"]  # too young to be sealed

    eventually(lambda: found(sessions)["fast"])
    second = found(sessions)
    assert (second["read"], second["checked"]) == (0, second["whole"])
    assert second["checked"] != first["checked"]
    shown = wagit(sessions.path, "verify").stdout
    assert re.search(r"unchanged since all was read \d+ s ago; --deep reads it again", shown)
    deep = found(sessions, "--deep")
    assert (deep["fast"], deep["read"]) == (False, len(creds(7)))


def test_what_would_cost_the_login(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, (FATAL,))
    told = found(sessions, status=12)
    assert (told["state"], told["status"], told["whole"]) == ("broken", 12, None)
    assert told["findings"] == [FATAL._asdict()]
    shown = wagit(sessions.path, "verify")
    assert shown.status == 12
    for line in ("creds.json:7  it is torn", "effect: it costs the login", "mend: it is cut",
                 "do: wagit repair production"):  # fmt: skip
        assert line in shown.stdout


def test_damage_is_logged_once(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """For who tells of it without reading it all; mended, it is forgotten."""
    finds(monkeypatch, (FATAL,), (FATAL,), ())
    found(sessions, status=12)
    found(sessions, status=12)
    assert damage.standing(sessions.store)["production"].codes == ("torn",)
    log = [line for line in data_of(sessions.path, "log") if line["verb"] == damage.FAILED]
    assert len(log) == 1

    eventually(lambda: found(sessions)["fast"])
    assert damage.standing(sessions.store) == {}


@pytest.mark.parametrize(("severity", "status"), [("fatal", 12), ("loss", 12), ("warning", 0)])
def test_how_bad_it_is(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, severity: Any, status: int
) -> None:
    finds(monkeypatch, (FATAL._replace(severity=severity),))
    found(sessions, status=status)
    [row, *_] = [row for row in found(sessions, "--all", status=status) if row["slot"] == "production"]
    assert row["status"] == status


def test_another_account_than_the_rule_asks_for(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is lost, but no bot is started on it."""
    sessions.write({"creds.json": creds(7, "4915100000009")})
    told = found(sessions, status=1)
    assert (told["state"], told["login"]["matches"]) == ("whole", False)
    assert "+49 ••••009" in told["notes"][0]
    assert "NOT as its rule asks" in wagit(sessions.path, "verify").stdout
    finds(monkeypatch, (FATAL,))
    found(sessions, "--deep", status=12)


def test_an_empty_slot(sessions: Sessions) -> None:
    (sessions.data / "creds.json").unlink()
    told = found(sessions)
    assert (told["state"], told["checked"], told["findings"], told["read"]) == ("empty", None, [], 0)
    shown = wagit(sessions.path, "verify").stdout
    assert "nothing to verify yet" in shown
    assert shown.endswith("do: link a device: wagit run\n")


def test_an_empty_slot_that_has_snapshots(sessions: Sessions) -> None:
    sessions.snapshot()
    (sessions.data / "creds.json").unlink()
    assert "wagit restore production; or link a device" in wagit(sessions.path, "verify").stdout


@pytest.mark.parametrize("emptied", [True, False])
def test_no_snapshot_helps_where_whatsapp_logged_the_device_out(sessions: Sessions, emptied: bool) -> None:
    sessions.snapshot()
    change(sessions, account="+4915112345678", device="7", removed="+4915112345678:7", removed_at=0.0)
    if emptied:
        (sessions.data / "creds.json").unlink()
    assert found(sessions)["login"]["removed"] == "1970-01-01T00:00:00.000Z"
    shown = wagit(sessions.path, "verify").stdout
    assert ("WhatsApp logged its linked device out" in shown, "wagit restore" in shown) == (True, False)
    assert shown.endswith("do: link a device: wagit run\n")


def test_who_holds_it(sessions: Sessions) -> None:
    with holding.hold(sessions.store, "production", str(sessions.path), 0.0):
        told = found(sessions)
    assert told["live"] is True
    assert str(os.getpid()) in told["locks"]["holder"]


def test_a_moment_of_a_live_session_is_no_damage(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that is being written is whole at the next look; damage stays where it is."""
    moved = FATAL._replace(offset=9)
    other = FATAL._replace(code="other")
    with holding.hold(sessions.store, "production", str(sessions.path), 0.0):
        finds(monkeypatch, (FATAL,), (moved,), (FATAL,))
        assert found(sessions)["findings"] == []
        finds(monkeypatch, (FATAL, other), (other, moved))
        told = found(sessions, status=12)
        assert [one["code"] for one in told["findings"]] == ["other"]
        assert (
            "do: stop what has it open, then: wagit repair production"
            in wagit(sessions.path, "verify").stdout
        )
    finds(monkeypatch, (FATAL,), (moved,))
    assert found(sessions, status=12)["findings"] == [FATAL._asdict()]  # nobody writes: one look tells


def test_every_slot(sessions: Sessions) -> None:
    assert wagit(sessions.path, "sessions", "new", "other").status == 0
    rows = found(sessions, "--all")
    assert [(row["slot"], row["state"]) for row in rows] == [("other", "empty"), ("production", "whole")]
    table = wagit(sessions.path, "verify", "--all").stdout
    assert [line.split()[0] for line in table.splitlines()] == [
        "slot",
        "─" * len(table.splitlines()[1]),
        "other",
        "production",
    ]


def test_every_slot_tells_the_worst(sessions: Sessions, monkeypatch: pytest.MonkeyPatch) -> None:
    finds(monkeypatch, (FATAL,))
    wagit(sessions.path, "sessions", "new", "other")
    found(sessions, "--all", status=12)
    assert "see: wagit verify production" in wagit(sessions.path, "verify", "--all").stdout


def test_the_data_is_as_it_was(sessions: Sessions) -> None:
    before = files_in(sessions.data)
    found(sessions, "--deep")
    assert files_in(sessions.data) == before
