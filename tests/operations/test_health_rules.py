"""How health is judged: a table of facts, a clock that the test sets, and what is to be done."""

from __future__ import annotations

from typing import Any

import pytest

from wagit.config.running import Health as Limits
from wagit.core.clock import DAY
from wagit.core.journal import Operation
from wagit.integrity.identity import Identity
from wagit.operations.damage import Damage, logged
from wagit.operations.devices import Device, by_number
from wagit.operations.health import Health, judge, needs_action
from wagit.operations.health_facts import Facts

NOW = 1_795_000_000.0
HOUR = 3600.0
ADA = "+4915100000001"
GOOD = Facts(
    slot="dev", here=True, driver="baileys", browser=False, state="linked", identity=Identity(ADA, "7"),
    reason="",
    was_linked=True, holder=None, last_ready=NOW - HOUR, removed_at=None, damage=None, checked=NOW - HOUR,
    unchanged=True, generation=3, starts=3, snapshots=2, clean=1, newest_snapshot=NOW - HOUR,
    devices=(Device("7", ("dev",)),),
)  # fmt: skip
UNLINKED: dict[str, Any] = {"identity": None, "devices": (), "was_linked": False, "last_ready": None}


def of(**facts: Any) -> Health:
    return judge(GOOD._replace(**facts), NOW, Limits())


def four(count: int) -> tuple[Device, ...]:
    return tuple(Device(str(i), (f"slot{i}",)) for i in range(count))


def unused(days: float) -> Health:
    return of(last_ready=NOW - days * DAY)


@pytest.mark.parametrize(
    ("days", "age", "verdict", "said"),
    [
        (0, "fresh", "healthy", []),
        (3, "fresh", "healthy", []),
        (3.01, "aging", "soon", ["aging: unused for 3 days; WhatsApp drops it in 26 days"]),
        (7, "aging", "soon", ["aging: unused for 7 days; WhatsApp drops it in 23 days"]),
        (7.01, "old", "soon", ["old: unused for 7 days; WhatsApp drops it in 22 days"]),
        (
            11,
            "old",
            "soon",
            ["old: unused for 11 days", "if its phone has been offline since 2026-11-07, it is"],
        ),
        (
            14,
            "old",
            "soon",
            ["old: unused for 14 days", "if its phone has been offline since 2026-11-04, it was"],
        ),
        (27, "old", "now", ["unused for 27 days: WhatsApp drops it in 3 days", "if its phone"]),
        (29.9, "old", "now", ["unused for 29 days: WhatsApp drops it in 2 hours", "if its phone"]),
        (30, "old", "now", ["unused for 30 days; WhatsApp drops a device after 30", "if its phone"]),
        (-1, "fresh", "healthy", []),
    ],
)
def test_an_unused_session(days: float, age: str, verdict: str, said: list[str]) -> None:
    """A clock that was put back makes a session ready in the future: it is fresh."""
    found = unused(days)
    assert (found.age, found.verdict) == (age, verdict)
    assert [c.what.startswith(text) for c, text in zip(found.concerns, said, strict=True)] == [True] * len(
        said
    )
    assert all(concern.do for concern in found.concerns)


def test_the_limits_are_settings() -> None:
    limits = Limits(fresh=HOUR / 2, old=HOUR * 2)
    assert judge(GOOD, NOW, limits).age == "aging"
    assert judge(GOOD._replace(last_ready=NOW - 3 * HOUR), NOW, limits).age == "old"


def test_what_is_left_is_told_in_seconds() -> None:
    found = unused(20)
    assert (found.drops_in, found.phone_in) == (10 * DAY, -6 * DAY)
    assert (of(last_ready=None).drops_in, of(last_ready=None).phone_in) == (None, None)


