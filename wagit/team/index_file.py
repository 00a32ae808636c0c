"""An index as a blob: lines of JSON, zstd, padded, sealed for the recipients.

The first line proves that a member wrote it. Then come the packs, the objects, and each session with its
entries, a line each, so that a reader needs no more memory than what it believes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from wagit.snapshots.manifest import Entry, Header
from wagit.team import access, sealing, values, zstd
from wagit.team.index import HostileSession, Index
from wagit.team.index_lines import Lines
from wagit.team.keys import Keys
from wagit.team.remote import Blob
from wagit.team.settings import Recipient, Team

FORMAT = 1


def write(index: Index, recipients: Sequence[Recipient], directory: str) -> Blob:
    """Write an index to `<directory>/<name>`, durably. Raises OSError.

    HostileSession for what nobody would read, such as a session with a link in it.
    """
    lines = Lines(access.digest(index.secret), index.slot, f"the index of {index.slot}")
    text = b"".join(_lines(index))
    try:
        lines.take(text)
        lines.finished()
    except ValueError as error:
        raise HostileSession(
            f"the session of slot {index.slot} cannot be shared, it has {error}",
            "a shared session has files and directories only; nothing was pushed",
        ) from error
    return sealing.seal_file(zstd.compressed([text]), recipients, directory, durable=True)


def read(path: str, team: Team, keys: Keys, slot: str) -> Index:
    """Read one, and believe nothing of it that was not checked.

    Raises CannotDecrypt, HeadForged, BlobDamaged, HostileSession, NewerFormat, OSError.
    """
    what = f"the index of {slot}"
    lines = Lines(team.secret_digest, slot, what)
    try:
        sealing.unseal_file(path, keys, zstd.Expanding(lines.take))
        return lines.finished()
    except ValueError as error:
        raise HostileSession(
            f"{what} on the team's remote has what no shared session may have: {error}",
            "nothing was changed; look at who pushed it: wagit team ls",
        ) from error


def _lines(index: Index) -> Iterator[bytes]:
    yield _line({"format": FORMAT, "slot": index.slot, "secret": index.secret, "sealed": index.sealed})
    yield from (_line(["pack", *blob]) for blob in index.packs)
    yield from (_line(["object", digest, *place]) for digest, place in index.objects.items())
    for session in index.sessions:
        yield _line(["session", session.pushed._asdict(), _header(session.header)])
        yield from (_line(_row(entry)) for entry in session.entries)


def _line(row: object) -> bytes:
    return json.dumps(row).encode("ascii") + b"\n"


def _header(header: Header) -> dict[str, object]:
    told = {name: header._asdict()[name] for name in ("message", "branch")}  # any bytes may stand there
    return header._asdict() | {name: value and values.shown(value) for name, value in told.items()}


def _row(entry: Entry) -> list[object]:
    """An entry without what tells only one machine's files apart, nor bits that lend somebody's rights."""
    mode, mtime = entry.mode & 0o777, max(0, entry.mtime_ns)
    if entry.kind == "file":
        return ["file", entry.path, mode, entry.size, mtime, entry.digest]
    return [entry.kind, entry.path, mode, mtime]
