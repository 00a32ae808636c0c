"""What a check found broken is logged: `sessions ls`, `health` and `doctor` then know without reading."""

from __future__ import annotations

from collections.abc import Collection

from wagit.core import journal
from wagit.core.store import Store
from wagit.integrity.findings import Finding, broken
from wagit.operations.damage import FAILED, standing


def log(store: Store, slot: str, findings: Collection[Finding], operation: journal.Operation) -> None:
    """Log what would cost the login, unless that is known already; nothing else. Raises OSError.

    Of `operation` the time, worktree, cause and further details are taken.
    """
    codes = tuple(sorted({found.code for found in findings if found.severity != "warning"}))
    known = standing(store).get(slot)
    if broken(findings) and (known is None or known.codes != codes):
        detail = {"slot": slot, **operation.detail, "codes": list(codes)}
        journal.record(store, operation._replace(verb=FAILED, detail=detail))
