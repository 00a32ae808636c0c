"""How a line of `team.recipients` is written: a public key of age or SSH, then whose it is.

Only the form is judged, checksum and lengths: this is read with every config, where pyrage takes too long.
"""

from __future__ import annotations

import binascii
import re
import struct

LONGEST_NAME = 64  # characters
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)  # BIP 173
_PRIVATE = re.compile(r"AGE-SECRET-KEY-|PRIVATE KEY|AGE-PLUGIN-", re.IGNORECASE)
_KIND = b"ssh-ed25519"


def recipient(value: str) -> str:
    """Check `<key> <name>`, and write it with single spaces. Raises ValueError; no key is in what it says."""
    if _PRIVATE.search(value):
        raise ValueError(
            "is a PRIVATE key: whoever saw this file can use it. Make a new one (wagit team init) and write "
            "the public one here"
        )
    words = [word for word in value.split(" ") if word]  # a tab or a line's end is no space here
    size = 2 if words and words[0].startswith("ssh-") else 1
    key, name = words[:size], " ".join(words[size:])
    _check_key(key)
    if not name:
        raise ValueError(f"has no name: write `{key[0][:12]}… NAME`, the key and then whose it is")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"has a name that is not printable, or longer than {LONGEST_NAME} characters")
    return " ".join((*key, name))


def split(line: str) -> tuple[str, str]:
    """Key and name of a line that `recipient` wrote."""
    words = line.split(" ")
    size = 2 if words[0].startswith("ssh-") else 1
    return " ".join(words[:size]), " ".join(words[size:])


def fingerprint(key: str) -> str:
    """What people compare: an age key itself, an SSH key's SHA-256 as `ssh-keygen -l` shows it."""
    if not key.startswith("ssh-"):
        return key
    import hashlib

    digest = hashlib.sha256(binascii.a2b_base64(key.split(" ")[1])).digest()
    return "SHA256:" + binascii.b2a_base64(digest, newline=False).decode().rstrip("=")


def _check_key(words: list[str]) -> None:
    if not words:
        raise ValueError("is empty; write the key and then whose it is")
    if words[0].startswith("ssh-"):
        if words[0].encode() != _KIND:
            raise ValueError(f"is an {words[0][:20]} key; an ssh-ed25519 or an age key will do")
        if len(words) < 2 or not _is_ed25519(words[1]):
            raise ValueError("is no whole ssh-ed25519 key; copy all of the line in the .pub file")
    elif words[0].startswith("age1") and not _is_age(words[0]):
        raise ValueError("is no age key, or one of a plugin: a key has 62 characters, and a slip shows")
    elif not words[0].startswith("age1"):
        raise ValueError("is no public key; write `age1… NAME` or `ssh-ed25519 AAAA… NAME`")


def _is_ed25519(text: str) -> bool:
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return False
    head = struct.pack(">I", len(_KIND)) + _KIND + struct.pack(">I", 32)
    return data.startswith(head) and len(data) == len(head) + 32


def _is_age(text: str) -> bool:
    """Whether it is Bech32 (BIP 173) of 32 bytes for `age`, checksum included."""
    rest = text[4:]
    if len(rest) != 58 or not set(rest) <= set(_BECH32):
        return False
    prefix = [ord(c) >> 5 for c in "age"] + [0] + [ord(c) & 31 for c in "age"]
    check = 1
    for value in [*prefix, *map(_BECH32.index, rest)]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            check ^= generator if top >> bit & 1 else 0
    return check == 1
