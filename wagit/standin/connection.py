"""One open page, as the stand-in's server sees it."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from typing import Any, NamedTuple

from starlette.websockets import WebSocket, WebSocketDisconnect

from wagit.standin.devices import Device


class Ref(NamedTuple):
    """What the QR that a page shows now refers to; the page has none when it has expired."""

    text: str
    since: float  # monotonic seconds


def new_ref() -> Ref:
    """A reference as WhatsApp writes it."""
    return Ref(f"2@{secrets.token_urlsafe(96)}", time.monotonic())


class Connection:
    """A page's socket: who it is, what it shows, and what it was asked to do."""

    _numbers = itertools.count(1)

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.number = next(self._numbers)
        self.device: Device | None = None
        self.is_ready = False
        self.is_conflict = False
        self.keys = ("", "")  # noise and identity of a page that is not linked yet
        self.ref: Ref | None = None
        self.code: tuple[str, str] | None = None  # a pairing code and the number it is for
        self.rotation: asyncio.Task[None] | None = None
        self._jobs: dict[int, asyncio.Future[dict[str, Any]]] = {}

    async def send(self, type_: str, **values: object) -> None:
        """Send one message; a page that has just gone is no failure."""
        try:
            await self.socket.send_json({"type": type_, **values})
        except (WebSocketDisconnect, RuntimeError):
            self.is_ready = False

    async def perform(self, job: str, timeout: float, **values: object) -> dict[str, Any]:
        """Have the page do `job` and return what it reports. Raises TimeoutError, ConnectionError."""
        number = next(self._numbers)
        report = self._jobs[number] = asyncio.get_running_loop().create_future()
        try:
            await self.send(job, job=number, **values)
            return await asyncio.wait_for(report, timeout)
        finally:
            del self._jobs[number]

    def done(self, report: dict[str, Any]) -> None:
        """Take the page's report of a job."""
        job = self._jobs.get(report["job"])
        if job and not job.done():
            job.set_result(report)

    def stop_showing(self) -> None:
        """No QR and no code any more."""
        self.ref = self.code = None
        if self.rotation:
            self.rotation.cancel()

    def closed(self) -> None:
        """The page has gone: whoever waits for a job of its is told."""
        self.stop_showing()
        self.is_ready = False
        for job in self._jobs.values():
            if not job.done():
                job.set_exception(ConnectionError("the page has gone"))
