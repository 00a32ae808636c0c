"""What `health` prints for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wagit.cli.grid import grid, printable
from wagit.cli.render import MARKS, ago
from wagit.core.clock import DAY
from wagit.operations.devices import LIMIT

if TYPE_CHECKING:
    from wagit.operations.health import Health
    from wagit.operations.health_rules import Concern

WHEN = {"now": MARKS["fail"], "soon": MARKS["warn"]}


def health(rows: Sequence[Health]) -> str:
    """One session in lines, several in a table; then what is to be done about each."""
    if not rows:
        return "no slots yet; the first is made by wagit init, or: wagit sessions new SLOT"
    if len(rows) == 1:
        return "\n".join([*_facts(rows[0]), *concerns(rows[0])])
    columns = ("slot", "account", "health", "age", "last ready", "dropped in", "checked", "snapshots")
    cells = [
        (row.slot, row.account or "-", row.verdict, row.age.replace("unknown", "-"), ago(row.last_ready),
         left(row.drops_in), ago(row.checked), snapshots(row))
        for row in rows
    ]  # fmt: skip
    return "\n".join([grid(columns, cells, giving_way=2), *_to_do(rows)])


def _to_do(rows: Sequence[Health]) -> list[str]:
    """The concerns of each; what several have in common is told with the first of them."""
    lines: list[str] = []
    told: set[Concern] = set()
    for row in rows:
        new = tuple(concern for concern in row.concerns if concern not in told)
        told.update(new)
        lines += ["", row.slot, *concerns(row._replace(concerns=new))] if new else []
    return lines


def _facts(row: Health) -> list[str]:
    pairs = {
        "slot": f"{row.slot}, {row.verdict}",
        "account": row.account or "-",
        "state": row.state,
        "last ready": f"{ago(row.last_ready)}{'' if row.age == 'unknown' else f', {row.age}'}",
        "dropped": "-" if row.drops_in is None else f"in {left(row.drops_in)}, unless it runs before",
        "phone": phone(row),
        "checked": checked(row),
        "opened": f"{row.starts} times, generation {row.generation}",
        "snapshots": snapshots(row),
        "devices": devices(row),
        "holder": row.holder or "-",
    }
    return [f"{name:11} {value}" for name, value in pairs.items()]


def concerns(row: Health) -> list[str]:
    """Two lines a concern: what it is, and what to do."""
    return [
        line
        for concern in row.concerns
        for line in (f"{WHEN[concern.when]}  {printable(concern.what)}", f"    do: {concern.do}")
    ]


def left(seconds: float | None) -> str:
    """Time that is left, in days, or in hours on the last one."""
    if seconds is None:
        return "-"
    if seconds <= 0:
        return "over"
    count, unit = (int(seconds // DAY), "day") if seconds >= DAY else (int(seconds // 3600), "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def phone(row: Health) -> str:
    """What can be known of the phone: only when it had to be online at the latest."""
    if row.phone_in is None:
        return "-"
    if row.phone_in <= 0:
        return "must have been online since it was last ready; wagit cannot know"
    return f"must be online within {left(row.phone_in)}, if it was not since it was last ready"


def checked(row: Health) -> str:
    """When it was last found whole, and whether it is still the same."""
    if row.checked is None:
        return "not known to be whole"
    return f"whole {ago(row.checked)}, {'unchanged since' if row.unchanged else 'written to since'}"


def snapshots(row: Health) -> str:
    """How many there are, and how old the newest is."""
    return f"{row.snapshots}, newest {ago(row.newest_snapshot)}" if row.snapshots else "none"


def devices(row: Health) -> str:
    """The linked devices of its number."""
    if not row.devices:
        return "-"
    return f"{len(row.devices)} of {LIMIT} known: " + ", ".join(
        " and ".join(one.slots) for one in row.devices
    )
