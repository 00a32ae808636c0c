"""The plain HTTP side: the phone. Every route answers JSON; `wagit.standin.phone` is its client."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wagit.standin.devices import Device, Message, StandinRefused
from wagit.standin.switchboard import Switchboard

Values = dict[str, Any]
Handler = Callable[[Switchboard, Values], Awaitable[Values]]

GROW_SECONDS = 300.0
"""How long a page may take to write what it was told to write."""


def digits(text: object) -> str:
    """A phone number's digits: "+49 151 0000000" is "491510000000". Raises StandinRefused."""
    number = re.sub(r"[\s()+-]", "", str(text or ""))
    if not re.fullmatch(r"\d{5,15}", number):
        raise StandinRefused(
            "bad-number", f"{text!r} is no phone number", "5 to 15 digits, country code first"
        )
    return number


def described(board: Switchboard, device: Device) -> Values:
    """What the phone may know of a device: no keys."""
    pages = board.pages_of(device.wid)
    return {
        **device.model_dump(exclude={"noise", "identity", "token", "pending"}),
        "pending": len(device.pending),
        "online": bool(pages),
        "ready": any(page.is_ready for page in pages),
    }


def seconds(values: Values) -> float:
    """How long a request waits, at most ten minutes."""
    return min(float(values.get("timeout", 0)), 600.0)


async def devices(board: Switchboard, values: Values) -> Values:
    """GET /phone/devices?number=: the linked devices of a number, or of all."""
    number = digits(values["number"]) if values.get("number") else None
    return {"devices": [described(board, device) for device in board.devices.of(number)]}


async def ref(board: Switchboard, values: Values) -> Values:
    """GET /phone/ref?timeout=&other_than=: the newest live QR reference, or null when none came in time."""

    def find() -> str | None:
        shown = [page.ref for page in board.connections if page.ref]
        shown = [ref for ref in shown if ref.text != values.get("other_than")]
        return max(shown, key=lambda ref: ref.since).text if shown else None

    return {"ref": await board.wait(find, seconds(values))}


async def ready(board: Switchboard, values: Values) -> Values:
    """GET /phone/ready?number=&timeout=: the device of the number whose page is ready, or null."""
    number = digits(values.get("number"))
    page = await board.wait(lambda: board.live(number), seconds(values))
    return {"device": described(board, page.device) if page and page.device else None}


async def offline(board: Switchboard, values: Values) -> Values:
    """GET /phone/offline?number=&timeout=: whether no page of the number is open (any more)."""
    number = digits(values.get("number"))

    def find() -> bool | None:
        return None if any(p.device and p.device.number == number for p in board.connections) else True

    return {"offline": bool(await board.wait(find, seconds(values)))}


async def link(board: Switchboard, values: Values) -> Values:
    """POST /phone/link {number, name?, ref? | code?}: link the page with this QR (default: the newest)."""
    if values.get("code"):
        page, number = board.page_of_code(str(values["code"]))
    else:
        page, number = board.page_of_ref(values.get("ref")), digits(values.get("number"))
    device = await board.link(page, number, str(values.get("name") or f"Account {number[-4:]}"))
    return {"device": described(board, device)}


async def unlink(board: Switchboard, values: Values) -> Values:
    """POST /phone/unlink {number | wid}: log out one device, or all of a number."""
    wids = (
        [values["wid"]]
        if values.get("wid")
        else [d.wid for d in board.devices.of(digits(values.get("number")))]
    )
    return {"unlinked": [(await board.unlink(wid)).wid for wid in wids]}


async def message(board: Switchboard, values: Values) -> Values:
    """POST /phone/message {number, from, body, name?}: somebody writes to the account."""
    number, sender = digits(values.get("number")), digits(values.get("from"))
    sent = Message(
        id=f"AC{secrets.token_hex(15).upper()}",
        from_=f"{sender}@c.us",
        to=f"{number}@c.us",
        body=str(values.get("body", "")),
        name=str(values.get("name") or f"Contact {sender[-4:]}"),
        t=int(time.time()),
    )
    await board.deliver(number, sent)
    return {"message": sent.wire()}


