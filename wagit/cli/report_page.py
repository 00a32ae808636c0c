"""The report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from wagit.cli.markup import Child, div, document, element, span, wide
from wagit.cli.render import bytes_text
from wagit.cli.report_charts import Axis, seconds
from wagit.cli.report_slot import section
from wagit.cli.report_texts import sentence
from wagit.operations.devices import LIMIT

if TYPE_CHECKING:
    from wagit.operations.devices import Device
    from wagit.operations.health import Verdict
    from wagit.operations.health_rules import Concern
    from wagit.operations.report import Number, Report

POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # nothing is loaded, whatever a name contains
VERDICTS: tuple[tuple[Verdict, str], ...] = (
    ("now", "need you now"),
    ("soon", "need you soon"),
    ("healthy", "healthy"),
    ("unlinked", "without a login"),
)
NONE_YET = "There are no sessions yet. The first is made by wagit init, or by wagit sessions new SLOT."


def page(report: Report) -> str:
    """Write the whole page."""
    with open(os.path.join(os.path.dirname(__file__), "report.css"), encoding="utf-8") as file:
        style = element("style")
        style.text = file.read()
    title = f"Sessions of {report.repository}"
    head = element(
        "head", None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("title", None, title),
        style,
    )  # fmt: skip
    body = element("body", None, element("main", None, *_parts(report, title)))
    return document(element("html", {"lang": "en"}, head, body))


def _parts(report: Report, title: str) -> list[Child]:
    made = f"{report.made[:10]} {report.made[11:16]} UTC"
    parts: list[Child] = [
        element("header", None, element("h1", None, title), element("p", None, f"A report by wagit, {made}"))
    ]
    if not report.slots:
        return [*parts, element("p", {"class": "nothing"}, NONE_YET)]
    axis = Axis(seconds(report.since), seconds(report.until), report.step)
    slots = [section(report, one, axis, f"slot{place}") for place, one in enumerate(report.slots)]
    return [*parts, _tiles(report), _todo(report), _numbers(report), *slots]


def _tiles(report: Report) -> Element:
    """The figures that count, at the top."""
    verdicts = [one.health.verdict for one in report.slots]
    kept = sum(len(one.snapshots) for one in report.slots)
    tiles = [
        _tile(len(verdicts), "slot" if len(verdicts) == 1 else "slots"),
        *(_tile(verdicts.count(kind), words, kind) for kind, words in VERDICTS if kind in verdicts),
        _tile(kept, "snapshot" if kept == 1 else "snapshots"),
        _tile(bytes_text(report.store), "on disk"),
        _tile(bytes_text(report.quarantine), "of it set aside") if report.quarantine else None,
    ]
    return div("tiles", *tiles)


def _tile(figure: int | str, words: str, kind: str = "") -> Element:
    return div(f"tile {kind}".rstrip(), span("figure", str(figure)), element("span", None, words))


def _todo(report: Report) -> Element:
    """What is to be done, the most urgent first."""
    concerns: dict[Concern, list[str]] = {}  # what is said of several slots is said once
    for one in report.slots:
        for concern in one.health.concerns:
            concerns.setdefault(concern, []).append(one.health.slot)
    if not concerns:
        return element(
            "section", None, element("h2", None, "To do"), element("p", None, "Nothing: all is well.")
        )
    in_order = sorted(concerns, key=lambda concern: concern.when != "now")
    rows = [_concern(", ".join(concerns[concern]), concern) for concern in in_order]
    return element("section", None, element("h2", None, "To do"), element("ul", {"class": "todo"}, *rows))


def _concern(slots: str, concern: Concern) -> Element:
    chip = span(f"chip {concern.when}", concern.when)
    said = div("said", element("b", None, slots), " ", sentence(concern.what), span("do", concern.do))
    return element("li", None, chip, said)


def _numbers(report: Report) -> Element | None:
    """The linked devices of each number, of the four that WhatsApp allows."""
    if not report.numbers:
        return None
    rows = [_number(one) for one in report.numbers]
    head = element(
        "tr", None, *(element("th", {"scope": "col"}, name) for name in ("number", "linked devices", "slots"))
    )
    table = element("table", None, element("thead", None, head), element("tbody", None, *rows))
    note = "As far as the slots here tell: the phone lists all of them, under Linked devices."
    return element(
        "section",
        None,
        element("h2", None, "Linked devices"),
        wide("Linked devices", table),
        element("p", {"class": "note"}, note),
    )


def _number(number: Number) -> Element:
    slots = ", ".join(" and ".join(device.slots) for device in number.devices)
    name = element("th", {"scope": "row"}, number.account)
    return element("tr", None, name, element("td", None, _dots(number.devices)), element("td", None, slots))


def _dots(devices: Sequence[Device]) -> Element:
    """One dot a device that WhatsApp allows, filled where one is linked."""
    count = len(devices)
    dots = [span("device linked" if place < count else "device") for place in range(max(LIMIT, count))]
    kind = "devices full" if count >= LIMIT else "devices"
    return element("span", {"class": kind}, *dots, element("span", None, f"{count} of {LIMIT}"))
