"""What an SSH private key file tells without being opened: its public key, and whether it is locked.

The format is that of openssh's PROTOCOL.key: a magic word, cipher, key derivation and its options, the number
of keys, the public key, and then the private part.
"""

from __future__ import annotations

import base64
import re
from typing import NamedTuple

_ARMOR = re.compile(
    rb"-----BEGIN OPENSSH PRIVATE KEY-----\s(.*?)-----END OPENSSH PRIVATE KEY-----", re.DOTALL
)
_MAGIC = b"openssh-key-v1\0"


class SshKey(NamedTuple):
    """`public` as in a `.pub` file, without the comment; `locked` when a passphrase protects the key."""

    public: str
    locked: bool


def is_private(data: bytes) -> bool:
    """Whether a file has a private key as ssh-keygen or openssl write them."""
    return b"PRIVATE KEY-----" in data


def look(data: bytes) -> SshKey:
    """Read the open part of a private key file. Raises ValueError for any other format."""
    armored = _ARMOR.search(data)
    if armored is None:
        raise ValueError("no private key in OpenSSH's format")
    blob = base64.b64decode(b"".join(armored[1].split()), validate=True)
    if not blob.startswith(_MAGIC):
        raise ValueError("no private key in OpenSSH's format")
    cipher, rest = _text(blob[len(_MAGIC) :])
    _, rest = _text(rest)
    _, rest = _text(rest)
    public, _ = _text(rest[4:])
    kind, _ = _text(public)
    return SshKey(f"{kind.decode('ascii')} {base64.b64encode(public).decode()}", cipher != b"none")


def _text(data: bytes) -> tuple[bytes, bytes]:
    """A string of SSH's: four bytes of length, then as many; and what comes after."""
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 + length:
        raise ValueError("cut off")
    return data[4 : 4 + length], data[4 + length :]
