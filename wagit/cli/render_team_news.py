"""What is said of a team's news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wagit.cli.render import ago

if TYPE_CHECKING:
    from wagit.operations.team_news import TeamNews


def line(one: TeamNews) -> str:
    """One line: `staging: ada pushed a newer session 5 min ago; it is used at the next run`."""
    if one.text:
        return one.text
    return f"{one.about}: {one.by} pushed a newer session {ago(one.time)}; it is used at the next run"
