"""WhatsApp's stand-in as one object: start it, point browsers and bots at it, stop it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self
from weakref import WeakSet

from wagit.core.atomic import atomic_write
from wagit.core.errors import WagitError
from wagit.core.locks import HeldLock, Holder, Locked, acquire
from wagit.core.processes import this_process
from wagit.standin.certificate import certificate
from wagit.standin.devices import LIMIT, Devices
from wagit.standin.environment import bot_environ, chromium_args
from wagit.standin.switchboard import Options, Switchboard

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette


class PortTaken(WagitError):
    """The port that was asked for is in use."""

    code = "port-taken"


class StandinRuns(WagitError):
    """Another stand-in runs on this state directory: two would forget each other's linked devices."""

    code = "standin-runs"


class Standin:
    """A running stand-in. Use it as a context manager, or call `stop`.

    `chromium_args` point any Chromium at it, `control_url` is its phone (`wagit.standin.phone.Phone`).
    With a `state_dir`, linked devices, keys and ports survive a restart.
    """

    chromium_args: list[str]
    control_url: str

    def __init__(self, state_dir: str | None, port: int, options: Options, device_limit: int) -> None:
        with ExitStack() as held:
            self.state_dir = os.path.abspath(state_dir or _temporary(held))
            os.makedirs(self.state_dir, mode=0o700, exist_ok=True)
            held.enter_context(_lock(self.state_dir))
            devices = Devices(os.path.join(self.state_dir, "devices.json"), device_limit)
            self._board = Switchboard(devices, options)
            self._certificate = certificate(self.state_dir)
            self._listeners = _listen(self.state_dir, port, held)
            self._held = held.pop_all()
        ports = [listener.getsockname()[1] for listener in self._listeners]
        self.control_url = f"http://127.0.0.1:{ports[0]}"
        self.chromium_args = chromium_args(ports[1], self._certificate.spki)
        self._servers: list[uvicorn.Server] = []
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="standin", daemon=True)

    @classmethod
    def start(
        cls,
        state_dir: str | None = None,
        port: int = 0,
        options: Options | None = None,
        device_limit: int = LIMIT,
    ) -> Self:
        """Start a stand-in in a thread of its own.

        `state_dir`: where the server's side is kept; None for a temporary one. `port`: of the control
        URL on 127.0.0.1; 0 for the one used before in `state_dir`, else any. Raises StandinRuns,
        PortTaken, OSError.
        """
        standin = cls(state_dir, port, options or Options(), device_limit)
        standin._thread.start()
        return standin

    def environ(self, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """The variables to add to `environ` (the process's) so that an unmodified bot reaches the stand-in.

        WAGIT_STANDIN, WAGIT_CHROMIUM_ARGS (JSON), NODE_OPTIONS (what was there, and a preload),
        PUPPETEER_EXECUTABLE_PATH (a wrapper that lives as long as the stand-in; not without a browser),
        PUPPETEER_SKIP_DOWNLOAD. Raises OSError.
        """
        wrapper = os.path.join(self.state_dir, "chromium")
        return bot_environ(
            self.control_url, self.chromium_args, wrapper, os.environ if environ is None else environ
        )

    def stop(self) -> None:
        """Close every page's connection and both ports; a temporary state directory goes too.

        Once stopped, it does nothing.
        """
        if self._thread.is_alive() and self._started.wait(10):
            with suppress(RuntimeError):  # its loop has just ended by itself
                self._loop.call_soon_threadsafe(self._close)
            self._thread.join(timeout=10)
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _close(self) -> None:
        self._board.closing = True
        self._board.changed()
        for server in self._servers:
            server.should_exit = server.force_exit = True  # a page that is open would be waited for

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        from wagit.standin.control import control
        from wagit.standin.pages import pages

        self._loop = asyncio.get_running_loop()
        paths = {"ssl_certfile": self._certificate.certificate, "ssl_keyfile": self._certificate.key}
        opened: WeakSet[asyncio.Transport] = WeakSet()
        self._servers += [_server(control(self._board), opened), _server(pages(self._board), opened, **paths)]
        self._started.set()
        sockets = zip(self._servers, self._listeners, strict=True)
        await asyncio.gather(*(server.serve(sockets=[listener]) for server, listener in sockets))
        for transport in opened:
            with suppress(AttributeError):  # Python 3.11.2 has one that has closed by itself
                transport.abort()  # TLS would wait half a minute for a page that never says goodbye
        await asyncio.sleep(0)


def _server(app: Starlette, opened: WeakSet[asyncio.Transport], **options: str) -> uvicorn.Server:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Protocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
            opened.add(transport)
            super().connection_made(transport)

    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",
        lifespan="off",
        http=Protocol,
        ws="websockets-sansio",
        **options,  # type: ignore[arg-type]  # paths, spelled out by the caller
    )
    return uvicorn.Server(config)


def _temporary(held: ExitStack) -> str:
    directory = tempfile.mkdtemp(prefix="wagit-standin-")
    held.callback(shutil.rmtree, directory, ignore_errors=True)
    return directory


def _lock(state_dir: str) -> HeldLock:
    host, pid, started = this_process()
    holder = Holder(host, pid, started, "a stand-in", os.getcwd(), time.time())
    try:
        return acquire(os.path.join(state_dir, "lock"), holder)
    except Locked as locked:
        raise StandinRuns(
            f"the stand-in of {state_dir} runs already: {locked.holder or 'by an unnamed process'}",
            "stop it, or run everything below one: wagit standin -- CMD",
        ) from locked


def environ_of_running(state_dir: str, environ: Mapping[str, str]) -> dict[str, str]:
    """What `Standin.environ` would say of the stand-in that runs on `state_dir`. Raises OSError."""
    with open(os.path.join(state_dir, "ports.json"), encoding="utf-8") as file:
        control, page = json.load(file)
    args = chromium_args(page, certificate(state_dir).spki)
    return bot_environ(f"http://127.0.0.1:{control}", args, os.path.join(state_dir, "chromium"), environ)


def _listen(state_dir: str, port: int, held: ExitStack) -> list[socket.socket]:
    """Bind the control port and the page's; pages and bots find both again after a restart."""
    path = os.path.join(state_dir, "ports.json")
    before = [0, 0]
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            before = json.load(file)
    listeners = [_bind(port) if port else _bind_or_any(before[0]), _bind_or_any(before[1])]
    for listener in listeners:
        held.callback(listener.close)
    atomic_write(path, json.dumps([listener.getsockname()[1] for listener in listeners]).encode())
    return listeners


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)  # who connects before the thread serves waits instead of being refused
    except OSError as error:
        listener.close()
        raise PortTaken(f"port {port} of 127.0.0.1 is in use: {error}", "choose another: --port N") from error
    return listener


def _bind_or_any(port: int) -> socket.socket:
    """Bind the port of last time; another one if somebody has taken it."""
    try:
        return _bind(port)
    except PortTaken:
        return _bind(0)
