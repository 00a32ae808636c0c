"""What a push brings, as git and pre-commit tell it to their hooks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_COMMIT = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Push(NamedTuple):
    """What a push brings, and what the remote is known to have, as words of `git rev-list`."""

    tips: tuple[str, ...]
    known: tuple[str, ...]


EVERYTHING = Push(("--branches", "--tags", "HEAD"), ("--remotes",))
"""All that no remote has, as far as is known: for a push that nobody has told of."""


def push_of(lines: Iterable[str], remote: str | None) -> Push:
    """What git tells its pre-push hook: a line a ref, and the remote's name or URL (githooks(5))."""
    rows = [fields for line in lines if len(fields := line.rsplit(maxsplit=3)) == 4]
    tips = [fields[1] for fields in rows if _is_commit(fields[1])]
    known = [fields[3] for fields in rows if _is_commit(fields[3])]
    return Push(tuple(dict.fromkeys(tips)), _known(known, remote))


def push_of_pre_commit(environ: Mapping[str, str]) -> Push | None:
    """What pre-commit tells its hooks of a push, by variables; None where it runs for none."""
    remote = environ.get("PRE_COMMIT_REMOTE_NAME")
    tip = environ.get("PRE_COMMIT_TO_REF") or environ.get("PRE_COMMIT_LOCAL_BRANCH")
    if not remote or not tip or tip.startswith("-"):
        return None
    known = environ.get("PRE_COMMIT_FROM_REF", "")
    return Push((tip,), _known([known] if known and not known.startswith("-") else [], remote))


def _known(commits: list[str], remote: str | None) -> tuple[str, ...]:
    """A remote that has a name also has what was last seen of it; without one all is looked at."""
    named = [f"--remotes={remote}"] if remote and re.fullmatch(r"[\w.][\w./-]*", remote) else []
    return (*dict.fromkeys(commits), *named)


def _is_commit(text: str) -> bool:
    return bool(_COMMIT.fullmatch(text)) and bool(text.strip("0"))
