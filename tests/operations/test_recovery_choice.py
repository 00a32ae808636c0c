"""What is done with a slot before a start, by what is known of it: a table."""

from __future__ import annotations

import pytest

from wagit.integrity.findings import Finding, Mend, Severity
from wagit.operations.recovery_choice import Action, Facts, candidates, choose, is_settled, refusal
from wagit.slots.records import SlotRecord
from wagit.snapshots.manifest import Header, Tag

LOGIN, OTHER = "+4915112345678:7", "+4915112345678:8"
RECORD = SlotRecord("wwebjs", 1.0, account="+4915112345678", device="7", generation=4)
REMOVED = RECORD._replace(removed=LOGIN, removed_at=1_800_000_000.0)
HEALTHY = Facts("dev", RECORD, linked=True, login=LOGIN)
UNLINKED = Facts("dev", RECORD, login=LOGIN)
UNKNOWN = Facts("dev", RECORD)


def found(severity: Severity, mend: Mend | None, code: str = "code") -> Finding:
    return Finding(code, severity, "session/x/000003.log", None, "what is there", "effect", mend, "remedy")


TORN = found("fatal", "cut")
FLIPPED = found("fatal", "restore")
SHORT = found("loss", "restore")
STALE = found("warning", "drop")
CLOSED = found("fatal", None)
WIPED = found("fatal", "restore", "indexeddb-wiped")


def header(login: str | None = LOGIN, tag: Tag = "clean", generation: int = 4) -> Header:
    account, device = login.split(":") if login else (None, None)
    return Header(
        "dev", 1, 5.0, tag, "stop", "", False, "wwebjs", generation, None, None, account, device, None, None,
        3, 9,
    )  # fmt: skip


def having(*headers: Header, facts: Facts = UNLINKED) -> Facts:
    return facts._replace(snapshots=tuple((f"id{i}", one) for i, one in enumerate(headers)))


def broken(*findings: Finding, facts: Facts | None = None) -> Facts:
    facts = facts if facts is not None else having(header())
    return facts._replace(findings=findings)


