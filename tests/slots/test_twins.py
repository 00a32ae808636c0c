"""Two slots with one login: never both in use, and the one that is behind says so."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.logins import Logins, write_login
from tests.support.setup import data_of, wagit
from tests.support.wagit import CHECKOUT, WAGIT, run_wagit
from wagit.drivers.baileys import Baileys
from wagit.integrity.identity import Identity
from wagit.slots import records, twins
from wagit.slots.records import SlotRecord

LOGIN = Identity("+4915112345678", "7")
# Takes its slot and is admitted, as `wagit run` does, when told to; says how it ended, and goes on holding.
STARTS = """
import os, sys
sys.path.insert(0, {checkout!r})
from wagit.core.errors import WagitError
from wagit.operations import before_start
from wagit.operations.context import open_at
from wagit.slots import holding
context = open_at({path!r}, os.environ)
print("ready", flush=True)
sys.stdin.readline()
try:
    lock = holding.hold(context.store, {slot!r}, {path!r}, 0.0)
    before_start.admit(context, {slot!r})
    print("admitted", flush=True)
except WagitError as error:
    print(error.code, flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def logins(tmp_path: Path) -> Logins:
    """On `try`, which has a copy of the session of `dev`."""
    logins = Logins.make(tmp_path)
    logins.link("dev", 7)
    logins.switch("try/a")
    assert logins.held() == {"dev": 7, "try": 7}
    return logins


def test_a_twin_of_a_slot_that_is_held_does_not_start(logins: Logins) -> None:
    with logins.held_elsewhere("dev") as pid:
        ran = wagit(logins.path, "--json", "run", "--", "true")
    error = json.loads(ran.stdout)["error"]
    assert (ran.status, error["code"]) == (11, "twin-busy")
    assert "slot dev has the same login as slot try and is in use by" in error["message"]
    assert f"(pid {pid} on " in error["message"]
    assert logins.record("try").starts == 0


def test_a_twin_of_a_slot_that_is_written_without_wagit_does_not_start(logins: Logins) -> None:
    with logins.written_without_wagit("dev") as pid:
        os.utime(Path(logins.store.data("try")) / "creds.json", (1, 1))
        os.utime(Path(logins.store.data("try")) / "session-1.json", (1, 1))
        found = twins_refused(logins, "try")
    assert f"node bot.js (pid {pid})" in found


def twins_refused(logins: Logins, slot: str) -> str:
    with pytest.raises(twins.TwinBusy) as refused:
        twins.refuse(logins.store, slot, LOGIN, str(logins.path))
    return refused.value.message


def test_another_device_of_the_account_is_no_twin(logins: Logins) -> None:
    write_login(Path(logins.store.data("dev")), 8)
    with logins.held_elsewhere("dev"):
        assert run_wagit(logins.path, "run", "--", "true").status == 0


def test_a_login_that_was_only_just_linked_counts(logins: Logins) -> None:
    """Its record says nothing yet, or something old: what is held is asked itself."""
    for known in ({"account": None, "device": None}, {"device": "3"}):
        record = logins.record("dev")._replace(**known)
        records.write_record(logins.store, "dev", record)
        with logins.held_elsewhere("dev"):
            assert "slot dev has the same login" in twins_refused(logins, "try")


def test_of_two_that_start_in_the_same_moment_one_at_most_runs(logins: Logins) -> None:
    for _ in range(2):
        with starting(logins, "dev") as one, starting(logins, "try") as other:
            tell(one)
            tell(other)
            said = [hear(one), hear(other)]
            assert said.count("admitted") <= 1, said
            assert set(said) <= {"admitted", "twin-busy", "slot-busy"}, said
            tell(one)
            tell(other)


@contextlib.contextmanager
def starting(logins: Logins, slot: str) -> Iterator[subprocess.Popen[str]]:
    code = STARTS.format(checkout=str(CHECKOUT), path=str(logins.path), slot=slot)
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert hear(process) == "ready"
        yield process


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_copy_that_is_behind_says_so_once(logins: Logins) -> None:
    logins.does("use", "dev")
    assert "same login" not in run_wagit(logins.path, "run", "--", "true").stderr
    logins.does("use", "try")
    first = run_wagit(logins.path, "run", "--", "true").stderr
    assert "slot dev has the same login and was opened after try: the keys of try are older" in first
    assert "same login" not in run_wagit(logins.path, "run", "--", "true").stderr
    logins.does("use", "dev")
    assert "opened after dev" in run_wagit(logins.path, "run", "--", "true").stderr


def test_sessions_ls_names_twins(logins: Logins) -> None:
    rows = {row["slot"]: row for row in data_of(logins.path, "sessions", "ls")}
    assert (rows["dev"]["twins"], rows["try"]["twins"], rows["production"]["twins"]) == (["try"], ["dev"], [])
    assert (rows["try"]["origin"], rows["dev"]["origin"]) == ("dev", None)
    assert "(also in dev)" in wagit(logins.path, "sessions", "ls").stdout


def test_a_bot_that_runs_makes_way_for_its_twin(logins: Logins) -> None:
    """Both slots are this run's: the copy waits until the bot of the other one is gone."""
    logins.does("use", "--auto")
    logins.switch("topic")
    bot = [*WAGIT, "run", "--", sys.executable, "-c", "import os, signal; print(os.environ['WAGIT_SLOT'],"
           " flush=True); signal.pause()"]  # fmt: skip
    with subprocess.Popen(bot, cwd=logins.path, stdout=subprocess.PIPE, text=True) as process:
        assert hear(process) == "dev"
        logins.switch("try/a")
        assert hear(process) == "try"
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_a_bot_that_runs_hands_its_session_on(logins: Logins) -> None:
    """The switch finds it in use; once the old bot is gone the new one gets its session."""
    logins.switch("topic")
    bot = [*WAGIT, "run", "--", sys.executable, "-c", "import os, signal; print(os.environ['WAGIT_SLOT'],"
           " os.listdir(os.environ['WAGIT_DATA_DIR']) != [], flush=True); signal.pause()"]  # fmt: skip
    with subprocess.Popen(bot, cwd=logins.path, stdout=subprocess.PIPE, text=True) as process:
        assert hear(process) == "dev True"
        logins.switch("feature/1-menu")
        assert hear(process) == "feature-1 True"
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert logins.held() == {"feature-1": 7, "try": 7}


def test_many_slots_cost_one_small_file_each(logins: Logins, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a thousand logins would take seconds."""
    record = SlotRecord("baileys", 0.0, account=LOGIN.account)
    for number in range(100, 200):
        slot = logins.setup.store / "slots" / f"s{number}"
        write_login(slot / "data", number)
        (slot / "slot.json").write_text(json.dumps(record._replace(device=str(number))._asdict()))
    read: list[str] = []

    def identity(_: Baileys, data: str) -> Identity:
        read.append(data)
        return LOGIN

    monkeypatch.setattr(Baileys, "identity", identity)
    assert [twin.slot for twin in twins.refuse(logins.store, "try", LOGIN, str(logins.path))] == ["dev"]
    assert read == []
