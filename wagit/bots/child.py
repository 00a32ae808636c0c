"""The bot's process: started with its streams, its lock and a session of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple, Protocol

from wagit.bots.family import Family
from wagit.core.errors import WagitError


class CommandNotFound(WagitError):
    """The bot's command names no program."""

    code = "command-not-found"
    exit_status = 127


class CommandNotStarted(WagitError):
    """The system refused to start the bot's command."""

    code = "command-not-started"
    exit_status = 126


class Streams(NamedTuple):
    """What the child's 0, 1 and 2 are: `slave` is a pty's path, or None to inherit all three.

    `stderr_too` tells whether 2 goes to the pty as well; `null_stdin` gives it /dev/null, since a
    child outside the terminal's session would steal the shell's input. `output` is a descriptor for 1
    and 2, or only for 1 where `errors` is one for 2; then 0 is /dev/null.
    """

    slave: str | None = None
    stderr_too: bool = True
    null_stdin: bool = False
    output: int | None = None
    errors: int | None = None


class Running(Protocol):
    """What the stop ladder and the supervisor ask of a bot's process."""

    pid: int
    family: Family

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the leader has ended; whether it has."""

    @property
    def status(self) -> int | None:
        """Its exit status as the shell tells it; None while it runs."""

    def terminate(self) -> None:
        """Ask the group to end."""

    def kill(self) -> None:
        """End the group."""

    def pause(self, *, but: int | None = None) -> None:
        """Hold the group until `resume`, but for the process `but` and what that started."""

    def resume(self) -> None:
        """Let the group go on."""

    def reap(self) -> None:
        """Forget the process; its pid may be recycled from now on."""


class Spawn(Protocol):
    """Starts a process, as `start` does."""

    def __call__(
        self,
        command: Sequence[str],
        cwd: str,
        environ: Mapping[str, str],
        pass_fds: Iterable[int] = ...,
        streams: Streams = ...,
    ) -> Running:
        """Start it, or raise a WagitError."""


def start(
    command: Sequence[str],
    cwd: str,
    environ: Mapping[str, str],
    pass_fds: Iterable[int] = (),
    streams: Streams = Streams(),  # noqa: B008 - immutable
) -> Running:
    """Start `command` in a session of its own.

    `pass_fds` stay open in the child under the same numbers: a slot's lock is held until the bot has
    ended, even when wagit is killed. Raises CommandNotFound, CommandNotStarted.
    """
    try:
        if sys.platform == "win32":
            return _WindowsChild(command, cwd, environ)
        return _start_posix(command, cwd, environ, pass_fds, streams)
    except FileNotFoundError as missing:
        where = (
            f"{cwd} is not a directory" if not os.path.isdir(cwd) else f"there is no program {command[0]!r}"
        )
        raise CommandNotFound(where, "correct the command, or install what it names") from missing
    except OSError as refused:
        raise CommandNotStarted(
            f"{command[0]!r} cannot be started: {refused.strerror}", "correct bot.command, or its permissions"
        ) from refused


if sys.platform == "win32":  # untested: no Windows machine was at hand

    class _WindowsChild:
        """A process group of its own; there is no pty, so the streams are inherited."""

        def __init__(self, command: Sequence[str], cwd: str, environ: Mapping[str, str]) -> None:
            self._popen = subprocess.Popen(
                list(command), cwd=cwd, env=dict(environ), creationflags=subprocess.CREATE_NEW_PROCESS_GROUP
            )
            self.pid = self._popen.pid
            self.family = Family(self.pid)

        def wait(self, timeout: float | None = None) -> bool:
            try:
                self._popen.wait(timeout)
            except subprocess.TimeoutExpired:
                return False
            return True

        @property
        def status(self) -> int | None:
            return self._popen.poll()

        def terminate(self) -> None:
            self.family.remember()
            self._popen.send_signal(signal.CTRL_BREAK_EVENT)

        def kill(self) -> None:
            self.family.signal_group(signal.SIGTERM)
            self._popen.kill()

        def pause(self, *, but: int | None = None) -> None: ...

        def resume(self) -> None: ...

        def reap(self) -> None: ...

else:

    class _PosixChild:
        """Leader of its own session and group, kept as a zombie until `reap`."""

        def __init__(self, pid: int, lock: str = "") -> None:
            self.pid = pid
            self.family = Family(pid, lock)
            self._status: int | None = None
            self._ended = threading.Event()
            threading.Thread(target=self._follow, name=f"bot {pid}", daemon=True).start()

        def _follow(self) -> None:
            if hasattr(os, "waitid"):
                info = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
                assert info is not None
                killed = info.si_code != os.CLD_EXITED
                self._status = 128 + info.si_status if killed else info.si_status
            else:  # macOS before Python 3.13 cannot wait without reaping
                code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
                self._status = 128 - code if code < 0 else code
            self._ended.set()

        def wait(self, timeout: float | None = None) -> bool:
            return self._ended.wait(timeout)

        @property
        def status(self) -> int | None:
            return self._status

        def terminate(self) -> None:
            self.family.signal_group(signal.SIGTERM)
            self.resume()  # a stopped process acts on SIGTERM only when it goes on

        def kill(self) -> None:
            self.family.signal_group(signal.SIGKILL)

        def pause(self, *, but: int | None = None) -> None:
            # SIGTSTP does nothing to a group whose leader's parent is in another session.
            self.family.signal_group(signal.SIGSTOP, but=but)

        def resume(self) -> None:
            self.family.signal_group(signal.SIGCONT)

        def reap(self) -> None:
            with suppress(ChildProcessError):
                os.waitpid(self.pid, 0)

    def _start_posix(
        command: Sequence[str],
        cwd: str,
        environ: Mapping[str, str],
        pass_fds: Iterable[int],
        streams: Streams,
    ) -> Running:
        """Start by posix_spawn: safe beside threads, and a leader that opens a tty gets it as its own."""
        actions = [*_stream_actions(streams), *((os.POSIX_SPAWN_DUP2, fd, fd) for fd in pass_fds)]
        with _working_directory(cwd):
            program = shutil.which(command[0], path=environ.get("PATH", os.defpath))
            if program is None and not os.path.dirname(command[0]):
                raise FileNotFoundError(command[0])
            pid = os.posix_spawn(
                program or command[0],
                list(command),
                dict(environ),
                file_actions=actions,
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],  # which Python ignores
            )
        return _PosixChild(pid, next(map(_path_of, pass_fds), ""))

    def _path_of(descriptor: int) -> str:
        """Which file is open there; empty where the system does not tell."""
        try:
            return os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            return ""

    def _stream_actions(streams: Streams) -> list[tuple[int, int, str, int, int] | tuple[int, int, int]]:
        if streams.slave is None:
            if streams.output is None and not streams.null_stdin:
                return []
            null = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
            return [null] if streams.output is None else [null, *_outputs(streams.output, streams.errors)]
        actions: list[tuple[int, int, str, int, int] | tuple[int, int, int]] = [
            (os.POSIX_SPAWN_OPEN, 0, streams.slave, os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
        ]
        return [*actions, (os.POSIX_SPAWN_DUP2, 0, 2)] if streams.stderr_too else actions

    def _outputs(output: int, errors: int | None) -> list[tuple[int, int, int]]:
        second = output if errors is None else errors
        return [(os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, second, 2)]

    _directory_lock = threading.Lock()

    @contextmanager
    def _working_directory(cwd: str) -> Iterator[None]:
        """Be in `cwd` while a child is spawned, which inherits it: posix_spawn has no argument for it."""
        with _directory_lock:
            before = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.chdir(cwd)
                yield
            finally:
                os.fchdir(before)
                os.close(before)
