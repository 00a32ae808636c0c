"""What a notice says: as JSON for programs, as a title and a line for people. Pure."""

from __future__ import annotations

import json
import os
from typing import NamedTuple

from wagit.bots.notices import Kind, Notice
from wagit.core.clock import rfc3339
from wagit.integrity.identity import masked

_TITLES: dict[Kind, str] = {
    "qr": "a QR code waits for a phone",
    "logged-out": "WhatsApp logged the session out",
    "recovered": "the session was put in order",
    "failed": "the bot does not run",
    "conflict": "another one uses the session",
    "banned": "WhatsApp blocks the account",
    "outdated-browser": "WhatsApp wants a newer browser",
    "asked": "somebody of the team asks for it",
}


class Message(NamedTuple):
    """A notice as it is delivered. `body` is JSON in UTF-8."""

    kind: Kind
    title: str
    text: str
    body: bytes


def message(notice: Notice, repository: str, now: float) -> Message:
    """Word a notice; `now` in seconds since the epoch.

    What a QR says stays out: who has it can link the session, as long as it is shown.
    """
    about = notice.standing
    title = f"{repository}, {about.slot}: {_TITLES[notice.kind]}"
    text = "; ".join(part for part in (about.reason, about.next_step) if part)
    said = {
        "kind": notice.kind,
        "slot": about.slot,
        "branch": about.branch,
        "repository": repository,
        "state": about.state,
        "reason": about.reason,
        "next_step": about.next_step,
        "number": masked(about.number) if about.number else None,
        "time": rfc3339(now),
        "text": f"{title}. {text}" if text else title,
    }
    return Message(notice.kind, title, text, json.dumps(said).encode())


def repository_name(common_dir: str) -> str:
    """What people call a repository: the name of the directory around its `.git`, or of the bare one."""
    path = common_dir.rstrip(os.sep)
    if os.path.basename(path) == ".git":
        path = os.path.dirname(path)
    return os.path.basename(path).removesuffix(".git") or "repository"
