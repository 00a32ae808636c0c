"""Real Baileys from npm: it makes folders, and says what it reads from one. One node process for many.

with Baileys() as baileys:
    baileys.make(folder)
    before = baileys.read(folder)
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from wagit.integrity.findings import History, Known

SCRIPT = Path(__file__).with_suffix(".cjs")


class Reading(NamedTuple):
    """What Baileys reads: `creds.json`, and by name the text of what each other file holds, or nothing."""

    creds: dict[str, Any]
    keys: dict[str, str | None]


class Baileys:
    """A node process that answers questions."""

    def __init__(self) -> None:
        self._node = subprocess.Popen(
            ["node", str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Baileys:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._node.communicate()

    def make(self, folder: Path, **how: Any) -> Path:
        """Write a login into a folder: `linked`, `device`, `preKeys` and `settings` say what kind of."""
        self._ask(do="make", folder=str(folder), **how)
        return folder

    def grow(self, folder: Path, pre_keys: int, *, saved: bool) -> None:
        """Make more pre-keys; a bot that is killed then has not `saved` its counters."""
        self._ask(do="grow", folder=str(folder), preKeys=pre_keys, saved=saved)

    def read(self, folder: Path, names: list[str] | None = None) -> Reading:
        """Read a folder as a bot does when it starts; `names` also where there is no such file."""
        names = names if names is not None else sorted(path.name for path in folder.iterdir())
        return Reading(**self._ask(do="read", folder=str(folder), files=names))

    def _ask(self, **question: Any) -> dict[str, Any]:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps(question) + "\n")
        self._node.stdin.flush()
        answer: dict[str, Any] = json.loads(self._node.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer


def history_of(folder: Path) -> History:
    """What a snapshot of the folder as it is now would know of it."""
    from blake3 import blake3

    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {name: Known(len(data), blake3(data).hexdigest()) for name, data in files.items()}
