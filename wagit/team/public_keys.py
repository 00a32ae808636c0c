"""Public keys as people write them down: `age1… ada`, `ssh-ed25519 AAAA… bob`."""

from __future__ import annotations

import re
from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.team.settings import Recipient

_PRIVATE = re.compile("AGE-SECRET-KEY|PRIVATE KEY", re.IGNORECASE)
# Nothing that moves a terminal's cursor or turns the direction of what follows.
_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]{1,100}")
_HOW = "write the public key, a space and a name of at most 100 characters: age1… ada"


class BadRecipient(WagitError):
    """It is no public key of age's X25519 or SSH's ed25519."""

    code = "bad-recipient"
    exit_status = 2


class _Line(NamedTuple):
    kind: str
    key: str
    name: str


def parse(line: str) -> Recipient:
    """A recipient from `<key> <name>`; the name is what follows the key. Raises BadRecipient.

    A key is given back as age and ssh-keygen write it, so that equal ones are equal texts. Nothing is
    repeated of a line that may have a private key in it.
    """
    if _PRIVATE.search(line):
        raise BadRecipient(
            "a recipient is a private key, which nobody else may see",
            "make a new key, as this one is known now; recipients are public keys: age1… ada",
        )
    found = _split(line)
    key = _checked(found)
    if not _NAME.fullmatch(found.name):
        what = "a name that cannot be shown" if found.name else "no name"
        raise BadRecipient(f"the recipient {key[:30]}… has {what}", _HOW)
    return Recipient(found.name, key)


def _split(line: str) -> _Line:
    words = line.split(maxsplit=1) or [""]
    if words[0].startswith("age1"):
        return _Line("age", words[0], " ".join(words[1:]).strip())
    if words[0] == "ssh-ed25519":
        rest = words[1].split(maxsplit=1) if len(words) > 1 else [""]
        return _Line("ssh", f"{words[0]} {rest[0]}", " ".join(rest[1:]).strip())
    raise BadRecipient("a recipient begins with neither age1… nor ssh-ed25519", _HOW)


def _checked(line: _Line) -> str:
    from pyrage import RecipientError, ssh, x25519

    try:
        if line.kind == "age":
            return str(x25519.Recipient.from_str(line.key))
        ssh.Recipient.from_str(line.key)
    except RecipientError as error:
        raise BadRecipient(
            f"{line.key[:30]}… is no public key: cut off, mistyped, or of a kind that wagit does not know",
            "copy it again, whole: an X25519 key of age, or an ssh-ed25519 key",
        ) from error
    return line.key
