"""Run the git program on a remote: it never asks, never hangs for ever, and tells how far it is."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

from wagit.core.git import GitMissing, clean_environ

MOST_SAID = 1 << 16  # bytes of stderr that are kept, the last ones
# "Receiving objects:  45% (5/11), 12.00 MiB | 3.00 MiB/s", by strbuf_humanise_bytes of git's strbuf.c
_PROGRESS = re.compile(rb"(?:Receiv|Writ)ing objects:[^,\r\n]*, ([\d.]+) (bytes|KiB|MiB|GiB) \|")
_SSH_OPTIONS = "-o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=4"
_UNITS = {b"bytes": 1, b"KiB": 1 << 10, b"MiB": 1 << 20, b"GiB": 1 << 30}


class Ended(NamedTuple):
    """How git ended; `status` is None for one that was silent for too long and killed."""

    status: int | None
    out: bytes
    said: str


class Bounds(NamedTuple):
    """`silence`: seconds without a word until git is killed. `file`: bytes that a file of it may have."""

    silence: float
    file: int | None = None


def environ_of(environ: Mapping[str, str], ssh: str | None) -> dict[str, str]:
    """What git gets on a remote: the user's credentials, and nobody to ask.

    `ssh` is the user's `core.sshCommand`. An own GIT_SSH_COMMAND or GIT_SSH is used as it is.
    """
    environment = clean_environ(environ)
    environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    environment.setdefault("GCM_INTERACTIVE", "never")  # Git Credential Manager opens windows
    environment.pop("SSH_ASKPASS", None)
    command = ssh or "ssh"
    plain = os.path.basename(command.split(" ")[0]) in ("ssh", "ssh.exe")
    if plain and not {"GIT_SSH_COMMAND", "GIT_SSH"} & environment.keys():
        # Of an option that is given twice ssh takes the first: the user's own stand.
        environment["GIT_SSH_COMMAND"] = f"{command} {_SSH_OPTIONS}"
    return environment


def run(
    arguments: list[str],
    cwd: str,
    environ: Mapping[str, str],
    bounds: Bounds,
    told: Callable[[float], None] | None = None,
) -> Ended:
    """Run git to its end; `told` hears how many bytes it has moved. Raises GitMissing, OSError.

    Its children end with it, also when this call is interrupted.
    """
    with _started(arguments, cwd, environ) as process:
        try:
            if bounds.file is not None:
                _bound_files(process.pid, bounds.file)
            out, said = _read(process, bounds.silence, told)
        except _Silent as silent:
            _kill(process)
            return Ended(None, b"", str(silent))
        except BaseException:
            _kill(process)
            raise
        return Ended(process.wait(), out, said.decode(errors="replace"))


def _started(arguments: list[str], cwd: str, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            ["git", *arguments],
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # without a terminal ssh cannot ask, and it can be killed as a whole
        )
    except FileNotFoundError as missing:
        if not os.path.isdir(cwd):
            raise
        raise GitMissing("there is no git program on the PATH", "install git 2.31 or newer") from missing


class _Silent(Exception):
    """git said nothing for too long."""


def _read(
    process: subprocess.Popen[bytes], silence: float, told: Callable[[float], None] | None
) -> tuple[bytes, bytes]:
    out, said = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(silence)
            if not ready:
                raise _Silent(f"nothing came for {silence:g} s")
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    out += data
                else:
                    said += data
                    del said[:-MOST_SAID]
                    if told:
                        _tell(data, told)
    return bytes(out), bytes(said)


def _tell(data: bytes, told: Callable[[float], None]) -> None:
    for number, unit in _PROGRESS.findall(data)[-1:]:
        told(float(number) * _UNITS[unit])


def _bound_files(pid: int, size: int) -> None:
    """From now on neither it nor a child of it may write a file beyond `size` bytes: SIGXFSZ ends it."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError):  # it has ended
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))


def _kill(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(OSError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
            return