@pytest.mark.parametrize(
    ("facts", "verdict", "what", "do"),
    [
        ({"last_ready": None}, "soon", "no bot has told", "once is enough: wagit run"),
        ({"last_ready": None, "browser": True}, "soon", "no bot has told", "wagit refresh dev"),
        ({"checked": None}, "soon", "not known to be whole", "wagit verify dev"),
        ({"snapshots": 0, "clean": 0}, "soon", "no snapshot", "wagit snapshot dev"),
        ({"clean": 0}, "soon", "no clean snapshot", "stop its bot"),
        ({"state": "corrupt", "damage": Damage(NOW, ("log-torn",))}, "now", "log-torn", "wagit repair dev"),
        ({"state": "corrupt", "damage": Damage(NOW, ())}, "now", "damaged", "wagit repair dev"),
        ({"state": "corrupt", **UNLINKED, "reason": "creds.json is cut"}, "now", "creds.json is cut",
         "wagit repair dev"),
        ({"state": "logged-out", "removed_at": NOW}, "now", "WhatsApp logged this device out", "scan the QR"),
        ({"state": "logged-out", "removed_at": NOW, "browser": True}, "now", "logged this device out",
         "wagit login dev"),
        ({"state": "logged-out", **UNLINKED, "was_linked": True}, "now", "was linked once",
         "wagit restore dev"),
        ({"devices": four(4)}, "soon", "4 devices of +49 ••••001 (slot0, slot1, slot2, slot3)", "remove one"),
        ({"devices": four(5)}, "soon", "WhatsApp allows 4, so one at least is gone", "remove one"),
    ],
)  # fmt: skip
def test_a_concern_says_what_to_do(facts: dict[str, Any], verdict: str, what: str, do: str) -> None:
    found = of(**facts)
    assert found.verdict == verdict
    [concern] = found.concerns
    assert (what in concern.what, do in concern.do) == (True, True), concern
    assert needs_action([of(), found]) == (verdict == "now")


def test_a_slot_of_another_branch_is_used_first() -> None:
    assert of(last_ready=NOW - 5 * DAY, here=False).concerns[0].do == "use it: wagit use dev && wagit run"


@pytest.mark.parametrize("facts", [{"state": "empty", **UNLINKED}, {"state": "logged-out", **UNLINKED}])
def test_what_was_never_linked_is_nobody_s_concern(facts: dict[str, Any]) -> None:
    assert (of(**facts).verdict, of(**facts).concerns) == ("unlinked", ())


def test_a_session_in_use_is_kept_fresh_by_its_bot() -> None:
    found = of(
        state="busy", holder="wagit run (pid 1)", last_ready=NOW - 20 * DAY, checked=None, unchanged=False
    )
    assert (found.verdict, found.concerns) == ("healthy", ())
    assert of(state="busy", holder="x", **UNLINKED).verdict == "healthy"  # it is being linked


def test_the_most_urgent_comes_first() -> None:
    found = of(snapshots=0, last_ready=NOW - 29 * DAY)
    assert [concern.when for concern in found.concerns] == ["now", "soon", "soon"]


def test_three_devices_are_no_concern() -> None:
    assert of(devices=four(3)).verdict == "healthy"


def test_twins_are_one_device() -> None:
    login, other = Identity(ADA, "7"), Identity(ADA, "12")
    found = by_number({"dev": login, "try": login, "live": other, "else": Identity("+1", "1")})
    assert found == {
        "+1": (Device("1", ("else",)),),
        ADA: (Device("7", ("dev", "try")), Device("12", ("live",))),
    }


def op(verb: str, detail: dict[str, Any], time: float = 1.0) -> Operation:
    return Operation(time, verb, "/w", None, "test", detail)


FAILED = op("check-failed", {"slot": "dev", "codes": ["log-torn"]})


@pytest.mark.parametrize(
    ("later", "stands"),
    [
        ([], {"dev": Damage(1.0, ("log-torn",))}),
        ([op("snapshot", {"slot": "dev"})], {"dev": Damage(1.0, ("log-torn",))}),
        ([op("switch", {"from": "dev", "to": "live"})], {"dev": Damage(1.0, ("log-torn",))}),
        ([op("repair", {"slot": "live"})], {"dev": Damage(1.0, ("log-torn",))}),
        ([op("repair", {"slot": "dev"})], {}),
        ([op("restore", {"slot": "dev", "snapshot": "1"})], {}),
        ([op("move", {"from": "dev", "to": "live"})], {}),
        ([op("rename", {"from": "dev", "to": "live"})], {"live": Damage(1.0, ("log-torn",))}),
        ([op("check-failed", {"slot": "dev"}, 2.0)], {"dev": Damage(2.0, ())}),
        ([op("odd", {"slot": 5, "from": None})], {"dev": Damage(1.0, ("log-torn",))}),
    ],
)
def test_damage_stands_until_the_data_is_replaced(later: list[Operation], stands: dict[str, Damage]) -> None:
    assert logged([FAILED, *later]) == stands
