"""Run git where it says more than is to be kept."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO

from wagit.core.git import GitFailed, GitMissing, clean_environ, failed


@contextlib.contextmanager
def stream_git(
    *arguments: str,
    cwd: str,
    environ: Mapping[str, str],
    added: Mapping[str, str],
    stdin: IO[bytes] | None = None,
    any_status: bool = False,
) -> Iterator[IO[bytes]]:
    """Run git in `cwd` and yield its stdout; a git that still writes when it is left is killed.

    `added` goes into the environment as it is. Raises GitFailed for one that was heard to its end and
    failed, unless `any_status`; GitMissing.
    """
    environment = clean_environ(environ) | {"LC_ALL": "C.UTF-8", "GIT_OPTIONAL_LOCKS": "0", **added}
    with tempfile.TemporaryFile() as said, _started(arguments, cwd, environment, stdin, said) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
            ended = not process.stdout.read(1)
        except BaseException:
            process.kill()
            raise
        if not ended:
            process.kill()
        status = process.wait()
        if ended and status and not any_status:
            said.seek(0)
            raise failed(arguments[0], status, said.read())


def _started(
    arguments: tuple[str, ...],
    cwd: str,
    environment: Mapping[str, str],
    stdin: IO[bytes] | None,
    said: IO[bytes],
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            ["git", *arguments], cwd=cwd, env=environment, stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=said,
        )  # fmt: skip
    except FileNotFoundError as missing:
        if not os.path.isdir(cwd):
            raise GitFailed(f"{cwd} is not a directory", "name an existing one with -C") from missing
        raise GitMissing("there is no git program on the PATH", "install git 2.31 or newer") from missing
