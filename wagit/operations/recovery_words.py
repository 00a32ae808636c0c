"""What the user is told of a recovery: what was wrong, what was done about it, what is lost. Pure."""

from __future__ import annotations

from wagit.core.clock import rfc3339
from wagit.operations.clean import Cleaned
from wagit.operations.mend import Mended
from wagit.operations.recovery_choice import Facts
from wagit.operations.restore import Restored
from wagit.snapshots.manifest import Header

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


def of_mended(why: str, done: Mended) -> str:
    """The line for data that was mended."""
    lost = f"lost: {'; '.join(done.lost)}" if done.lost else "nothing that was whole is lost"
    return f"{why}; mended: {'; '.join(done.done)}; {lost}{_aside(done.aside)}"


def of_restored(why: str, done: Restored, facts: Facts, now: float) -> tuple[str, ...]:
    """The line for data that a snapshot replaced, and one for each snapshot that was passed over."""
    header = dict(facts.snapshots).get(done.snapshot)
    hot = " hot" if done.tag == "hot" else ""
    lost = _lost(done.snapshot, header, facts, now) if header is not None else ""
    passed = (line for line in done.notices if "passed over" in line)
    return (f"{why}; restored{hot} snapshot {done.snapshot}{lost}{_aside(done.aside)}", *passed)


def of_fresh(why: str, done: Cleaned, problem: str) -> str:
    """The line for data that was set aside with nothing in its place."""
    because = problem or "no snapshot of it can be restored"
    return f"{why}; {because}; the slot starts empty: scan the QR code to link it{_aside(done.aside)}"


def _lost(snapshot: str, header: Header, facts: Facts, now: float) -> str:
    """How old a snapshot is, and what its being older costs; how many rows that are nobody can know."""
    taken = f" of {rfc3339(header.time)}, {_ago(now - header.time)} ago"
    newest = facts.record.newest_generation
    if snapshot == facts.equal:
        return f"{taken}; nothing is lost"
    if header.generation >= newest:
        return f"{taken}; what changed since then is lost"
    return (
        f"{taken}; what changed since then is lost, and its keys go back to generation {header.generation} of"
        f" {newest}: messages since then may not decrypt"
    )


def _aside(path: str | None) -> str:
    return f"; what was there is in {path}" if path is not None else ""


def _ago(seconds: float) -> str:
    for length, unit in _UNITS:
        if seconds >= length:
            return f"{seconds // length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
