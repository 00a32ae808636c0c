"""Where a git remote is, as the user's repository has it, and by which of the user's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from wagit.core.git import run_git
from wagit.core.repository import Repository
from wagit.team.git_scratch import scratch

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
    address: str, repository: Repository, environ: Mapping[str, str], root: str, *, is_url: bool
) -> Address | None:
    """Resolve a remote's name, or what is known to be a URL or path, as git would to push there.

    None for what is neither. `root` is where repositories of our own are made. Raises GitFailed, GitMissing,
    OSError.
    """
    settings = _settings(repository.worktree, environ)
    named = bool(address) and any(one.key.startswith(f"remote.{address}.") for one in settings)
    if not named and not is_url:
        return None
    ask = ("remote", "get-url", "--push") if named else ("ls-remote", "--get-url")
    url = run_git(*ask, address, cwd=repository.worktree, environ=environ)
    title = f"{address} ({without_password(url)})" if named else without_password(url)
    ours = _entry(f"remote.{NAME}.url", url)
    read = _read_anyway(settings, root, ours, environ)
    ours += "".join(_entry(*one) for one in _reached_by(settings, read, address))
    ssh = [one.value for one in settings if one.key == "core.sshcommand"]
    return Address(url, title, _BEFORE + ours + _AFTER, ssh[-1] if ssh else None)


def without_password(text: str) -> str:
    """Take what is secret out of the URLs in a text: all before the `@` but for a user's name over ssh."""
    text = re.sub(r"(?i)\b(ssh|git\+ssh|ssh\+git)://([^/\s:@]*):[^/\s]*@", r"\1://\2@", text)
    return re.sub(r"(?i)\b(?!ssh:|git\+ssh:|ssh\+git:)([a-z][a-z0-9+.-]*)://[^/\s]*@", r"\1://", text)


def _settings(cwd: str, environ: Mapping[str, str], *where: str) -> list[Setting]:
    options = ("--list", "-z", "--show-scope", "--show-origin")
    said = run_git(*where, "config", *options, cwd=cwd, environ=environ)
    words = said.split("\0")
    found = []
    for scope, origin, line in zip(words[::3], words[1::3], words[2::3], strict=False):
        key, equals, value = line.partition("\n")
        found.append(Setting(scope, origin, key, value if equals else None))
    return found


def _read_anyway(
    settings: list[Setting], root: str, config: str, environ: Mapping[str, str]
) -> frozenset[str]:
    """The files that a repository of our own reads as well: the user's and the system's.

    Not always those that are included on a condition: whether it holds there, git is asked.
    """
    if any(one.key.startswith("includeif.") for one in settings):
        with scratch(root, "sha1", config) as own:
            settings = _settings(own.path, environ, f"--git-dir={own.path}")
    return frozenset(one.origin for one in settings if one.scope in ("system", "global"))


def _reached_by(
    settings: list[Setting], read: frozenset[str], remote: str
) -> Iterator[tuple[str, str | None]]:
    """The settings that only the user's repository has: a header that is sent twice is refused."""
    for one in settings:
        section, rest = one.key.split(".", 1)
        if one.origin in read:
            continue
        if section == "remote" and rest.rpartition(".")[0] == remote:
            last = rest.rpartition(".")[2]
            if last in _OF_REMOTE:
                yield f"remote.{NAME}.{last}", one.value
        elif not _NOT_OURS.fullmatch(section) or one.key in _STILL:
            yield one.key, one.value


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
