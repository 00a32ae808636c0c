"""The one place that runs git, but for much output (`git_stream`) and for remotes (`team/git_…`)."""

from __future__ import annotations

import os
from collections.abc import Mapping

from wagit.core.errors import WagitError

# git sets GIT_DIR, GIT_INDEX_FILE and friends for hooks in worktrees, clones and submodules; handed on,
# they make every later git talk to the wrong repository. Only what names no repository passes.
ALLOWED = frozenset(
    {
        "GIT_ASKPASS",
        "GIT_ALLOW_PROTOCOL",
        "GIT_AUTHOR_DATE",
        "GIT_AUTHOR_EMAIL",
        "GIT_AUTHOR_NAME",
        "GIT_CEILING_DIRECTORIES",
        "GIT_COMMITTER_DATE",
        "GIT_COMMITTER_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_EDITOR",
        "GIT_EXEC_PATH",
        "GIT_HTTP_USER_AGENT",
        "GIT_PAGER",
        "GIT_PROXY_COMMAND",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSH_VARIANT",
        "GIT_SSL_CAINFO",
        "GIT_SSL_NO_VERIFY",
        "GIT_TERMINAL_PROMPT",
        "GIT_TEMPLATE_DIR",
    }
)


class GitFailed(WagitError):
    """git ended with an error."""

    code = "git-failed"


class GitMissing(WagitError):
    """There is no git program."""

    code = "git-missing"
    exit_status = 10


def clean_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Copy `environ` without the variables that name a repository (`git rev-parse --local-env-vars`)."""
    return {name: value for name, value in environ.items() if not name.startswith("GIT_") or name in ALLOWED}


PATIENCE = 60.0  # seconds; what wagit asks takes milliseconds, but a hook or a monitor may hang in it


def run_git(
    *arguments: str,
    cwd: str,
    environ: Mapping[str, str] | None = None,
    accept: tuple[int, ...] = (0,),
    timeout: float = PATIENCE,
) -> str:
    """Run git in `cwd`, return its stdout without the last newline, undecodable bytes as surrogates.

    An exit status outside `accept` raises GitFailed with git's own last line, and so does a git that has
    not answered within `timeout` seconds; no git raises GitMissing.
    """
    import subprocess

    environment = clean_environ(os.environ if environ is None else environ)
    environment |= {"LC_ALL": "C.UTF-8", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as hung:
        raise GitFailed(
            f"git {arguments[0]} did not answer within {timeout:g} s", "try it by hand: a hook may hang in it"
        ) from hung
    except FileNotFoundError as missing:
        if not os.path.isdir(cwd):
            raise GitFailed(f"{cwd} is not a directory", "name an existing one with -C") from missing
        raise GitMissing("there is no git program on the PATH", "install git 2.31 or newer") from missing
    if done.returncode not in accept:
        raise failed(arguments[0], done.returncode, done.stderr)
    return done.stdout.decode(errors="surrogateescape").removesuffix("\n")


def failed(command: str, status: int, said: bytes) -> GitFailed:
    """What a git that ended with `status` said last on stderr, as an error."""
    lines = said.decode(errors="replace").strip().splitlines() or [f"exit status {status}"]
    return GitFailed(f"git {command}: {lines[-1].removeprefix('fatal: ')}")


def git_version(cwd: str = "/", environ: Mapping[str, str] | None = None) -> tuple[int, ...]:
    """Return git's version as numbers: (2, 39, 5)."""
    words = run_git("version", cwd=cwd, environ=environ).split()
    return tuple(int(part) for part in words[2].split(".")[:3] if part.isdigit())