GONE = having(header())
AWAITS = RECORD._replace(awaits="move:x")
LONG_AGO = REMOVED._replace(removed=OTHER)
CASES: list[tuple[str, Facts, tuple[Action, ...], Action]] = [
    ("all is well", HEALTHY, (), "start"),
    ("warnings alone", HEALTHY._replace(findings=(STALE,)), (), "start"),
    ("never linked", Facts("dev", SlotRecord("wwebjs", 1.0)), (), "start"),
    ("another login is there now", HEALTHY._replace(login=OTHER), (), "start"),
    # broken
    ("a torn tail", broken(TORN), (), "mend"),
    ("a torn tail, and a stale lock", broken(TORN, STALE), (), "mend"),
    ("a torn tail, snapshot of the very same data", broken(TORN)._replace(equal="id0"), (), "restore"),
    ("that snapshot is bad", broken(TORN)._replace(equal="id0"), ("restore",), "mend"),
    ("that snapshot is gone", broken(TORN)._replace(equal="id9"), (), "mend"),
    ("mending fails", broken(TORN), ("mend",), "restore"),
    ("mending and restoring fail", broken(TORN), ("mend", "restore"), "fresh"),
    ("a flipped bit", broken(FLIPPED), (), "restore"),
    ("a flipped bit and a torn tail", broken(TORN, FLIPPED), (), "restore"),
    ("a flipped bit, no snapshot", broken(FLIPPED, facts=UNLINKED), (), "fresh"),
    ("a flipped bit, hot snapshots only", broken(FLIPPED, facts=having(header(tag="hot"))), (), "restore"),
    ("a flipped bit, all snapshots bad", broken(FLIPPED), ("restore",), "fresh"),
    ("a flipped bit, another login's only", broken(FLIPPED, facts=having(header(OTHER))), (), "fresh"),
    ("a flipped bit, unlinked ones only", broken(FLIPPED, facts=having(header(None))), (), "fresh"),
    ("rows are lost", broken(SHORT), (), "restore"),
    ("rows are lost, no snapshot", broken(SHORT, facts=HEALTHY), (), "start"),
    ("rows are lost, all snapshots bad", broken(SHORT), ("restore",), "start"),
    ("wiped", broken(WIPED), (), "restore"),
    ("wiped, as it was before it was restored", broken(WIPED)._replace(tried=True), (), "fresh"),
    ("flipped, restored before", broken(FLIPPED)._replace(tried=True), (), "restore"),
    ("not ours to read", broken(CLOSED), (), "refuse"),
    ("not ours to read, and torn", broken(CLOSED, TORN), (), "refuse"),
    ("not ours to read, snapshot of the very same data", broken(CLOSED)._replace(equal="id0"), (), "restore"),
    ("that snapshot is bad, too", broken(CLOSED)._replace(equal="id0"), ("restore",), "refuse"),
    ("broken, auto_recovery off", broken(TORN)._replace(auto=False), (), "refuse"),
    ("nobody knows whose", broken(FLIPPED, facts=having(header(), facts=UNKNOWN)), (), "restore"),
    # broken, and removed by WhatsApp
    ("removed and torn", broken(TORN)._replace(record=REMOVED), (), "mend"),
    ("removed and flipped", broken(FLIPPED)._replace(record=REMOVED), (), "fresh"),
    # whole, but without its login
    ("gone", GONE, (), "restore"),
    ("gone, another login's snapshot", having(header(OTHER)), (), "start"),
    ("gone, no snapshot", UNLINKED, (), "start"),
    ("gone, all snapshots bad", GONE, ("restore",), "start"),
    ("gone, auto_recovery off", GONE._replace(auto=False), (), "start"),
    ("gone to another slot", GONE._replace(elsewhere=frozenset([LOGIN])), (), "start"),
    ("gone, awaits a session", GONE._replace(record=AWAITS), (), "start"),
    ("gone, restored once already", GONE._replace(tried=True), (), "start"),
    ("removed by WhatsApp", GONE._replace(record=REMOVED), (), "start"),
    ("an older login was removed", GONE._replace(record=LONG_AGO), (), "restore"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "failed", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_is_done(facts: Facts, failed: tuple[Action, ...], wanted: Action) -> None:
    decision = choose(facts, failed)
    assert decision.action == wanted
    assert "\n" not in decision.why
    if wanted != "start":
        assert "dev" in decision.why


def test_what_is_settled_needs_no_snapshots() -> None:
    for _, facts, _, wanted in CASES:
        if is_settled(facts):
            assert wanted == "start"
            assert choose(facts._replace(snapshots=())) == choose(facts)


def test_only_a_start_on_something_odd_says_why() -> None:
    assert choose(HEALTHY).why == ""
    assert choose(HEALTHY._replace(record=REMOVED)).why.startswith("WhatsApp logged")
    assert "2027-01-15" in choose(GONE._replace(record=REMOVED)).why
    assert "verify dev" in choose(broken(SHORT, facts=HEALTHY)).why


def test_only_what_was_restored_in_vain_counts_as_removed() -> None:
    removing = [name for name, facts, failed, _ in CASES if choose(facts, failed).removed]
    assert sorted(removing) == ["gone, restored once already", "wiped, as it was before it was restored"]


def test_which_snapshots_may_be_restored() -> None:
    headers = [header(), header(OTHER), header(None), header(tag="hot", generation=2)]
    facts = having(*headers)
    assert candidates(facts) == ("id0", "id3")
    assert candidates(facts._replace(record=REMOVED)) == ()
    unknown = facts._replace(login=None)
    assert candidates(unknown) == ("id0", "id1", "id2", "id3")
    assert candidates(unknown._replace(elsewhere=frozenset([OTHER]))) == ("id0", "id2", "id3")
    refuse = refusal(facts._replace(record=REMOVED))
    assert refuse(header()) == "WhatsApp has logged its linked device out"
    assert refuse(header(None)) == "it holds no login"


def test_the_worst_finding_is_named_and_the_others_counted() -> None:
    why = choose(broken(STALE, SHORT, FLIPPED._replace(file="worst"), TORN)).why
    assert why == "slot dev is broken: worst: what is there (and 2 more)"
