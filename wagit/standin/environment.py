"""How browsers and bots are pointed at a stand-in: arguments, environment, and a wrapper of Chromium."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Mapping

from wagit.standin.certificate import HOST

PRELOAD = os.path.join(os.path.dirname(__file__), "preload.cjs")
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")

# What would otherwise ask for the network or for a display; puppeteer sets most of them itself.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def chromium_args(port: int, spki: str) -> list[str]:
    """What makes Chromium take the page on loopback `port` for WhatsApp Web."""
    args = [
        f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{port}",
        f"--ignore-certificate-errors-spki-list={spki}",
        *QUIET,
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        args.append("--no-sandbox")  # Chromium refuses to start as root with its sandbox
    return args


def find_chromium(environ: Mapping[str, str]) -> str | None:
    """The browser that bots without a path of their own get: PUPPETEER_EXECUTABLE_PATH, else on the PATH."""
    named = environ.get("PUPPETEER_EXECUTABLE_PATH")
    found = (shutil.which(name, path=environ.get("PATH")) for name in CHROMIUMS)
    return named or next((path for path in found if path), None)


def write_wrapper(path: str, chromium: str, args: list[str]) -> None:
    """Write an executable that starts `chromium` with `args` first. Raises OSError."""
    command = shlex.join([chromium, *args])
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec {command} "$@"\n')
    os.chmod(path, 0o700)


def node_options(environ: Mapping[str, str]) -> str:
    """NODE_OPTIONS with the preload behind what is there; node reads quotes and backslashes in it."""
    quoted = PRELOAD.replace("\\", "\\\\").replace('"', '\\"')
    return f'{environ.get("NODE_OPTIONS", "")} --require "{quoted}"'.strip()


def bot_environ(control_url: str, args: list[str], wrapper: str | None) -> dict[str, str]:
    """What a bot's environment needs, beside what it has, to reach the stand-in unmodified.

    Debian's /usr/bin/chromium overwrites an inherited CHROMIUM_FLAGS (its own first lines), so that a
    hard-coded executable path is reached through the preload, and only the others by the wrapper.
    """
    environ = {
        "WAGIT_STANDIN": control_url,
        "WAGIT_CHROMIUM_ARGS": json.dumps(args),
        "NODE_OPTIONS": node_options(os.environ),
        "PUPPETEER_SKIP_DOWNLOAD": "1",
    }
    return environ | ({"PUPPETEER_EXECUTABLE_PATH": wrapper} if wrapper else {})
