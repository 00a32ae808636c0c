"""What git says of a remote, told apart: nobody answers, it refuses, what lies there is damaged."""

from __future__ import annotations

import re

from wagit.core.errors import WagitError
from wagit.team.git_address import without_password
from wagit.team.git_process import Ended
from wagit.team.remote import RemoteRefused, RemoteUnreachable

# What a server that answers says of itself, or git of its answer. The rest is taken for a broken connection.
_REFUSALS = re.compile(
    r"permission denied|authentication failed|could not read (?:username|password)|host key verification"
    r"|does not appear to be a git repository|not found|no such file or directory"
    r"|returned error: 40[0-9]|returned error: 41[13]|access denied|not authorized|forbidden|read-only"
    r"|dubious ownership|transport '.*' not allowed|protocol '.*' is not supported|no space left"
    r"|quota|too large|exceeds|by hook|hook declined|unable to create temporary|unpack|prohibited"
    r"|unable to find remote helper|could not be read|too many authentication failures|no such identity",
    re.IGNORECASE,
)
_CORRUPT = re.compile(
    r"corrupt|bad object|hash mismatch|not our ref|unable to read [0-9a-f]{40}"
    r"|missing (?:blob|object)|did not send all necessary objects|inflate|not a valid object"
    r"|could not find .* object|unable to unpack",
    re.IGNORECASE,
)
_MISSING = re.compile(r"missing (?:blob|object)|bad object|not our ref|not a valid object", re.IGNORECASE)
_FULL = re.compile(r"^(?!remote:).*No space left on device", re.MULTILINE)
_MISMATCH = re.compile(
    r"mismatched algorithms|hash algorithm|does not support this repository's object format", re.IGNORECASE
)
_LOCKED = re.compile(r"cannot lock ref|failed to update ref|\.lock': file exists", re.IGNORECASE)
# Lines that tell nothing of the cause.
_EMPTY = re.compile(
    r"^(?:hint: |warning: |To |From |Done$|Please make sure|and the repository exists|\s*$|.*\d+%|Total "
    r"|.*failed to push some|.*Could not read from remote|.*remote end hung up|.*Warning: Permanently added"
    r"|(?:Enumerat|Count|Writ|Receiv|Resolv)ing |Delta |Another git process)"
)


class Line:
    """One line of `git push --porcelain` (git-push(1)): flag, ref on the remote, and why not."""

    def __init__(self, text: str) -> None:
        flag, _, rest = text.partition("\t")
        refs, _, self.summary = rest.partition("\t")
        self.ref = refs.partition(":")[2]
        self.refused = flag == "!"


def pushed(ended: Ended) -> list[Line]:
    """What became of each ref of a push."""
    return [Line(text) for text in ended.out.decode(errors="replace").splitlines() if text[1:2] == "\t"]


def is_mismatch(ended: Ended) -> bool:
    """Whether the remote names its objects by another hash."""
    return _MISMATCH.search(ended.said) is not None


def was_rejected(ended: Ended) -> bool:
    """Whether the server, or git on seeing the server's refs, refused a ref: nothing changed by that push."""
    refused = [line for line in pushed(ended) if line.refused]
    return bool(refused) and not any("remote failure" in line.summary for line in refused)


def is_missing_object(ended: Ended) -> bool:
    """Whether the remote has a ref, but not what it points to."""
    return _MISSING.search(ended.said) is not None


def is_full_here(ended: Ended) -> bool:
    """Whether a fetch ended because this machine's disk is full, not the remote's."""
    return ended.status != 0 and _FULL.search(ended.said) is not None


def is_corrupt(ended: Ended) -> bool:
    """Whether the remote, or what it sent, is broken."""
    return _CORRUPT.search(ended.said) is not None


def is_missing_ref(ended: Ended) -> bool:
    """Whether a fetch ended because the ref is not there."""
    return "find remote ref" in ended.said


def is_locked(ended: Ended) -> bool:
    """Whether a push could not lock a ref, which another one may just hold."""
    return _LOCKED.search(ended.said + ended.out.decode(errors="replace")) is not None


def trouble(ended: Ended, title: str) -> WagitError:
    """The error for a git that failed on a remote called `title`."""
    refused = [line for line in pushed(ended) if line.refused]
    if ended.status is None:
        return _unreachable(title, ended.said)
    if any("remote failure" in line.summary for line in refused):
        return _unreachable(title, _cause(ended))
    if refused:
        because = refused[0].summary.removeprefix("[remote rejected] ").strip("()")
        return _refused(title, "; ".join(dict.fromkeys(filter(None, (_cause(ended, ""), because)))))
    if _REFUSALS.search(ended.said) or is_corrupt(ended):
        return _refused(title, _cause(ended))
    return _unreachable(title, _cause(ended))


def _unreachable(title: str, because: str) -> RemoteUnreachable:
    return RemoteUnreachable(f"{title} cannot be reached: {because}", "see to the network, then run it again")


def _refused(title: str, because: str) -> RemoteRefused:
    return RemoteRefused(
        f"{title} refuses: {because}", "see that git itself may read and push there, and that it has room"
    )


def _cause(ended: Ended, otherwise: str | None = None) -> str:
    """git's own line that tells why, without passwords."""
    lines = [line for part in ended.said.splitlines() for line in part.split("\r")]
    telling = [_bare(line) for line in lines if not _EMPTY.search(_bare(line))]
    if telling:
        return next((line for line in telling if _REFUSALS.search(line)), telling[0])
    if otherwise is not None:
        return otherwise
    bare = [_bare(line) for line in lines if line.strip()]
    return bare[-1] if bare else f"git ended with {ended.status}"


def _bare(line: str) -> str:
    text = without_password(line.strip())
    while (shorter := re.sub(r"^(?:remote|fatal|error): *", "", text)) != text:
        text = shorter
    return text.strip().rstrip(".")
