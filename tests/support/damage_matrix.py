"""The damage matrix: what real Chromium makes of each damage, and what the check says before.

    .venv/bin/python -m tests.support.damage_matrix 0 20 150

measures the sizes (MB) and keeps the rows in tests/docs/damage.json, from which the page is generated.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.support import damage_rows
from tests.support.chromium_sessions import Browsers, Found, Rows, Session, chromium
from tests.support.damage import DAMAGES, Damage, copy_of
from tests.support.damage_rows import Row
from wagit.core.opening import regular
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.integrity.findings import NO_HISTORY, Finding, History, Known, broken, no_read
from wagit.operations.snapshot import selection_of
from wagit.standin.server import Standin

DRIVER = "chromium"
SMALL = 8  # MB; Chromium makes a table of each 4 MB of the log


def history_of(profile: Path, driver: Driver | None = None) -> History:
    """What a snapshot of the session would know of its files."""
    selection = selection_of(driver or registry.get(DRIVER), full=False)
    files = {path.relative_to(profile).as_posix(): path for path in profile.rglob("*") if path.is_file()}
    return {name: _known(path) for name, path in files.items() if selection.wants(name)}


def _known(path: Path) -> Known:
    from blake3 import blake3

    with open(path, "rb", opener=regular) as file:
        content = file.read()
    return Known(len(content), blake3(content).hexdigest())


def check(profile: Path, history: History = NO_HISTORY) -> list[Finding]:
    """What is found in a profile before any browser opens it."""
    return registry.get(DRIVER).check(str(profile), history, no_read)


def codes(findings: Iterable[Finding]) -> list[str]:
    """The codes of what costs the login or rows."""
    return sorted({found.code for found in findings if broken([found])})


def judged(found: Found, rows: Rows) -> str:
    """What a start of Chromium came to."""
    if found.state != "ready":
        return "login lost" if found.state == "qr" else found.state
    return "ready" if found.rows == rows and not found.older else "rows lost"


class Matrix:
    """A session, its history, and another session to swap files with."""

    def __init__(self, size: int, session: Session, other: Session) -> None:
        self.size = size
        self.session = session
        self.history = history_of(session.profile)
        self._other = other

    def damage(self, damage: Damage, profile: Path) -> str | None:
        """Damage a copy of the session; return the damaged file, None where there is none."""
        return damage.do(profile, self._other.profile, f"{self.size} MB")

    def is_undamaged(self, profile: Path) -> bool:
        """Whether the damage left the very bytes that were there."""
        return history_of(profile) == self.history

    def row(self, browsers: Browsers, damage: Damage, to: Path) -> Row | None:
        """Measure a row, on a copy that is removed again; None where the session has no such file."""
        if self.damage(damage, copy_of(self.session.profile, to)) is None:
            shutil.rmtree(to)
            return None
        same = self.is_undamaged(to)
        found, alone = codes(check(to, self.history)), codes(check(to))
        session = self.session._replace(profile=to)
        starts = [browsers.opened(session) for _ in range(2)]
        shutil.rmtree(to)
        first = judged(starts[0]._replace(older=False), session.rows)  # a copy, and the session went on
        second = judged(starts[1], session.rows)
        return Row(self.size, damage.file, damage.kind, same, first, second, found, alone)


def made(browsers: Browsers, path: Path, size: int) -> Matrix:
    """Make a session of this size, and another one."""
    sessions = [
        browsers.linked(path / f"{name}-{size}", f"49152{size:04}{which:03}", size)
        for which, name in enumerate(("session", "other"))
    ]
    return Matrix(size, *sessions)


def measured(
    browsers: Browsers, matrix: Matrix, path: Path, damages: Sequence[Damage] = DAMAGES
) -> Iterator[Row]:
    """Measure a row of each damage, at `path`; a session that has no such file has no row of it."""
    for damage in damages:
        row = matrix.row(browsers, damage, path)
        if row is not None:
            yield row


def main(sizes: list[int]) -> None:
    """Measure these sizes and keep their rows, and the others' as they are."""
    rows = []
    with (
        tempfile.TemporaryDirectory(prefix="wagit-matrix-") as path,
        Standin.start() as standin,
        chromium(standin) as browsers,
    ):
        for size in sizes:
            for row in measured(browsers, made(browsers, Path(path), size), Path(path, "damaged")):
                print(*row, sep="\t", flush=True)
                rows.append(row)
    damage_rows.keep([*(row for row in damage_rows.kept() if row.size not in sizes), *rows])


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(damage_rows.SIZES))
