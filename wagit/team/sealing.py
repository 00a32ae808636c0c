"""age by pyrage: bytes and streams sealed for recipients, and opened with the user's keys."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Protocol

from wagit.core.atomic import FULL, fsync_directory, named, temporary_beside
from wagit.core.opening import open_new, open_to_read
from wagit.team.keys import CannotDecrypt, Keys
from wagit.team.remote import Blob, BlobDamaged
from wagit.team.settings import Recipient


class Sink(Protocol):
    """Takes what was opened, piece by piece. What it raises ends the opening."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""


def seal(data: bytes, recipients: Sequence[Recipient]) -> bytes:
    """An age file of `data` in memory."""
    import pyrage

    sealed = pyrage.encrypt(data, _public(recipients))
    assert isinstance(sealed, bytes)
    return sealed


def unseal(data: bytes, keys: Keys, what: str) -> bytes:
    """What an age file in memory has; `what` names it. Raises CannotDecrypt, BlobDamaged."""
    import pyrage

    try:
        found = pyrage.decrypt(data, list(keys.identities))
    except pyrage.DecryptError as error:
        raise _trouble(error, what) from error
    assert isinstance(found, bytes)
    return found


def seal_file(
    pieces: Iterable[bytes],
    recipients: Sequence[Recipient],
    directory: str,
    prefix: str = "",
    *,
    durable: bool,
) -> Blob:
    """Seal what `pieces` has into `<directory>/<prefix><name>`, never more than a piece of it in memory.

    Killed, it leaves nothing or all of it, and at worst a `.tmp-…`; so does a power cut, if `durable`, which
    waits for the disk. Raises OSError and whatever `pieces` raises.
    """
    temporary = temporary_beside(os.path.join(directory, "new"))
    try:
        with named(temporary, FULL), open(open_new(temporary), "wb") as file:
            target = _Hashed(file)
            _encrypt(_Reader(iter(pieces)), target, recipients)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        blob = Blob(target.hash.hexdigest(), target.size)
        os.replace(temporary, os.path.join(directory, prefix + blob.name))
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)
    if durable:
        fsync_directory(directory)
    return blob


def unseal_file(path: str, keys: Keys, sink: Sink) -> None:
    """Open an age file into a sink, to its very end. The file's name ends with its SHA-256.

    Raises CannotDecrypt, BlobDamaged, OSError and whatever the sink raises.
    """
    import pyrage

    with open(open_to_read(path), "rb") as file:
        try:
            pyrage.decrypt_io(file, _Writer(sink), list(keys.identities))
        except (pyrage.DecryptError, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the system's: age's own have no number
            what = f"the file {os.path.basename(path)}"
            # A changed header looks as if it were for somebody else.
            is_whole = name_of(path) == os.path.basename(path)[-64:]
            raise (_trouble(error, what) if is_whole else damaged(what)) from error


def name_of(path: str) -> str:
    """The name that a blob of a file's bytes has. Raises OSError."""
    with open(open_to_read(path), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged(what: str) -> BlobDamaged:
    """Word the error for an age file that is not what was written."""
    return BlobDamaged(
        f"{what} of the team's remote is damaged: cut, or changed since it was written",
        "fetch it again: wagit team pull; if it stays so, a member who has the session pushes it anew",
    )


def _trouble(error: Exception, what: str) -> CannotDecrypt | BlobDamaged:
    if "matching keys" not in str(error):
        return damaged(what)
    return CannotDecrypt(
        f"none of your keys opens {what} of the team's remote: it was not sealed for you, or it is damaged",
        "ask a member to add your public key and push: wagit team add",
    )


def _public(recipients: Sequence[Recipient]) -> list[object]:
    from pyrage import ssh, x25519

    kinds = [ssh if one.key.startswith("ssh-") else x25519 for one in recipients]
    return [kind.Recipient.from_str(one.key) for kind, one in zip(kinds, recipients, strict=True)]


def _encrypt(source: _Reader, target: _Hashed, recipients: Sequence[Recipient]) -> None:
    import pyrage

    try:
        pyrage.encrypt_io(source, target, _public(recipients))
    except (pyrage.EncryptError, OSError):
        if source.error is not None:
            raise source.error from None  # pyrage keeps only its words
        if target.error is not None:
            raise target.error from None
        raise


class _Reader:
    """Gives pieces as a file does."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.error: BaseException | None = None
        self._pieces = pieces
        self._piece = memoryview(b"")

    def read(self, size: int) -> bytes:
        try:
            while not self._piece:
                self._piece = memoryview(next(self._pieces))
        except StopIteration:
            return b""
        except BaseException as error:
            self.error = error
            raise
        found, self._piece = bytes(self._piece[:size]), self._piece[size:]
        return found


class _Hashed:
    """Writes to a file, and knows the name that its blob gets."""

    def __init__(self, file: IO[bytes]) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self.error: BaseException | None = None
        self._file = file

    def write(self, data: bytes) -> int:
        try:
            self._file.write(data)
        except BaseException as error:
            self.error = error
            raise
        self.hash.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        self._file.flush()


class _Writer:
    """A sink as a file."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        self._sink.write(data)
        return len(data)

    def flush(self) -> None:
        """There is nothing to flush."""
