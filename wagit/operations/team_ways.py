"""How a run pulls and pushes for real, and what it says of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wagit.operations import team_access
from wagit.operations.context import Context
from wagit.operations.team_tenure import Ways
from wagit.team.access import Access
from wagit.team.leases import Held

if TYPE_CHECKING:
    from wagit.snapshots.manifest import Manifest


def pull(context: Context, opened: Access, slot: str) -> tuple[str, ...]:
    """Bring a slot that nobody holds up to date. Raises as `team_pull.pull`."""
    from wagit.operations import team_pull

    done = team_pull.pull_into(context, opened, slot)
    if not done.new:
        return done.notices
    line = f"slot {slot} has the session that {done.by} on {done.host} pushed (push {done.number})"
    if done.kept and done.replaced:
        line += f"; what was here and never pushed is snapshot {done.replaced}"
    return (line, *done.notices)


def push(context: Context, opened: Access, held: Held, manifest: Manifest | None) -> tuple[str, ...]:
    """Make a snapshot the team's newest session, for None a new one. Raises as `team_push.push_held`."""
    from wagit.operations import team_push
    from wagit.team import push as engine

    if manifest is None:
        done = team_push.push_held(context, opened, held)
        new, number, notices = done.new, done.number, done.notices
    else:
        sent = engine.push(opened, held, manifest, context.clock.now())
        new, number, notices = sent.new, sent.pushed.number, team_push.notices_of(opened, sent)
    told = (f"slot {held.slot} is pushed to {opened.remote.title} (push {number})",) if new else ()
    return (*told, *notices)


WAYS = Ways(team_access.access, team_access.leases, pull, push)
