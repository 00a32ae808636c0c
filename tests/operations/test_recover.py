"""A slot's session is put in order before a bot opens it: Baileys' folders, which are easily damaged."""

from __future__ import annotations

import errno
import itertools
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.support.baileys_login import creds_json
from tests.support.failing import WRITING, failing_call
from tests.support.hooks import File, files_in
from tests.support.sessions import Sessions, contents
from tests.support.slot_records import change
from wagit.core import journal
from wagit.core.clock import SystemClock
from wagit.core.errors import WagitError
from wagit.drivers.baileys import Baileys
from wagit.integrity import files_codes
from wagit.integrity.findings import finding
from wagit.operations import bot_events, recover
from wagit.operations.examine import Examined, examine
from wagit.operations.recover import Recoverer, RecoveryFailed, RecoveryOff
from wagit.operations.restore_verified import TookTooLong
from wagit.slots import holding, records
from wagit.snapshots import seal as seals

LOGIN = "+4915112345678:7"
KEYS = {"creds.json": creds_json(7), "device-list-491.json": "{}"}
HALF = KEYS["creds.json"][:700]


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    """Linked, and the bot has ended: a snapshot was taken, and the record knows whose login it is."""
    sessions = Sessions.make(tmp_path / "repo")
    sessions.write(KEYS)
    sessions.snapshot()
    seals.settle()
    bot_events.close(sessions.store, "production", 0.0)
    assert sessions.record.device == "7"
    return sessions


def start(sessions: Sessions, recoverer: Recoverer | None = None) -> tuple[str, ...]:
    """What is told as a bot is about to start."""
    context = sessions.context
    with holding.hold(sessions.store, "production", str(sessions.path), 0.0):
        said = (recoverer or Recoverer()).recover(context, "production")
    assert all("\n" not in line for line in said)
    return said


def events(sessions: Sessions, *told: str) -> None:
    for event in told:
        bot_events.tell(bot_events.path_of(sessions.store, "production"), event, SystemClock().now())


def set_aside(sessions: Sessions) -> list[dict[str, str]]:
    """What lies in quarantine, oldest first."""
    place = Path(sessions.store.quarantine("production"))
    return [contents(path) for path in sorted(place.iterdir())] if place.exists() else []


def never(*_: object, **__: object) -> None:
    raise AssertionError("called")


