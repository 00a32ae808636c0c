"""How long whole commands take, beside a Python that does nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.clock import Contestant, interleave, program
from benchmarks.figures import Figure, at_most, figure
from benchmarks.stage import BIN, Stage, repository

NAME = "which"
CONFIG = (
    'version: 1\ndriver: wwebjs\ndefault: dev\nrules:\n  - branch: "feature/{ticket}"\n    slot: "{ticket}"\n'
)
BARE, IMPORTS = "python -c pass", "python -c 'import pydantic, typer'"
BOUNDS = {
    "wagit which": 200,
    "wagit which feature/1": None,
    "wagit status": None,
    "wagit sessions ls": None,
    "wagit --help": 250,
    "wagit run --help": None,
}


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield a figure for each command."""
    repo = repository(at, "which", {".wagit.yml": CONFIG, "package.json": "{}\n"}, ["feature/1"])
    at.wagit("init", cwd=repo)
    contestants = [
        Contestant(BARE, program([sys.executable, "-c", "pass"], at.environ)),
        Contestant(IMPORTS, program([sys.executable, "-c", "import pydantic, typer"], at.environ)),
    ]
    for name in BOUNDS:
        words = name.split()
        command = [str(BIN / words[0]), "-C", str(repo), *words[1:]]
        contestants.append(Contestant(name, program(command, at.environ)))
    samples = interleave(contestants, rounds)
    yield figure(NAME, samples, BARE)
    yield figure(NAME, samples, IMPORTS, BARE)
    for name, bound in BOUNDS.items():
        yield figure(NAME, samples, name, BARE, at_most(bound, "value") if bound else None)
