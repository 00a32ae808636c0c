"""Object stores by obstore: opened from an address, and their errors in our own words.

Credentials, regions and endpoints are obstore's business, which reads the process' `AWS_*` (such as
`AWS_ENDPOINT_URL`), `GOOGLE_*` and `AZURE_*`. They appear in no title and in no error.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

from wagit.team.remote import RemoteRefused, RemoteUnreachable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

Use = Literal["ask", "send", "fetch"]
"""What a client is for: it decides how long it waits."""

CONNECT = timedelta(seconds=3)
ANSWER = timedelta(seconds=8)  # for a small question; with the rest, being offline is said within ten seconds
SILENCE = timedelta(seconds=20)  # without a byte of what is fetched; of what is sent it would count all of it
TRANSFER = timedelta(minutes=15)  # for one part, of some at once: a third of a megabit a second will do
RETRY, RETRIES = timedelta(seconds=6), 3

_DEAD = re.compile(
    r"kind: (Connect|Timeout|Request|Interrupted|Decode)|HTTP error|status code: (5\d\d|408|429)"
)
_NO_BUCKET = re.compile("NoSuchBucket|ContainerNotFound|specified (bucket|container) does not exist")
_NO_ROOM = re.compile(r"os error (27|28|122)\b|Quota|InsufficientStorage|status code: 507")
_NO_LINKS = re.compile(r"unable to (?:hard ?)?link|os error (1|38|95)\b", re.IGNORECASE)
_NO_LOGIN = re.compile(r"169\.254\.169\.254|metadata\.google|token request|Missing(Account|Secret|Access)")
_LOGINS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "gs": "GOOGLE_SERVICE_ACCOUNT, the path of its key",
    "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_SECRET = re.compile(r"\b\w+://\S+|/\S*[?]\S+|<(RequestId|HostId|Resource)>.*?</\1>")
_ENDPOINT = re.compile("(AWS|GOOGLE|AZURE)_.*ENDPOINT.*")
_CAUSE = re.compile(r'\b(?:message|error): "([^"]+)"')
_TAG = re.compile(r"<(?:Message|Code)>(.*?)</", re.DOTALL)


def opener(address: str, environ: Mapping[str, str]) -> Callable[[Use], ObjectStore]:
    """Open `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix` or `file:///directory`.

    Returns what gives the store for a use, made when it is first wanted. No byte goes over the network. A
    directory must be there already, as one that is made where a share is not mounted would be another place.
    Raises RemoteRefused, RemoteUnreachable.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        # Its text may have a password in it.
        raise RemoteRefused("the team's remote is no address", "write it so: s3://bucket/prefix") from None
    if parts.password or parts.query:
        raise RemoteRefused(
            f"the address {title(address)} has a password or a token in it",
            "take it out, and set the variables of the store's own tools, such as AWS_ACCESS_KEY_ID",
        )

    @functools.cache
    def store(use: Use) -> ObjectStore:
        with translated(title(address)):
            return _open(address, use, environ)

    store("ask")
    return store


def _open(address: str, use: Use, environ: Mapping[str, str]) -> ObjectStore:
    from obstore.store import LocalStore, from_url

    parts = urlsplit(address)
    if parts.scheme != "file":
        return from_url(address, client_options=_client(use, environ), retry_config=_retry())
    directory = url2pathname(parts.path)
    if parts.netloc not in {"", "localhost"} or not os.path.isdir(directory):
        raise RemoteUnreachable(
            f"{title(address)}: there is no such directory",
            "mount the share; for a new team make the directory on it by hand",
        )
    return LocalStore(directory)


def directory_of(store: ObjectStore) -> str | None:
    """Where a file:// store's objects lie; None for one on a network."""
    from obstore.store import LocalStore

    return os.fspath(store.prefix or "/") if isinstance(store, LocalStore) else None


def title(address: str) -> str:
    """The address for people: without user, password and token."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@contextlib.contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise RemoteUnreachable and RemoteRefused for what obstore raises.

    What tells about an object passes as it is: FileNotFoundError, AlreadyExistsError.
    """
    from obstore.exceptions import AlreadyExistsError, BaseError

    try:
        yield
    except AlreadyExistsError:
        raise
    except FileNotFoundError as error:
        if error.filename is not None or not _NO_BUCKET.search(str(error)):
            raise
        raise _told(where, str(error)) from None
    except BaseError as error:
        raise _told(where, str(error)) from None  # its text has addresses with tokens in them


def _told(where: str, text: str) -> RemoteRefused | RemoteUnreachable:
    said = _words(text)
    if _NO_BUCKET.search(text):
        return RemoteRefused(f"{where}: there is no such bucket", "make it with the store's own tools")
    if _NO_LOGIN.search(text):
        needed = _LOGINS.get(where.partition(":")[0], "its credentials")
        return RemoteRefused(f"{where}: no credentials were found", f"set what the store reads: {needed}")
    if _NO_ROOM.search(text):
        return RemoteRefused(f"{where} has no room: {said}", "make room there, or raise the quota")
    if _DEAD.search(text):
        return RemoteUnreachable(f"{where} cannot be reached: {said}", "check the network and the address")
    if "LocalFileSystem" in text and _NO_LINKS.search(text):
        return RemoteRefused(
            f"{where} lies on a file system without hard links: {said}",
            "use a share that has them, such as NFS",
        )
    return RemoteRefused(f"{where} refused: {said}", "check the credentials and what they are allowed to do")


def _words(text: str) -> str:
    """What the store said, in a line, without addresses: they may carry tokens."""
    tags = list(dict.fromkeys(_TAG.findall(text)))
    told, _, debug = text.partition("\n\nDebug source")
    causes = _CAUSE.findall(debug)
    said = ": ".join(tags or [told.rpartition(" - ")[2], *(one for one in causes[-1:] if one not in told)])
    return _SECRET.sub("…", " ".join(said.split()))[:300]


def _client(use: Use, environ: Mapping[str, str]) -> ClientConfig:
    options: ClientConfig = {"connect_timeout": CONNECT, "timeout": ANSWER if use == "ask" else TRANSFER}
    if use == "fetch":
        options["read_timeout"] = SILENCE
    endpoints = (value for name, value in environ.items() if _ENDPOINT.fullmatch(name))
    if any(value.startswith("http://") for value in endpoints):
        options["allow_http"] = True  # the user's own choice, for a store on loopback
    return options


def _retry() -> RetryConfig:
    return {
        "max_retries": RETRIES,
        "retry_timeout": RETRY,
        "backoff": {
            "init_backoff": timedelta(milliseconds=100),
            "max_backoff": timedelta(seconds=1),
            "base": 2,
        },
    }
