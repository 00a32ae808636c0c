"""Baileys' damage matrix: what real Baileys makes of each damage, and what the check says before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import baileys_matrix
from tests.support.baileys_damage import CLASSES, DAMAGES, DISPENSABLE, Bench, Row, cut, flipped
from tests.support.baileys_real import Baileys, history_of
from tests.support.long import long, longer
from tests.support.node_bot import needs_node
from wagit.integrity.baileys_check import check_baileys
from wagit.integrity.findings import NO_HISTORY

pytestmark = needs_node
SEED = 20
# Whole files of another login, which nothing in them or beside them gives away.
FOREIGN = {("session", "another login's"), ("sender-key", "another login's")}
# Random bytes and numbers that nothing else depends on: another value is as good.
UNPROVEN = (
    "account.",  # the phone's signatures: Baileys never looks at them, so they are only doubted
    "registrationId",
    "signedPreKey.keyId",
    "firstUnuploadedPreKeyId",  # lower: Baileys uploads once more what is there
    "app-state-sync-key-",
    "app-state-sync-version-",
    "sender-key-",
    "session-",
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Baileys() as baileys:
        yield Bench(baileys, tmp_path_factory.mktemp("baileys"))


def told(row: Row) -> str:
    return f"{row.file}, {row.damage}: {row.outcome}, {row.differ[:3]}, {[one.what for one in row.found]}"


def test_healthy_folders_of_real_baileys_have_no_findings(bench: Bench, tmp_path: Path) -> None:
    assert check_baileys(str(bench.folder), NO_HISTORY) == []
    assert check_baileys(str(bench.folder), bench.history) == []
    waiting = bench.baileys.make(tmp_path / "waiting", linked=False)
    assert check_baileys(str(waiting), NO_HISTORY) == []
    large = bench.baileys.make(tmp_path / "large", preKeys=100, settings=40)
    assert check_baileys(str(large), NO_HISTORY) == []


def test_a_bot_that_goes_on_or_is_killed_makes_no_damage(bench: Bench) -> None:
    folder = bench.fresh()
    bench.baileys.grow(folder, 9, saved=True)
    assert check_baileys(str(folder), bench.history) == []
    bench.baileys.grow(folder, 9, saved=False)  # killed between the keys and their counter
    assert [found.code for found in check_baileys(str(folder), bench.history)] == ["creds-behind"]
    before = history_of(folder)
    bench.baileys.grow(folder, 9, saved=True)  # the same ids once more
    codes = {found.code: found.severity for found in check_baileys(str(folder), before)}
    assert codes == {"key-differs": "warning"}


@long
@pytest.mark.parametrize("kind", CLASSES)
def test_every_damage_that_costs_something_is_found(bench: Bench, kind: str) -> None:
    cuts = {f"cut by {count}": cut(count) for count in longer((1, 2, 30, 300), tuple(range(1, 301)))}
    bench.fresh()
    costly = 0
    for damage, do in {**DAMAGES, **cuts}.items():
        row = bench.row(kind, damage, do)
        if row.outcome == "nothing lost" or (kind, damage) in FOREIGN:
            continue
        costly += 1
        if kind not in DISPENSABLE:
            assert row.broken, told(row)
        elif damage not in {"deleted", "bit flipped in the middle", "another login's"}:
            assert row.found, told(row)
            assert not row.broken, told(row)
    assert costly >= len(cuts)


@long
def test_flipped_bits_are_found_unless_nothing_depends_on_them(bench: Bench) -> None:
    chance = random.Random(SEED)
    bench.fresh()
    found = unproven = 0
    for _ in range(longer(200, 4000)):
        name = chance.choice(bench.names)
        data = (bench.folder / name).read_bytes()
        bit = chance.randrange(len(data) * 8)
        if bench.is_found(name, flipped(data, bit)):
            found += 1
            continue
        row = bench.damaged(name, f"bit {bit}", flipped(data, bit))
        if row.outcome != "nothing lost":
            unproven += 1
            assert all(path.startswith(UNPROVEN) or _clamped(path) for path in row.differ), told(row)
    assert found > unproven


def test_the_page_of_the_docs_shows_what_was_measured(bench: Bench) -> None:
    assert baileys_matrix.PAGE.read_text() == baileys_matrix.page()
    rows, _ = baileys_matrix.kept()
    bench.fresh()
    for row in rows:
        if row.damage in ("deleted", "half", "zeroed"):
            now = bench.row(row.file, row.damage, DAMAGES[row.damage])
            assert (now.outcome, baileys_matrix.codes(now.found)) == (row.outcome, row.found)


def _clamped(path: str) -> bool:
    """A bit of a private key that Curve25519 sets itself: its public key is still the same."""
    return path.endswith("private.data") or path.startswith("pre-key-")
