"""A real Chromium, a page that writes a login-like value, and a bounded wait for facts without an event."""

from __future__ import annotations

import http.server
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest

from wagit.browser import find
from wagit.browser.devtools import DevTools, endpoint

T = TypeVar("T")

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 20.0  # seconds; a start takes 0.3, on a busy machine some more

# Writes the query's value to both stores, and tells the server when the page believes it is written.
WRITER = b"""<!doctype html><title>writer</title><script>
const value = new URLSearchParams(location.search).get('value');
if (value) {
  localStorage.setItem('value', value);
  const opening = indexedDB.open('login', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
  opening.onsuccess = () => {
    const writing = opening.result.transaction('rows', 'readwrite');
    writing.objectStore('rows').put(value, 'value');
    writing.oncomplete = () => fetch('/written?value=' + value);
  };
}
</script>"""

READ = """new Promise((resolve) => {
  const opening = indexedDB.open('login', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
  opening.onsuccess = () => {
    const reading = opening.result.transaction('rows').objectStore('rows').get('value');
    reading.onsuccess = () => resolve([localStorage.getItem('value'), reading.result ?? null]);
  };
})"""


def executable() -> str:
    """The browser of the tests; skips where there is none."""
    try:
        return find.find(os.environ)
    except find.NoBrowser as missing:
        pytest.skip(str(missing))


def eventually(ask: Callable[[], T], patience: float = PATIENCE) -> T:
    """Ask until the answer is true, at most `patience` seconds; return it or fail."""
    deadline = time.monotonic() + patience
    while not (answer := ask()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {patience} s: {ask}")
        time.sleep(0.01)
    return answer


def start(profile: Path | str, *arguments: str, url: str = "about:blank") -> subprocess.Popen[bytes]:
    """Start Chromium on `profile`; returns at once."""
    return subprocess.Popen(
        [executable(), *FLAGS, f"--user-data-dir={profile}", *arguments, url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def browser(
    profile: Path | str, *arguments: str, url: str = "about:blank"
) -> Iterator[subprocess.Popen[bytes]]:
    """A running Chromium that holds `profile`'s lock; killed at the end if it still runs."""
    process = start(profile, *arguments, url=url)
    try:
        eventually(
            lambda: os.path.islink(os.path.join(profile, "SingletonLock")) or process.poll() is not None
        )
        assert process.poll() is None, "Chromium did not start"
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def devtools_browser(
    profile: Path | str, *arguments: str, url: str = "about:blank"
) -> Iterator[subprocess.Popen[bytes]]:
    """The same with DevTools on a port of its own choice, when that answers."""
    with browser(profile, "--remote-debugging-port=0", *arguments, url=url) as process:
        eventually(lambda: endpoint(str(profile)))
        yield process


class WriterPage:
    """Serves a page that writes `?value=…` to Local Storage and IndexedDB; `written` tells which it did."""

    def __init__(self) -> None:
        page = self
        self._written: set[str] = set()
        self._changed = threading.Condition()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                if address.path == "/written":
                    page.note(parse_qs(address.query)["value"][0])
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(WRITER)))
                self.end_headers()
                self.wfile.write(WRITER)

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def note(self, value: str) -> None:
        with self._changed:
            self._written.add(value)
            self._changed.notify_all()

    def wait_written(self, value: str) -> None:
        """Return when the page has written `value`."""
        with self._changed:
            assert self._changed.wait_for(lambda: value in self._written, PATIENCE), "the page wrote nothing"

    def read(self, profile: Path | str) -> tuple[str | None, str | None]:
        """What a new browser on `profile` finds in Local Storage and IndexedDB."""
        with devtools_browser(profile, url=self.url):
            address = endpoint(str(profile))
            assert address is not None
            with DevTools(address) as devtools:
                page = eventually(lambda: [t for t in devtools.targets() if t.url == self.url])[0]
                eventually(lambda: devtools.evaluate(page, "document.title") == "writer")
                local, database = devtools.evaluate(page, READ)
                return local, database

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def writer_page() -> Iterator[WriterPage]:
    page = WriterPage()
    try:
        yield page
    finally:
        page.close()
