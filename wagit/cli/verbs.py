"""How a function becomes a verb: it gets a Front, and every verb takes the same shared options."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Annotated, Any

import typer
import typer.core

from wagit.cli.front import Front, Shared


def _when(value: str) -> str:
    if value not in ("auto", "always", "never"):
        raise typer.BadParameter(f"{value[:20]!r} is not one of auto, always, never")
    return value


Directory = Annotated[str | None, typer.Option("-C", metavar="DIR", help="Work in DIR.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print errors only.")]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Also print where worktree, store and config are.")
]
Color = Annotated[str, typer.Option("--color", metavar="WHEN", callback=_when, help="auto, always or never.")]

Numbers = Annotated[bool, typer.Option("--show-numbers", help="Show account numbers in full.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_SHARED = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (
        ("directory", None, Directory),
        ("json", False, Json),
        ("quiet", False, Quiet),
        ("verbose", False, Verbose),
        ("color", "auto", Color),
    )
]


def shared_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give `function(front, …)` the shared options; before or behind the verb, the latter win."""
    own = [p for p in inspect.signature(function, eval_str=True).parameters.values() if p.name != "front"]

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        context: typer.Context = kwargs.pop("typer_context")
        shared = Shared(**{p.name: kwargs.pop(p.name) for p in _SHARED})
        outer = context.find_root().obj or Shared()
        front = Front(context.command_path.partition(" ")[2], shared.over(outer))
        context.find_root().meta["front"] = front
        function(front, *args, **kwargs)

    inner = inspect.Parameter("typer_context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    keywords = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    run.__signature__ = inspect.Signature([inner, *keywords, *_SHARED])  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in [inner, *keywords, *_SHARED]}
    return run


class PlainHelp(typer.core.TyperCommand):
    """A command whose help names arguments as the manual does: `SLOT`, not `{SLOT}` and `SLOT <str>`."""

    def get_help(self, ctx: Any) -> str:
        """Return the help without Python's types."""
        text = re.sub(r"\{(\[SLOT\] [^}]+)\}\.\.\.", r"\1", super().get_help(ctx))
        text = re.sub(r"\{([A-Z]+)\}", r"\1", text)
        text = text.replace("[[-- CMD...]]...", "[-- CMD...]")
        return re.sub(r"(?m)^(  \S+(?: \S+){0,2}) <(?:str|int|list\[str\])>", r"\1", text)


def verb(
    app: typer.Typer, name: str, **settings: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register `function(front, …)` as a verb of `app`; its docstring is the help, with an example."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        return app.command(name, cls=PlainHelp, **settings)(shared_options(function))

    return register
