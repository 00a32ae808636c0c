"""A small S3 that misbehaves as told, where a real one would not: tests of its faults only.

with fake_s3() as s3:
    s3.ignores_conditions = True
    remote = ObjectRemote.open("s3://bucket/prefix", TEAM, s3.environ())     # also set them: `changed`
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape


@dataclass
class FakeS3:
    """Its objects by key, and what is wrong with it. `status` is what it answers to all, with `words`."""

    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    ignores_conditions: bool = False
    silent_puts: int = 0  # so many are done, and the connection breaks before the answer
    cut: int | None = None  # that many bytes of an object are sent, and the connection breaks
    status: int = 0
    words: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def environ(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "s3cr3t-of-ada",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_REGION": "us-east-1",
        }


@contextmanager
def fake_s3() -> Iterator[FakeS3]:
    state = FakeS3()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: FakeS3
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self._is_refused():
            return
        key = urlsplit(self.path).path
        with self.state.lock:
            refused = key in self.state.objects and self.headers.get("If-None-Match") == "*"
            if refused and not self.state.ignores_conditions:
                self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
                return
            self.state.objects[key] = data
            if self.state.silent_puts:
                self.state.silent_puts -= 1
                self.close_connection = True
                return
        self._answer(200, b"", ETag=_tag(data))

    def do_GET(self) -> None:
        if self._is_refused():
            return
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if "list-type" in query:
            self._answer(200, self._listing(parts.path, query.get("prefix", [""])[0]))
        elif (data := self.state.objects.get(parts.path)) is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif found := re.fullmatch(r"bytes=(\d+)-\d*", self.headers.get("Range", "")):  # from where it broke
            first, last = int(found[1]), len(data) - 1
            span = {"Content-Range": f"bytes {first}-{last}/{len(data)}"}
            self._answer(206, data[first:], ETag=_tag(data), **span)
        else:
            self._answer(200, data, ETag=_tag(data))

    def do_POST(self) -> None:
        """Delete many: obstore does so for a single one, too."""
        asked = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        if self._is_refused():
            return
        keys = re.findall("<Key>(.*?)</Key>", asked)
        for key in keys:
            self.state.objects.pop(f"{urlsplit(self.path).path.rstrip('/')}/{key}", None)
        deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

    def _is_refused(self) -> bool:
        if self.state.status:
            self._answer(self.state.status, self.state.words.encode())
        return bool(self.state.status)

    def _listing(self, bucket: str, prefix: str) -> bytes:
        root = bucket.rstrip("/") + "/"
        found = {key.removeprefix(root): data for key, data in sorted(self.state.objects.items())}
        return (
            "<ListBucketResult><IsTruncated>false</IsTruncated>"
            + "".join(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size><ETag>{escape(_tag(data))}</ETag>"
                "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                for key, data in found.items()
                if key.startswith(prefix)
            )
            + "</ListBucketResult>"
        ).encode()

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        cut = self.state.cut if self.command == "GET" and "ETag" in headers else None
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True


def _tag(data: bytes) -> str:
    return f'"{md5(data).hexdigest()}"'
