"""What 1,000 rules, 1,000 slots and 10,000 branches (`many`) cost, beside 10 of each (`few`)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.clock import Contestant, Samples, difference, interleave, program
from benchmarks.figures import Figure, at_most, figure
from benchmarks.stage import BIN, Stage, Switching, copy, repository

NAME = "scale"
BOTH = ("many/1", "many/2")  # two branches of one slot, which only the last rule matches
SAME = 0.5  # ms that two medians of a switch may differ by and still count as the same


class _Size(NamedTuple):
    """How many there are of each."""

    name: str
    rules: int
    slots: int
    branches: int


SMALL = _Size("few", 10, 10, 10)
LARGE = _Size("many", 1000, 1000, 10_000)


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield the cost of a switch in the same slot and of `wagit which`, small and large."""
    contestants = []
    for size in (SMALL, LARGE):
        plain, ours = _build(at, size)
        which = program([str(BIN / "wagit"), "-C", str(ours), "which"], at.environ)
        contestants += [
            Contestant(f"no hook, {size.name}", Switching(at, plain, *BOTH)),
            Contestant(f"slot unchanged, {size.name}", Switching(at, ours, *BOTH)),
            Contestant(f"wagit which, {size.name}", which),
        ]
    samples = interleave(contestants, rounds, warmups=2)
    small, large = (f"slot unchanged, {size.name}" for size in (SMALL, LARGE))
    yield figure(NAME, samples, small, f"no hook, {SMALL.name}")
    yield figure(NAME, samples, large, f"no hook, {LARGE.name}")
    yield _added_alike(samples)
    small, large = (f"wagit which, {size.name}" for size in (SMALL, LARGE))
    yield figure(NAME, samples, large, small, at_most(1.3, "ratio"))


def _added_alike(samples: Samples) -> Figure:
    """Compare what the hook adds in the large repository with what it adds in the small one."""
    small, large = (
        difference(samples[f"slot unchanged, {size.name}"], samples[f"no hook, {size.name}"])
        for size in (SMALL, LARGE)
    )
    return Figure(
        NAME, f"added by the hook, {LARGE.name}", large, f"added, {SMALL.name}", small, large - small,
        target=at_most(SAME),
    )  # fmt: skip


def _build(at: Stage, size: _Size) -> tuple[Path, Path]:
    """Make two equal repositories; wagit is set up in the second, and all its branches were seen."""
    patterns = [f"team-{n}/*" if n % 2 else f"many/*-{n}" for n in range(size.rules - 1)]
    rules = "".join(f"  - branch: {pattern}\n    slot: slot-{n}\n" for n, pattern in enumerate(patterns))
    config = (
        f"version: 1\ndriver: wwebjs\ndefault: dev\nrules:\n{rules}  - branch: many/*\n    slot: slot-0\n"
    )
    branches = [f"many/{number}" for number in range(size.branches)]
    plain = repository(at, f"plain-{size.rules}", {".wagit.yml": config, "package.json": "{}\n"}, branches)
    ours = copy(at, plain, f"wagit-{size.rules}")
    at.wagit("init", cwd=ours)
    for branch in BOTH:
        at.see(ours, branch)
    _multiply(ours, size, branches)
    return plain, ours


def _multiply(repo: Path, size: _Size, branches: list[str]) -> None:
    """Copy the one slot and the one route that wagit made, as often as it takes."""
    slots, routes = repo / ".git" / "wagit" / "slots", repo / ".git" / "wagit" / "routes"
    for number in range(1, size.slots):
        shutil.copytree(slots / "slot-0", slots / f"slot-{number}", dirs_exist_ok=True)
    for branch in branches:
        if branch not in BOTH:
            shutil.copy2(routes / BOTH[0], routes / branch)
