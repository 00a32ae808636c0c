"""The charts of a report: a plot in SVG that fits any width, and labels in HTML, whose text never shrinks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element

from wagit.cli.markup import Value, div, element, span

WIDTH, HEIGHT = 600.0, 120.0  # units of the plot; it is stretched to the room there is
GAP = 0.25  # of a bar's step
LEAST_BAR = 2.0  # units: a bar of one start beside a hundred is seen


class Axis(NamedTuple):
    """What all charts of a report have in common: from when to when, in seconds since the epoch."""

    since: float
    until: float
    step: float

    def place(self, moment: float) -> float:
        """Where a moment is, from the left."""
        share = (moment - self.since) / (self.until - self.since)
        return round(WIDTH * min(1.0, max(0.0, share)), 2)


class Series(NamedTuple):
    """Values in order of time; `kind` is the class that colours them."""

    name: str
    kind: str
    points: Sequence[tuple[float, float]]


class Scale(NamedTuple):
    """The values that are shown, from 0 to `top`; `told` words one of them."""

    top: float
    told: Callable[[float], str]

    def height(self, value: float) -> float:
        """Where a value is, from the top."""
        return round(HEIGHT * (1 - min(1.0, value / self.top)), 2)


class Words(NamedTuple):
    """What a chart says: its title, the value that counts now, and a sentence for who cannot see it."""

    title: str
    now: str
    description: str


def line_chart(
    name: str, words: Words, axis: Axis, scale: Scale, line: Series, bands: Sequence[tuple[float, str]] = ()
) -> Element:
    """A line over time, filled below; `bands` are values from which on the ground has another colour."""
    if not line.points:
        return _empty(words, "not known yet")
    places = [(axis.place(moment), scale.height(value)) for moment, value in line.points]
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in places)
    area = f"{path}L{places[-1][0]:g} {HEIGHT:g}L{places[0][0]:g} {HEIGHT:g}Z"
    x, y = places[-1]
    shapes = [
        *_bands(bands, scale),
        *_grid(scale),
        element("path", {"class": f"area {line.kind}", "d": area}),
        element("path", {"class": f"line {line.kind}", "d": path}),
        element("path", {"class": f"dot {line.kind}", "d": f"M{x:g} {y:g}h0"}),
    ]
    legend = [(f"ground {kind}", kind) for start, kind in bands if start < scale.top]
    return _figure(name, words, axis, scale, shapes, legend)


def bar_chart(name: str, words: Words, axis: Axis, scale: Scale, bars: Sequence[Series]) -> Element:
    """Bars a step, those of several series on top of each other."""
    if not any(value for one in bars for _, value in one.points):
        return _empty(words, "none in this time")
    shapes = _grid(scale)
    below: dict[float, float] = {}
    for one in bars:
        for moment, value in one.points:
            if value:
                shapes.append(_bar(axis, scale, one, (moment, value), below.get(moment, 0.0)))
                below[moment] = below.get(moment, 0.0) + value
    legend = [(one.kind, one.name) for one in bars]
    return _figure(name, words, axis, scale, shapes, legend if len(legend) > 1 else ())


def _bar(axis: Axis, scale: Scale, of: Series, point: tuple[float, float], base: float) -> Element:
    moment, value = point
    left, right = axis.place(moment), axis.place(moment + axis.step)
    foot = scale.height(base)
    height = max(LEAST_BAR, foot - scale.height(base + value))
    wide = right - left
    shape: dict[str, Value] = {
        "class": f"bar {of.kind}",
        "x": left + wide * GAP / 2,
        "width": wide * (1 - GAP),
    }
    shape |= {"y": foot - height, "height": height}
    return element("rect", shape, element("title", None, f"{day(moment)}: {scale.told(value)} {of.name}"))


def _bands(bands: Sequence[tuple[float, str]], scale: Scale) -> list[Element]:
    return [
        element("rect", {"class": f"band {kind}", "width": WIDTH, "height": scale.height(start)})
        for start, kind in bands
        if start < scale.top
    ]


def _grid(scale: Scale) -> list[Element]:
    return [
        element("path", {"class": "grid", "d": f"M0 {scale.height(scale.top * share):g}H{WIDTH:g}"})
        for share in (0.0, 0.5, 1.0)
    ]


def _figure(
    name: str,
    words: Words,
    axis: Axis,
    scale: Scale,
    shapes: Sequence[Element],
    legend: Sequence[tuple[str, str]] = (),
) -> Element:
    plot = element(
        "svg",
        {"viewBox": f"0 0 {WIDTH:g} {HEIGHT:g}", "preserveAspectRatio": "none", "role": "img",
         "aria-labelledby": f"{name}-title {name}-desc"},
        element("title", {"id": f"{name}-title"}, words.title),
        element("desc", {"id": f"{name}-desc"}, words.description),
        *shapes,
    )  # fmt: skip
    values = [span("value", scale.told(scale.top * share)) for share in (1.0, 0.5, 0.0)]
    last = axis.until - 1  # the day that ends then
    times = [element("span", None, day(moment)) for moment in (axis.since, (axis.since + last) / 2, last)]
    return element(
        "figure", None, _caption(words),
        div("plot", element("div", {"class": "values", "aria-hidden": "true"}, *values), plot),
        element("div", {"class": "times", "aria-hidden": "true"}, *times),
        div("legend", *(span(f"key {kind}", told) for kind, told in legend)) if legend else None,
    )  # fmt: skip


def _caption(words: Words) -> Element:
    return element("figcaption", None, span("title", words.title), span("now", words.now))


def _empty(words: Words, why: str) -> Element:
    return element("figure", None, _caption(words), div("empty", why))


def ceiling(value: float, unit: float = 1.0) -> float:
    """The next greater 2, 4, 6, 8, 10, 20 … of units, so that half of it reads well, too."""
    if value <= 2 * unit:
        return 2 * unit
    power = unit * 10.0 ** math.floor(math.log10(value / unit))
    return power * next(step for step in (1, 2, 4, 6, 8, 10) if step * power >= value and step * power > unit)


def seconds(moment: str) -> float:
    """Read an RFC 3339 time."""
    return datetime.fromisoformat(moment).timestamp()


def day(moment: float) -> str:
    """A day as people write it: 20 Nov."""
    return datetime.fromtimestamp(moment, UTC).strftime("%d %b").lstrip("0")
