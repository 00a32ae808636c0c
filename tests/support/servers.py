"""Real servers for tests, from `.ci/unpacked` where the system has none; none outlives its pytest."""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


class Unpacked:
    """What `.ci/<script>` unpacked into `.cache/<name>`."""

    def __init__(self, name: str, script: str) -> None:
        self.root = CHECKOUT / ".cache" / name / "root"
        self._libraries = f"lib/{platform.machine()}-linux-gnu"
        self.libraries = self.root / "usr" / self._libraries
        self._script = script

    def program(self, name: str) -> str:
        """Its path, or the system's own; skips where there is neither."""
        ours = self.root / "usr/bin" / name
        found = str(ours) if ours.exists() else shutil.which(name)
        if found is None:
            pytest.skip(f"needs {name}: run {self._script}")
        return found

    def environ(self) -> dict[str, str]:
        """The process' own, and where the unpacked libraries are."""
        libraries = [self.libraries, self.root / self._libraries, self.libraries / "ceph"]
        return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(str(one) for one in libraries)}


def mortal(command: Sequence[str]) -> list[str]:
    """The same command, which the kernel kills when this process is gone, however it ends."""
    if shutil.which("setpriv") is None:  # only Linux can
        return list(command)
    return ["setpriv", "--pdeathsig", "KILL", "--", *command]


def start(command: Sequence[str], environ: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a server that does not outlive this process."""
    with log.open("ab") as file:
        return subprocess.Popen(
            mortal(command),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        )


def stop(server: subprocess.Popen[bytes]) -> None:
    """Have it gone; nothing of it is kept."""
    server.kill()
    server.wait()


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port on loopback that the system gives to nobody else, also while its server is started anew.

    It is bound and not listened at: a server may bind it too, as both allow that it is used again. A port
    that is merely free goes to another test's connection, or a look whether somebody listens meets itself.
    """
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        yield port


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def changed(environ: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        yield
