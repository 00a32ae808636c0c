"""A real Redis on loopback, the system's or the one that `.ci/redis` unpacked.

def test_it(redis_server: RedisServer) -> None:
    team = Team(…, lease_at=redis_server.url)
    redis_server.kill()
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browser import eventually
from tests.support.servers import Unpacked, answers, mortal, reserved_port, start, stop

_REDIS = Unpacked("redis", ".ci/redis")


class RedisServer:
    """One that keeps what it is told only when it is asked to."""

    def __init__(self, here: Path, port: int) -> None:
        self.port = port
        self.url = f"redis://127.0.0.1:{port}"
        self._here = here
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--port", self.port, "--bind", "127.0.0.1", "--dir", self._here, "--save", ""]
        command = [_REDIS.program("redis-server"), *map(str, options)]
        self._server = start(command, _REDIS.environ(), self._here / "log")
        eventually(lambda: answers(self.port) and self.cli("PING") == "PONG")

    def kill(self) -> None:
        """As a power cut: what was not saved is lost."""
        if self._server is not None:
            stop(self._server)
            self._server = None

    def suspend(self) -> None:
        """It accepts connections, and answers nothing."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)

    def cli(self, *arguments: str) -> str:
        """What `redis-cli` says."""
        command = [_REDIS.program("redis-cli"), "--no-auth-warning", "-p", str(self.port), *arguments]
        done = subprocess.run(
            command, env=_REDIS.environ(), capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout.strip()

    def cli_with(self, data: bytes, *arguments: str) -> None:
        """The same with the last argument's bytes, by `-x`."""
        command = [_REDIS.program("redis-cli"), "-p", str(self.port), *arguments]
        subprocess.run(command, env=_REDIS.environ(), input=data, capture_output=True, timeout=30, check=True)

    @contextmanager
    def listening(self, channel: str) -> Iterator[Callable[[], str]]:
        """Subscribe to a channel; what is given waits for the next message."""
        command = [_REDIS.program("redis-cli"), "-p", str(self.port), "SUBSCRIBE", channel]
        with subprocess.Popen(
            mortal(command), env=_REDIS.environ(), stdout=subprocess.PIPE, text=True
        ) as client:
            assert client.stdout is not None
            lines = iter(client.stdout.readline, "")
            assert [next(lines).strip() for _ in range(3)] == ["subscribe", channel, "1"]
            yield lambda: [next(lines).strip() for _ in range(3)][2]
            client.kill()

    def files(self, pattern: str) -> list[bytes]:
        """What it has on disk."""
        return [path.read_bytes() for path in self._here.glob(pattern)]

    def reset(self) -> None:
        """As new, for the next test; started anew only where that is needed."""
        if self._server is not None and self.cli("FLUSHALL") == "OK":
            return
        self.kill()
        for left in self._here.glob("*.rdb"):
            left.unlink()
        self.start()


@pytest.fixture(scope="session")
def redis_of_session() -> Iterator[RedisServer]:
    """One for this process; skips where there is none."""
    _REDIS.program("redis-server")
    here = Path(tempfile.mkdtemp(prefix="wagit-redis-"))
    with reserved_port() as port:
        server = RedisServer(here, port)
        try:
            yield server
        finally:
            server.kill()
            shutil.rmtree(here, ignore_errors=True)


@pytest.fixture
def redis_server(redis_of_session: RedisServer) -> RedisServer:
    """An empty one."""
    redis_of_session.reset()
    return redis_of_session
