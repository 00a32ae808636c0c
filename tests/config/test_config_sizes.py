"""Sizes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.config import load_at, problems_at
from tests.support.git import GitRepo
from wagit.config.values import SIZE_UNITS, size


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2 GB", 2 * 10**9),
        ("2GB", 2 * 10**9),
        ("500 MB", 5 * 10**8),
        ("1.5 GiB", 3 * 2**29),
        ("1 tb", 10**12),
        ("2048 KiB", 2**21),
        ("1500 kB", 1_500_000),
        ("1000000", 1_000_000),
        (" 1000000 B ", 1_000_000),
        (5_000_000, 5_000_000),
    ],
)
def test_a_size_is_read_in_bytes(written: object, meant: int) -> None:
    assert size(written) == meant


@pytest.mark.parametrize(
    "written",
    ["", "2 GBs", "GB", "-1 GB", "2,5 GB", "2 Gb/s", "2 B B", "1e9", "٢ GB", True, None, [], "0", "2",
     "999 kB", 0, -5, 10**19, float("inf"), float("nan"), "9" * 400, "2000000 TB"],
)  # fmt: skip
def test_what_is_no_size_or_out_of_range_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"is not a size; write|is out of range: 1 MB"):
        size(written)


@given(st.integers(1, 999_999), st.sampled_from(["MB", "GB", "MiB", "GiB"]), st.sampled_from(["", " "]))
def test_a_unit_multiplies(number: int, unit: str, between: str) -> None:
    assert size(f"{number}{between}{unit}") == number * SIZE_UNITS[unit.lower()]


def test_a_budget_comes_from_the_file_or_the_environment(repo: GitRepo) -> None:
    assert load_at(repo).settings.snapshots.keep.size is None
    repo.write(".wagit.yml", "version: 1\nsnapshots: {keep: {size: 2 GB}}\n")
    assert load_at(repo).settings.snapshots.keep.size == 2 * 10**9
    config = load_at(repo, env={"WAGIT_SNAPSHOTS_KEEP_SIZE": "500MB"})
    assert config.settings.snapshots.keep.size == 5 * 10**8


def test_a_bad_budget_is_named_with_its_line(repo: GitRepo) -> None:
    repo.write(".wagit.yml", "version: 1\nsnapshots:\n  keep:\n    size: much\n")
    [problem] = problems_at(repo)
    assert str(problem).startswith(".wagit.yml:4: snapshots.keep.size: 'much' is not a size")
