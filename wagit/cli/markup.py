"""HTML and SVG as a tree. Whatever it is made of, text stays text: it is escaped where it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias
from xml.etree.ElementTree import Element, tostring

from wagit.cli.grid import printable

Child: TypeAlias = "Element | str | None"
Value: TypeAlias = "str | float | None"


def element(tag: str, attributes: Mapping[str, Value] | None = None, *children: Child) -> Element:
    """Make an element; children and attributes that are None are left out."""
    known = {name: _text(value) for name, value in (attributes or {}).items() if value is not None}
    made = Element(tag, known)
    for child in children:
        add(made, child)
    return made


def div(kind: str, *children: Child) -> Element:
    """Make a `div` of a class."""
    return element("div", {"class": kind}, *children)


def span(kind: str, *children: Child) -> Element:
    """Make a `span` of a class."""
    return element("span", {"class": kind}, *children)


def wide(name: str, child: Element) -> Element:
    """Let something be scrolled that may not fit, also by the keyboard."""
    return element("div", {"class": "wide", "role": "region", "aria-label": name, "tabindex": "0"}, child)


def add(parent: Element, child: Child) -> None:
    """Append a child; other characters than printable ones are shown by their escapes."""
    if isinstance(child, str):
        shown = printable(child)
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + shown
        else:
            parent.text = (parent.text or "") + shown
    elif child is not None:
        parent.append(child)


def document(root: Element) -> str:
    """Write a whole page."""
    return "<!doctype html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def _text(value: str | float) -> str:
    return printable(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
