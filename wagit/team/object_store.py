"""Object stores by obstore: opened from an address, and their errors in our own words.

Credentials, regions and endpoints are obstore's business, which reads the process' `AWS_*` (such as
`AWS_ENDPOINT_URL`), `GOOGLE_*` and `AZURE_*`. They appear in no title and in no error.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from wagit.team.remote import RemoteRefused, RemoteUnreachable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

SCHEMES = ("s3", "gs", "az", "file")

CONNECT = timedelta(seconds=3)
SILENCE = timedelta(seconds=20)  # without a byte from an open connection
REQUEST = timedelta(minutes=5)  # one part of 8 MiB, on a line of a quarter of a megabit a second
RETRY = timedelta(seconds=6)  # so that being offline is said within ten seconds

_DEAD = re.compile(
    r"kind: (Connect|Timeout|Request|Interrupted|Decode)|HTTP error|status code: (5\d\d|408|429)"
)
_NO_BUCKET = re.compile("NoSuchBucket|ContainerNotFound|specified (bucket|container) does not exist")
_NO_ROOM = re.compile(r"os error (28|122)\b|Quota|InsufficientStorage|status code: 507")
_NO_LINKS = re.compile(r"unable to (?:hard ?)?link|os error (1|38|95)\b", re.IGNORECASE)
_NO_LOGIN = re.compile(r"169\.254\.169\.254|metadata\.google|token request|Missing(Account|Secret|Access)")
_SECRET = re.compile(r"\b\w+://\S+|/\S*[?]\S+|<(RequestId|HostId|Resource)>.*?</\1>")
_TAG = re.compile(r"<(?:Message|Code)>(.*?)</", re.DOTALL)


def open_store(address: str, environ: Mapping[str, str]) -> ObjectStore:
    """Open `s3://bucket/prefix`, `gs://…`, `az://account/container/prefix` or `file:///directory`.

    No byte goes over the network. A directory must be there already, as one that is made where a share is not
    mounted would be another place. Raises RemoteRefused, RemoteUnreachable.
    """
    from obstore.store import LocalStore, from_url

    parts = urlsplit(address)
    if parts.password or parts.query:
        raise RemoteRefused(
            f"the address {title(address)} has a password or a token in it",
            "take it out, and set the variables of the store's own tools, such as AWS_ACCESS_KEY_ID",
        )
    with translated(title(address)):
        if parts.scheme != "file":
            return from_url(address, client_options=_client(environ), retry_config=_retry())
        directory = url2pathname(parts.path)
        if not os.path.isdir(directory):
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
        return RemoteRefused(
            f"{where}: no credentials were found",
            "set what the store's own tools read, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
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
    tags = _TAG.findall(text)
    first = text.partition("\n\nDebug source")[0].replace("\n", " ")
    said = ": ".join(dict.fromkeys(tags)) if tags else _SECRET.sub("…", first)
    return said[:300]


def _client(environ: Mapping[str, str]) -> ClientConfig:
    options: ClientConfig = {"connect_timeout": CONNECT, "read_timeout": SILENCE, "timeout": REQUEST}
    endpoints = (
        value for name, value in environ.items() if name.endswith(("ENDPOINT", "ENDPOINT_URL", "_S3"))
    )
    if any(value.startswith("http://") for value in endpoints):
        options["allow_http"] = True  # the user's own choice, for a store on loopback
    return options


def _retry() -> RetryConfig:
    return {
        "max_retries": 3,
        "retry_timeout": RETRY,
        "backoff": {
            "init_backoff": timedelta(milliseconds=100),
            "max_backoff": timedelta(seconds=1),
            "base": 2,
        },
    }
