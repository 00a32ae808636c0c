"""Check everything a working set-up needs; each finding says what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from wagit.config.digest import store_root
from wagit.core.errors import WagitError
from wagit.core.git import git_version
from wagit.core.repository import Repository, find
from wagit.core.store import open_store
from wagit.drivers import detect, registry
from wagit.operations import context as contexts
from wagit.operations import doctor_history, doctor_slots, doctor_team, hooks, trust
from wagit.operations.context import Context
from wagit.operations.doctor_check import Check, guarded
from wagit.routing.binding import read_binding
from wagit.slots import links, records

OLDEST_GIT = (2, 31)  # rev-parse --path-format
LEAST_SPACE = 1 << 30  # bytes: a few snapshots of a grown profile


class Report(NamedTuple):
    """All checks; `healthy` when none failed."""

    checks: tuple[Check, ...]
    healthy: bool


def doctor(directory: str, environ: Mapping[str, str] = os.environ) -> Report:
    """Check the repository around `directory`; whatever cannot even be opened is a finding too."""
    checks = tuple(_checks(directory, environ))
    return Report(checks, all(check.state != "fail" for check in checks))


def _checks(directory: str, environ: Mapping[str, str]) -> Iterator[Check]:
    yield guarded("git", lambda: _git(environ))
    yield guarded("browser", lambda: _browser(environ))
    try:
        repo = find(directory, environ)
    except WagitError as error:
        yield Check("repository", "fail", error.message, error.hint)
        return
    yield guarded("store", lambda: _store(repo, environ))
    yield guarded("space", lambda: _space(repo, environ))
    yield guarded("hooks", lambda: _hooks(repo, environ))
    yield guarded("history", lambda: doctor_history.check(repo, environ))
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
    yield guarded("trust", lambda: _trust(context))
    yield from doctor_team.checks(context)
    yield guarded("driver", lambda: _driver(context))
    yield guarded("link", lambda: _link(context))
    yield from doctor_slots.checks(context)


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
        waiting = [*asked.subset, *(["team"] if asked.team else [])]
        return Check("trust", "warn", f"not allowed yet: {', '.join(waiting)}", "wagit trust")
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