async def messages(board: Switchboard, values: Values) -> Values:
    """GET /phone/messages?number=&after=&timeout=: what the account sent, from the `after`-th on."""
    number, after = digits(values.get("number")), int(values.get("after", 0))

    def find() -> list[Values] | None:
        return [sent for sent in board.sent if sent["number"] == number][after:] or None

    return {"messages": await board.wait(find, seconds(values)) or []}


async def grow(board: Switchboard, values: Values) -> Values:
    """POST /phone/grow {number, mb}: the ready page writes that many MiB of rows; answers when it has."""
    return await _perform(board, values, "grow", mb=int(values["mb"]))


async def rows(board: Switchboard, values: Values) -> Values:
    """POST /phone/rows {number}: how many rows each object store of the ready page has."""
    return await _perform(board, values, "rows")


async def _perform(board: Switchboard, values: Values, job: str, **arguments: object) -> Values:
    number = digits(values.get("number"))
    page = board.live(number)
    if page is None:
        raise StandinRefused("not-ready", f"no page of {number} is ready", "wait for it: GET /phone/ready")
    report = await page.perform(job, GROW_SECONDS, **arguments)
    return {name: value for name, value in report.items() if name != "job"}


async def state(board: Switchboard, values: Values) -> Values:
    """POST /phone/state {number, state}: put the account's open pages in a socket state."""
    number = digits(values.get("number"))
    pages = [p for p in board.connections if p.device and p.device.number == number]
    for page in pages:
        await page.send("state", state=str(values["state"]))
    return {"pages": len(pages)}


async def options(board: Switchboard, values: Values) -> Values:
    """POST /options {…}: change how the stand-in behaves; answers all options (`Options` has the fields)."""
    board.options = board.options.model_validate(board.options.model_dump() | values)
    board.changed()
    return board.options.model_dump()


async def events(board: Switchboard, values: Values) -> Values:
    """GET /events?after=&timeout=: the journal from the `after`-th event on."""
    after = int(values.get("after", 0))
    return {"events": await board.wait(lambda: board.events[after:] or None, seconds(values)) or []}


async def routes(_: Switchboard, __: Values) -> Values:
    """GET /: what can be asked."""
    return {"routes": [handler.__doc__ for _, handler in ROUTES.values()]}


ROUTES: dict[str, tuple[str, Handler]] = {
    "/": ("GET", routes),
    "/phone/devices": ("GET", devices),
    "/phone/ref": ("GET", ref),
    "/phone/ready": ("GET", ready),
    "/phone/offline": ("GET", offline),
    "/phone/messages": ("GET", messages),
    "/events": ("GET", events),
    "/phone/link": ("POST", link),
    "/phone/unlink": ("POST", unlink),
    "/phone/message": ("POST", message),
    "/phone/grow": ("POST", grow),
    "/phone/rows": ("POST", rows),
    "/phone/state": ("POST", state),
    "/options": ("POST", options),
}


def control(board: Switchboard) -> Starlette:
    """The application behind the control URL."""

    def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return await _answer(board, handler, request)

        return answer

    return Starlette(routes=[Route(path, endpoint(h), methods=[m]) for path, (m, h) in ROUTES.items()])


async def _answer(board: Switchboard, handler: Handler, request: Request) -> Response:
    try:
        body = await request.json() if await request.body() else {}
        return JSONResponse(await handler(board, dict(request.query_params) | body))
    except StandinRefused as refused:
        return _failure(409, refused.reason, refused.message, refused.hint)
    except (TimeoutError, ConnectionError) as error:
        return _failure(504, "page-gone", f"the page did not answer: {error}")
    except (KeyError, ValueError, TypeError) as error:
        return _failure(400, "bad-request", f"bad request: {error}")


def _failure(status: int, reason: str, message: str, hint: str = "") -> Response:
    return JSONResponse({"error": reason, "message": message, "hint": hint}, status)
