"""What people see of `repair` and `clean`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wagit.cli.render import ago

if TYPE_CHECKING:
    from wagit.operations.clean import Cleaned
    from wagit.operations.repair import Repaired


def repaired(done: Repaired) -> str:
    """What was found and done, what is lost, and where the data from before is."""
    if done.outcome == "empty":
        return f"slot {done.slot} is empty: there is nothing to repair"
    if done.outcome == "whole":
        warnings = [f"  {found.said}" for found in done.findings]
        return "\n".join([f"slot {done.slot} is whole: nothing was changed", *warnings])
    lines = list(plan(done))
    if done.aside:
        lines.append(f"what was there: {done.aside}")
        lines.append("to take it back: wagit undo")
    return "\n".join(lines)


def plan(found: Repaired) -> Iterator[str]:
    """The damage, and how it is mended, or would be."""
    for one in found.findings:
        yield f"{one.severity}: {one.said}"
    would = "would be " if found.dry_run else ""
    if found.outcome == "restored":
        age = ago(found.taken) if found.taken else ""
        yield f"slot {found.slot} {would or 'is '}restored from snapshot {found.snapshot} of {age}"
        yield f"  lost: what came since {found.taken}"
    else:
        yield f"slot {found.slot} {would or 'is '}mended"
    yield from (f"  {line}" for line in found.done)
    yield from (f"  {line}" for line in found.lost)


def question(planned: Cleaned) -> str:
    """What is asked before a slot is started over."""
    whose = f" of {planned.account}" if planned.account else ""
    return (
        f"Set the session{whose} in slot {planned.slot} aside and start over?"
        " The next run shows a QR code; wagit undo takes it back."
    )


def cleaned(done: Cleaned) -> str:
    """Where the session is now, and what to do next."""
    if not done.replaces:
        return f"slot {done.slot} is empty already: nothing was changed"
    if done.dry_run:
        return f"would set the session in slot {done.slot} aside; the next run would show a QR code"
    return (
        f"slot {done.slot} starts over; its session is in {done.aside}\n"
        "to link a device: wagit run, and scan the QR code; to take it back: wagit undo"
    )
