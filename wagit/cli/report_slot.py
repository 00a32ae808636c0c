"""One slot in the report's page: its facts, its charts, its snapshots, and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from wagit.cli import render_health
from wagit.cli.markup import Child, div, element, span, wide
from wagit.cli.render import bytes_text, shorten
from wagit.cli.report_charts import Axis, Scale, Series, Words, bar_chart, ceiling, day, line_chart, seconds
from wagit.cli.report_texts import counted, days, moment
from wagit.core.clock import DAY

if TYPE_CHECKING:
    from wagit.operations.report import Report, SlotReport, Value

MOST_ROWS = 6  # of a table: the newest


def section(report: Report, slot: SlotReport, axis: Axis, name: str) -> Element:
    """All that there is about one slot; `name` begins the ids of its elements."""
    health = slot.health
    heading = element("h2", None, health.slot, span(f"chip {health.verdict}", health.verdict))
    charts = div("charts", *_charts(report, slot, axis, name)) if _has_history(slot) else None
    tables = div("tables", _snapshots(slot), _events(slot), _findings(slot))
    return element("section", {"class": f"slot {health.verdict}"}, heading, _facts(slot), charts, tables)


def _has_history(slot: SlotReport) -> bool:
    """Whether there is anything to draw."""
    return bool(slot.charts.size or slot.charts.age or slot.events)


def _facts(slot: SlotReport) -> Element:
    row = slot.health
    facts = {
        "account": row.account or "not linked",
        "driver": slot.driver,
        "branches": shorten(slot.branches),
        "last ready": f"{moment(row.last_ready)}, {row.age}" if row.last_ready else "not known",
        "WhatsApp drops it": _dropped(slot),
        "checked": _checked(slot),
        "size": bytes_text(slot.size),
        "set aside": bytes_text(slot.quarantine) if slot.quarantine else None,
        "in use by": row.holder,
    }
    pairs = [
        div("", element("dt", None, name), element("dd", None, value))
        for name, value in facts.items()
        if value
    ]
    return element("dl", None, *pairs)


def _dropped(slot: SlotReport) -> str | None:
    left = slot.health.drops_in
    return None if left is None else f"in {render_health.left(left)}" if left > 0 else "may have happened"


def _checked(slot: SlotReport) -> str:
    if slot.health.checked is None:
        return "not known to be whole"
    return f"whole on {moment(slot.health.checked)}" + ("" if slot.health.unchanged else ", written to since")


def _charts(report: Report, slot: SlotReport, axis: Axis, name: str) -> list[Element]:
    return [
        _size(f"{name}-size", slot, axis),
        _age(f"{name}-age", report, slot, axis),
        _runs(f"{name}-runs", slot, axis),
        _mends(f"{name}-mends", slot, axis),
    ]


def _size(name: str, slot: SlotReport, axis: Axis) -> Element:
    points = _points(slot.charts.size)
    told = [bytes_text(round(value)) for _, value in points]
    about = _change(f"Size of the session {slot.health.slot}", points, told)
    top = ceiling(max((value for _, value in points), default=0.0), 1000.0)
    scale = Scale(top, lambda value: bytes_text(round(value)))
    return line_chart(name, Words("Size", _last(told), about), axis, scale, Series("size", "one", points))


def _age(name: str, report: Report, slot: SlotReport, axis: Axis) -> Element:
    """It grows until the next use; the ground tells from when on the session is aging, and old."""
    points = _points(slot.charts.age)
    most = max((value for _, value in points), default=0.0)
    now = _last([days(value) for _, value in points])
    about = (
        f"How long {slot.health.slot} was not used: {now or 'not known'} until now, at most {days(most)}."
        f" Aging from {days(report.aging)}, old from {days(report.old)}."
    )
    scale = Scale(ceiling(max(most, report.aging) / DAY) * DAY, lambda value: f"{value / DAY:g} d")
    bands = ((report.aging, "aging"), (report.old, "old"))
    return line_chart(
        name, Words("Unused for", now, about), axis, scale, Series("days", "one", points), bands
    )


def _runs(name: str, slot: SlotReport, axis: Axis) -> Element:
    points = _points(slot.charts.runs)
    total = round(sum(value for _, value in points))
    about = f"{counted(total, 'start')} of a bot on {slot.health.slot} since {day(axis.since)}."
    words = Words("Runs", str(total), about)
    scale = _whole([value for _, value in points])
    return bar_chart(name, words, axis, scale, [Series("starts", "one", points)])


def _mends(name: str, slot: SlotReport, axis: Axis) -> Element:
    restores, recoveries = _points(slot.charts.restores), _points(slot.charts.recoveries)
    counts = [round(sum(value for _, value in points)) for points in (restores, recoveries)]
    told = f"{counted(counts[0], 'restore')} and {counted(counts[1], 'recovery', 'recoveries')}"
    about = f"{told} of {slot.health.slot} since {day(axis.since)}."
    words = Words("Restores, recoveries", str(sum(counts)), about)
    scale = _whole([one + other for (_, one), (_, other) in zip(restores, recoveries, strict=True)])
    series = [Series("restores", "one", restores), Series("recoveries", "two", recoveries)]
    return bar_chart(name, words, axis, scale, series)


def _points(values: Sequence[Value]) -> list[tuple[float, float]]:
    return [(seconds(one.time), one.value) for one in values]


def _whole(values: Sequence[float]) -> Scale:
    return Scale(ceiling(max(values, default=0.0)), lambda value: f"{value:.0f}")


def _change(what: str, points: Sequence[tuple[float, float]], told: Sequence[str]) -> str:
    if not points:
        return f"{what} is not known yet."
    return f"{what}: {told[0]} on {day(points[0][0])}, {told[-1]} on {day(points[-1][0])}."


def _last(told: Sequence[str]) -> str:
    return told[-1] if told else ""


def _snapshots(slot: SlotReport) -> Element:
    """The newest of them."""
    rows = [
        (one.id[:8], moment(one.time), one.tag, bytes_text(one.size), str(one.generation),
         f"{one.why}: {one.message}" if one.message else one.why)
        for one in slot.snapshots[:MOST_ROWS]
    ]  # fmt: skip
    columns = ("snapshot", "time (UTC)", "kind", "size", "generation", "taken for")
    return _table(
        "Snapshots", columns, rows, len(slot.snapshots), f"none yet: wagit snapshot {slot.health.slot}"
    )


def _events(slot: SlotReport) -> Child:
    rows = [(moment(one.time), one.kind, one.cause, one.detail) for one in slot.events[:MOST_ROWS]]
    columns = ("time (UTC)", "what", "by", "detail")
    return _table("What happened", columns, rows, len(slot.events), "") if rows else None


def _findings(slot: SlotReport) -> Child:
    rows = [(one.code, one.file, one.what) for one in slot.findings[:MOST_ROWS]]
    return (
        _table("Warnings of the last check", ("code", "file", "what"), rows, len(slot.findings), "")
        if rows
        else None
    )


def _table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], total: int, nothing: str
) -> Element:
    """The newest rows, and how many more there are."""
    heading = element("h3", None, title, span("count", str(total)) if total else None)
    if not rows:
        return div("listed", heading, element("p", {"class": "note"}, nothing))
    head = element("tr", None, *(element("th", {"scope": "col"}, name) for name in columns))
    body = [element("tr", None, *(element("td", None, cell) for cell in row)) for row in rows]
    table = element("table", None, element("thead", None, head), element("tbody", None, *body))
    more = element("p", {"class": "note"}, f"and {total - len(rows)} older") if total > len(rows) else None
    return div("listed", heading, wide(title, table), more)
