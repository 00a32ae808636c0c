"""`python -m benchmarks [GROUP…] [--quick] [--rounds N]`: measure, print one table, keep it as JSON."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from benchmarks import (
    fleet,
    hooks,
    hosted,
    integrity,
    machine,
    observe,
    programs,
    recovery,
    run,
    scale,
    slots,
    snapshots,
    stage,
    store,
    table,
    team,
)
from benchmarks.figures import Figure

GROUPS = {
    group.NAME: group
    for group in (
        hooks,
        slots,
        scale,
        programs,
        run,
        snapshots,
        store,
        integrity,
        recovery,
        hosted,
        observe,
        fleet,
        team,
    )
}
ROUNDS = {
    "hooks": 100,
    "slots": 30,
    "scale": 60,
    "which": 30,
    "run": 15,
    "snapshots": 7,
    "store": 10,
    "integrity": 15,
    "recovery": 7,
    "fleet": 3,
    "observe": 7,
    "hosted": 9,
    "team": 5,
}
QUICK = 5


def main(arguments: list[str]) -> int:
    """Run the groups; return 1 when a target is missed."""
    options = _options(arguments)
    git = shutil.which(options.git)
    if git is None:
        sys.exit(f"there is no program {options.git}")
    facts = machine.facts(git)
    figures: list[Figure] = []
    for name in options.groups or list(GROUPS):
        rounds = options.rounds or (QUICK if options.quick else ROUNDS[name])
        print(f"{name}: {rounds} rounds …", file=sys.stderr, flush=True)
        with stage.stage(git) as at:
            figures += GROUPS[name].measure(at, rounds)
    facts["load_average_after"] = machine.load()
    table.show(figures, facts)
    if options.output is not None:
        table.write(figures, facts, options.output)
    return 1 if any(one.met is False for one in figures) else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of: {' '.join(GROUPS)}; default: all")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} rounds each, to see that it works")
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="rounds of each group")
    parser.add_argument("--git", default="git", metavar="PATH", help="measure with this git")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="also as JSON; default: results.json, if all of it ran"
    )
    options = parser.parse_args(arguments)
    if options.output is None and not (options.groups or options.quick):
        options.output = table.RESULTS
    unknown = set(options.groups) - set(GROUPS)
    if unknown:
        parser.error(f"no group {', '.join(sorted(unknown))}; there are: {' '.join(GROUPS)}")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