def test_what_is_healthy_is_left_alone_and_unchanged_it_is_not_even_read(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert start(sessions) == ()
    before = sessions.everything
    monkeypatch.setattr(Baileys, "check", never)
    assert start(sessions) == ()
    assert sessions.everything == before


def test_a_slot_that_was_never_linked_starts(sessions: Sessions) -> None:
    shutil.rmtree(sessions.data)
    change(sessions, account=None, device=None)
    assert start(sessions) == ()
    assert sessions.data.is_dir()


def test_broken_data_is_mended_and_set_aside_and_all_is_said_in_a_line(sessions: Sessions) -> None:
    sessions.write({"creds.json": HALF, "device-list-492.json": "{}"})
    [line] = start(sessions)
    assert line.startswith("slot production is broken: creds.json is cut short")
    assert "; mended: took creds.json from snapshot " in line
    assert contents(sessions.data) == KEYS | {"device-list-492.json": "{}"}
    assert set_aside(sessions) == [KEYS | {"creds.json": HALF, "device-list-492.json": "{}"}]
    *_, last = journal.read(sessions.store)
    assert (last.verb, last.cause) == ("repair", "recovery")
    assert start(sessions) == ()


def test_what_equalled_a_snapshot_until_the_damage_is_that_snapshot_again(sessions: Sessions) -> None:
    assert start(sessions) == ()
    seal_names(sessions, sessions.snapshot())
    sessions.write({"creds.json": HALF})
    [line] = start(sessions)
    assert "; restored snapshot " in line
    assert "; nothing is lost; " in line
    assert contents(sessions.data) == KEYS


def seal_names(sessions: Sessions, snapshot: str) -> None:
    """Have the seal name a snapshot, as the process does that takes it after a stop."""
    seal = seals.read(sessions.store, "production")
    assert seal is not None
    seals.write(sessions.store, "production", seal._replace(snapshot=snapshot))


def test_with_no_good_snapshot_the_slot_starts_empty_and_a_scan_is_due(sessions: Sessions) -> None:
    shutil.rmtree(sessions.store.objects())
    sessions.write({"creds.json": HALF})
    [line] = start(sessions)
    assert "scan the QR code" in line
    assert "missing" in line or "damaged" in line
    assert contents(sessions.data) == {}
    assert set_aside(sessions) == [KEYS | {"creds.json": HALF}]
    assert start(sessions) == ()


def test_auto_recovery_off_changes_nothing_and_names_what_is_wrong(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WA_AUTO_RECOVERY", "false")
    sessions.write({"creds.json": HALF})
    before = sessions.everything
    with pytest.raises(RecoveryOff, match=r"creds\.json") as refused:
        start(sessions)
    assert (refused.value.exit_status, sessions.everything) == (12, before)
    assert "wagit repair production" in refused.value.hint


class Jumping:
    """A clock that is an hour ahead from the n-th time on that it is asked."""

    def __init__(self, number: int) -> None:
        self._left = number

    def now(self) -> float:
        return SystemClock().now()

    def monotonic(self) -> float:
        self._left -= 1
        return 0.0 if self._left > 0 else 3600.0


def test_a_recovery_that_takes_too_long_changes_nothing_whenever_that_is_seen(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WA_MAX_RECOVERY_TIME", "2000")
    sessions.write({"creds.json": HALF})
    before = without_scratch(sessions.everything)
    for number in itertools.count(2):  # the first time sets the limit
        context = sessions.context._replace(clock=Jumping(number))
        try:
            recover.recover(context, "production")
        except TookTooLong as late:
            assert late.exit_status == 12  # noqa: PT017  # every moment but the last has it
        else:
            break
        assert without_scratch(sessions.everything) == before
    assert number > 4
    assert contents(sessions.data) == KEYS


def without_scratch(everything: Mapping[str, File]) -> dict[str, File]:
    return {name: file for name, file in everything.items() if "/wagit/tmp/" not in name}


def test_a_disk_that_fills_up_at_any_step_loses_nothing(sessions: Sessions) -> None:
    before = KEYS | {"creds.json": HALF}
    refused = 0
    for number in itertools.count(1):
        sessions.write({"creds.json": HALF})
        shutil.rmtree(sessions.store.quarantine("production"), ignore_errors=True)
        with failing_call(number, errno.ENOSPC, WRITING) as failed:
            try:
                recover.recover(sessions.context, "production")
            except RecoveryFailed as problem:
                assert "\n" not in problem.message  # noqa: PT017  # all steps but some have it
                refused += 1
        assert before in [contents(sessions.data), *set_aside(sessions)], failed
        if not failed:
            break
    assert refused > 3
    assert contents(sessions.data) == KEYS


def test_a_check_of_whole_data_that_takes_too_long_is_cut_short(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WA_MAX_RECOVERY_TIME", "2000")
    with pytest.raises(TookTooLong, match="could not be checked"):
        recover.recover(sessions.context._replace(clock=Jumping(2)), "production")
    assert contents(sessions.data) == KEYS


def test_a_login_that_somebody_removed_comes_back(sessions: Sessions) -> None:
    shutil.rmtree(sessions.data)
    [line] = start(sessions)
    assert line.startswith("slot production holds no login any more, though no log-out was seen")
    assert "wagit clean production" in line
    assert contents(sessions.data) == KEYS


def test_but_only_once_unless_it_worked_since(sessions: Sessions) -> None:
    shutil.rmtree(sessions.data)
    start(sessions)
    events(sessions, "ready")
    shutil.rmtree(sessions.data)
    [line] = start(sessions)
    assert "; restored snapshot " in line
    shutil.rmtree(sessions.data)
    [line] = start(sessions)
    assert line.startswith("WhatsApp logged the linked device of slot production out")
    assert contents(sessions.data) == {}
    assert sessions.record.removed == LOGIN


def test_a_later_snapshot_of_the_login_tells_that_it_worked(sessions: Sessions) -> None:
    shutil.rmtree(sessions.data)
    start(sessions)
    sessions.snapshot({"device-list-492.json": "{}"})
    shutil.rmtree(sessions.data)
    [line] = start(sessions)
    assert "; restored snapshot " in line


def test_what_whatsapp_removed_is_not_restored(sessions: Sessions) -> None:
    events(sessions, "ready", "logged-out")
    shutil.rmtree(sessions.data)
    [line] = start(sessions)
    assert line.startswith("WhatsApp logged the linked device of slot production out on 20")
    assert "scan the QR code" in line
    assert contents(sessions.data) == {}
    assert start(sessions) == (line,)
    sessions.write({"creds.json": creds_json(8)})  # scanned
    assert start(sessions) == ()


def test_what_whatsapp_removed_and_is_broken_goes(sessions: Sessions) -> None:
    events(sessions, "logged-out")
    sessions.write({"creds.json": "{"})
    shutil.rmtree(sessions.store.snapshots("production"))
    [line] = start(sessions)
    assert line.startswith("WhatsApp logged the linked device of slot production out on 20")
    assert "what is left of it is broken: creds.json" in line
    assert contents(sessions.data) == {}


def test_a_session_that_went_to_another_slot_is_not_restored(sessions: Sessions) -> None:
    sessions.setup.repo.switch("develop")
    sessions.write(KEYS, slot="staging")
    shutil.rmtree(sessions.data)
    assert start(sessions) == ()
    assert contents(sessions.data) == {}


def test_what_cannot_be_put_in_order_is_not_tried_every_few_seconds(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WA_AUTO_RECOVERY", "false")
    sessions.write({"creds.json": HALF})
    recoverer = Recoverer()
    tried = 0

    def counted(check: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object) -> object:
            nonlocal tried
            tried += 1
            return check(*args)

        return call

    seals.settle()
    monkeypatch.setattr(Baileys, "check", counted(Baileys.check))
    for _ in range(3):
        with pytest.raises(RecoveryOff):
            start(sessions, recoverer)
    assert tried == 1
    sessions.write({"creds.json": HALF[:-1]})
    with pytest.raises(RecoveryOff):
        start(sessions, recoverer)
    assert tried == 2
    monkeypatch.setenv("WA_AUTO_RECOVERY", "true")
    assert start(sessions, recoverer) != ()


def test_what_seems_broken_while_somebody_writes_it_is_not_touched(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions.write({"creds.json": HALF})

    def meanwhile(*args: object, **named: object) -> Examined:
        return examine(*args, **named)._replace(steady=False)  # type: ignore[arg-type]

    monkeypatch.setattr(recover, "examine", meanwhile)
    before = files_in(sessions.data)
    with pytest.raises(holding.SlotBusy):
        start(sessions)
    assert files_in(sessions.data) == before


def test_a_failure_of_another_kind_is_asked_for_again(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    recoverer = Recoverer()
    with monkeypatch.context() as busy:
        busy.setattr(recover, "examine", failing)
        with pytest.raises(WagitError):
            start(sessions, recoverer)
    assert start(sessions, recoverer) == ()


def failing(*_: object, **__: object) -> None:
    raise holding.SlotBusy("busy", "")


def test_the_record_keeps_counting_after_a_restore(sessions: Sessions) -> None:
    change(sessions, generation=6)
    shutil.rmtree(sessions.data)
    [line] = start(sessions)
    assert "its keys go back to generation 0 of 6" in line
    record = records.read_record(sessions.store, "production")
    assert (record.generation, record.newest_generation, record.opened().generation) == (0, 6, 7)


def test_what_only_the_user_can_mend_is_left_to_them(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be read: its rights are mended sooner than an older session is of use."""
    sessions.write({**KEYS, "device-list-492.json": "{}"})  # so that it is no snapshot's any more
    closed = finding(files_codes.CODES, "file-unreadable", "creds.json", None, "creds.json cannot be read")
    monkeypatch.setattr(Baileys, "check", lambda *_: [closed])
    before = contents(Path(sessions.store.data("production")))
    with pytest.raises(RecoveryFailed, match="nothing was changed") as refused:
        start(sessions)
    assert "make the file readable" in refused.value.hint
    assert contents(Path(sessions.store.data("production"))) == before
    assert set_aside(sessions) == []
