"""The verbs `team …` that move sessions and leases between members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.passphrase import asker
from wagit.cli.verbs import DryRun, verb

if TYPE_CHECKING:
    from wagit.operations.context import Context

Shared = Annotated[
    str | None,
    typer.Argument(
        metavar="SLOT", autocompletion=complete.shared_slots,
        help="A slot that the team shares; default: this worktree's.",
    ),
]  # fmt: skip

verbs = typer.Typer(
    help="A session shared by a team: push, pull, who has it, and who may.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@verb(verbs, "push")
def push(
    front: Front,
    slot: Shared = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Send all of it again: mends data that was damaged there.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Push a slot's session to the team. One that is based on an older one than the team has is refused.

    Example: wagit team push staging
    """
    from wagit.cli import render_team
    from wagit.operations import team_push

    context = _opened(front)
    done = team_push.push(context, slot, bars=front.progress, ask=asker(front), anew=anew, dry_run=dry_run)
    front.say(done.notices)
    front.emit(done, render_team.pushed)


@verb(verbs, "pull")
def pull(
    front: Front,
    slot: Shared = None,
    accept_older: Annotated[
        bool, typer.Option("--accept-older", help="Go on from what is there, though there was a newer one.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Pull the team's newest session into a slot. What is there now becomes a snapshot of its own.

    Example: wagit team pull staging
    """
    from wagit.cli import render_team
    from wagit.operations import team_pull

    context = _opened(front)
    done = team_pull.pull(
        context, slot, accept_older=accept_older, bars=front.progress, ask=asker(front), dry_run=dry_run
    )
    front.say(done.notices)
    front.emit(done, render_team.pulled)


@verb(verbs, "ls")
def ls(front: Front) -> None:
    """List the slots that the team shares: what was pushed, by whom, and who holds it until when.

    Example: wagit team ls
    """
    from wagit.cli import render_team
    from wagit.operations import team_ls

    found = team_ls.ls(_opened(front), ask=asker(front))
    _say_once(front, found.notices)
    front.emit(found.slots, render_team.listing)


@verb(verbs, "status")
def status(front: Front, slot: Shared = None) -> None:
    """Tell how a slot's session stands to the team's, and who holds it.

    Example: wagit team status staging
    """
    from wagit.cli import render_team
    from wagit.operations import team_ls

    found = team_ls.status(_opened(front), slot, ask=asker(front))
    _say_once(front, found.notices)
    front.emit(found.slots[0], render_team.detail)


@verb(verbs, "lease")
def lease(
    front: Front,
    slot: Shared = None,
    request: Annotated[bool, typer.Option("--request", help="Ask its holder to let go of it.")] = False,
    take: Annotated[
        bool, typer.Option("--take", help="Take it: when it is free, or has run out unrenewed.")
    ] = False,
) -> None:
    """Tell who holds a slot's lease, ask them for it, or take it.

    Example: wagit team lease staging --request
    """
    from wagit.cli import render_team
    from wagit.operations import team_lease

    done = team_lease.lease(_opened(front), slot, request=request, take=take, ask=asker(front))
    front.emit(done, render_team.lease)


@verb(verbs, "release")
def release(front: Front, slot: Shared = None) -> None:
    """Give a lease of this machine's back.

    Example: wagit team release staging
    """
    from wagit.cli import render_team
    from wagit.operations import team_release

    front.emit(team_release.release(_opened(front), slot, ask=asker(front)), render_team.released)


def _opened(front: Front) -> Context:
    """Open the repository, and say when its config names another team than is in effect."""
    from wagit.operations import team_access

    context = front.context()
    difference = team_access.difference(context)
    _say_once(front, [difference] if difference else [])
    return context


def _say_once(front: Front, lines: Sequence[str]) -> None:
    """Say what was not just told as news of a merge."""
    front.say([line for line in lines if line not in front.messages])
