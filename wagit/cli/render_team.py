"""What people see of sessions that a team shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wagit.cli.grid import grid, printable
from wagit.cli.render import ago, bytes_text
from wagit.team.lease import span

if TYPE_CHECKING:
    from wagit.operations.team_lease import TeamLease
    from wagit.operations.team_ls import TeamSlot
    from wagit.operations.team_pull import TeamPulled
    from wagit.operations.team_push import TeamPushed
    from wagit.operations.team_release import TeamReleased

_COLUMNS = ("slot", "push", "gen", "when", "by", "size", "held by", "here")
_HERE = {
    "never": "never pulled",
    "up-to-date": "up to date",
    "behind": "behind: wagit team pull",
    "ahead": "ahead: wagit team push",
    "diverged": "behind, and changed here: wagit team pull",
}


def pushed(done: TeamPushed) -> str:
    """One line of `team push`."""
    what = f"{_counted(done.files)}, {bytes_text(done.size)}"
    if not done.new:
        return f"nothing to push: {done.remote} has this session of {done.slot} as push {done.number}"
    if done.dry_run:
        return (
            f"would push {done.slot} to {done.remote} as {done.number}: {what},"
            f" at most {bytes_text(done.sent)} changed"
        )
    return f"push {done.number} of {done.slot} to {done.remote}: {what}, {bytes_text(done.sent)} sent"


def pulled(done: TeamPulled) -> str:
    """Lines of `team pull`: what came, and where what was there is now."""
    if done.number == 0:
        return f"{done.remote} has no session of {done.slot}; to be the first: wagit team push {done.slot}"
    name = f"push {done.number} by {_who(done.by, done.host)}, {ago(done.time)}"
    if not done.new:
        return f"{done.slot} is up to date: {name}"
    if done.dry_run:
        return f"would pull {name} into {done.slot}: {bytes_text(done.fetched)} to fetch"
    lines = [f"{done.slot} has {name}: {bytes_text(done.size)}, {bytes_text(done.fetched)} fetched"]
    if done.replaced and done.kept:
        lines.append(
            f"what was here was never pushed; it is a snapshot: wagit restore {done.slot} {done.replaced}"
        )
    if done.aside:
        lines.append(f"what was here could not be read whole, and is set aside in {done.aside}")
    return "\n".join(lines)


def listing(rows: Sequence[TeamSlot]) -> str:
    """The table of `team ls`."""
    if not rows:
        return "the team shares no slot: give a rule `team: true` in .wagit.yml"
    return grid(_COLUMNS, [_cells(row) for row in rows], giving_way=7)


def detail(row: TeamSlot) -> str:
    """Lines of `team status`."""
    when = f"push {row.number}, generation {row.generation}, {ago(row.time)}" if row.number else "none yet"
    pairs = [
        ("slot", row.slot),
        ("session", when),
        ("by", _who(row.by, row.host) if row.by else "-"),
        ("size", bytes_text(row.size) if row.size is not None else "-"),
        ("lease", _held(row)),
        ("asked", f"{row.requested} asks for it" if row.requested else "-"),
        ("here", _HERE[row.here]),
        ("known", "from now" if row.online else f"from {ago(row.known)}" if row.known else "never"),
    ]
    return "\n".join(f"{name:8} {printable(value)}" for name, value in pairs)


def lease(done: TeamLease) -> str:
    """One line of `team lease`."""
    if done.done == "taken":
        return f"{done.slot} is yours for {span(done.left)}; a run renews it, and: wagit team release"
    if done.done == "requested":
        return f"asked {_who(done.holder, done.host)} for {done.slot}; free in at most {span(done.left)}"
    do = ": wagit down, or: wagit team release" if done.ours else ""
    asked = f"; {printable(done.requested)} asks for it{do}" if done.requested else ""
    return f"{done.slot} is {_lease(done.holder, done.host, done.ours, done.left)}{asked}"


def released(done: TeamReleased) -> str:
    """One line of `team release`."""
    if not done.done:
        return f"{done.slot} was not held here"
    waits = f"; {printable(done.requested)} asked for it" if done.requested else ""
    return f"{done.slot} is free{waits}"


def _cells(row: TeamSlot) -> tuple[str, ...]:
    if row.number is None:
        return (row.slot, "-", "-", "-", "-", "-", _holder(row), "none pushed yet" if row.known else "-")
    return (
        row.slot, str(row.number), str(row.generation), ago(row.time), printable(row.by or "-"),
        bytes_text(row.size or 0), _holder(row), _HERE[row.here],
    )  # fmt: skip


def _holder(row: TeamSlot) -> str:
    """In a column that says `held by`, and that an 80 columns wide terminal has to show."""
    if row.holder is None or row.ours:
        return _held(row)
    if row.left <= 0:
        return "free"  # `team status` has room for who let it run out
    return f"{_who(row.holder, row.holder_host)}, {span(row.left)}"


def _held(row: TeamSlot) -> str:
    if row.known is None and not row.ours:  # never told, as to somebody it is not sealed for
        return "not known"
    return printable(_lease(row.holder, row.holder_host, row.ours, row.left))


def _lease(holder: str | None, host: str | None, ours: bool, left: float) -> str:
    if holder is None:
        return "free"
    if ours:
        return "held here"
    if left <= 0:
        return f"free: {_who(holder, host)} let it run out"
    return f"held by {_who(holder, host)}, for {span(left)} at most"


def _who(name: str | None, host: str | None) -> str:
    return printable(f"{name} on {host}")


def _counted(files: int) -> str:
    return f"{files} file{'' if files == 1 else 's'}"
