"""WhatsApp's server as the stand-in plays it: pages on one side, the phone on the other.

Everything runs in one event loop, so that no state needs a lock.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from wagit.standin.connection import Connection, new_ref
from wagit.standin.devices import Device, Devices, Message, Proof, StandinRefused

T = TypeVar("T")


class Options(BaseModel):
    """How the stand-in behaves; every field can be changed while it runs (`Phone.configure`)."""

    qr_seconds: float = 20.0
    """How long a QR lives before the next one takes its place (WhatsApp: 60 for the first, then 20)."""
    qr_count: int = 6
    """How many QRs a page shows before it goes idle until it is asked to refresh (WhatsApp: 6)."""
    codes: bool = True
    """Whether pairing codes are given (WhatsApp: only a few an hour)."""
    boot_seconds: float = 0.0
    """How long the page boots before `window.Debug.VERSION` is there."""
    boot_stuck: bool = False
    """The page never boots; turned off, pages that are stuck go on."""


class Switchboard:
    """The server's whole state: linked devices, open pages, sent messages, and a journal of events."""

    def __init__(self, devices: Devices, options: Options) -> None:
        self.devices = devices
        self.options = options
        self.connections: list[Connection] = []
        self.sent: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.closing = False
        self._changed = asyncio.Event()

    def note(self, type_: str, **values: object) -> None:
        """Add an event to the journal and wake whoever waits."""
        self.events.append({"seq": len(self.events) + 1, "type": type_, "at": time.time(), **values})
        self.changed()

    def changed(self) -> None:
        """Wake whoever waits for the state to change."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, find: Callable[[], T | None], seconds: float) -> T | None:
        """Return what `find` finds as soon as it is not None; None after `seconds` or when closing."""
        until = time.monotonic() + seconds
        while (found := find()) is None and not self.closing:
            left = until - time.monotonic()
            if left <= 0:
                return None
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                return find()
        return found

    def closed(self, page: Connection) -> None:
        """A page has gone."""
        self.connections.remove(page)
        page.closed()
        wid = page.device.wid if page.device else None
        self.note("closed", wid=wid, number=page.device.number if page.device else None, page=page.number)

    # --- pages that are not linked

    async def show_refs(self, page: Connection, keys: tuple[str, str]) -> None:
        """Give a new device's page one QR after the other, then let it idle."""
        page.stop_showing()
        page.device, page.keys = None, keys
        page.rotation = asyncio.create_task(self._rotate(page))

    async def _rotate(self, page: Connection) -> None:
        for _ in range(self.options.qr_count):
            page.ref = new_ref()
            await page.send("ref", ref=page.ref.text)
            self.note("ref", ref=page.ref.text, page=page.number)
            await asyncio.sleep(self.options.qr_seconds)
        page.ref = None
        self.note("idle", page=page.number)
        await page.send("idle")

    def new_code(self, page: Connection, number: str) -> str | None:
        """A pairing code for `number`, in place of the QR; None where none is given."""
        if not self.options.codes:
            return None
        alphabet = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
        page.stop_showing()
        page.code = "".join(secrets.choice(alphabet) for _ in range(8)), number
        self.note("code", code=page.code[0], number=number, page=page.number)
        return page.code[0]

    # --- linking

    def page_of_ref(self, ref: str | None) -> Connection:
        """The page that shows `ref`, or the newest QR. Raises StandinRefused when none does."""
        shown = [page for page in self.connections if page.ref]
        if ref is not None:
            text = ref.split(",", maxsplit=1)[0]
            shown = [page for page in shown if page.ref and page.ref.text == text]
        if not shown:
            raise StandinRefused("ref-expired", "no page shows this QR any more", "scan the QR it shows now")
        return max(shown, key=lambda page: page.ref.since if page.ref else 0)

    def page_of_code(self, code: str) -> tuple[Connection, str]:
        """The page that shows this pairing code, and the number it is for. Raises StandinRefused."""
        for page in self.connections:
            if page.code and page.code[0] == code.replace("-", "").upper():
                return page, page.code[1]
        raise StandinRefused("code-unknown", "no page shows this pairing code", "ask the bot for a new one")

    async def link(self, page: Connection, number: str, name: str) -> Device:
        """The phone accepts what `page` shows: one linked device more. Raises StandinRefused."""
        device = self.devices.link(number, name, *page.keys)
        page.stop_showing()
        self.note("linked", wid=device.wid, number=number, page=page.number)
        await page.send("linked", wid=device.wid, token=device.token, name=name)
        return device

    async def unlink(self, wid: str, but: Connection | None = None) -> Device:
        """Forget a device and log its pages out, `but` the one that asked for it. Raises StandinRefused."""
        device = self.devices.unlink(wid)
        self.note("unlinked", wid=wid, number=device.number)
        for page in self.pages_of(wid):
            page.is_ready = False
            if page is not but:
                await page.send("logged-out")
        return device

    # --- linked pages

    def pages_of(self, wid: str) -> list[Connection]:
        """The open pages of a device; more than one while they are in conflict."""
        return [page for page in self.connections if page.device and page.device.wid == wid]

    async def hello(self, page: Connection, proof: Proof) -> dict[str, Any]:
        """Admit a page as a device, or answer that it is logged out; who had the device gets CONFLICT."""
        device = self.devices.admit(proof)
        if device is None:
            self.note("refused", wid=proof.wid, page=page.number)
            return {"type": "refused"}
        for other in self.pages_of(device.wid):
            if other is not page and not other.is_conflict:
                other.is_ready, other.is_conflict = False, True
                self.note("conflict", wid=device.wid, number=device.number, page=other.number)
                await other.send("conflict")
        page.stop_showing()
        page.device, page.is_conflict = device, False
        generation = max(proof.generation, device.generation) + 1
        return {"type": "welcome", "name": device.name, "platform": "android", "generation": generation}

    async def synced(self, page: Connection, generation: int) -> None:
        """The page is ready: messages that waited for the device go out."""
        if page.device is None or page.is_conflict:
            return
        page.device.generation = max(generation, page.device.generation)
        self.devices.save()
        page.is_ready = True
        self.note("ready", wid=page.device.wid, number=page.device.number, page=page.number)
        for message in page.device.pending:
            await page.send("message", message=message.wire())

    def live(self, number: str) -> Connection | None:
        """The newest ready page of a number, if there is one."""
        ready = [p for p in self.connections if p.is_ready and p.device and p.device.number == number]
        return ready[-1] if ready else None

    # --- messages

    async def deliver(self, number: str, message: Message) -> None:
        """Queue a message for each device of a number; ready ones get it now, the others when they are."""
        for device in self.devices.of(number):
            device.pending.append(message)
            for page in self.pages_of(device.wid):
                if page.is_ready:
                    await page.send("message", message=message.wire())
        self.devices.save()
        self.note("message", number=number, id=message.id)

    def stored(self, page: Connection, id_: str) -> None:
        """The device has the message on its disk: it need not wait here any more."""
        if page.device:
            page.device.pending = [message for message in page.device.pending if message.id != id_]
            self.devices.save()
            self.note("stored", wid=page.device.wid, number=page.device.number, id=id_)

    def take(self, page: Connection, values: dict[str, Any]) -> int:
        """Take a message that a device sends; return the server's time, in seconds since the epoch."""
        now = int(time.time())
        if page.device:
            number, wid = page.device.number, page.device.wid
            sent = {"id": values["id"], "to": values["to"], "body": values["body"], "type": values["kind"]}
            self.sent.append({"number": number, "wid": wid, "t": now, **sent})
            self.note("sent", number=number, wid=wid, id=values["id"])
        return now
