"""What to do with a slot's session before a bot opens it: a pure function of what is known of it.

Broken data is mended, else replaced by a snapshot, else set aside. A login that is gone from data that is
whole was taken away, by WhatsApp or by somebody's `rm`: which of the two tells the evidence, where there is
some. What WhatsApp removed is never restored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Literal, NamedTuple

from wagit.core.clock import rfc3339
from wagit.integrity.findings import Finding, broken, worst
from wagit.integrity.identity import login_name
from wagit.slots.records import SlotRecord
from wagit.snapshots.manifest import Header

Action = Literal["start", "mend", "restore", "fresh", "refuse"]
Refuse = Callable[[Header], str | None]

MENDABLE = ("cut", "drop", "rebuild")
_HALF_UNLINKED = {"login-half", "indexeddb-wiped"}


class Facts(NamedTuple):
    """What is known of a slot that is held.

    `linked`: its data holds a login. `login` is whose, `<account>:<device>`, or whose it was by the record;
    None where nobody knows or there are several. `equal` is the snapshot that the data equalled until the
    damage, if nothing but the damage changed since. `elsewhere` are the logins that other slots hold.
    `tried`: this login was restored before, and no bot has been seen to work with it since.
    """

    slot: str
    record: SlotRecord
    findings: tuple[Finding, ...] = ()
    linked: bool = False
    login: str | None = None
    snapshots: tuple[tuple[str, Header], ...] = ()
    auto: bool = True
    equal: str | None = None
    elsewhere: frozenset[str] = frozenset()
    tried: bool = False


class Decision(NamedTuple):
    """What to do next, and why: a line for the user, of `start` the whole one; empty where all is well.

    `removed`: the login counts as removed by WhatsApp from now on.
    """

    action: Action
    why: str = ""
    removed: bool = False


def choose(facts: Facts, failed: Collection[Action] = ()) -> Decision:
    """Decide what to do, when all that is in `failed` has been tried and cannot be done."""
    if broken(facts.findings):
        return _of_broken(facts, failed)
    if is_settled(facts):
        return Decision("start", _logged_out(facts) if _is_removed(facts) else "")
    return Decision("start") if facts.login in facts.elsewhere else _of_unlinked(facts, failed)


def is_settled(facts: Facts) -> bool:
    """Whether the bot may start on the data as it is, whatever its snapshots are: `choose` needs no more."""
    at_rest = facts.linked or facts.login is None or _is_removed(facts) or facts.record.awaits is not None
    return at_rest and not broken(facts.findings)


def _is_removed(facts: Facts) -> bool:
    return facts.login is not None and facts.login == facts.record.removed


def _of_broken(facts: Facts, failed: Collection[Action]) -> Decision:
    why = f"slot {facts.slot} is broken: {summary(facts.findings)}"
    if _is_removed(facts):
        why = f"{_log_out(facts)}, and what is left of it is broken: {summary(facts.findings)}"
    if not facts.auto:
        return Decision("refuse", why)
    if facts.tried and _is_half_unlinked(facts) and "fresh" not in failed:
        return Decision(
            "fresh", f"{why}, as after a log-out: it was restored before, and is so again", removed=True
        )
    for action in _ways(facts):
        if action not in failed:
            return Decision(action, _as_it_is(facts, why) if action == "start" else why)
    return Decision("refuse", why)


def _is_half_unlinked(facts: Facts) -> bool:
    """Whether nothing is wrong but that one half of the login went: so may a log-out leave it."""
    return {found.code for found in facts.findings if found.severity != "warning"} <= _HALF_UNLINKED


def _ways(facts: Facts) -> tuple[Action, ...]:
    """The ways to a session that works, best first: what loses least, then what needs no scan."""
    serious = [found for found in facts.findings if found.severity != "warning"]
    mend: tuple[Action, ...] = ("mend",) if all(found.mend in MENDABLE for found in serious) else ()
    restore: tuple[Action, ...] = ("restore",) if candidates(facts) else ()
    # only rows are lost and there is nothing to get them back from: the login still works
    last: Action = "fresh" if any(found.severity == "fatal" for found in serious) else "start"
    is_lossless = facts.equal in candidates(facts)
    if any(found.mend is None for found in serious):  # such as rights: once they are mended, nothing is lost
        return (*restore, "refuse") if is_lossless else ("refuse",)
    return (*restore, *mend, last) if is_lossless else (*mend, *restore, last)


def _of_unlinked(facts: Facts, failed: Collection[Action]) -> Decision:
    slot = facts.slot
    gone = f"slot {slot} holds no login any more"
    if facts.tried:
        return Decision("start", _logged_out(facts), removed=True)
    if not candidates(facts) or "restore" in failed:
        return Decision(
            "start", f"{gone}, and no snapshot that could be restored: scan the QR code to link it"
        )
    if not facts.auto:
        how = f"get it back: wagit restore {slot}; or scan the QR code to link it anew"
        return Decision("start", f"{gone}, and auto_recovery is off; {how}")
    return Decision(
        "restore", f"{gone}, though no log-out was seen (to start over instead: wagit clean {slot})"
    )


def candidates(facts: Facts) -> tuple[str, ...]:
    """The snapshots that may be restored, newest first, whatever their contents are."""
    refuse = refusal(facts)
    return tuple(identifier for identifier, header in facts.snapshots if refuse(header) is None)


def refusal(facts: Facts) -> Refuse:
    """What tells why a snapshot may not be restored: it is another login's than the slot's, or removed."""

    def refuse(header: Header) -> str | None:
        login = login_name(header.account, header.device)
        if login is not None and login == facts.record.removed:
            return "WhatsApp has logged its linked device out"
        if facts.login is not None and login != facts.login:
            return "it holds another login" if login is not None else "it holds no login"
        if facts.login is None and login in facts.elsewhere:
            return "another slot has its login"
        return None

    return refuse


def summary(findings: Collection[Finding]) -> str:
    """The worst finding and how many more there are, as a clause."""
    more = sum(found.severity != "warning" for found in findings) - 1
    return worst(findings).said + (f" (and {more} more)" if more else "")


def _logged_out(facts: Facts) -> str:
    return f"{_log_out(facts)}, so a snapshot of it is of no use: scan the QR code to link it again"


def _log_out(facts: Facts) -> str:
    """The log-out as a clause, with its time where that is known."""
    known = facts.record.removed_at if _is_removed(facts) else None
    at = f" on {rfc3339(known)}" if known is not None else ""
    return f"WhatsApp logged the linked device of slot {facts.slot} out{at}"


def _as_it_is(facts: Facts, why: str) -> str:
    left = "no snapshot can be restored, so the bot starts on what is left"
    return f"{why}; {left}; see: wagit verify {facts.slot}"
