"""Turn what operations return into text for people. Nothing here decides anything."""

from __future__ import annotations

import time
from calendar import timegm
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from wagit.integrity.identity import masked

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

    from wagit.operations.doctor import Report
    from wagit.operations.health import Health
    from wagit.operations.init import Setup
    from wagit.operations.log import Entry
    from wagit.operations.sessions_ls import Session
    from wagit.operations.standings import BotNow
    from wagit.operations.status import Status
    from wagit.operations.switch import Switch
    from wagit.operations.trust import Trust
    from wagit.operations.which import Which

Row = TypeVar("Row", "Session", "Health", "BotNow")
MARKS = {"done": "+", "would": "~", "already": "=", "skipped": "!", "ok": "ok", "warn": "!!", "fail": "XX"}


def mask(rows: Sequence[Row], show_numbers: bool) -> tuple[Row, ...]:
    """Mask account numbers unless they are asked for."""
    if show_numbers:
        return tuple(rows)
    return tuple(row if row.account is None else row._replace(account=masked(row.account)) for row in rows)


def setup(done: Setup) -> str:
    """Lines of `init`: a mark and a sentence a step, then what to do next."""
    lines = [f"driver {done.driver}, slot {done.slot} for this branch"]
    if not done.found_in:
        lines.append("  ! no client library was found here: set driver: in .wagit.yml")
    for step in done.steps:
        lines.append(f"  {MARKS[step.state]} {step.what}" + (f": {step.detail}" if step.detail else ""))
    if all(step.state == "already" for step in done.steps):
        lines.append("nothing to do: wagit is set up here")
    if any(step.state == "would" for step in done.steps):
        return "\n".join([*lines, "", "nothing was changed; to do it: wagit init"])
    return "\n".join([*lines, "", "next:", *(f"  {line}" for line in done.next)])


def which(found: Which) -> str:
    """Lines of `which`: the slot, why, and why not the rules before it."""
    head = f"{found.branch or 'detached HEAD'} -> {found.slot}"
    lines = [head, f"  {found.reason}", f"  from {found.source}"]
    for rule in found.considered:
        patterns = ", ".join(rule.patterns)
        lines.append(f"  {'*' if rule.matched else '-'} {rule.where}: {patterns}: {rule.why}")
    return "\n".join(lines)


def switch(done: Switch) -> str:
    """One line of `use --auto`."""
    if done.notices and not done.linked:
        return f"slot {done.slot}, but the link does not lead there"
    if not done.changed:
        return f"slot {done.slot}, as before"
    return f"slot {done.slot}" + (f" (was {done.previous})" if done.previous else "")


def pinned(done: Switch) -> str:
    """One line of `use SLOT`."""
    return f"{switch(done)}; pinned, until: wagit use --auto"


def status(now: Status) -> str:
    """Lines of `status`."""
    from wagit.cli.render_status import status_lines

    row = now.session
    link = (
        f"{now.link} -> {now.slot}"
        if now.linked
        else f"{now.link} not pointed at {now.slot}"
        if now.link
        else "none"
    )
    lines = [
        f"branch   {now.branch or 'detached HEAD'}",
        f"slot     {now.slot}{' (pinned)' if now.pinned else ''}: {now.reason}",
        f"link     {link}",
        f"hooks    {'installed' if now.hooks else 'not installed: wagit hooks install'}",
    ]
    if row is not None:
        facts = (row.state, row.age, bytes_text(row.size))
        lines.insert(2, f"session  {', '.join(fact for fact in facts if fact != 'unknown')}")
        lines.insert(3, f"account  {row.account or '-'}")
        lines.append(f"holder   {row.holder or '-'}")
        if row.lease is not None:
            from wagit.cli.render_team_known import lease

            lines.append(f"lease    {lease(row.lease)}")
    return "\n".join([*lines, *status_lines(now.bots, now.supervisor, now.slot)])


def log(entries: list[Entry]) -> str:
    """A line an operation, newest first."""
    if not entries:
        return "nothing was done here yet"
    return "\n".join(_entry(entry) for entry in entries)


def _entry(entry: Entry) -> str:
    undone = f"  (taken back by {entry.undone})" if entry.undone else ""
    return f"{entry.number:>4}  {entry.time}  {entry.verb:8} {_detail(entry)}  [{entry.cause}]{undone}"


_FOR_UNDO = ("inode", "was")  # details that tell people nothing


def _detail(entry: Entry) -> str:
    detail = entry.detail
    if entry.verb == "undo":
        return str(detail.get("what", ""))
    if "from" in detail and "to" in detail:
        where = f" on {entry.branch}" if entry.branch else ""
        return f"{detail['from'] or '-'} -> {detail['to']}{where}"
    known = ((key, value) for key, value in detail.items() if value is not None and key not in _FOR_UNDO)
    return " ".join(f"{key}={','.join(value) if isinstance(value, list) else value}" for key, value in known)


def trust_lines(asked: Trust) -> list[str]:
    """What the config wants, a line each, before the question."""
    return [
        "this repository's config wants:",
        *(f"  {key}: {_value(value)}" for key, value in asked.subset.items()),
        *(f"  team: {change}" for change in asked.team),
    ]


def trust(asked: Trust) -> str:
    """One line on the outcome, with what it covers."""
    lines = trust_lines(asked)[1:]
    if asked.trusted and asked.members:
        lines.append(f"  members of the team: {', '.join(asked.members)}")
    if not lines:
        return "nothing in the config needs trust"
    return "\n".join(["trusted:" if asked.trusted else "not trusted yet:", *lines])


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)


def doctor(report: Report) -> str:
    """A line a check, each with what to do."""
    lines = []
    for check in report.checks:
        lines.append(f"{MARKS[check.state]:2}  {check.name:10} {check.found}")
        if check.do:
            lines.append(f"{'':15}do: {check.do}")
    return "\n".join(lines)


def changes(done: Sequence[Any]) -> str:
    """A line a file or setting that hooks install or uninstall touched."""
    return "\n".join(str(change) for change in done) or "nothing to change"


def hooks(events: Sequence[Any]) -> str:
    """A line an event: where it is installed and whether it fires."""
    return "\n".join(str(event) for event in events)


def settings(rows: Sequence[Any]) -> Group:
    """The table of `config show`; the established names that say nothing need no rows."""
    from rich.console import Group

    said = [(row.key, _value(row.value), str(row.source)) for row in rows if row.source != "not set"]
    silent = ", ".join(row.key for row in rows if row.source == "not set")
    drawn = table(("key", "value", "source"), said)
    for column, whole in zip(drawn.columns, (True, False, True), strict=True):
        column.no_wrap, column.overflow = whole, "fold"  # a list of recipients is long, and none may be cut
    return Group(drawn, f"\nnot set: {silent}" if silent else "")


def checked(found: Any) -> str:
    """One line: the config is good."""
    return str(found)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A plain table; in a narrow terminal the first and the last column give way, the others stay whole."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        drawn.add_column(column, no_wrap=column not in (columns[0], columns[-1]), overflow="ellipsis")
    for row in rows:
        drawn.add_row(*row)
    return drawn


def bytes_text(size: int) -> str:
    """Bytes for people: 178 MB."""
    value, unit = float(size), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"


def ago(moment: str | None) -> str:
    """How long ago an RFC 3339 time was, for people."""
    if moment is None:
        return "-"
    seconds = max(0, int(time.time()) - timegm(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S")))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"


def shorten(names: Sequence[str], most: int = 3) -> str:
    """The first names, and how many more."""
    more = f" +{len(names) - most}" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "-"
