"""`wagit run --all`: until all bots are ready, beside the least that the bound allows; and its memory."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.bots import memory_of
from benchmarks.clock import Contestant, Sample, interleave
from benchmarks.figures import Figure, at_most, figure
from benchmarks.stage import BIN, ROOT, Stage, repository

NAME = "fleet"
SLOTS = 20
BOUND = 3
WORK = 1.0  # seconds that each bot takes until it is ready
FEW = 2
SECONDS = 120.0
CONFIG = """\
version: 1
driver: baileys
strategy: branch
snapshots: {on_stop: false}
bot: {log_lines: {ready: ^ready}}
"""
BOT = f"sleep {WORK}; echo ready; exec sleep 1000"
HANGS = (
    f'test "$WAGIT_SLOT" = slot-0 || sleep {WORK}; test "$WAGIT_SLOT" = slot-0 || echo ready; exec sleep 1000'
)
ALL, LEAST = f"{SLOTS} bots, all ready", f"{WORK:g} s of work each, {BOUND} at once"
OTHERS, OTHERS_LEAST = f"{SLOTS - 1} bots beside one that hangs", f"the same, {BOUND - 1} at once"
MEMORY = f"memory of {SLOTS} bots' supervisor"
# So that logins can be written as the tests write them.
LINK = "import sys; from tests.support.baileys_login import creds_json; print(creds_json(int(sys.argv[1])))"


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield the figures; each round starts and stops all of them."""
    many, few = _linked(at, "many", SLOTS), _linked(at, "few", FEW)
    memories: dict[str, list[float]] = {"many": [], "few": []}

    def ready(repo: Path, bots: int, bot: str = BOT) -> Sample:
        start = time.perf_counter_ns()
        with _running(at, repo, bot) as run:
            _await_ready(run, bots)
            took = (time.perf_counter_ns() - start) / 1e6
            if bot == BOT:
                memories[repo.name].append(memory_of(run.pid))
        return Sample(took)

    contestants = [
        Contestant(ALL, lambda: ready(many, SLOTS)),
        Contestant(OTHERS, lambda: ready(many, SLOTS - 1, HANGS), lambda: _make_first(many, "slot-0")),
        Contestant("few", lambda: ready(few, FEW)),
    ]
    samples = interleave(contestants, rounds, warmups=0)
    samples[LEAST] = [Sample(math.ceil(SLOTS / BOUND) * WORK * 1e3)] * rounds
    samples[OTHERS_LEAST] = [Sample(math.ceil((SLOTS - 1) / (BOUND - 1)) * WORK * 1e3)] * rounds
    yield figure(NAME, samples, ALL, LEAST, at_most(1.3, "ratio"))
    yield figure(NAME, samples, OTHERS, OTHERS_LEAST, at_most(1.3, "ratio"))
    value, peer = median(memories["many"]), median(memories["few"])
    target = at_most(70 + 3 * (SLOTS - 1), "value")._replace(unit="MB")
    yield Figure(
        NAME, MEMORY, value, f"of {FEW} bots'", peer, value - peer, value / peer, target, unit="MB"
    )  # fmt: skip


def _linked(at: Stage, name: str, count: int) -> Path:
    """A repository with so many linked slots."""
    slots = [f"slot-{number}" for number in range(count)]
    repo = repository(at, name, {".wagit.yml": CONFIG, "package.json": "{}\n"}, slots)
    at.wagit("init", cwd=repo)
    for device, slot in enumerate(slots, start=1):
        at.wagit("sessions", "new", slot, cwd=repo)
        login = at.run(sys.executable, "-c", LINK, str(device), cwd=ROOT)
        (repo / ".git/wagit/slots" / slot / "data" / "creds.json").write_text(login)
    return repo


def _make_first(repo: Path, slot: str) -> None:
    """Have a slot start first: it was ready last."""
    path = repo / ".git/wagit/slots" / slot / "slot.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"last_ready": time.time()}))


@contextmanager
def _running(at: Stage, repo: Path, bot: str) -> Iterator[subprocess.Popen[str]]:
    command = [str(BIN / "wagit"), "run", "--all", "--at-once", str(BOUND), "--", "sh", "-c", bot]
    with subprocess.Popen(
        command, cwd=repo, env=dict(at.environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    ) as run:  # fmt: skip
        try:
            yield run
        finally:
            run.send_signal(signal.SIGTERM)
            run.wait(SECONDS)


def _await_ready(run: subprocess.Popen[str], bots: int) -> None:
    assert run.stdout is not None
    for _ in range(bots):
        line = run.stdout.readline()
        if not line.rstrip().endswith("| ready"):
            raise RuntimeError(f"not every bot is ready: {line!r}")
