"""Run a part of a test as a user for whom modes count: root may read and write everything."""

from __future__ import annotations

import codecs
import os
import shutil
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

NOBODY = 65534


def as_nobody(run: Callable[[Path], None]) -> None:
    """Call `run` with an empty directory of its own, in a fork that is not root; fail as it fails."""
    root = Path(tempfile.mkdtemp(prefix="wagit-nobody-"))
    said = root / "failed"
    codecs.lookup("ascii")  # the interpreter may lie where only root reads
    pid = os.fork()
    if pid == 0:
        try:
            if os.geteuid() == 0:
                os.chown(root, NOBODY, NOBODY)
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            os.umask(0o022)
            run(root)
        except BaseException:
            said.write_text(traceback.format_exc())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    failed = said.read_text() if said.exists() else ""
    shutil.rmtree(root, ignore_errors=True)
    assert not failed, failed
