"""How browsers and bots are pointed at a stand-in: arguments, environment, and a wrapper of Chromium."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping

from wagit.browser import find
from wagit.core.atomic import atomic_write
from wagit.drivers.base import PRELOAD
from wagit.drivers.node import node_options
from wagit.standin.certificate import HOST

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


def write_wrapper(path: str, chromium: str, args: list[str]) -> None:
    """Write an executable that starts `chromium` with `args` first. Raises OSError."""
    command = shlex.join([chromium, *args])
    atomic_write(path, f'#!/bin/sh\nexec {command} "$@"\n'.encode(), mode=0o700)


def bot_environ(
    control_url: str, args: list[str], wrapper: str, environ: Mapping[str, str]
) -> dict[str, str]:
    """What a bot that gets `environ` needs beside it to reach the stand-in unmodified. Raises OSError.

    `wrapper` is the path at which an executable is written for bots that name no browser. Debian's
    /usr/bin/chromium overwrites an inherited CHROMIUM_FLAGS (its own first lines), so that a hard-coded
    executable path is reached through node's preload.
    """
    found = {
        "WAGIT_STANDIN": control_url,
        "WAGIT_CHROMIUM_ARGS": json.dumps(args),
        "NODE_OPTIONS": node_options(environ.get("NODE_OPTIONS", ""), PRELOAD),
        "PUPPETEER_SKIP_DOWNLOAD": "1",
    }
    try:
        write_wrapper(wrapper, find.find(environ), args)
    except find.NoBrowser:
        return found  # a bot may bring its own browser
    return found | {"PUPPETEER_EXECUTABLE_PATH": wrapper}
