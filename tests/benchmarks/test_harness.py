"""The benchmarks run, pair what belongs together, and judge by their targets; no figure is judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import clock
from benchmarks.clock import Contestant, Sample
from benchmarks.figures import BELOW_PEER, Figure, Target, at_least, at_most, figure

ROOT = Path(__file__).parents[2]


def samples(**walls: list[float]) -> clock.Samples:
    return {name: [Sample(wall) for wall in of_one] for name, of_one in walls.items()}


def test_every_round_has_every_contestant_once_in_changing_order() -> None:
    ran: list[str] = []

    def contestant(name: str) -> Contestant:
        def run() -> Sample:
            ran.append(name)
            return Sample(1.0)

        return Contestant(name, run, lambda: ran.append(f"prepare {name}"))

    taken = clock.interleave([contestant(name) for name in "abc"], rounds=20, warmups=2)
    assert {name: len(of_one) for name, of_one in taken.items()} == {"a": 20, "b": 20, "c": 20}
    rounds = [ran[start : start + 6] for start in range(0, len(ran), 6)]
    assert len(rounds) == 22
    assert all(set(one[1::2]) == {"a", "b", "c"} for one in rounds)
    assert all(one[place] == f"prepare {one[place + 1]}" for one in rounds for place in (0, 2, 4))
    assert len({tuple(one) for one in rounds}) > 1


def test_what_is_added_is_the_median_of_pairs_so_that_a_slow_round_counts_for_both() -> None:
    taken = samples(ours=[5.0, 105.0, 6.0], peer=[4.0, 104.0, 5.0])
    found = figure("group", taken, "ours", "peer", at_most(1.5))
    assert (found.value, found.peer_value, found.added) == (6.0, 5.0, 1.0)
    assert found.met


@pytest.mark.parametrize(
    ("target", "met"),
    [
        (at_most(2), True),
        (at_most(1.9), False),
        (BELOW_PEER, False),
        (at_most(1.2, "ratio"), True),
        (at_most(1.1, "ratio"), False),
        (at_most(12, "value"), True),
        (at_most(11, "value"), False),
        (at_least(1.2, "ratio"), True),
        (at_least(1.3, "ratio"), False),
        (None, None),
    ],
)
def test_the_verdict_follows_the_target(target: Target | None, met: bool | None) -> None:
    assert Figure("group", "name", 12.0, "peer", 10.0, 2.0, 1.2, target).met is met


def test_a_program_that_fails_is_no_figure() -> None:
    with pytest.raises(RuntimeError, match="false ended with 1"):
        clock.program(["false"], {"PATH": "/bin:/usr/bin"})()


def test_one_command_prints_a_table_and_writes_the_same_as_json(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "which", "--rounds", "1", "--output", str(results)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr  # 1: a target was missed, as on a busy machine
    written = json.loads(results.read_text())
    names = [one["name"] for one in written["figures"]]
    assert names == [one["name"] for one in written["figures"] if one["name"] in done.stdout]
    assert "wagit which" in names
    assert written["machine"]["cores"] >= 1
    assert all(one["value"] > 0 and one["details"]["rounds"] == 1 for one in written["figures"])


def test_an_unknown_group_is_refused_with_the_known_ones() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "nothing"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no group nothing; there are: hooks slots scale which run snapshots store" in done.stderr
