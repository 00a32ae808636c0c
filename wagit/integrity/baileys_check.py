"""Check the folder of JSON that Baileys' `useMultiFileAuthState` keeps (Utils/use-multi-file-auth-state).

Baileys takes a file that it cannot read for one that is not there; a `creds.json` that it cannot read is
replaced by a new identity. What only random bytes hold and nothing else proves, such as one flipped bit in
`advSecretKey` or in the chains of a session, cannot be told.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from wagit.core.opening import regular
from wagit.integrity.baileys_check_creds import NAME, Creds, check_creds, is_linked
from wagit.integrity.baileys_check_history import check_history
from wagit.integrity.baileys_check_json import Parsed, parse
from wagit.integrity.baileys_check_state import kind_of
from wagit.integrity.baileys_codes import CODES
from wagit.integrity.findings import Finding, History, Known, Read, finding, no_read

LARGEST = 16 << 20  # bytes; larger files are none of Baileys'
_PRE_KEY = re.compile(r"pre-key-([0-9]{1,8})\.json", re.ASCII)
_LEFTOVER = re.compile(r".*\.tmp|.*~|\.?creds\.json[.-].+", re.ASCII)
# Only a login that was linked has such files.
_OF_A_LOGIN = ("session-", "sender-key-", "app-state-sync-", "pre-key-")


class File(NamedTuple):
    """A file as it was read: its bytes' state, what is in them, or in words why they could not be read."""

    parsed: Parsed
    known: Known | None
    problem: str = ""


def check_baileys(folder: str, history: History, read: Read = no_read) -> list[Finding]:
    """Read every file of a Baileys folder and return what is wrong, files relative to it.

    A folder that is empty or not there, and one that waits to be linked, are healthy. Raises nothing for
    what the bytes are.
    """
    names = names_in(folder)
    found = [_leftover(name) for name in names if _LEFTOVER.fullmatch(name)]
    states: dict[str, Known | None] = {}
    creds = None
    for name in (name for name in names if name.endswith(".json") and not _LEFTOVER.fullmatch(name)):
        file = read_file(os.path.join(folder, name), read)
        states[name] = file.known
        found += check_file(name, file)
        if name == NAME and isinstance(file.parsed.value, Mapping):
            creds = file.parsed.value
    if NAME not in names:
        found += _missing(names)
    if creds is not None:
        found += _cross(creds, names)
    return found + check_history(history, states, found)


def names_in(folder: str) -> list[str]:
    """The names in a folder, sorted; none where it cannot be listed."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def read_file(path: str, read: Read = no_read) -> File:
    """Read and parse one file, following links as node does. Never waits for a pipe."""
    from blake3 import blake3

    try:
        data = read_bytes(path)
    except (OSError, ValueError) as error:
        return File(Parsed(), None, f"cannot be read: {getattr(error, 'strerror', None) or error}")
    read(len(data))
    return File(parse(data), Known(len(data), str(blake3(data).hexdigest())))


def read_bytes(path: str) -> bytes:
    """The bytes of a file. Raises OSError (EFBIG when it is none of Baileys'), ValueError."""
    with open(path, "rb", opener=regular) as file:
        size = os.fstat(file.fileno()).st_size
        if size > LARGEST:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        return file.read(size + 1)


def check_file(name: str, file: File) -> list[Finding]:
    """Return what is wrong with one file by itself."""
    kind = kind_of(name)
    code = "creds-damaged" if name == NAME else kind.code
    if file.problem:
        return [finding(CODES, code, name, None, f"{name} {file.problem}")]
    if file.parsed.trouble:
        return [finding(CODES, code, name, file.parsed.offset, f"{name} {file.parsed.what}")]
    if file.parsed.large:
        return []
    if name == NAME:
        return check_creds(file.parsed.value)
    wrong = kind.check(file.parsed.value)
    return [finding(CODES, code, name, None, f"{name} {wrong}")] if wrong else []


def pre_keys(names: list[str]) -> set[int]:
    """The ids of the pre-keys among the names of a folder."""
    return {int(match[1]) for name in names if (match := _PRE_KEY.fullmatch(name))}


def _leftover(name: str) -> Finding:
    return finding(CODES, "file-leftover", name, None, f"{name} is a temporary file")


def _missing(names: list[str]) -> list[Finding]:
    others = [name for name in names if name.startswith(_OF_A_LOGIN)]
    if not others:
        return []
    what = f"{NAME} is gone, with {len(others)} files of its login beside it"
    return [finding(CODES, "creds-missing", NAME, None, what)]


def _cross(creds: Creds, names: list[str]) -> list[Finding]:
    """What `creds.json` and the other files say of each other."""
    if not is_linked(creds):
        others = [name for name in names if name.startswith(_OF_A_LOGIN)]
        what = f"{NAME} has no login, with {len(others)} files of one beside it"
        incomplete = "account" in creds  # which is a finding already
        return [finding(CODES, "creds-new-identity", NAME, None, what)] if others and not incomplete else []
    return [*_cross_pre_keys(creds, names), *_cross_app_state(creds, names)]


def _cross_pre_keys(creds: Creds, names: list[str]) -> list[Finding]:
    """Uploaded pre-keys are removed when they are used; those still to be uploaded must all be there."""
    first, following = creds.get("firstUnuploadedPreKeyId"), creds.get("nextPreKeyId")
    if not isinstance(first, int) or not isinstance(following, int):
        return []
    there = pre_keys(names)
    last = min(following, first + (1 << 16))  # a damaged counter costs no time
    gone = [number for number in range(first, last) if number not in there]
    found = [
        finding(CODES, "pre-key-missing", f"pre-key-{number}.json", None, f"pre-key-{number}.json is gone")
        for number in gone[:100]
    ]
    beyond = sorted(number for number in there if number >= following)
    if beyond:
        what = f"{NAME} counts pre-keys up to {following - 1}, and there are some up to {beyond[-1]}"
        found.append(finding(CODES, "creds-behind", NAME, None, what))
    return found


def _cross_app_state(creds: Creds, names: list[str]) -> list[Finding]:
    """The settings are synchronised with keys that the phone sent; the newest is named, none is removed."""
    key = creds.get("myAppStateKeyId")
    if not isinstance(key, str):
        keys = [name for name in names if name.startswith("app-state-sync-key-")]
        if not keys or not any(name.startswith("app-state-sync-version-") for name in names):
            return []  # the first one has not come, or the bot was killed when it did
        what = f"{NAME} names no key of the settings, and {len(keys)} are there"
        return [finding(CODES, "app-state-key-unnamed", keys[-1], None, what)]
    name = f"app-state-sync-key-{fixed(key)}.json"
    if name in names:
        return []
    return [finding(CODES, "app-state-key-missing", name, None, f"{name} is gone, which {NAME} names")]


def fixed(name: str) -> str:
    """A key's id as it stands in a file name (`fixFileName`)."""
    return name.replace("/", "__").replace(":", "-")


def is_whole(name: str, data: bytes) -> bool:
    """Whether a file of these bytes has no finding of its own."""
    return not check_file(name, File(parse(data), None))
