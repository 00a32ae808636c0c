"""The binding: what a worktree uses now. Stdlib only, since the hook reads and writes it."""

from __future__ import annotations

import json
import os
from typing import NamedTuple

from wagit.core.atomic import atomic_write
from wagit.core.repository import Repository
from wagit.routing.names import is_valid


class Binding(NamedTuple):
    """Branch and slot of a worktree, the rule that chose it, and where its link stands.

    `since` is in seconds since the epoch. `link` is the link's path within the worktree, None without
    one; `linked` tells whether it points at the slot, which it does not while another process has the
    old slot's data open through it. `pinned` slots stay whatever is checked out (`wagit use SLOT`).
    """

    branch: str | None
    slot: str
    rule: int | None
    reason: str
    since: float
    link: str | None = None
    linked: bool = False
    pinned: bool = False


def binding_path(repo: Repository) -> str:
    """The file that the supervisor watches."""
    return os.path.join(repo.state_dir, "binding.json")


def read_binding(repo: Repository) -> Binding | None:
    """Return the worktree's binding; None when there is none or it is unreadable: it is then made anew."""
    try:
        with open(binding_path(repo), "rb") as file:
            found = Binding(**json.loads(file.read()))
    except (OSError, ValueError, TypeError):
        return None
    return found if _is_sound(found) else None


def _is_sound(found: Binding) -> bool:
    """Whether every field has its type, whoever wrote the file."""
    texts = (found.branch or "", found.slot, found.reason, found.link or "")
    return (
        all(isinstance(text, str) for text in texts)
        and is_valid(found.slot)
        and isinstance(found.since, int | float)
        and isinstance(found.linked, bool)
        and isinstance(found.pinned, bool)
    )


def write_binding(repo: Repository, binding: Binding) -> None:
    """Replace the binding atomically. Raises OSError."""
    atomic_write(binding_path(repo), json.dumps(binding._asdict(), ensure_ascii=True).encode() + b"\n")
