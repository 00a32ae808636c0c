"""Check files of a format that wagit does not know: only whether they can be read."""

from __future__ import annotations

import os

from wagit.core.copying import CHUNK
from wagit.core.opening import open_to_read
from wagit.integrity.files_codes import CODES
from wagit.integrity.findings import Finding, Read, finding, no_read


def check_files(directory: str, read: Read = no_read) -> list[Finding]:
    """Read every file below `directory`; findings are relative to it. Links and pipes are no files."""
    found = []
    for place, _, names in os.walk(
        directory, onerror=lambda error: found.append(_unreadable(directory, error))
    ):
        for path in (os.path.join(place, name) for name in sorted(names)):
            try:
                if os.path.isfile(path) and not os.path.islink(path):
                    _read(path, read)
            except OSError as error:
                found.append(_unreadable(directory, error, path))
    return found


def _read(path: str, read: Read) -> None:
    descriptor = open_to_read(path)
    try:
        while data := os.read(descriptor, CHUNK):
            read(len(data))
    finally:
        os.close(descriptor)


def _unreadable(directory: str, error: OSError, path: str | None = None) -> Finding:
    name = os.path.relpath(path or error.filename or directory, directory)
    return finding(CODES, "file-unreadable", name, None, f"it cannot be read: {error.strerror}")
