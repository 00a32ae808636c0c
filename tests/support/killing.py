"""Kill a Python program before each of its file-system steps, found by counting them.

    for ended in killed_at_each_step([*HOOK, "post-checkout", ...], cwd, reset):
        ...assert that nothing is lost...

Before its n-th step the program ends itself by SIGKILL, as a power cut or `kill -9` would.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from tests.support.steps import before_step, die

MOST_STEPS = 400

_HARNESS = """
import runpy, sys
step, root, script, checkout = int(sys.argv[1]), *sys.argv[2:5]
sys.argv = [script, *sys.argv[5:]]
sys.path.insert(0, checkout)
from tests.support.steps import before_step, die
before_step(step, root, die)
runpy.run_path(script, run_name="__main__")
"""


class Ended(NamedTuple):
    """How one run ended: the step it was killed before, and whether it was."""

    step: int
    killed: bool
    output: str


def killed_at_each_step(
    script: Path, arguments: Sequence[str], root: Path, reset: Callable[[], None], env: Mapping[str, str]
) -> Iterator[Ended]:
    """Run `script` again and again, killed before its first, second, … step below `root`.

    `reset` runs before each. Ends after the first run that reached its end, which must come.
    """
    checkout = str(Path(__file__).parents[2])
    for step in range(1, MOST_STEPS):
        reset()
        done = subprocess.run(
            [sys.executable, "-c", _HARNESS, str(step), str(root), str(script), checkout, *arguments],
            cwd=root, env={**os.environ, **env}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        killed = done.returncode == -signal.SIGKILL
        yield Ended(step, killed, done.stdout + done.stderr)
        if not killed:
            return
    raise AssertionError(f"{script} takes more than {MOST_STEPS} steps")


def killed_in_a_fork(
    run: Callable[[], object], root: Path, reset: Callable[[], None], every: int = 1
) -> Iterator[Ended]:
    """The same for a function of this process, run in forks of it: nothing is imported again.

    `run` returns how it ended; a killed run has no output. Of `every` so many steps it is killed before one.
    """
    said = root.parent / "said"
    for step in range(1, MOST_STEPS, every):
        reset()
        said.unlink(missing_ok=True)
        pid = os.fork()
        if pid == 0:
            _run_and_leave(run, str(root), step, said)
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        yield Ended(step, killed, said.read_text() if said.exists() else "")
        if not killed:
            return
    raise AssertionError(f"{run} takes more than {MOST_STEPS} steps")


def _run_and_leave(run: Callable[[], object], root: str, at: int, said: Path) -> NoReturn:
    """Run in this child, which must not come back to the test, and kill it before its step `at`."""
    gc.disable()  # it would copy the pages of all that was loaded before the fork
    try:
        before_step(at, root, die)
        said.write_text(repr(run()))
    except BaseException as error:
        said.write_text(f"raised {error!r}")
    finally:
        os._exit(0)
