"""The verb `report`: all about the sessions, on one page."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.verbs import Numbers, verb
from wagit.core.errors import UsageError

verbs = typer.Typer()


@verb(verbs, "report")
def report(
    front: Front,
    slot: Annotated[
        str | None,
        typer.Argument(metavar="SLOT", autocompletion=complete.slots, help="One slot; default: all."),
    ] = None,
    html: Annotated[
        str | None,
        typer.Option("--html", metavar="FILE", help="Write a page with charts; - is standard output."),
    ] = None,
    show_numbers: Numbers = False,
) -> None:
    """Tell all about the sessions, on one page. Health, devices, snapshots, and what happened.

    Example: wagit report --html sessions.html
    """
    from wagit.cli import render_report
    from wagit.operations import report as operation

    if html == "-" and front.shared.json:
        raise UsageError("both --json and --html - print on standard output", "write a file: --html FILE")
    found = render_report.mask(operation.report(front.context(), slot), show_numbers)
    if html is None:
        front.emit(found, render_report.report)
        return
    from wagit.cli import report_file, report_page

    page = report_page.page(found)
    if html == "-":
        front.emit(found, lambda _: page.rstrip("\n"))
        return
    path = report_file.write(html, page)
    front.emit(found, lambda _: f"the report is in {path}")
