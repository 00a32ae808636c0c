"""The binding: what a worktree uses now. Stdlib only, since the hook reads and writes it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import NamedTuple

from wagit.config.slot_names import is_valid
from wagit.core.atomic import atomic_write
from wagit.core.repository import Repository


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
    return found if _is_sound(found._asdict()) else None


def _is_sound(known: Mapping[str, object]) -> bool:
    """Whether every field has its type, whoever wrote the file."""
    slot = known["slot"]
    return (
        isinstance(slot, str)
        and is_valid(slot)
        and all(isinstance(known[name], str | None) for name in ("branch", "link"))
        and isinstance(known["since"], int | float)
        and all(isinstance(known[name], bool) for name in ("linked", "pinned"))
    )


def write_binding(repo: Repository, binding: Binding) -> None:
    """Replace the binding atomically. Raises OSError."""
    atomic_write(binding_path(repo), json.dumps(binding._asdict(), ensure_ascii=True).encode() + b"\n")
