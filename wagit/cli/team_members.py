"""The verbs `team …` that say who is in it: init, add, remove, rotate."""

from __future__ import annotations

from typing import Annotated

import typer

from wagit.cli import complete
from wagit.cli.front import Front
from wagit.cli.passphrase import asker
from wagit.cli.verbs import DryRun, Yes, verb

Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the others call you.")]

verbs = typer.Typer()


@verb(verbs, "init")
def init(
    front: Front,
    name: Name = None,
    ssh: Annotated[bool, typer.Option("--ssh", help="Use ~/.ssh/id_ed25519, and make no key.")] = False,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Protect a new key by one.")] = False,
    remote: Annotated[
        str | None, typer.Option("--remote", metavar="REMOTE", help="Where sessions lie; default: origin.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Make your key, and begin a team; where there is one, tell how to be added to it.

    Example: wagit team init --name ada
    """
    from wagit.cli import render_members
    from wagit.operations import team_init

    wish = team_init.Wish(name, ssh, passphrase, remote)
    done = team_init.init(front.context(), wish, ask=asker(front), dry_run=dry_run)
    front.emit(done, render_members.begun)


@verb(verbs, "add")
def add(
    front: Front,
    key: Annotated[str, typer.Argument(metavar="KEY", help="A public key: age1… or ssh-ed25519 AAAA…")],
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Whose it is; default: what is behind the key.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Add a member: what is pushed from then on is for their key, too.

    Example: wagit team add age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p bob
    """
    from wagit.cli import render_members
    from wagit.operations import team_add

    front.emit(team_add.add(front.context(), key, name, dry_run=dry_run), render_members.added)


@verb(verbs, "remove")
def remove(
    front: Front,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", autocompletion=complete.members, help="A member, as `wagit trust` shows them."
        ),
    ],
    dry_run: DryRun = False,
) -> None:
    """Remove a member: what is pushed from then on is not for their key.

    Example: wagit team remove bob
    """
    from wagit.cli import render_members
    from wagit.operations import team_remove

    front.emit(team_remove.remove(front.context(), name, dry_run=dry_run), render_members.removed)


@verb(verbs, "rotate")
def rotate(front: Front, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Encrypt all shared sessions anew, in a new place that only the present members know.

    Example: wagit team rotate --dry-run
    """
    from wagit.cli import render_members
    from wagit.operations import team_rotate

    context = front.context()
    if not dry_run:
        front.say(team_rotate.warning(context))
        front.confirm("Rotate the team?", yes=yes)
    done = team_rotate.rotate(context, bars=front.progress, ask=asker(front), dry_run=dry_run)
    front.emit(done, render_members.rotated)
