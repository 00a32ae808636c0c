"""A figure: what was measured, the peer it stands beside, the target, and whether it is met."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from benchmarks import clock
from benchmarks.clock import Samples

_HOLDS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge}


class Target(NamedTuple):
    """A bound on `added` (ms over the peer), `ratio` (times the peer) or `value` (the figure itself)."""

    of: str
    sign: str
    bound: float
    unit: str = "ms"

    def __str__(self) -> str:
        unit = "x" if self.of == "ratio" else self.unit
        subject = {"added": "added ", "ratio": "", "value": ""}[self.of]
        return f"{subject}{self.sign} {self.bound:g} {unit}"


class Figure(NamedTuple):
    """One row of the table; times in milliseconds, memory in MB."""

    group: str
    name: str
    value: float
    peer: str = ""
    peer_value: float | None = None
    added: float | None = None
    ratio: float | None = None
    target: Target | None = None
    unit: str = "ms"
    details: Mapping[str, Any] = MappingProxyType({})

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        measured = {"added": self.added, "ratio": self.ratio, "value": self.value}[self.target.of]
        assert measured is not None
        return bool(_HOLDS[self.target.sign](measured, self.target.bound))

    def as_json(self) -> dict[str, Any]:
        """The row for results.json."""
        target = None if self.target is None else {**self.target._asdict(), "text": str(self.target)}
        return {**self._asdict(), "target": target, "met": self.met, "details": dict(self.details)}


def figure(
    group: str, samples: Samples, name: str, peer: str = "", target: Target | None = None, title: str = ""
) -> Figure:
    """Make the figure of one contestant beside its peer of the same rounds."""
    ours = samples[name]
    first, third = clock.quartiles(ours)
    details = {"rounds": len(ours), "quartiles": [first, third], "cpu": clock.median_cpu(ours) or None}
    title = title or name
    if not peer:
        return Figure(group, title, clock.median(ours), target=target, details=details)
    theirs = samples[peer]
    return Figure(
        group, title, clock.median(ours), peer, clock.median(theirs), clock.difference(ours, theirs),
        clock.ratio(ours, theirs), target, details=details,
    )  # fmt: skip


def at_most(bound: float, of: str = "added") -> Target:
    """At most `bound`."""
    return Target(of, "<=", bound)


def at_least(bound: float, of: str = "ratio") -> Target:
    """At least `bound`."""
    return Target(of, ">=", bound)


BELOW_PEER = Target("added", "<", 0.0)
