"""What a post-checkout hook adds to `git switch` when the slot stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.clock import Contestant, interleave
from benchmarks.figures import BELOW_PEER, Figure, at_most, figure
from benchmarks.stage import BIN, NODE_MODULES, Stage, Switching, copy, repository

NAME = "hooks"
BRANCHES = ("develop", "feature/1")
CONFIG = """\
version: 1
driver: wwebjs
default: dev
rules:
  - branch: main
    slot: staging
"""
LEFTHOOK = "post-checkout:\n  jobs:\n    - run: 'true'\n"
PRE_COMMIT = """\
repos:
  - repo: local
    hooks:
      - id: nothing
        name: nothing
        language: system
        entry: 'true'
        always_run: true
        stages: [post-checkout]
"""
NONE, NOOP, OURS, OFF = "no hook", "no-op sh hook", "wagit, slot unchanged", "wagit, WAGIT=0"
OLD = "wagit, slot unchanged, no .wagit.yml"
PEERS = ("husky", "lefthook", "pre-commit")


def measure(at: Stage, rounds: int) -> Iterator[Figure]:
    """Yield a figure for each hook; the same rounds have them all."""
    repos = _build(at)
    contestants = [
        Contestant(name, Switching(at._replace(environ=_environ(at, name)), repo, *BRANCHES))
        for name, repo in repos.items()
    ]
    samples = interleave(contestants, rounds, warmups=2)
    yield figure(NAME, samples, NONE)
    yield figure(NAME, samples, NOOP, NONE)
    for peer in PEERS:
        if peer in repos:
            yield figure(NAME, samples, peer, NONE)
    yield figure(NAME, samples, OFF, NOOP)
    yield figure(NAME, samples, OURS, NOOP, at_most(1.5))
    yield figure(NAME, samples, OLD, NOOP, at_most(1.5))
    for peer in PEERS:
        if peer in repos:
            yield figure(NAME, samples, OURS, peer, BELOW_PEER)


def _environ(at: Stage, name: str) -> dict[str, str]:
    return {**at.environ, "WAGIT": "0"} if name == OFF else dict(at.environ)


def _build(at: Stage) -> dict[str, Path]:
    """Make one repository with every tool's config, and a copy for each hook."""
    files = {".wagit.yml": CONFIG, "lefthook.yml": LEFTHOOK, ".pre-commit-config.yaml": PRE_COMMIT}
    base = repository(
        at, "hooks", {**files, "package.json": "{}\n", ".gitignore": "node_modules\n"}, BRANCHES
    )
    repos = {NONE: copy(at, base, "none"), NOOP: _noop(copy(at, base, "noop"))}
    repos[OURS] = _ours(at, copy(at, base, "wagit"))
    repos[OFF] = _ours(at, copy(at, base, "wagit-off"))
    repos[OLD] = _ours(at, _without_config(at, copy(at, base, "wagit-old")))
    if (NODE_MODULES / "husky").is_dir():
        repos["husky"] = _husky(at, copy(at, base, "husky"))
    if (NODE_MODULES / "lefthook").is_dir():
        repos["lefthook"] = _lefthook(at, copy(at, base, "lefthook"))
    repos["pre-commit"] = _pre_commit(at, copy(at, base, "pre-commit"))
    return repos


def _noop(repo: Path) -> Path:
    hook = repo / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\n:\n")
    hook.chmod(0o755)
    return repo


def _without_config(at: Stage, repo: Path) -> Path:
    """Let the branches be from before `.wagit.yml`, which only `main` has."""
    at.run(at.git, "switch", "-q", "--detach", cwd=repo)
    at.run(at.git, "rm", "-q", ".wagit.yml", cwd=repo)
    at.run(at.git, "commit", "-q", "-m", "before", cwd=repo)
    for branch in BRANCHES:
        at.run(at.git, "branch", "-f", branch, "HEAD", cwd=repo)
    at.run(at.git, "switch", "-q", "main", cwd=repo)
    return repo


def _ours(at: Stage, repo: Path) -> Path:
    """Set wagit up and see both branches, so that what was decided is newer than the config."""
    at.wagit("init", cwd=repo)
    for branch in (*BRANCHES, *BRANCHES):
        at.see(repo, branch)
    return repo


def _husky(at: Stage, repo: Path) -> Path:
    (repo / "node_modules").symlink_to(NODE_MODULES)
    at.run(str(NODE_MODULES / ".bin" / "husky"), cwd=repo)
    (repo / ".husky" / "post-checkout").write_text("true\n")
    return repo


def _lefthook(at: Stage, repo: Path) -> Path:
    (repo / "node_modules").symlink_to(NODE_MODULES)
    at.run(str(NODE_MODULES / ".bin" / "lefthook"), "install", cwd=repo)
    assert (repo / ".git" / "hooks" / "post-checkout").is_file()
    return repo


def _pre_commit(at: Stage, repo: Path) -> Path:
    at.run(str(BIN / "pre-commit"), "install", "--hook-type", "post-checkout", cwd=repo)
    return repo
