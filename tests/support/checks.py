"""What tests of a slot's check have in common: a check that finds what a test says, and other data.

checks.find("loss")                  # the fixture of that name: from now on
assert look(kept).broken
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.snapshots import NOW, Kept
from wagit.integrity.findings import Finding, History, Read
from wagit.operations.examine import Examined, examine


class Checks:
    """What the driver's check was asked, and what it finds."""

    def __init__(self) -> None:
        self.histories: list[History] = []
        self.finds: list[Finding] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self, data: str, history: History, read: Read) -> list[Finding]:
        del data
        self.histories.append(history)
        read(11)
        self.meanwhile()
        return self.finds

    def find(self, severity: str, file: str = "keys/1") -> Finding:
        """Have it find this from now on."""
        found = Finding("damage", severity, file, 3, "what", "effect", None, "remedy")  # type: ignore[arg-type]
        self.finds = [found]
        return found


def look(kept: Kept, now: float = NOW, *, deep: bool = False) -> Examined:
    """Check the slot."""
    return examine(kept.store, "dev", now, deep=deep)


def swap_directories(data: Path) -> None:
    """Other data with the same names takes its place, as a restore does it."""
    new, old = data.with_name("data.new"), data.with_name("data.old")
    new.mkdir()
    for file in [path for path in data.rglob("*") if path.is_file()]:
        target = new / file.relative_to(data)
        target.parent.mkdir(exist_ok=True)
        file.rename(target)
    data.rename(old)
    new.rename(data)
