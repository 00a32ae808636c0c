"""A receiver of webhooks on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """A receiver of webhooks on loopback: `answers` are its statuses, one a request, the last one repeats."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.got: list[tuple[str, Headers, bytes]] = []
        self.url = ""
        self.may_answer = threading.Event()
        self.may_answer.set()

    def answer(self, path: str, headers: Headers, body: bytes) -> int:
        self.got.append((path, headers, body))
        self.may_answer.wait(60)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiving(*answers: int) -> Iterator[Server]:
    """Yield one that listens."""
    server = Server(*answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(server.answer(self.path, self.headers, body))
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        server.url = f"http://127.0.0.1:{http.server_port}/hooks/secret-path"
        yield server
        http.shutdown()
