"""Where a git remote is, as the user's repository has it, and by which of the user's settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from wagit.core.git import run_git
from wagit.core.repository import Repository

NAME = "wagit"  # what the remote is called in our own repositories

# What would change what our own repository is or does, not how a remote is reached.
_NOT_OURS = re.compile(
    "branch|core|extensions|feature|fetch|gc|hook|include|includeif|index|maintenance|pack|push|receive|remote"
    "|submodule|transfer|uploadpack"
)
_STILL = frozenset({"core.askpass", "core.gitproxy", "core.sshcommand"})
_OF_REMOTE = frozenset({"proxy", "proxyauthmethod", "receivepack", "serveroption", "uploadpack", "vcs"})

_BEFORE = """\
[http]
\tlowSpeedLimit = 1
\tlowSpeedTime = 60
"""
# After the user's, so that these count. Blobs are age files: compressing or comparing them wins nothing.
_AFTER = """\
[core]
\tbare = true
\tbigFileThreshold = 128k
\tcompression = 0
\tcommitGraph = false
\tfsync = none
\thooksPath = /dev/null
\tlogAllRefUpdates = false
[fetch]
\tfsckObjects = false
\tnegotiationAlgorithm = noop
\tprune = false
\tpruneTags = false
\trecurseSubmodules = false
\tunpackLimit = 1
\twriteCommitGraph = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[pack]
\tcompression = 0
\tthreads = 1
\twindow = 0
\twriteReverseIndex = false
[push]
\tfollowTags = false
\tgpgSign = false
\tnegotiate = false
\tpushOption =
\trecurseSubmodules = no
\tuseForceIfIncludes = false
[submodule]
\trecurse = false
"""


class Setting(NamedTuple):
    """One line of git's config; `value` is None for a key without one."""

    scope: str
    origin: str
    key: str
    value: str | None


class Address(NamedTuple):
    """`url` is what git connects to, `title` tells people, `config` is for a repository of our own."""

    url: str
    title: str
    config: str
    ssh: str | None


def look_up(
    address: str, repository: Repository, environ: Mapping[str, str], *, is_url: bool
) -> Address | None:
    """Resolve a remote's name, or what is known to be a URL or path, as git would to push there.

    None for what is neither. Raises GitFailed, GitMissing.
    """
    settings = _settings(repository, environ)
    named = bool(address) and any(one.key.startswith(f"remote.{address}.") for one in settings)
    if not named and not is_url:
        return None
    ask = ("remote", "get-url", "--push") if named else ("ls-remote", "--get-url")
    url = run_git(*ask, address, cwd=repository.worktree, environ=environ)
    title = f"{address} ({without_password(url)})" if named else without_password(url)
    ours = [_entry(f"remote.{NAME}.url", url)]
    ours += [_entry(*one) for one in _reached_by(settings, address)]
    ssh = [one.value for one in settings if one.key == "core.sshcommand"]
    return Address(url, title, _BEFORE + "".join(ours) + _AFTER, ssh[-1] if ssh else None)


def without_password(text: str) -> str:
    """Take what is secret out of the URLs in a text: all before the `@` but for a user's name over ssh."""
    text = re.sub(r"(?i)\b(ssh|git\+ssh|ssh\+git)://([^/\s:@]*):[^/\s]*@", r"\1://\2@", text)
    return re.sub(r"(?i)\b(?!ssh:|git\+ssh:|ssh\+git:)([a-z][a-z0-9+.-]*)://[^/\s]*@", r"\1://", text)


def _settings(repository: Repository, environ: Mapping[str, str]) -> list[Setting]:
    said = run_git(
        "config", "--list", "-z", "--show-scope", "--show-origin", cwd=repository.worktree, environ=environ
    )
    words = said.split("\0")
    found = []
    for scope, origin, line in zip(words[::3], words[1::3], words[2::3], strict=False):
        key, equals, value = line.partition("\n")
        found.append(Setting(scope, origin, key, value if equals else None))
    return found


def _reached_by(settings: list[Setting], remote: str) -> list[tuple[str, str | None]]:
    """The settings that only the user's repository has: its own, and those included on a condition.

    Our own repository reads the user's other files itself, and a header that is sent twice is refused.
    """
    chosen: list[tuple[str, str | None]] = []
    included = {one.value for one in settings if one.key.startswith("includeif.")}
    for one in settings:
        if one.scope not in ("local", "worktree") and not _is_from(one.origin, included):
            continue
        section, rest = one.key.split(".", 1)
        if section == "remote" and rest.rpartition(".")[0] == remote:
            last = rest.rpartition(".")[2]
            if last in _OF_REMOTE:
                chosen.append((f"remote.{NAME}.{last}", one.value))
        elif not _NOT_OURS.fullmatch(section) or one.key in _STILL:
            chosen.append((one.key, one.value))
    return chosen


def _is_from(origin: str, files: set[str | None]) -> bool:
    """Whether a setting came from one of the files, which may be written `~/…` or relative."""
    path = origin.removeprefix("file:")
    return any(path.endswith(file.removeprefix("~").removeprefix("./")) for file in files if file)


def _entry(key: str, value: str | None) -> str:
    section, _, rest = key.partition(".")
    middle, _, name = rest.rpartition(".")
    quoted = middle.replace("\\", "\\\\").replace('"', '\\"')
    header = f'[{section} "{quoted}"]' if middle else f"[{section}]"
    return f"{header}\n\t{name}{'' if value is None else f' = {_quoted(value)}'}\n"


def _quoted(value: str) -> str:
    for plain, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        value = value.replace(plain, written)
    return f'"{value}"'
