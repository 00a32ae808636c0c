"""What `wagit sessions adopt` does with sessions of other repositories."""

from __future__ import annotations

from pathlib import Path

from tests.support.sessions import Sessions, contents, creds
from tests.support.setup import data_of, error_of

LOGIN = {"creds.json": creds(7)}


def test_a_live_slot_is_refused_and_what_was_set_aside_is_not(tmp_path: Path) -> None:
    one, other = Sessions.make(tmp_path / "one"), Sessions.make(tmp_path / "other")
    other.write(LOGIN)
    error = error_of(one.path, "sessions", "adopt", "mine", str(other.data))
    assert (error["code"], "slot of another repository" in error["message"]) == ("cannot-adopt", True)
    assert contents(other.data) == LOGIN
    aside = data_of(other.path, "sessions", "rm", "production", "--yes")["quarantine"]
    data_of(one.path, "sessions", "adopt", "mine", f"{aside}/data")
    assert contents(Path(one.store.data("mine"))) == LOGIN
