"""Which config files there are, their bytes, and one digest of all that decides a route.

The git hook imports this: standard library only.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wagit.core.errors import WagitError
from wagit.core.repository import Repository

try:
    from _blake2 import blake2b  # hashlib's own, without the 4 ms that hashlib takes to load OpenSSL
except ImportError:
    from hashlib import blake2b

PROJECT = ".wagit.yml"
LOCAL = ".wagit.local.yml"
LARGEST = 1 << 20  # bytes of one config file

# What in the environment changes a branch's slot, its driver or its link.
ROUTING_NAMES = (
    "WAGIT_STRATEGY",
    "WAGIT_DEFAULT",
    "WAGIT_STORE",
    "WAGIT_BRANCH_DETECTION",
    "WAGIT_DRIVER",
    "WAGIT_BOT_LINK",
    "WA_SHARED_SESSION",
    "WA_BRANCH_SESSIONS",
    "WA_BRANCH_DETECTION",
    "WA_TEAM_COLLABORATION",
    "WA_BRANCH_PATTERN_STRATEGY",
    "WHATSAPP_SESSION_NAME",
)


class BadStore(WagitError):
    """`store:` or WAGIT_STORE names no place."""

    code = "bad-store"
    exit_status = 2


class ConfigFile(NamedTuple):
    """A place that was looked at, and whether a file was there."""

    path: str
    existed: bool


class Candidate(NamedTuple):
    """What was found at one place: bytes, nothing (`data` None), or a problem that forbids reading it."""

    role: str
    path: str
    data: bytes | None
    problem: str = ""


class Decided(NamedTuple):
    """The digest of a config, and the files that decided it."""

    digest: str
    files: tuple[ConfigFile, ...]


def deciding(repo: Repository, environ: Mapping[str, str]) -> Decided | None:
    """Digest what decides the routes of this worktree, as `load` would.

    None when files alone cannot tell: `.wagit.yml` is missing, so that git has to be asked for the
    default branch's, or a file cannot be read.
    """
    found = candidates(repo, environ)
    if any(candidate.problem for candidate in found):
        return None
    if all(candidate.data is None for candidate in found if candidate.role == "project"):
        return None
    return Decided(digest_of(found, environ), files_of(found))


def candidates(repo: Repository, environ: Mapping[str, str]) -> list[Candidate]:
    """Read every place a config file may be, weakest layer first.

    A linked worktree without a local file uses the main worktree's.
    """
    found = []
    user = user_file(environ)
    if user is not None:
        found.append(read("user", user))
    found.append(read("project", os.path.join(repo.worktree, PROJECT)))
    found.append(read("local", os.path.join(repo.worktree, LOCAL)))
    main = main_worktree(repo)
    if found[-1].data is None and main is not None and repo.is_linked:
        found.append(read("local", os.path.join(main, LOCAL)))
    return found


def read(role: str, path: str) -> Candidate:
    """Read one place; never blocks on a pipe, and reads nothing larger than a config may be."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (FileNotFoundError, NotADirectoryError):
        return Candidate(role, path, None)
    except (OSError, ValueError) as error:
        return Candidate(role, path, None, f"cannot be read: {getattr(error, 'strerror', None) or error}")
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return Candidate(role, path, None, "is not a file")
        if status.st_size > LARGEST:
            return Candidate(role, path, None, too_large(status.st_size))
        return Candidate(role, path, os.read(descriptor, LARGEST))
    except OSError as error:
        return Candidate(role, path, None, f"cannot be read: {error.strerror}")
    finally:
        os.close(descriptor)


def too_large(size: int) -> str:
    """Say that a config of `size` bytes is refused."""
    return f"has {size:,} bytes; a config may have {LARGEST:,}"


def files_of(found: Iterable[Candidate]) -> tuple[ConfigFile, ...]:
    """Name the places that were looked at."""
    return tuple(ConfigFile(candidate.path, candidate.data is not None) for candidate in found)


def digest_of(found: Iterable[Candidate], environ: Mapping[str, str]) -> str:
    """Hash the bytes of all files found and what of the environment changes routes; hexadecimal.

    Roles count and paths do not, so that a config read from a branch equals the same one checked out.
    """
    total = blake2b(digest_size=32)
    for candidate in found:
        if candidate.data is not None:
            total.update(b"%s %d\n" % (candidate.role.encode(), len(candidate.data)))
            total.update(candidate.data)
    for name in ROUTING_NAMES:
        if environ.get(name):
            total.update(f"{name}={environ[name]}\n".encode(errors="surrogateescape"))
    return total.hexdigest()


def main_worktree(repo: Repository) -> str | None:
    """The worktree that a repository was cloned or made with; None when its `.git` lies elsewhere."""
    parent, name = os.path.split(repo.common_dir)
    return parent if name == ".git" else None


def user_file(environ: Mapping[str, str]) -> str | None:
    """Where the user's own config is, by `environ`; None when it names no home.

    The same places as platformdirs' `user_config_dir("wagit")`, which may not be imported in a hook.
    """
    xdg, home = environ.get("XDG_CONFIG_HOME", ""), environ.get("HOME", "")
    if sys.platform == "win32":  # untested: no Windows machine was at hand
        base = environ.get("LOCALAPPDATA", "")
        return os.path.join(base, "wagit", "wagit", "config.yml") if base else None
    if os.path.isabs(xdg):
        return os.path.join(xdg, "wagit", "config.yml")
    if not os.path.isabs(home):
        return None
    parts = ("Library", "Application Support") if sys.platform == "darwin" else (".config",)
    return os.path.join(home, *parts, "wagit", "config.yml")


def store_root(common_dir: str, environ: Mapping[str, str]) -> str:
    """Where the store of a repository is: `<common dir>/wagit`, or below the place the user chose.

    Below it each repository has a directory of its own, named after it and a hash of its path.
    Raises BadStore.
    """
    chosen = chosen_store(environ)
    if chosen is None:
        return os.path.join(common_dir, "wagit")
    place, where = chosen
    try:
        base = store_path(place, environ)
    except ValueError as error:
        raise BadStore(
            f"{where}: store: {error}", "write an absolute path, or one that starts with ~/"
        ) from error
    parent, name = os.path.split(common_dir)
    plain = os.path.basename(parent) if name == ".git" else name.removesuffix(".git")
    path = os.path.realpath(common_dir).encode(errors="surrogateescape")
    return os.path.join(base, f"{plain[:60]}-{blake2b(path, digest_size=6).hexdigest()}")


def chosen_store(environ: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the store the user chose as written, and where: WAGIT_STORE, else the user's config file."""
    if environ.get("WAGIT_STORE"):
        return environ["WAGIT_STORE"], "WAGIT_STORE"
    path = user_file(environ)
    data = read("user", path).data if path is not None else None
    value = store_line(data) if data else None
    return None if value is None or path is None else (value, path)


def store_line(data: bytes) -> str | None:
    """Read the `store:` line of a user config without YAML; `load` checks that YAML says the same."""
    for line in data.splitlines():
        if line.startswith(b"store:"):
            text = line[len(b"store:") :].decode(errors="replace").strip()
            if text[:1] in ("'", '"'):
                return text[1:].partition(text[0])[0]
            return text.partition(" #")[0].rstrip() or None
    return None


def store_path(text: str, environ: Mapping[str, str]) -> str:
    """Expand `~/` by `environ` and normalise. Raises ValueError."""
    if text.startswith("~/") and environ.get("HOME"):
        text = os.path.join(environ["HOME"], text[2:])
    if not os.path.isabs(text) or "\0" in text:
        raise ValueError(f"{text!r} is not an absolute path")
    return os.path.normpath(text)
