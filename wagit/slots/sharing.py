"""Who else is on a slot: WhatsApp allows one writer a login, so the second worktree is told first.

Stdlib only: the hook asks.
"""

from __future__ import annotations

from wagit.core import locks
from wagit.core.repository import Repository, worktrees
from wagit.core.store import Store
from wagit.routing.binding import read_binding


def shared_with(repo: Repository, store: Store, slot: str) -> str | None:
    """Say who else holds the slot, or which other worktree uses it; None when this one is alone."""
    holder = locks.lasting_holder_of(store.lock(slot))
    if holder is not None:
        if holder.worktree == repo.worktree:
            return None
        return f"slot {slot} is in use by {holder}; WhatsApp allows one writer a login"
    for other in worktrees(repo)[1:]:
        binding = read_binding(other)
        if binding is not None and binding.slot == slot:
            return f"slot {slot} is also that of the worktree {other.worktree}; run one bot on it at a time"
    return None
