"""How well the sessions are: how fresh, how safe, and what is to be done before WhatsApp drops one."""

from __future__ import annotations

from typing import Literal, NamedTuple

from wagit.config.running import Health as Limits
from wagit.core.clock import rfc3339
from wagit.operations import health_facts, health_rules
from wagit.operations.context import Context
from wagit.operations.devices import Device
from wagit.operations.health_facts import Facts
from wagit.operations.health_rules import DEVICE_LIFE, PHONE_LIFE, Concern
from wagit.routing import names
from wagit.slots import records
from wagit.slots.inspect import age_of

Verdict = Literal["healthy", "soon", "now", "unlinked"]


class Health(NamedTuple):
    """One slot's health. Times RFC 3339 UTC; `drops_in` and `phone_in` in seconds, negative when over.

    `drops_in`: until WhatsApp may drop the device as unused. `phone_in`: until it logs the device out if the
    phone has been offline since; the phone cannot be asked. Both are null as long as no bot has told that it
    was ready. `checked` is the last full check that found all whole, `unchanged` that no file has changed
    since. `devices` are those of the slot's number.
    """

    slot: str
    account: str | None
    state: str
    age: str
    verdict: Verdict
    last_ready: str | None
    drops_in: float | None
    phone_in: float | None
    checked: str | None
    unchanged: bool
    generation: int
    starts: int
    snapshots: int
    newest_snapshot: str | None
    devices: tuple[Device, ...]
    holder: str | None
    concerns: tuple[Concern, ...]


def health(context: Context, slot: str | None = None, *, everywhere: bool = False) -> list[Health]:
    """Judge one slot, this worktree's by default, or all of them. Raises NoSuchSlot."""
    if slot is not None:
        records.read_record(context.store, names.check(slot))
    now, limits = context.clock.now(), context.config.settings.health
    facts = health_facts.gather(context, None if everywhere else slot or health_facts.slot_here(context))
    return [judge(one, now, limits) for one in facts]


def judge(facts: Facts, now: float, limits: Limits) -> Health:
    """Judge one slot by what is known of it."""
    concerns = health_rules.concerns(facts, now, limits)
    gone = facts.state in health_rules.UNLINKED
    since = None if facts.last_ready is None or gone else max(0.0, now - facts.last_ready)
    return Health(
        facts.slot,
        facts.identity.account if facts.identity else None,
        facts.state,
        age_of(facts.last_ready, now, limits),
        _verdict(facts, concerns),
        _time(facts.last_ready),
        None if since is None else DEVICE_LIFE - since,
        None if since is None else PHONE_LIFE - since,
        _time(facts.checked),
        facts.unchanged,
        facts.generation,
        facts.starts,
        facts.snapshots,
        _time(facts.newest_snapshot),
        facts.devices,
        facts.holder,
        concerns,
    )


def needs_action(found: list[Health]) -> bool:
    """Whether something is to be done now: the exit status of `health`."""
    return any(one.verdict == "now" for one in found)


def _verdict(facts: Facts, concerns: tuple[Concern, ...]) -> Verdict:
    if any(concern.when == "now" for concern in concerns):
        return "now"
    if facts.identity is None and facts.holder is None:
        return "unlinked"
    return "soon" if concerns else "healthy"


def _time(moment: float | None) -> str | None:
    return None if moment is None else rfc3339(moment)
