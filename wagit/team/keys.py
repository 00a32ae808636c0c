"""The user's own keys, and the public ones of others: age and SSH, by pyrage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.team.settings import Recipient, Team

Ask = Callable[[str], str]
"""Asks the user for a passphrase; the text says of what."""


class NoKey(WagitError):
    """There is no key of the user's own."""

    code = "no-team-key"
    exit_status = 14


class CannotDecrypt(WagitError):
    """None of the user's keys opens it."""

    code = "cannot-decrypt"
    exit_status = 14


class BadRecipient(WagitError):
    """It is no public key that age or SSH knows."""

    code = "bad-recipient"
    exit_status = 2


class Keys(NamedTuple):
    """The user's identities as pyrage has them, and their public keys in the same order."""

    identities: tuple[object, ...]
    public: tuple[str, ...]


def parse(line: str) -> Recipient:
    """A recipient from `<key> <name>`; the name is what follows the key. Raises BadRecipient."""
    raise NotImplementedError(line)


def load(environ: Mapping[str, str], ask: Ask | None = None) -> Keys:
    """The user's own keys. `ask` is None where nobody can be asked. Raises NoKey, CannotDecrypt."""
    raise NotImplementedError(environ, ask)


def own(keys: Keys, team: Team) -> Recipient | None:
    """Which of the recipients the user is."""
    raise NotImplementedError(keys, team)
