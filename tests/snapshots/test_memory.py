"""However big a session is, a snapshot and a restore of it need the same little memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.processes import CHECKOUT
from tests.support.snapshots import Kept, tree

MOST = 150 << 20  # bytes
# VmHWM is the peak of this program alone; getrusage counts that of the test runner, which forked it.
CHILD = """
import os, sys
from pathlib import Path
from tests.support.snapshots import Kept
from wagit.snapshots import restore
def peak():
    found = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(found.split()[1]) * 1024
kept = Kept(Path(sys.argv[1]), Path(sys.argv[2]))
before = peak()
snapshot = kept.take().snapshot
os.mkdir(sys.argv[3])
restore.write_out(kept.store, snapshot.entries, sys.argv[3])
print(before, peak())
"""


def test_a_gigabyte_is_snapshotted_and_restored_in_little_memory(tmp_path: Path) -> None:
    kept = Kept.make(tmp_path, {"small": b"x"})
    for name in ("one", "two"):  # two threads, each with one
        with (kept.data / name).open("wb") as file:
            os.truncate(file.fileno(), 512 << 20)
            for at in range(0, 512 << 20, 64 << 20):
                os.pwrite(file.fileno(), os.urandom(4 << 20), at)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, kept.store.root, kept.repo.worktree, str(tmp_path / "out")],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    before, most = map(int, done.stdout.split())
    assert most <= MOST
    assert most - before <= MOST // 3
    assert tree(tmp_path / "out") == tree(kept.data)
