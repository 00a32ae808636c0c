"""Which browsers count as left behind: they are closed, any other keeps the slot."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

ASK = """
import sys
from wagit.operations.orphans import _is_orphan
print(_is_orphan(int(sys.argv[1])))
"""
FIRST = {
    "python": [sys.executable, "-c"],
    "sh": ["sh", "-c"],
}
START = {
    "python": "import subprocess as s, sys; b = s.Popen(['sleep', '60']); s.run([*sys.argv[1:], str(b.pid)])",
    "sh": 'sh -c \'sleep 60 >/dev/null & echo $!\' | { read -r pid; "$0" "$@" "$pid"; }',
}


@pytest.mark.parametrize(("first", "orphan"), [("python", False), ("sh", True)])
def test_a_bot_that_is_process_1_is_no_init(first: str, orphan: bool) -> None:
    """As in a container; a shell there adopts what a bot left, as init does."""
    apart = [shutil.which("unshare") or "false", "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*apart, "true"], check=False).returncode:
        pytest.skip("no process namespaces here")
    done = subprocess.run(
        [*apart, *FIRST[first], START[first], sys.executable, "-c", ASK],
        stdout=subprocess.PIPE, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout == f"{orphan}\n"
