"""A file for Docker Compose: an image with Chromium, git, Node and wagit, around the worktree as it is."""

from __future__ import annotations

import json
import os
import shlex

from wagit.operations.export_service import ExportedFile, Service, header

NAME = "docker-compose.yml"
WAGIT = "/opt/wagit/bin/wagit"

# Compose replaces $ in it, as everywhere: "$$" is one.
_IMAGE = """\
FROM node:22-bookworm-slim
ARG WAGIT
RUN apt-get update \\
 && apt-get install -y --no-install-recommends ca-certificates chromium git python3 python3-venv \\
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/wagit && /opt/wagit/bin/pip install --no-cache-dir "$$WAGIT"
"""


def files(service: Service) -> tuple[ExportedFile, ...]:
    """The one file.

    Worktree and store have the paths they have outside: links and git's own files name them. The host name
    stays the same, since Chromium refuses a profile that another host has left open. `init` reaps what bots
    leave behind.
    """
    image = "".join(f"          {line}\n" for line in _IMAGE.splitlines())
    mounts = "".join(_mount(path) for path in _mounted(service))
    text = f"""# {header("compose", service).replace("$", "$$")}
services:
  bot:
    image: {_text(service.name)}
    build:
      context: .
      args:
        WAGIT: "${{WAGIT:-wagit-sessions}}"
      dockerfile_inline: |
{image}    hostname: {_text(service.name)}
    user: {_text(_user())}
    init: true
    command: {_list(WAGIT, *service.arguments)}
    working_dir: {_text(service.worktree)}
    environment:
      HOME: "/tmp"
      PUPPETEER_EXECUTABLE_PATH: "/usr/bin/chromium"
    volumes:
{mounts}    shm_size: "1gb"
    stop_signal: SIGTERM
    stop_grace_period: {service.stop}s
    restart: on-failure
"""
    return (ExportedFile(NAME, text),)


def steps(service: Service, output: str | None) -> tuple[str, ...]:
    """What makes a service of it."""
    del service
    return (f"docker compose -f {shlex.quote(output or NAME)} up -d --build",)


def _mounted(service: Service) -> list[str]:
    """The worktree, and what of the rest is not in it."""
    inside = os.path.join(service.worktree, "")
    return [service.worktree, *(path for path in service.directories if not path.startswith(inside))]


def _mount(path: str) -> str:
    return f"      - type: bind\n        source: {_text(path)}\n        target: {_text(path)}\n"


def _user() -> str:
    """Who owns the worktree's files writes them there, too."""
    return f"{os.getuid()}:{os.getgid()}" if hasattr(os, "getuid") else "node"


def _list(*words: str) -> str:
    return f"[{', '.join(map(_text, words))}]"


def _text(value: str) -> str:
    """A quoted string of YAML, which takes JSON's, but no pairs of escapes for one character."""
    return json.dumps(value.replace("$", "$$"), ensure_ascii=False)
