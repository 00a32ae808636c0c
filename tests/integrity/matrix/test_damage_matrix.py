"""Every damage that costs the login or rows when real Chromium opens the session is found before."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from tests.support import damage_rows
from tests.support.chromium_sessions import Browsers
from tests.support.damage import DAMAGES, FILES, copy_of
from tests.support.damage_matrix import SMALL, Matrix, check, codes, made, measured
from tests.support.long import long, longer
from wagit.integrity.codes import ALL

pytestmark = pytest.mark.browser

# LevelDB reads a table as far as the MANIFEST says: bytes behind its end are a warning.
SURPLUS = {("IndexedDB .ldb", "garbage appended"), ("Local Storage .ldb", "garbage appended")}
CUTS = Random("cuts").sample(range(1, 301), 8)  # bytes
CHANCE = Random("damage")
JUDGED = [CHANCE.choice([damage for damage in DAMAGES if damage.file == file]) for file in FILES]


def test_every_file_class_is_there(small: Matrix) -> None:
    assert [name for name, pattern in FILES.items() if not list(small.session.profile.glob(pattern))] == []


@pytest.mark.parametrize("file", FILES)
def test_every_damage_to_a_file_is_found(small: Matrix, tmp_path: Path, file: str) -> None:
    profile = copy_of(small.session.profile, tmp_path / "damaged")
    unfound = []
    for damage in (each for each in DAMAGES if each.file == file):
        name = small.damage(damage, profile)
        assert name
        findings = check(profile, small.history)
        found = codes(findings) or (findings and tuple(damage) in SURPLUS)
        if not found and not small.is_undamaged(profile):
            unfound.append(damage.kind)
        shutil.copyfile(small.session.profile / name, profile / name)
    assert unfound == []
    assert small.is_undamaged(profile)


@long
@pytest.mark.parametrize("file", FILES)
def test_a_file_that_lost_1_to_300_bytes_is_found(small: Matrix, tmp_path: Path, file: str) -> None:
    profile = copy_of(small.session.profile, tmp_path / "damaged")
    path = next(profile.glob(FILES[file]))
    content = path.read_bytes()
    unfound = []
    for count in longer(CUTS, range(1, 301)):
        path.write_bytes(content[:-count])
        if not codes(check(profile, small.history)):
            unfound.append(count)
    assert unfound == []


@long
@pytest.mark.parametrize("size", longer((SMALL,), damage_rows.SIZES))
def test_what_chromium_loses_was_found_before(
    small: Matrix, browsers: Browsers, tmp_path: Path, size: int
) -> None:
    matrix = small if size == small.size else made(browsers, tmp_path, size)
    rows = list(measured(browsers, matrix, tmp_path / "damaged", longer(JUDGED, DAMAGES)))
    assert [row for row in rows if row.missed] == []
    assert any(not row.harmless for row in rows)


def test_the_session_itself_is_whole_by_both(small: Matrix, browsers: Browsers, tmp_path: Path) -> None:
    session = small.session._replace(profile=copy_of(small.session.profile, tmp_path / "copy"))
    assert check(session.profile, small.history) == []
    assert check(session.profile) == []
    assert browsers.opened(session)[:2] == ("ready", session.rows)


def test_the_published_table_has_every_damage_and_no_miss() -> None:
    rows = damage_rows.kept()
    assert {row.size for row in rows} == set(damage_rows.SIZES)
    assert {(row.file, row.damage) for row in rows} == {tuple(damage) for damage in DAMAGES}
    assert [row for row in rows if row.missed] == []
    assert {code for row in rows for code in (*row.found, *row.alone)} <= set(ALL)
