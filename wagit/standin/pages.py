"""The HTTPS side: the page that plays https://web.whatsapp.com, and the socket it talks over."""

from __future__ import annotations

import os
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from wagit.standin.connection import Connection
from wagit.standin.devices import Proof
from wagit.standin.switchboard import Switchboard

FILES = os.path.join(os.path.dirname(__file__), "page")
LONGEST_BOOT = 3600.0
"""Seconds after which even a stuck page is let go."""


def pages(board: Switchboard) -> Starlette:
    """The application that Chromium takes for WhatsApp Web."""

    async def index(_: Request) -> Response:
        return FileResponse(os.path.join(FILES, "index.html"))

    async def boot(_: Request) -> Response:
        await board.wait(lambda: None, board.options.boot_seconds)
        await board.wait(lambda: None if board.options.boot_stuck else True, LONGEST_BOOT)
        return JSONResponse({})

    async def chat(socket: WebSocket) -> None:
        await _talk(board, socket)

    return Starlette(
        routes=[
            Route("/", index),
            Route("/standin/boot", boot),
            WebSocketRoute("/ws/chat", chat),
            Mount("/standin", StaticFiles(directory=FILES)),
        ]
    )


async def _talk(board: Switchboard, socket: WebSocket) -> None:
    await socket.accept()
    page = Connection(socket)
    board.connections.append(page)
    try:
        while True:
            await _received(board, page, await socket.receive_json())
    except (WebSocketDisconnect, RuntimeError):
        pass  # the page has gone, as pages do
    finally:
        board.closed(page)


async def _received(board: Switchboard, page: Connection, message: dict[str, Any]) -> None:
    answer = await _answer(board, page, message.pop("type"), message)
    if answer and "ask" in message:
        await page.send(answer.pop("type", "answer"), re=message["ask"], **answer)


async def _answer(
    board: Switchboard, page: Connection, type_: str, message: dict[str, Any]
) -> dict[str, Any] | None:
    match type_:
        case "new":
            await board.show_refs(page, (message["noise"], message["identity"]))
        case "refresh":
            await board.show_refs(page, page.keys)
        case "code":
            return {"code": board.new_code(page, message["number"])}
        case "hello":
            return await board.hello(page, Proof.model_validate(message))
        case "synced":
            await board.synced(page, message["generation"])
        case "stored":
            board.stored(page, message["id"])
        case "send":
            return {"t": board.take(page, message)}
        case "done":
            page.done(message)
        case "logout":
            if page.device:
                await board.unlink(page.device.wid, but=page)
            return {"ok": True}
    return None
