"""Check everything a working set-up needs; each finding says what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

from wagit.config.digest import store_root
from wagit.core.clock import rfc3339
from wagit.core.errors import WagitError
from wagit.core.git import git_version
from wagit.core.repository import Repository, find
from wagit.core.store import open_store
from wagit.drivers import detect, registry
from wagit.integrity.identity import Identity
from wagit.operations import context as contexts
from wagit.operations import hooks, origins, trust
from wagit.operations.context import Context
from wagit.operations.snapshot_process import failure
from wagit.routing.binding import read_binding
from wagit.slots import holding, links, records, twins

State = Literal["ok", "warn", "fail"]
OLDEST_GIT = (2, 31)  # rev-parse --path-format
LEAST_SPACE = 1 << 30  # bytes: a few snapshots of a grown profile


class Check(NamedTuple):
    """One line: what was looked at, what was found, and what to do about it."""

    name: str
    state: State
    found: str
    do: str = ""


class Report(NamedTuple):
    """All checks; `healthy` when none failed."""

    checks: tuple[Check, ...]
    healthy: bool


def doctor(directory: str, environ: Mapping[str, str] = os.environ) -> Report:
    """Check the repository around `directory`; whatever cannot even be opened is a finding too."""
    checks = tuple(_checks(directory, environ))
    return Report(checks, all(check.state != "fail" for check in checks))


def _checks(directory: str, environ: Mapping[str, str]) -> Iterator[Check]:
    yield _guarded("git", lambda: _git(environ))
    yield _guarded("browser", lambda: _browser(environ))
    try:
        repo = find(directory, environ)
    except WagitError as error:
        yield Check("repository", "fail", error.message, error.hint)
        return
    yield _guarded("store", lambda: _store(repo, environ))
    yield _guarded("space", lambda: _space(repo, environ))
    yield _guarded("hooks", lambda: _hooks(repo, environ))
    try:
        context = contexts.open_here(repo, environ)
    except WagitError as error:
        yield Check("config", "fail", error.message, error.hint)
        return
    yield Check(
        "config",
        "ok",
        f"rules: {len(context.config.settings.rules)}, strategy: {context.config.settings.strategy}",
    )
    if os.path.isdir(context.store.slots()):
        yield from _of_context(context)


def _of_context(context: Context) -> Iterator[Check]:
    yield _guarded("trust", lambda: _trust(context))
    yield _guarded("driver", lambda: _driver(context))
    yield _guarded("link", lambda: _link(context))
    yield _guarded("locks", lambda: _locks(context))
    yield _guarded("accounts", lambda: _accounts(context))
    yield _guarded("snapshots", lambda: _snapshots(context))
    yield _guarded("origins", lambda: _origins(context))


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except WagitError as error:
        return Check(name, "fail", error.message, error.hint)
    except OSError as error:
        return Check(name, "fail", str(error), "check who owns that file and its directory")


def _git(environ: Mapping[str, str]) -> Check:
    version = git_version(environ=environ)
    shown = ".".join(map(str, version))
    if version < OLDEST_GIT:
        return Check("git", "fail", f"git {shown}", "wagit needs git 2.31 or newer: upgrade it")
    return Check("git", "ok", f"git {shown}")


def _browser(environ: Mapping[str, str]) -> Check:
    from wagit.browser import find as browsers

    executable = browsers.find(environ)
    return Check("browser", "ok", f"{browsers.version(executable)} at {executable}")


def _store(repo: Repository, environ: Mapping[str, str]) -> Check:
    store = open_store(store_root(repo.common_dir, environ))
    if os.name != "nt" and os.stat(store.root).st_mode & 0o077:
        return Check("store", "fail", f"{store.root} can be read by others", f"chmod 700 {store.root}")
    if not os.access(store.root, os.W_OK):
        return Check(
            "store", "fail", f"{store.root} cannot be written", f"check who owns it: ls -ld {store.root}"
        )
    return Check("store", "ok", f"{store.root}, slots: {len(records.slot_names(store))}")


def _space(repo: Repository, environ: Mapping[str, str]) -> Check:
    root = store_root(repo.common_dir, environ)
    free = shutil.disk_usage(root if os.path.isdir(root) else repo.common_dir).free
    shown = f"{free / 1e9:.1f} GB free"
    if free < LEAST_SPACE:
        return Check("space", "warn", shown, "make room: a full disk costs sessions their newest rows")
    return Check("space", "ok", shown)


def _hooks(repo: Repository, environ: Mapping[str, str]) -> Check:
    silent = [event.event for event in hooks.status(repo, environ) if not event.fires]
    if silent:
        return Check("hooks", "fail", f"{', '.join(silent)} did not fire", "wagit hooks install")
    return Check("hooks", "ok", "all fire, proved by a probe")


def _trust(context: Context) -> Check:
    asked = trust.state(context)
    if not asked.trusted:
        return Check("trust", "warn", f"not allowed yet: {', '.join(asked.subset)}", "wagit trust")
    return Check("trust", "ok", ", ".join(asked.subset) or "nothing in the config needs it")


def _driver(context: Context) -> Check:
    driver = registry.get(contexts.driver_name(context))
    found = detect.detect(context.repo.worktree)
    if found and all(one.driver != driver.name for one in found):
        where = f"{found[0].file} names {found[0].dependency}"
        return Check(
            "driver", "warn", f"{driver.name}, but {where}", f"set in .wagit.yml: driver: {found[0].driver}"
        )
    return Check("driver", "ok", f"{driver.name} ({driver.title})")


def _link(context: Context) -> Check:
    binding = read_binding(context.repo)
    if binding is None:
        return Check("link", "warn", "this worktree has no binding yet", "wagit use --auto")
    if binding.link is None:
        return Check("link", "ok", "none wanted")
    link = links.inspect(context.repo, context.store, binding.link)
    if link.state == "ours" and link.slot == binding.slot:
        return Check("link", "ok", f"{binding.link} -> {binding.slot}")
    if link.state in ("directory", "file"):
        found = f"{binding.link} is a {link.state} that wagit did not make, not slot {binding.slot}"
        return Check("link", "fail", found, f"wagit sessions adopt SLOT {binding.link}")
    return Check(
        "link", "fail", f"{binding.link} is {link.state}, not slot {binding.slot}", "wagit use --auto"
    )


def _locks(context: Context) -> Check:
    held = [
        f"{slot} by {holder}"
        for slot in records.slot_names(context.store)
        if (holder := holding.holder(context.store, slot)) is not None
    ]
    return Check("locks", "ok", "; ".join(held) or "no slot is held")


def _accounts(context: Context) -> Check:
    """Two slots with one login would take each other's place as WhatsApp's one writer."""
    by_identity: dict[Identity, list[str]] = {}
    for slot, identity in twins.logins(context.store).items():
        by_identity.setdefault(identity, []).append(slot)
    same = [slots for slots in by_identity.values() if len(slots) > 1]
    if same:
        found = f"one login in several slots: {', '.join(same[0])}"
        return Check(
            "accounts", "warn", found, "nothing: they never run at once; to part them, link one anew"
        )
    return Check("accounts", "ok", f"{len(by_identity)} linked")


def _origins(context: Context) -> Check:
    """A branch that was deleted leaves the session it got from another slot."""
    for line in origins.forsaken(context):
        found, _, do = line.partition(": ")
        return Check("origins", "warn", f"{found}, and its branches are gone", do)
    return Check("origins", "ok", "no session waits to go back")


def _snapshots(context: Context) -> Check:
    """Nobody sees it when a snapshot that was taken by itself fails."""
    for slot in records.slot_names(context.store):
        failed = failure(context.store, slot)
        if failed is not None:
            found = f"the last one of {slot} failed ({rfc3339(failed.time)}): {failed.detail.get('error')}"
            return Check("snapshots", "warn", found, f"mend it, then: wagit snapshot {slot}")
    return Check("snapshots", "ok", "none has failed since the last good one")
