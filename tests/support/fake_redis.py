"""What answers on Redis' port and is no Redis, or one that is too old or not ready."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def fake_redis(answer: bytes, last: bytes = b"") -> Iterator[str]:
    """Give the URL of a server that says this to what it is asked, `last` at its end, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                asked = b""
                while not asked.endswith(b"$%d\r\n%b\r\n" % (len(last), last)):
                    asked += connection.recv(1 << 16)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}"
        thread.join()
