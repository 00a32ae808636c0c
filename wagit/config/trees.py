"""Read `.wagit.yml` from git, where it is not in the worktree."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from wagit.config.digest import LARGEST, PROJECT, Candidate, ConfigFile, too_large
from wagit.core.git import run_git
from wagit.core.repository import Repository

NO_REPOSITORY = 128  # git's exit status for most of what it cannot do, a missing ref too


class Tree(NamedTuple):
    """A project config from git: its name in messages, what was found, and the files of refs that tell."""

    name: str
    candidate: Candidate
    refs: tuple[ConfigFile, ...]


def of_branch(repo: Repository, environ: Mapping[str, str], branch: str) -> Tree | None:
    """The config a switch to `branch` would see; None when it is checked out here or does not exist."""
    if run_git("symbolic-ref", "-q", "HEAD", cwd=repo.worktree, environ=environ, accept=(0, 1)) == _head(
        branch
    ):
        return None
    refs = _existing(repo, environ, [_head(branch), _remote(branch)])
    if not refs:
        return None
    found = _read(repo, environ, refs[0])
    return Tree(_name(refs[0]), found, ()) if found is not None else of_default_branch(repo, environ)


def of_default_branch(repo: Repository, environ: Mapping[str, str]) -> Tree:
    """The config of the first that has one: origin's default branch, init.defaultBranch, main, master."""
    refs = _existing(repo, environ, _defaults(repo, environ))
    files = tuple(file for ref in refs for file in _files(repo, ref))
    for ref in refs:
        found = _read(repo, environ, ref)
        if found is not None:
            return Tree(_name(ref), found, files)
    return Tree(PROJECT, Candidate("project", os.path.join(repo.worktree, PROJECT), None), files)


def _defaults(repo: Repository, environ: Mapping[str, str]) -> list[str]:
    origin = run_git(
        "symbolic-ref", "-q", "refs/remotes/origin/HEAD",
        cwd=repo.worktree, environ=environ, accept=(0, 1, NO_REPOSITORY),
    )  # fmt: skip
    configured = run_git("config", "init.defaultBranch", cwd=repo.worktree, environ=environ, accept=(0, 1))
    names = [origin.removeprefix("refs/remotes/origin/"), configured, "main", "master"]
    return [ref for name in dict.fromkeys(names) if name for ref in (_head(name), _remote(name))]


def _existing(repo: Repository, environ: Mapping[str, str], refs: list[str]) -> list[str]:
    """Keep the refs that exist, in order."""
    told = run_git("for-each-ref", "--format=%(refname)", "--", *refs, cwd=repo.worktree, environ=environ)
    existing = set(told.split("\n"))
    return [ref for ref in refs if ref in existing]


def _read(repo: Repository, environ: Mapping[str, str], ref: str) -> Candidate | None:
    """Read the file at `ref`, None when that tree has none; its size is looked at first."""
    listed = run_git("ls-tree", "-l", "--full-tree", ref, "--", PROJECT, cwd=repo.worktree, environ=environ)
    if not listed:
        return None
    mode, kind, blob, size = listed.partition("\t")[0].split()
    path = os.path.join(repo.worktree, PROJECT)
    if kind != "blob" or mode == "120000":
        return Candidate("project", path, None, "is not a file there")
    if int(size) > LARGEST:
        return Candidate("project", path, None, too_large(int(size)))
    text = run_git("cat-file", "blob", blob, cwd=repo.worktree, environ=environ)
    data = text.encode(errors="surrogateescape")
    return Candidate("project", path, data if len(data) == int(size) else data + b"\n")  # run_git cuts one


def _files(repo: Repository, ref: str) -> list[ConfigFile]:
    """The files that change when `ref` does: the git hook looks at their times (gitrepository-layout(5))."""
    tables = os.path.join(repo.common_dir, "reftable", "tables.list")
    if os.path.exists(tables):
        return [ConfigFile(tables, True)]
    paths = (os.path.join(repo.common_dir, ref), os.path.join(repo.common_dir, "packed-refs"))
    return [ConfigFile(path, os.path.exists(path)) for path in paths]


def _head(branch: str) -> str:
    return f"refs/heads/{branch}"


def _remote(branch: str) -> str:
    return f"refs/remotes/origin/{branch}"


def _name(ref: str) -> str:
    return f"{ref.removeprefix('refs/heads/').removeprefix('refs/remotes/')}:{PROJECT}"
