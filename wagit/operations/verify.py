"""Check a slot, or any session directory, and tell all that matters about it. Writes the seal and the log."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from typing import Literal, NamedTuple

from wagit.core import journal
from wagit.core.clock import rfc3339
from wagit.drivers import registry
from wagit.drivers.base import Driver
from wagit.integrity.findings import Finding, broken
from wagit.integrity.identity import masked
from wagit.operations import check_log, verify_facts
from wagit.operations.before_start import wanted_account
from wagit.operations.context import Context
from wagit.operations.examine import Examined, examine
from wagit.operations.snapshot import selection_of
from wagit.operations.verify_facts import Browser, Kept, Locks, Login
from wagit.operations.verify_look import Check, Looked, look
from wagit.operations.which import which
from wagit.slots import holding, records
from wagit.slots.inspect import has_files, removed_at, size_of
from wagit.snapshots import seal as seals
from wagit.snapshots.reading import Progress, no_progress
from wagit.snapshots.scan import CannotSnapshot, scan

State = Literal["empty", "whole", "broken"]
CORRUPT, REFUSED = 12, 1  # exit statuses


class Verified(NamedTuple):
    """What is known of a session after it was checked. Sizes in bytes, times RFC 3339 UTC.

    `slot` is null for a directory that is none, and `kept` then too. `fast`: nothing was read, since all is
    as it was when it was `checked`. `read` bytes were read in `seconds`. `whole` is when it was last found
    whole. `size` counts everything, `files` and `essential` what a session cannot do without. `live`:
    somebody has it open. `notes` are warnings that no file causes. `status` is the exit status.
    """

    slot: str | None
    path: str
    driver: str
    title: str
    state: State
    profiles: tuple[str, ...]
    fast: bool
    checked: str | None
    whole: str | None
    read: int
    seconds: float
    files: int
    essential: int
    size: int
    live: bool
    login: Login
    locks: Locks
    browser: Browser | None
    kept: Kept | None
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    status: int


class Subject(NamedTuple):
    """What is verified, and how. `only` is the file that is meant where a directory may hold several."""

    slot: str | None
    data: str
    driver: Driver
    only: str
    login: Login
    locks: Locks
    browser: Browser | None
    kept: Kept | None


def verify(
    context: Context, slot: str | None = None, *, deep: bool = False, progress: Progress = no_progress
) -> Verified:
    """Check a slot, by default this worktree's; `deep` reads it also if it is unchanged.

    What is broken is logged, for who does not want to read it all. Raises NoSuchSlot, OSError.
    """
    slot = which(context).slot if slot is None else slot
    store = context.store
    subject = _slot(context, slot)
    done = verified(
        subject,
        lambda read: examine(store, slot, context.clock.now(), deep=deep, read=read),
        progress,
    )
    seal = seals.of_data(store, slot)
    now = context.clock.now()
    with contextlib.suppress(OSError):  # a full disk
        operation = journal.Operation(now, "", context.repo.worktree, None, "verify", {})
        check_log.log(store, slot, done.findings, operation)
    return done._replace(whole=rfc3339(seal.checked) if seal is not None else None)


def verify_all(context: Context, *, deep: bool = False, progress: Progress = no_progress) -> list[Verified]:
    """Check every slot, in order of name. Raises OSError."""
    return [verify(context, slot, deep=deep, progress=progress) for slot in records.slot_names(context.store)]


def worst(found: Collection[Verified]) -> int:
    """The exit status of several."""
    return max((one.status for one in found), default=0)


def verified(subject: Subject, check: Check, progress: Progress) -> Verified:
    """Check it, and gather what is known. Raises OSError."""
    driver, data = subject.driver, subject.data
    files, essential = _essential(subject)
    empty = not has_files(data)
    live = subject.locks.holder is not None or bool(subject.locks.writers)
    nothing = Looked(Examined((), fast=False, checked=0.0), 0, 0.0)
    done = nothing if empty else look(check, lambda: live, progress, essential)
    findings = tuple(found for found in done.examined.findings if found.file.startswith(subject.only))
    notes = _notes(subject)
    refused = subject.login.matches is False
    return Verified(
        slot=subject.slot, path=os.path.join(data, subject.only) if subject.only else data,
        driver=driver.name, title=driver.title,
        state="empty" if empty else "broken" if broken(findings) else "whole",
        profiles=tuple(name for name in driver.profiles(data) if name.startswith(subject.only)),
        fast=done.examined.fast, checked=None if empty else rfc3339(done.examined.checked), whole=None,
        read=done.read, seconds=round(done.seconds, 3), files=files, essential=essential,
        size=essential if subject.only else size_of(data), live=live,
        login=subject.login, locks=subject.locks, browser=subject.browser, kept=subject.kept,
        notes=notes, findings=findings, status=CORRUPT if broken(findings) else REFUSED if refused else 0,
    )  # fmt: skip


def _slot(context: Context, slot: str) -> Subject:
    """Raises NoSuchSlot."""
    store = context.store
    record = records.read_record(store, slot)
    driver, data = registry.get(record.driver), store.data(slot)
    login = verify_facts.login_of(driver, data, wanted_account(context, slot))
    removed = removed_at(record, driver.identity(data), data)
    holder = holding.holder(store, slot)
    return Subject(
        slot, data, driver, "",
        login._replace(removed=rfc3339(removed) if removed is not None else None),
        verify_facts.locks_of(driver, data, context.repo.worktree, str(holder) if holder else None),
        verify_facts.browser_of(driver, data, context.environ),
        verify_facts.kept_of(store, slot, context.config.settings.snapshots.keep.size),
    )  # fmt: skip


def _essential(subject: Subject) -> tuple[int, int]:
    """How many files a session cannot do without, and their bytes; none where they cannot be listed."""
    try:
        entries = scan(subject.data, selection_of(subject.driver, full=False))
    except (OSError, CannotSnapshot):
        return 0, 0
    sizes = [one.size for one in entries if one.kind == "file" and one.path.startswith(subject.only)]
    return len(sizes), sum(sizes)


def _notes(subject: Subject) -> tuple[str, ...]:
    """What should be known that no file's bytes tell."""
    login, browser, newest = subject.login, subject.browser, subject.kept and subject.kept.newest
    lines = []
    if login.removed is not None:
        lines.append(
            f"WhatsApp logged its linked device out on {login.removed}:"
            " no snapshot of that login works any more"
        )
    if login.matches is False and login.account is not None:
        lines.append(
            f"it is the login of {masked(login.account)}, its rule asks for {login.wanted}, so no"
            f" bot starts on it: correct `account:` in the rule, or set it aside: wagit sessions rm"
            f" {subject.slot}"
        )
    if browser is not None and verify_facts.is_older(browser.installed, browser.version):
        lines.append(
            f"browser {browser.version} wrote it last, and {browser.installed} is installed: an older browser"
            " may drop what a newer one wrote; update it"
        )
    if browser is not None and newest and newest.backend and browser.backend not in (None, newest.backend):
        lines.append(
            f"IndexedDB is kept in {browser.backend}, in the newest snapshot in {newest.backend}: a browser"
            " drops what it finds in the other form"
        )
    return tuple(lines)
