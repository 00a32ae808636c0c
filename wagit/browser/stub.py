"""What a bot starts instead of Chromium: it asks the supervisor for a browser and stands for that one.

    python -I -S stub.py PID PROGRAM ARGUMENTS...      PID is the bot's; WAGIT_BROWSER names the host's socket

Where the host gives no browser, or there is no host, this process becomes PROGRAM. Else it tells the
browser's DevTools address as Chromium does, or carries the bot's pipe to it, and ends with the bot, with the
browser, or when it is asked to; none of this touches the browser. Each start costs, so: stdlib only.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from wagit.browser.stub_pipe import Bridge

PROFILE = "--user-data-dir="
PIPE = "--remote-debugging-pipe"
PORT = "--remote-debugging-port="
MARK = "?wagit="  # after it the stub's pid; Chromium does not mind what follows an address
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_UNWATCHED = 500  # milliseconds between two looks where there are no pidfds
_LONGEST = 1 << 16  # bytes of one answer


def main(arguments: list[str]) -> NoReturn:
    """Be a browser. `arguments`: the bot's pid, the program and its arguments."""
    for number in _ENDING:
        signal.signal(number, lambda *_: os._exit(0))  # as Chromium, which ends with status 0
    bot, program, given = int(arguments[0]), arguments[1], arguments[2:]
    watched = Watched(bot)
    answer = watched.ask(program, given)
    if answer.get("answer") != "endpoint":
        become(program, given)
    address = str(answer["endpoint"])
    bridge = _bridge(address) if PIPE in given else None
    if bridge is None or any(each.startswith(PORT) for each in given):
        _tell(f"\nDevTools listening on {address}{MARK}{os.getpid()}\n")
    watched.add_browser(int(answer["pid"]))
    leave(watched.stand(bridge))


class Watched:
    """All whose end ends the stub: the bot, the browser; and the host, which tells how the browser ended."""

    def __init__(self, bot: int) -> None:
        self._bot = bot
        self._bots = _pidfd(bot)
        self._browser = 0
        self._browsers = -1
        self._host = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._poll = select.poll()
        self._answered = b""
        if self._bots >= 0:
            self._poll.register(self._bots, select.POLLIN)
        self._end_without_bot()

    def ask(self, program: str, given: list[str]) -> dict[str, Any]:
        """The host's answer; an empty one when there is none."""
        try:
            self._host.connect(os.environ["WAGIT_BROWSER"])
            self._host.sendall(json.dumps(request(program, given)).encode() + b"\n")
        except (OSError, KeyError):
            return {}
        self._poll.register(self._host, select.POLLIN)
        while b"\n" not in self._answered:
            if self._host.fileno() in self._ready() and not self._hear():
                return {}
        return self._line()

    def add_browser(self, pid: int) -> None:
        """Watch the browser, too: the host may die before it."""
        self._browser, self._browsers = pid, _pidfd(pid)

    def stand(self, bridge: Bridge | None) -> int:
        """Stand for the browser until it or the bot has ended; the status to end with."""
        for descriptor in bridge.descriptors if bridge else ():
            self._poll.register(descriptor, select.POLLIN)
        while True:
            ready = self._ready()
            if self._host.fileno() in ready and not self._hear():
                self._lose_host()
            if b"\n" in self._answered:
                return int(self._line().get("ended", 0))
            if self._browsers in ready or (self._host.fileno() < 0 and not _lives(self._browser)):
                return 0
            if bridge is not None and not all(bridge.carry(each) for each in ready):
                return 0

    def _ready(self) -> set[int]:
        found = self._poll.poll(None if self._bots >= 0 else _UNWATCHED)
        self._end_without_bot()
        return {descriptor for descriptor, _ in found}

    def _end_without_bot(self) -> None:
        if os.getppid() != self._bot:
            os._exit(0)

    def _hear(self) -> bool:
        """Read what the host says; whether it is still there."""
        try:
            heard = self._host.recv(_LONGEST)
        except OSError:
            heard = b""
        self._answered += heard
        return bool(heard)

    def _lose_host(self) -> None:
        self._poll.unregister(self._host)
        self._host.close()
        if self._browsers >= 0:
            self._poll.register(self._browsers, select.POLLIN)

    def _line(self) -> dict[str, Any]:
        line, _, self._answered = self._answered.partition(b"\n")
        answer = json.loads(line)
        return answer if isinstance(answer, dict) else {}


def request(program: str, given: list[str]) -> dict[str, Any]:
    """What is asked of the host; `profile` is absolute, links resolved."""
    named = [each[len(PROFILE) :] for each in given if each.startswith(PROFILE)]
    return {
        "program": program,
        "args": given,
        "profile": os.path.realpath(named[-1] if named else ""),  # Chromium takes the last, too
        "cwd": os.getcwd(),
        "env": dict(os.environ),
    }


def become(program: str, given: list[str]) -> NoReturn:
    """Be the program itself from now on: same process, same streams."""
    for number in (*_ENDING, signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores the last two
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvp(program, [program, *given])
    except OSError as failed:
        _tell(f"{program}: {failed.strerror}\n")
        os._exit(127)


def leave(status: int) -> NoReturn:
    """End as the browser ended: with its status, or by the same signal when it is negative."""
    if status < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -status not in (signal.SIGKILL, signal.SIGSTOP):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status & 0xFF)


def _bridge(address: str) -> Bridge | None:
    sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    from wagit.browser.stub_pipe import Bridge

    try:
        return Bridge(address)
    except OSError as failed:
        _tell(f"{address}: {failed}\n")
        os._exit(1)


def _tell(text: str) -> None:
    with suppress(OSError):  # nobody may listen
        os.write(2, text.encode())


def _pidfd(pid: int) -> int:
    """A descriptor that is readable once the process has ended; -1 where the system has none."""
    try:
        return os.pidfd_open(pid) if sys.platform == "linux" else -1
    except OSError:
        return -1


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
