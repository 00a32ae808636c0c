"""The rules by which a session's health is judged: pure functions of facts, time and settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from wagit.config.running import Health as Limits
from wagit.core.clock import DAY, rfc3339
from wagit.integrity.identity import masked
from wagit.operations import devices
from wagit.operations.health_facts import Facts
from wagit.slots.inspect import age_of

UNLINKED = ("logged-out", "empty")
DEVICE_LIFE = 30 * DAY  # WhatsApp drops a linked device that was unused for so long
PHONE_LIFE = 14 * DAY  # and logs all of them out when the phone was offline for so long
LAST_DAYS = 3 * DAY  # before either: then it is urgent


class Concern(NamedTuple):
    """One thing that is not as it should be, and what to do about it; `now`, or `soon` is enough."""

    when: Literal["now", "soon"]
    what: str
    do: str


def concerns(facts: Facts, now: float, limits: Limits) -> tuple[Concern, ...]:
    """Return all concerns about a slot, the most urgent ones first."""
    found = [*_login(facts), *_freshness(facts, now, limits), *_safety(facts), *_devices(facts)]
    return tuple(sorted(found, key=lambda concern: concern.when != "now"))


def _login(facts: Facts) -> Iterator[Concern]:
    """Whether there is a login, and WhatsApp and the files still stand for it."""
    link = f"link it anew: {_link(facts)}"
    if facts.removed_at is not None:
        yield Concern("now", f"WhatsApp logged this device out ({_day(facts.removed_at)})", link)
    if facts.damage is not None:
        codes = f": {', '.join(facts.damage.codes)}" if facts.damage.codes else ""
        what = f"damaged, as the check of {_day(facts.damage.time)} found{codes}"
        yield Concern("now", what, f"wagit repair {facts.slot}")
    elif facts.state == "corrupt":
        yield Concern("now", facts.reason, f"wagit repair {facts.slot}")
    elif facts.state in UNLINKED and facts.was_linked and facts.removed_at is None:
        yield Concern("now", "was linked once, and is not any more", f"wagit restore {facts.slot}; or {link}")


def _freshness(facts: Facts, now: float, limits: Limits) -> Iterator[Concern]:
    """How long it was unused, and what WhatsApp makes of that. A bot that runs keeps it fresh."""
    if facts.state != "linked":
        return
    if facts.last_ready is None:
        yield Concern("soon", "no bot has told yet that it was ready here: nothing to forecast by",
                      f"once is enough: {_use(facts)}")  # fmt: skip
        return
    unused = max(0.0, now - facts.last_ready)
    yield from _unused(facts, unused, limits)
    if PHONE_LIFE - unused <= LAST_DAYS:
        came = "was" if unused >= PHONE_LIFE else "is"
        since, end = _day(facts.last_ready), _day(facts.last_ready + PHONE_LIFE)
        what = f"if its phone has been offline since {since}, it {came} logged out on {end}"
        yield Concern("soon", what, f"go online with the phone, then {_use(facts)}")


def _unused(facts: Facts, unused: float, limits: Limits) -> Iterator[Concern]:
    days, left, age = _days(unused), DEVICE_LIFE - unused, age_of(0.0, unused, limits)
    if left <= 0:
        what = f"unused for {days}; WhatsApp drops a device after 30: it may be gone"
        yield Concern("now", what, f"find out: {_use(facts)}; a QR code means that it is")
    elif left <= LAST_DAYS:
        what = f"unused for {days}: WhatsApp drops it in {_days(left)}"
        yield Concern("now", what, f"use it: {_use(facts)}")
    elif age != "fresh":
        what = f"{age}: unused for {days}; WhatsApp drops it in {_days(left)}"
        yield Concern("soon", what, f"use it: {_use(facts)}")


def _safety(facts: Facts) -> Iterator[Concern]:
    """Whether it was checked, and could be had back."""
    if facts.state != "linked":
        return
    if facts.checked is None and facts.damage is None:
        yield Concern("soon", "not known to be whole", f"wagit verify {facts.slot}")
    if not facts.snapshots:
        yield Concern("soon", "no snapshot: if it breaks, it is lost", f"wagit snapshot {facts.slot}")
    elif not facts.clean:
        yield Concern("soon", "no clean snapshot, only hot ones, which may be torn",
                      f"stop its bot, then: wagit snapshot {facts.slot}")  # fmt: skip


def _devices(facts: Facts) -> Iterator[Concern]:
    """Whether the number can have one more."""
    count = len(facts.devices)
    if facts.identity is None or count < devices.LIMIT:
        return
    number, where = masked(facts.identity.account), devices.in_words(facts.devices)
    over = "" if count == devices.LIMIT else ", so one at least is gone"
    yield Concern("soon", f"{count} devices of {number} ({where}); WhatsApp allows {devices.LIMIT}{over}",
                  "before you link another, remove one: on the phone, Linked devices")  # fmt: skip


def _link(facts: Facts) -> str:
    """A login of wagit's own browser will do; other libraries link by themselves."""
    return f"wagit login {facts.slot}" if facts.browser else f"{_run(facts)}, and scan the QR code"


def _use(facts: Facts) -> str:
    return f"wagit refresh {facts.slot}" if facts.browser else _run(facts)


def _run(facts: Facts) -> str:
    return "wagit run" if facts.here else f"wagit use {facts.slot} && wagit run"


def _days(seconds: float) -> str:
    """Whole days, or hours of the last one."""
    count, unit = (int(seconds // DAY), "day") if seconds >= DAY else (int(seconds // 3600), "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _day(moment: float) -> str:
    return rfc3339(moment)[:10]
