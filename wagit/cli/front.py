"""The front end's one object: opens the context, prints data as text or JSON, and words errors."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from wagit.core.errors import UsageError, WagitError

if TYPE_CHECKING:
    from rich.console import Console

    from wagit.operations.context import Context

    Renderer = Callable[[Any], Any]
    Progress = Callable[[int, int], None]


WIDTH = 160  # characters of a table in a pipe or a file


class NeedsYes(UsageError):
    """Something that destroys or runs code was asked for where nobody can be asked back."""

    code = "needs-yes"


class Refused(WagitError):
    """The user said no."""

    code = "refused"


class Shared(NamedTuple):
    """The options that every verb takes."""

    directory: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: str = "auto"

    def over(self, outer: Shared) -> Shared:
        """Options given behind the verb win over those before it."""
        return Shared(
            self.directory or outer.directory,
            self.json or outer.json,
            self.quiet or outer.quiet,
            self.verbose or outer.verbose,
            self.color if self.color != "auto" else outer.color,
        )


class Front:
    """One run of one command."""

    def __init__(self, command: str, shared: Shared) -> None:
        self.command = command
        self.shared = shared
        self.messages: list[str] = []

    @property
    def directory(self) -> str:
        """The directory the command works in, absolute."""
        return os.path.abspath(self.shared.directory or ".")

    def context(self, *, set_up: bool = True) -> Context:
        """Open the repository around the directory; with `set_up` the store must be there."""
        from wagit.core.repository import find
        from wagit.operations import context

        if set_up:
            opened = context.open_at(self.directory, os.environ)
        else:
            opened = context.open_here(find(self.directory, os.environ), os.environ)
        if self.shared.verbose:
            self.say((f"worktree {opened.repo.worktree}", f"store {opened.store.root}"))
            self.say(f"config {file.path}" for file in opened.config.files if file.existed)
        if sys.stderr.isatty() and not self.shared.json and not self.shared.quiet:
            self._tell_news(opened)
        return opened

    def _tell_news(self, context: Context) -> None:
        """What a merge brought of the team's sessions, once."""
        from wagit.operations import team_news

        news = team_news.tell(context)
        if news:
            from wagit.cli import render_team_news

            self.say(map(render_team_news.line, news))

    def emit(self, data: Any, render: Renderer) -> None:
        """Print `data`: as the JSON envelope, or as what `render` makes of it."""
        if self.shared.json:
            self._envelope(data, None)
        elif not self.shared.quiet:
            shown = render(data)
            if isinstance(shown, str):
                print(shown) if shown else None
            elif shown is not None:
                self.console().print(shown)

    def say(self, lines: Iterable[str]) -> None:
        """Print lines for people on stderr; in JSON they are the envelope's messages."""
        for line in lines:
            self.messages.append(line)
            if not self.shared.json and not self.shared.quiet:
                print(f"wagit: {line}", file=sys.stderr)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask on a terminal. Raises Refused on no, NeedsYes where there is no terminal."""
        if yes:
            return
        if self.shared.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise NeedsYes(f"{question} There is no terminal to ask on", "say it with --yes")
        print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
        if _answer() not in ("y", "yes"):
            raise Refused("nothing was changed", "")

    def fail(self, error: WagitError) -> None:
        """Print an error: one sentence and a hint on stderr, or the envelope on stdout."""
        if self.shared.json:
            self._envelope(None, {"code": error.code, "message": error.message, "hint": error.hint})
            return
        print(f"wagit: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  hint: {error.hint}", file=sys.stderr)

    def progress(self, title: str) -> contextlib.AbstractContextManager[Progress]:
        """Yield what an operation tells its progress: a bar on a terminal, nothing in pipes and JSON."""
        from wagit.cli.progress import Bar, silent

        if self.shared.json or self.shared.quiet or not sys.stderr.isatty():
            return contextlib.nullcontext(silent)
        return Bar(title, self._error_console)

    def console(self) -> Console:
        """A rich console on stdout that honours --color and NO_COLOR."""
        from rich.console import Console

        force = {"always": True, "never": False}.get(self.shared.color)
        width = None if sys.stdout.isatty() else WIDTH
        return Console(force_terminal=force, no_color=force is False or None, highlight=False, width=width)

    def _error_console(self) -> Console:
        from rich.console import Console

        return Console(stderr=True, no_color=self.shared.color == "never" or None, highlight=False)

    def exit(self, status: int) -> NoReturn:
        """End the command with `status`."""
        raise SystemExit(status)

    def _envelope(self, data: Any, error: dict[str, str] | None) -> None:
        envelope = {
            "ok": error is None,
            "command": self.command,
            "data": plain(data),
            "messages": self.messages,
            "error": error,
        }
        print(json.dumps(envelope, ensure_ascii=True))


def _answer() -> str:
    """One line from the terminal; the prompt's line is ended also by Ctrl-C and Ctrl-D."""
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):
            print(file=sys.stderr)
    return answer.strip().lower()


def plain(data: Any) -> Any:
    """Turn what operations return into what JSON knows: named tuples become objects."""
    if hasattr(data, "_asdict"):
        return {key: plain(value) for key, value in data._asdict().items()}
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple, set, frozenset)):
        return [plain(value) for value in data]
    if isinstance(data, (str, int, float, bool)) or data is None:
        return data
    return str(data)
