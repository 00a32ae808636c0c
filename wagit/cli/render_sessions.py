"""What `sessions …` print for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wagit.cli.grid import grid
from wagit.cli.render import ago, bytes_text, shorten
from wagit.cli.render_team_known import lease

if TYPE_CHECKING:
    from wagit.operations.promote import Promoted
    from wagit.operations.sessions_ls import Detail, Session


_COLUMNS = ("slot", "account", "state", "age", "size", "snapshots", "held by", "branches")


def sessions(rows: Sequence[Session]) -> str:
    """The table of `sessions ls`; in a narrow terminal holder and branches are cut, and never a name."""
    if not rows:
        return "no slots yet; the first is made by wagit init, or: wagit sessions new SLOT"
    cells = [
        (
            row.slot,
            _account(row),
            row.state,
            row.age.replace("unknown", "-"),
            bytes_text(row.size),
            str(row.snapshots or "-"),
            _holder(row),
            shorten(row.branches),
        )
        for row in rows
    ]
    return grid(_COLUMNS, cells, giving_way=2)


def detail(found: Detail) -> str:
    """Lines of `sessions show`."""
    row = found.session
    pairs = {
        "slot": row.slot,
        "driver": row.driver,
        "account": _account(row),
        "device": (found.device or "-") + (f", key {found.key}" if found.key else ""),
        "state": row.state,
        "age": row.age.replace("unknown", "-"),
        "last ready": ago(row.last_ready),
        "size": bytes_text(row.size),
        "snapshots": str(row.snapshots or "-"),
        "data": found.data,
        "profiles": ", ".join(profile or "." for profile in found.profiles) or "-",
        "created": found.created,
        "opened": f"{found.starts} times, generation {found.generation}",
        "branches": ", ".join(row.branches) or "-",
        "came from": row.origin or "-",
        "holder": row.holder or "-",
        **({"lease": lease(row.lease)} if row.lease is not None else {}),
    }
    lines = [f"{name:11} {value}" for name, value in pairs.items()]
    return "\n".join([*lines, f"{'note':11} {found.note}"] if found.note else lines)


def promoted(done: Promoted) -> str:
    """Lines of `sessions promote`."""
    would = "would be" if done.dry_run else "is"
    lines = [f"the session of slot {done.slot} {would} that of slot {done.to} now"]
    if done.replaced_data is not None:
        kept = f", snapshot {done.replaced}" if done.replaced else ""
        lines.append(f"what {done.to} had {would} set aside in {done.replaced_data}{kept}")
    if done.aside is not None:
        lines.append(f"slot {done.slot} {would} set aside in {done.aside}")
    return "\n".join(lines)


def _holder(row: Session) -> str:
    """Who writes it here, else on which machine of the team it may be written."""
    if row.holder:
        return row.holder.partition(" (")[0]
    known = row.lease
    return f"{known.by} on {known.host}" if known is not None and known.by and known.left else "-"


def _account(row: Session) -> str:
    """The account, with the slots that hold the same login."""
    also = f" (also in {', '.join(row.twins)})" if row.twins else ""
    return f"{row.account or '-'}{also}"
