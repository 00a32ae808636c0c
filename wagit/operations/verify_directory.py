"""Check any session: a profile, a LocalAuth or Baileys folder, an SQLite file; no repository is needed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping

from wagit.config.problems import near
from wagit.core.clock import Clock
from wagit.core.errors import NotSetUp, UsageError
from wagit.drivers.contents import driver_of
from wagit.integrity.findings import NO_HISTORY
from wagit.operations import verify_facts
from wagit.operations.context import Context, open_at
from wagit.operations.examine import Examined, examine_copy
from wagit.operations.verify import Subject, Verified, verified
from wagit.slots import records
from wagit.snapshots.reading import Progress, no_progress


class NoSession(UsageError):
    """What was named is neither a slot nor a session of a client library that wagit knows."""

    code = "no-session"


def context_at(directory: str, environ: Mapping[str, str]) -> Context | None:
    """The set-up repository around a directory; None where there is none. Raises ConfigProblems."""
    with contextlib.suppress(NotSetUp):
        return open_at(directory, environ)
    return None


def meant(context: Context | None, word: str, directory: str) -> tuple[str | None, str]:
    """Read a word as a slot, or else as a path from `directory` on; return both, the path for people.

    The data of a slot, by whatever path, is that slot. Raises NoSession.
    """
    store = context.store if context is not None else None
    slots = records.slot_names(store) if store is not None else []
    path = os.path.normpath(os.path.join(directory, word))
    if word in slots:
        return word, path
    for slot in slots:
        if store is not None and os.path.realpath(path) == os.path.realpath(store.data(slot)):
            return slot, path
    if os.path.lexists(path):
        return None, path
    raise NoSession(
        f"{word[:200]!r} is neither a slot nor a directory{near(word, slots)}",
        "list the slots: wagit sessions ls; or name a session's directory: wagit verify .wwebjs_auth",
    )


def verify_directory(
    path: str, environ: Mapping[str, str], clock: Clock, progress: Progress = no_progress
) -> Verified:
    """Read the session at `path` whole, and check it. Raises NoSession, OSError."""
    driver = driver_of(path)
    if driver is None:
        raise NoSession(
            f"{path} holds no session that wagit knows",
            "name the directory that the bot's library opens, or a slot: see wagit verify --help",
        )
    data, only = os.path.split(path) if os.path.isfile(path) else (path, "")
    subject = Subject(
        None, data, driver, only,
        verify_facts.login_of(driver, data, None),
        verify_facts.locks_of(driver, data, os.path.dirname(data), None),
        verify_facts.browser_of(driver, data, environ),
        None,
    )  # fmt: skip
    return verified(
        subject,
        lambda read: Examined(examine_copy(driver, data, NO_HISTORY, read), fast=False, checked=clock.now()),
        progress,
    )
