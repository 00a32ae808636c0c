"""Text of the verbs that say who is in a team."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wagit.operations.team_add import TeamChanged
    from wagit.operations.team_init import TeamBegun
    from wagit.operations.team_rotate import TeamRotated


def begun(done: TeamBegun) -> str:
    """Lines of `team init`."""
    what = "would make" if done.dry_run else "made"
    lines = [f"{what} the key {done.key_file}" if done.made else f"your key is {done.key_file}"]
    lines.append(f"  public: {done.line}")
    if done.begun:
        would = "would begin" if done.dry_run else "began"
        team = f"team {done.team[:16]}" if done.team else "a team"
        team += f" at {done.remote}" if done.remote else ""
        lines.append(f"{would} {team}, of which you are the only member")
    elif done.team:
        lines.append(f"there is a team: {done.team[:16]} at {done.remote}")
    return "\n".join(lines + _paste(done.paste) + _next(done.next))


def added(done: TeamChanged) -> str:
    """Lines of `team add`."""
    what = "would add" if done.dry_run else "added" if done.written else "to add"
    return _changed(f"{what} {done.name}: {done.fingerprint}", done)


def removed(done: TeamChanged) -> str:
    """Lines of `team remove`."""
    what = "would remove" if done.dry_run else "removed" if done.written else "to remove"
    return _changed(f"{what} {done.name}: {done.fingerprint}", done)


def rotated(done: TeamRotated) -> str:
    """Lines of `team rotate`."""
    what = "would rotate" if done.dry_run else "rotated"
    slots = ", ".join(done.slots) or "no slot"
    lines = [f"{what} the team, for {', '.join(done.members)}: {slots}"]
    if done.left:
        lines.append(f"  left where they were, as you cannot read them: {done.left} of others")
    if not done.dry_run:
        lines.append(f"  id {done.team}")
    return "\n".join(lines + _paste(done.paste) + _next(done.next))


def _changed(head: str, done: TeamChanged) -> str:
    lines = [head, f"  members: {', '.join(done.members)}"]
    return "\n".join(lines + _paste(done.paste) + _next(done.next))


def _paste(text: str) -> list[str]:
    return ["", ".wagit.yml is not changed by itself; write there:", *text.splitlines()] if text else []


def _next(lines: Iterable[str]) -> list[str]:
    return ["", "next:", *(f"  {line}" for line in lines)]
