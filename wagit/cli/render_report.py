"""What `report` prints for people in a terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from wagit.cli import render, render_health
from wagit.cli.grid import printable
from wagit.cli.render import bytes_text
from wagit.cli.report_texts import counted, days, moment
from wagit.integrity.identity import masked
from wagit.operations.devices import LIMIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wagit.operations.report import Report, SlotReport, Value

BLOCKS = " ▁▂▃▄▅▆▇█"
MOST = 5  # events of a slot


def mask(found: Report, show_numbers: bool) -> Report:
    """Mask account numbers unless they are asked for."""
    if show_numbers:
        return found
    healths = render.mask([slot.health for slot in found.slots], show_numbers)
    slots = [slot._replace(health=one) for slot, one in zip(found.slots, healths, strict=True)]
    numbers = [number._replace(account=masked(number.account)) for number in found.numbers]
    return found._replace(slots=tuple(slots), numbers=tuple(numbers))


def report(found: Report) -> str:
    """One page: the sums, numbers and their devices, then each slot."""
    if not found.slots:
        return "no sessions yet; the first is made by wagit init, or: wagit sessions new SLOT"
    kept = counted(sum(len(slot.snapshots) for slot in found.slots), "snapshot")
    aside = f", {bytes_text(found.quarantine)} of it set aside" if found.quarantine else ""
    lines = [
        f"sessions of {printable(found.repository)}, {moment(found.made)} UTC",
        f"{counted(len(found.slots), 'slot')}, {kept}, {bytes_text(found.store)} on disk{aside}",
    ]
    for number in found.numbers:
        slots = ", ".join(" and ".join(device.slots) for device in number.devices)
        lines.append(f"{number.account}: {len(number.devices)} of {LIMIT} devices known: {slots}")
    return "\n".join([*lines, *(line for slot in found.slots for line in _slot(slot, found))])


def _slot(slot: SlotReport, found: Report) -> list[str]:
    row, charts = slot.health, slot.charts
    since = f"since {found.since[:10]}"
    unused = f"{days(charts.age[-1].value)}, at most {days(_most(charts.age))}" if charts.age else "not known"
    facts = {
        "size": f"{bytes_text(slot.size)}  {spark(charts.size)}",
        "unused": unused,
        "runs": f"{_sum(charts.runs)} {since}  {spark(charts.runs)}",
        "restores": f"{_sum(charts.restores)} {since}",
        "recoveries": f"{_sum(charts.recoveries)} {since}",
        "checked": render_health.checked(row),
        "snapshots": render_health.snapshots(row),
    }
    lines = ["", f"{row.slot}, {row.verdict}: {row.account or 'not linked'}, {row.state}, {slot.driver}"]
    lines += [f"  {name:11} {value.rstrip()}" for name, value in facts.items()]
    return [*lines, *(f"  {line}" for line in (*render_health.concerns(row), *_events(slot)))]


def _events(slot: SlotReport) -> list[str]:
    """The newest things that happened to it."""
    return [
        f"{moment(one.time)}  {one.kind:8} {printable(one.detail)}  [{printable(one.cause)}]"
        for one in slot.events[:MOST]
    ]


def spark(values: Sequence[Value]) -> str:
    """The last values as a row of blocks; nothing for nothing."""
    known = [one.value for one in values][-45:]
    top = max(known, default=0.0)
    if not top or len(known) < 2:
        return ""
    return "".join(BLOCKS[math.ceil(8 * value / top)] for value in known)


def _most(values: Sequence[Value]) -> float:
    return max(one.value for one in values)


def _sum(values: Sequence[Value]) -> int:
    return round(sum(one.value for one in values))
