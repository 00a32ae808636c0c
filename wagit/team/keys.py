"""The user's own keys: age and SSH, by pyrage."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Mapping
from typing import NamedTuple

from wagit.config.digest import user_file
from wagit.core.atomic import fsync_directory, make_directory, named, temporary_beside
from wagit.core.errors import WagitError
from wagit.core.opening import open_new, regular
from wagit.team import ssh_keys
from wagit.team.settings import Recipient, Team

Ask = Callable[[str], str]
"""Asks the user for a passphrase; the text says of what."""

VARIABLE = "WAGIT_TEAM_KEY"
LARGEST = 1 << 16  # bytes of a key file
_LOCKED = (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")
_AGE_KEY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]+")
_MAKE_ONE = "make one: wagit team init"


class NoKey(WagitError):
    """There is no key of the user's own."""

    code = "no-team-key"
    exit_status = 14


class BadKey(NoKey):
    """There is a key file that cannot be used: others may read it, or it is none."""

    code = "bad-team-key"


class CannotDecrypt(WagitError):
    """None of the user's keys opens it."""

    code = "cannot-decrypt"
    exit_status = 14


class Keys(NamedTuple):
    """The user's identities as pyrage has them, and their public keys in the same order."""

    identities: tuple[object, ...]
    public: tuple[str, ...]


def place(environ: Mapping[str, str]) -> str | None:
    """Where the user's own age key lies, there or not: what the variable names, else beside their config."""
    if environ.get(VARIABLE):
        return os.path.abspath(os.path.expanduser(environ[VARIABLE]))
    config = user_file(environ)
    return os.path.join(os.path.dirname(config), "age.key") if config else None


def load(environ: Mapping[str, str], ask: Ask | None = None) -> Keys:
    """The user's own keys. `ask` is None where nobody can be asked. Raises NoKey, CannotDecrypt.

    The age key counts first. The SSH key counts as well, as a team may know the user by that one; where
    there is an age key, an SSH key that cannot be used is passed over.
    """
    path, ssh = place(environ), _ssh_place(environ)
    chosen = bool(environ.get(VARIABLE))
    if path is not None and (chosen or os.path.lexists(path)):
        found = read(path, ask)
        if chosen or ssh is None or not os.path.lexists(ssh):
            return found
        try:
            other = read(ssh, None)
        except (NoKey, CannotDecrypt):
            return found
        return Keys(found.identities + other.identities, found.public + other.public)
    if ssh is None or not os.path.lexists(ssh):
        places = ", nor at ".join(one for one in (path, ssh) if one)
        why = f"none is at {places}" if places else "HOME does not tell where to look"
        raise NoKey(f"you have no key: {why}", _MAKE_ONE)
    return read(ssh, ask)


def read(path: str, ask: Ask | None = None) -> Keys:
    """The keys of one file: age's, also behind a passphrase, or SSH's. Raises NoKey, CannotDecrypt."""
    data = _private_file(path)
    if ssh_keys.is_private(data):
        return _ssh(path, data)
    if data.lstrip().startswith(_LOCKED):
        data = _unlocked(path, data, ask)
    return _age(path, data)


def own(keys: Keys, team: Team) -> Recipient | None:
    """Which of the recipients the user is."""
    return next((one for key in keys.public for one in team.recipients if one.key == key), None)


def create(path: str, passphrase: str | None = None) -> str:
    """Make an age key in a new file, mode 0600, as age-keygen writes it; give its public key.

    A crash leaves no file or all of it, and at worst a `.tmp-…` beside. Raises OSError; FileExistsError,
    whatever is there.
    """
    from pyrage import passphrase as locking
    from pyrage import x25519

    identity = x25519.Identity.generate()
    public = str(identity.to_public())
    data = f"# public key: {public}\n{identity}\n".encode()
    _write_new(path, locking.encrypt(data, passphrase) if passphrase else data)
    return public


def _write_new(path: str, data: bytes) -> None:
    make_directory(os.path.dirname(path))
    temporary = temporary_beside(path)
    try:
        with named(temporary), open(open_new(temporary), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # refuses to replace one
    finally:
        if os.path.lexists(temporary):
            os.unlink(temporary)
    fsync_directory(os.path.dirname(path))


def _ssh_place(environ: Mapping[str, str]) -> str | None:
    home = environ.get("HOME", "")
    return os.path.join(home, ".ssh", "id_ed25519") if os.path.isabs(home) else None


def _private_file(path: str) -> bytes:
    try:
        with open(path, "rb", opener=regular) as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise NoKey(f"there is no key at {path}", f"set {VARIABLE} to yours, or {_MAKE_ONE}") from None
    except OSError as error:
        raise BadKey(
            f"the key {path} cannot be read: {error.strerror}", "make it yours, mode 0600"
        ) from error
    if os.name != "nt" and stat.S_IMODE(mode) & 0o077:
        raise BadKey(
            f"others may read or write the key {path}: its mode is {stat.S_IMODE(mode):04o}",
            f"run: chmod 600 {path}; if somebody else was on this machine, make a new key",
        )
    if len(data) > LARGEST:
        raise _no_key_in(path)
    return data


def _unlocked(path: str, data: bytes, ask: Ask | None) -> bytes:
    from pyrage import DecryptError, passphrase

    if ask is None:
        raise CannotDecrypt(
            f"the key {path} is protected by a passphrase, and nobody can be asked for it here",
            "run it in a terminal; what runs in the background, as by wagit up, needs a key without one",
        )
    try:
        found = passphrase.decrypt(data, ask(f"Passphrase of {path}"))
    except DecryptError as error:
        raise CannotDecrypt(f"that is not the passphrase of the key {path}", "try it again") from error
    assert isinstance(found, bytes)
    return found


def _age(path: str, data: bytes) -> Keys:
    from pyrage import IdentityError, x25519

    lines = [line.strip() for line in data.decode("ascii", "replace").splitlines()]
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys or not all(_AGE_KEY.fullmatch(key) for key in keys):
        raise _no_key_in(path)
    try:
        identities = tuple(x25519.Identity.from_str(key) for key in keys)
    except IdentityError:
        raise _no_key_in(path) from None  # its text could tell of the key
    return Keys(identities, tuple(str(identity.to_public()) for identity in identities))


def _ssh(path: str, data: bytes) -> Keys:
    from pyrage import IdentityError, ssh

    try:
        key = ssh_keys.look(data)
        if key.locked:
            raise CannotDecrypt(
                f"the SSH key {path} is protected by a passphrase, which age cannot undo, nor ask an agent",
                "make a key of wagit's, which may have a passphrase too: wagit team init",
            )
        return Keys((ssh.Identity.from_buffer(data),), (key.public,))
    except (ValueError, IdentityError):
        raise _no_key_in(path) from None


def _no_key_in(path: str) -> BadKey:
    return BadKey(
        f"{path} has no key that can be used: neither age's nor an SSH key in OpenSSH's format",
        f"set {VARIABLE} to another file, or {_MAKE_ONE}",
    )
