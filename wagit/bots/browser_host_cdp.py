"""An address for bots that connect to a browser instead of starting one: WAGIT_CDP_URL.

Answers what Chromium's own `--remote-debugging-port` does (`GET /json/version` and the like), below a path
that nobody else on this machine knows; the browser is started once somebody asks.
"""

from __future__ import annotations

import http.client
import http.server
import secrets
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from wagit.browser.launch import Launch

_ANSWERS_WITHIN = 10.0  # seconds for the browser
_ASKED = frozenset({"/json", "/json/version", "/json/list", "/json/protocol"})
# As Playwright and puppeteer do: a page in the background goes on at full speed, no keyring is asked.
_UNATTENDED = (
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--password-store=basic",
    "--use-mock-keychain",
)


class Wish(NamedTuple):
    """The profile to open, and the environment that the browser is started with."""

    profile: str
    environ: Mapping[str, str]


def arguments(launch: Launch, profile: str) -> tuple[str, ...]:
    """The arguments of a browser that nobody else starts."""
    return (
        *(["--headless=new"] if launch.headless else []),
        *([] if launch.sandbox else ["--no-sandbox"]),
        *_UNATTENDED,
        *launch.arguments,
        f"--user-data-dir={profile}",
        "--remote-debugging-port=0",
        "about:blank",
    )


class Doors:
    """The addresses. `endpoint` gives a wish's DevTools, starting a browser; None when it cannot."""

    def __init__(self, endpoint: Callable[[Wish], str | None]) -> None:
        self._endpoint = endpoint
        self._wishes: dict[str, Wish] = {}
        self._guard = threading.Lock()
        self._server: http.server.ThreadingHTTPServer | None = None

    def url(self, wish: Wish) -> str:
        """The address for a profile, the same each time. Raises OSError when nothing can listen."""
        with self._guard:
            server = self._server = self._server or _listen(self._answer)
            known = [path for path, other in self._wishes.items() if other.profile == wish.profile]
            path = known[0] if known else f"/{secrets.token_urlsafe(16)}"
            self._wishes[path] = wish
            return f"http://127.0.0.1:{server.server_port}{path}"

    def _answer(self, path: str) -> tuple[int, bytes]:
        secret, _, rest = path.strip("/").partition("/")
        wish, asked = self._wishes.get(f"/{secret}"), f"/{rest}"
        if wish is None or asked not in _ASKED:
            return 404, b"nothing is here\n"
        endpoint = self._endpoint(wish)
        if endpoint is None:
            return 503, b"no browser can be given now; wagit says why\n"
        return _fetch(endpoint, asked)

    def stop(self) -> None:
        """Answer no more."""
        with self._guard:
            server, self._server = self._server, None
            self._wishes.clear()
        if server is not None:
            server.shutdown()
            server.server_close()


def _fetch(endpoint: str, path: str) -> tuple[int, bytes]:
    """What the browser itself answers."""
    connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=_ANSWERS_WITHIN)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as failed:
        return 503, f"the browser does not answer: {failed}\n".encode()
    finally:
        connection.close()


def _listen(answer: Callable[[str], tuple[int, bytes]]) -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answer(urlsplit(self.path).path)
            self.send_response(status)
            self.send_header(
                "Content-Type", "application/json; charset=UTF-8" if status == 200 else "text/plain"
            )
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the path is a secret."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.1,), name="browser addresses", daemon=True).start()
    return server
