"""Open the place where a team's sessions lie, from what the config says of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from wagit.core.errors import WagitError
from wagit.core.repository import Repository
from wagit.team.remote import Remote
from wagit.team.settings import Team

STORES = ("az", "file", "gs", "s3")
GIT = ("git", "git+ssh", "http", "https", "ssh", "ssh+git")  # git-fetch(1), GIT URLS


class NoSuchRemote(WagitError):
    """The team's `remote` is neither a git remote nor the address of an object store."""

    code = "no-such-remote"
    exit_status = 2


def open_remote(
    address: str, team: Team, repository: Repository, environ: Mapping[str, str], directory: str
) -> Remote:
    """Open a team's place; nothing is connected to yet.

    `address` is the name of one of the repository's git remotes, what git takes for one (a URL, `host:path`,
    a path), or `s3://`, `gs://`, `az://`, `file://`. `directory` is for what has to lie on disk meanwhile.
    Raises NoSuchRemote, GitFailed, GitMissing.
    """
    scheme = _scheme(address)
    if scheme in STORES:
        from wagit.team.object_remote import ObjectRemote

        return ObjectRemote.open(address, team, environ)
    from wagit.team.git_address import look_up, without_password
    from wagit.team.git_remote import GitRemote

    if _is_in(repository.worktree, address):  # a commit can bring a repository whose hooks git would run
        raise NoSuchRemote(
            f"the team's remote is {address}, which lies within this worktree: commits decide what is there",
            "name a repository that lies elsewhere",
        )
    root = os.path.join(directory, "git")
    found = look_up(address, repository, environ, root, is_url=scheme in GIT or _is_path(address))
    if found is None:
        raise NoSuchRemote(
            f"the team's remote is {without_password(address)}, which is no git remote of this repository and"
            " no address",
            "see git remote -v, or name an address: https://, ssh://, s3://, gs://, az:// or file://",
        )
    return GitRemote(found, team, repository, environ, root)


def _scheme(address: str) -> str | None:
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", address)
    return found[1].lower() if found else None


def _is_in(worktree: str, address: str) -> bool:
    """Whether it is a path, and one below the worktree."""
    if not address.startswith(("/", "./", "../")):
        return False
    place = os.path.realpath(os.path.join(worktree, address))
    return os.path.commonpath((place, os.path.realpath(worktree))) == os.path.realpath(worktree)


def _is_path(address: str) -> bool:
    """Whether it is a path or `host:path` for git, and not an option or the name of a helper."""
    if address.startswith("-") or "::" in address or _scheme(address) is not None:
        return False
    return address.startswith(("/", "./", "../")) or re.match(r"[^/:]+:.", address) is not None
