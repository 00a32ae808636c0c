"""Which browser a bot gets: pure functions of what it would have started, and of what runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal, NamedTuple

from wagit.browser.launch import WRITES_SOON

PORT = "--remote-debugging-port"
PIPE = "--remote-debugging-pipe"
PROFILE = "--user-data-dir"
_DEBUGGING = "--remote-debugging-"
# Only the pipe's own end may use it (content/browser/devtools/devtools_pipe_handler.cc).
_FOR_PIPES_ONLY = "--enable-unsafe-extension-debugging"

# What of the environment a page can tell: where it is shown, language, time zone, network, fonts.
_TELLING = (
    "HOME",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "TZ",
    "FONTCONFIG_FILE",
    *(
        name
        for proxy in ("http", "https", "all", "no")
        for name in (f"{proxy}_proxy", f"{proxy}_PROXY".upper())
    ),
)
_OF_THE_BOT = ("WAGIT", "NODE_", "npm_", "PUPPETEER_", "PLAYWRIGHT_", "INIT_CWD")

Verdict = Literal["own", "reuse", "replace", "start"]


class Request(NamedTuple):
    """The browser that a bot would start: `profile` is absolute, links resolved."""

    program: str
    args: tuple[str, ...]
    profile: str
    cwd: str
    environ: Mapping[str, str]


class Options(NamedTuple):
    """What of a request makes a difference in a browser: two browsers with equal options are equal."""

    program: str
    switches: tuple[tuple[str, str], ...]  # sorted; of those given twice Chromium takes the last
    words: tuple[str, ...]  # what it opens at its start
    environ: tuple[str, ...]
    cwd: str  # empty where nothing is relative to it


class Facts(NamedTuple):
    """What there is to decide by.

    `allowed`: the slot's lock is ours. `served`: another stub stands for the profile's browser. `wanted`:
    None where a hosted browser cannot be what the bot would have started. `runs`: the hosted browser that
    runs on the profile, if any; `intact`: it still has its profile, which nobody deleted beneath it.
    """

    allowed: bool
    served: bool
    wanted: Options | None
    runs: Options | None = None
    intact: bool = True


def decide(facts: Facts) -> Verdict:
    """What the bot gets: a browser of its `own`, the one that runs, one instead of that, or the first one."""
    if not facts.allowed or facts.served or facts.wanted is None:
        return "own"
    if facts.runs is None:
        return "start"
    return "reuse" if facts.intact and facts.runs == facts.wanted else "replace"


def parse(raw: Mapping[str, object]) -> Request | None:
    """Read a stub's request; None when it is not one."""
    texts = [raw.get(name) for name in ("program", "profile", "cwd")]
    args, environ = raw.get("args"), raw.get("env")
    if not isinstance(args, list) or not isinstance(environ, dict):
        return None
    program, profile, cwd = (text if isinstance(text, str) else "" for text in texts)
    every = [program, profile, cwd, *args, *environ, *environ.values()]
    if not all(isinstance(each, str) for each in every) or not (program and os.path.isabs(profile)):
        return None
    return Request(program, tuple(args), profile, cwd, environ)


def options_of(request: Request) -> Options | None:
    """What makes the browser this one; None when it must be the bot's own.

    Its own is one whose DevTools others find at an address that the bot chose, and one whose bot may do what
    only a pipe's end may.
    """
    switches, words = _split(request.args)
    if PIPE in switches and _FOR_PIPES_ONLY in switches:
        return None
    debugging = {name: value for name, value in switches.items() if name.startswith(_DEBUGGING)}
    if debugging.keys() - {PORT, PIPE} or debugging.get(PORT, "0") != "0":
        return None
    kept = {name: value for name, value in switches.items() if name not in (*debugging, PROFILE)}
    relative = any(value.startswith(".") for value in (*kept.values(), *words))
    return Options(
        os.path.join(request.cwd, request.program) if os.sep in request.program else request.program,
        tuple(sorted(kept.items())),
        tuple(words),
        tuple(f"{name}={request.environ[name]}" for name in _TELLING if request.environ.get(name)),
        request.cwd if relative else "",
    )


def _split(args: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
    """Switches and the rest, as Chromium reads a command line: after `--` there are no switches."""
    switches: dict[str, str] = {}
    words: list[str] = []
    end = args.index("--") if "--" in args else len(args)
    for arg in args[:end]:
        name, _, value = arg.partition("=")
        if arg.startswith("-"):
            switches[name] = value
        else:
            words.append(arg)
    return switches, [*words, *args[end + 1 :]]


def command_of(request: Request) -> list[str]:
    """The command that starts the hosted browser: the bot's, on the real profile, with any port."""
    end = request.args.index("--") if "--" in request.args else len(request.args)
    switches = [arg for arg in request.args[:end] if not arg.startswith((_DEBUGGING, f"{PROFILE}="))]
    own = [f"{PROFILE}={request.profile}", f"{PORT}=0", WRITES_SOON]
    return [request.program, *own, *switches, *request.args[end:]]


def environ_of(request: Request) -> dict[str, str]:
    """The bot's environment, without what only concerns the bot."""
    return {name: value for name, value in request.environ.items() if not name.startswith(_OF_THE_BOT)}


def is_within(path: str, directory: str) -> bool:
    """Whether `path` is `directory` or below it; both absolute, links resolved."""
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)
