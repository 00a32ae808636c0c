"""One script run in Redis: connect, log in, run it, hang up.

The protocol (RESP2) is hiredis'. Redis' own client takes ten times as long to import as a lease may take.
"""

from __future__ import annotations

import socket
import time
from typing import NamedTuple, cast
from urllib.parse import unquote, urlsplit

from wagit.team.remote import RemoteRefused, RemoteUnreachable

TIMEOUT = 2.0  # seconds for all of it, but for the look-up of the host's name
PORT = 6379
LONGEST = 1 << 20  # bytes of an answer: more is none of ours

Reply = bytes | int | None | list["Reply"]
_MORE = object()

# Answers of a server that may do it in a moment: it reads its data, runs a long script, fails over.
_PASSING = ("LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN")


class _Said(Exception):
    """Redis answered with an error; its words."""


class _Broken(Exception):
    """The answer does not come whole."""


class _Strange(_Broken):
    """It is not Redis' protocol."""

    def __str__(self) -> str:
        return f"it does not speak as Redis does: {super().__str__()}"


class Address(NamedTuple):
    """Where Redis is, and who one is there. `title` is for people, without the password."""

    title: str
    host: str
    port: int
    tls: bool
    login: tuple[str, ...]
    database: str


def address(url: str) -> Address:
    """Take `redis[s]://[[user]:password@]host[:port][/database]` apart. Raises RemoteRefused."""
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port or PORT
    except ValueError:
        host, port = None, 0
    database = parts.path.strip("/") or "0"
    if parts.scheme not in {"redis", "rediss"} or not host or not database.isdecimal():
        raise RemoteRefused(
            "team.lease.at is no address of Redis", "write it so: rediss://redis.example.com:6379/0"
        )
    login = tuple(unquote(one) for one in (parts.username, parts.password) if one)
    where = f"[{host}]" if ":" in host else host
    title = f"{parts.scheme}://{where}:{port}/{database}"
    return Address(title, host, port, parts.scheme == "rediss", login, database)


def run(at: Address, script: str, key: str, *arguments: bytes | str) -> list[Reply]:
    """Run a script on one key; whole or not at all, unless the answer is lost.

    It is sent whole each time, so that a server that forgot it makes no difference. Raises RemoteUnreachable,
    RemoteRefused.
    """
    try:
        with _Connection(at, time.monotonic() + TIMEOUT) as connection:
            if at.login:
                connection.ask("AUTH", *at.login)
            if at.database != "0":
                connection.ask("SELECT", at.database)
            reply = connection.ask("EVAL", script, "1", key, *arguments)
    except _Said as error:
        raise _told(at, str(error)) from None
    except (OSError, _Broken) as error:
        why = "no answer in time" if isinstance(error, TimeoutError) else str(error)
        raise RemoteUnreachable(
            f"{at.title} cannot be reached: {why}", "see whether Redis runs there, and the network"
        ) from error
    if not isinstance(reply, list):
        raise RemoteRefused(f"{at.title} is no Redis: {str(reply)[:100]}", "look at team.lease.at")
    return reply


def _told(at: Address, words: str) -> RemoteRefused | RemoteUnreachable:
    for secret in at.login:
        words = words.replace(secret, "…")
    if words.startswith(_PASSING):
        return RemoteUnreachable(f"{at.title} is not ready: {words}", "try again in a moment")
    if words.startswith(("NOAUTH", "WRONGPASS", "ERR invalid password")):
        return RemoteRefused(f"{at.title} refused the login: {words}", "look at user and password in its URL")
    return RemoteRefused(
        f"{at.title} refused: {words}", "look at the server, and what this user may do there"
    )


class _Connection:
    """Sends commands and reads answers until a deadline, by the monotonic clock."""

    def __init__(self, at: Address, deadline: float) -> None:
        self._deadline = deadline
        self._socket = socket.create_connection((at.host, at.port), timeout=TIMEOUT)
        if at.tls:
            import ssl

            try:
                self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=at.host)
            except BaseException:
                self._socket.close()
                raise
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> _Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, *command: bytes | str) -> Reply:
        """Send a command and give its answer. Raises _Said, _Broken, OSError."""
        import hiredis

        self._wait()
        packed = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub means a tuple of one
        self._socket.sendall(packed)
        reader = hiredis.Reader(protocolError=_Strange, replyError=_Said, notEnoughData=_MORE)
        received = 0
        while (reply := reader.gets()) is _MORE:
            data = self._received()
            received += len(data)
            if received > LONGEST:
                raise _Broken("it sends too much")
            reader.feed(data)
        if isinstance(reply, _Said):
            raise reply
        return cast(Reply, reply)

    def _received(self) -> bytes:
        self._wait()
        data = self._socket.recv(1 << 16)
        if not data:
            raise _Broken("it hung up")
        return data

    def _wait(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
