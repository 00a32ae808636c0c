"""Which snapshot a restore means, and what is to be known before it is done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from wagit.config.problems import near
from wagit.config.slot_names import is_valid
from wagit.core.clock import rfc3339
from wagit.core.errors import UsageError
from wagit.core.store import Store
from wagit.integrity.identity import Identity, login_name, masked
from wagit.operations.context import Context
from wagit.operations.restore_damage import unreadable
from wagit.operations.snapshots import known_slots, slot_of
from wagit.slots import twins
from wagit.slots.records import SlotRecord
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import DamagedSnapshot, Entry, Header, Listing, Manifest, NoSuchSnapshot
from wagit.snapshots.resolve import find
from wagit.snapshots.selection import Selection, select


class OnlyHot(NoSuchSnapshot):
    """A slot has snapshots that were taken beside a live writer, and no clean one."""

    code = "only-hot"


class NothingNamedSo(UsageError):
    """A word is neither a slot nor a snapshot of this worktree's slot."""

    code = "no-slot-or-snapshot"


class NoSuchFile(UsageError):
    """No file of the snapshot matches a path that was asked for."""

    code = "no-such-file"


def choose(context: Context, first: str | None, second: str | None) -> tuple[str, str | None]:
    """Read `[SLOT] [SNAPSHOT]`: one word is a slot, else a snapshot of this worktree's slot.

    A slot that is gone counts while it has snapshots. Raises NothingNamedSo, NoSuchSnapshot, NoSuchSlot,
    BadSlotName, AmbiguousSnapshot, ConfigProblems.
    """
    if second is not None:
        return slot_of(context, first), second
    here = slot_of(context, None)
    if first is None:
        return here, None
    known = known_slots(context.store)
    if first in known:
        return first, None
    try:
        return here, find(context.store, here, first, context.clock.now())
    except NoSuchSnapshot as missing:
        if first == "latest" or not is_valid(first):
            raise
        raise NothingNamedSo(
            f"{missing.message}, and no slot is called {first[:80]!r}{near(first, known)}", missing.hint
        ) from missing


def newest_clean(known: Listing, slot: str) -> str:
    """The id of the newest clean snapshot. Raises OnlyHot, NoSuchSnapshot."""
    for identifier, header in known.snapshots:
        if header.tag == "clean":
            return identifier
    if known.snapshots:
        identifier, header = known.snapshots[0]
        raise OnlyHot(
            f"slot {slot} has hot snapshots only: each was taken beside a live writer and may be torn",
            f"to restore the newest all the same: wagit restore {slot} {identifier}",
        )
    raise NoSuchSnapshot(f"slot {slot} has no snapshots", f"take one: wagit snapshot {slot}")


class Found(NamedTuple):
    """What a slot's data is now, as far as it can be read; all empty where there is none."""

    record: SlotRecord
    account: str | None = None
    device: str | None = None
    backend: str | None = None


def record_after(record: SlotRecord, header: Header) -> SlotRecord:
    """The record once the snapshot is the slot's data: its generation, and the greatest ever beside it."""
    ready = record.last_ready
    return record._replace(
        driver=header.driver,
        account=header.account,
        device=header.device,
        browser=header.browser or record.browser,
        generation=header.generation,
        newest=record.newest_generation,
        awaits=None,
        last_ready=None if ready is None else min(ready, header.time),
    )


def notices(wanted: Manifest, now: Found) -> tuple[str, ...]:
    """What the user should know before the data becomes the snapshot's; a line each."""
    header, name = wanted.header, f"snapshot {wanted.id}"
    lines = []
    if header.tag == "hot":
        lines.append(f"{name} is hot: it was taken beside a live writer, and may be torn")
    if now.record.removed and login_name(header.account, header.device) == now.record.removed:
        at = f" on {rfc3339(now.record.removed_at)}" if now.record.removed_at is not None else ""
        lines.append(
            f"{name} is a linked device that WhatsApp logged out{at}: it will be refused again;"
            " to link a device anew: wagit run"
        )
    if now.account and header.account and now.account != header.account:
        lines.append(
            f"{name} is the login of {masked(header.account)}, the data that of {masked(now.account)}"
        )
    elif now.device and header.device and now.device != header.device:
        lines.append(
            f"{name} is linked device {header.device}, the data device {now.device}:"
            " WhatsApp accepts the snapshot's only if it was not logged out"
        )
    if header.generation < now.record.newest_generation:
        lines.append(_older(name, header, now.record))
    if now.backend and header.backend and now.backend != header.backend:
        lines.append(
            f"{name} keeps IndexedDB in {header.backend}, the data in {now.backend}: a browser that expects"
            f" {now.backend} drops it for good; run the one that wrote it ({header.browser or 'not known'})"
        )
    return tuple(lines)


def same_login(store: Store, slot: str, header: Header) -> tuple[str, ...]:
    """A line for each other slot that has this login already: the session was moved there, or copied."""
    if header.account is None or header.device is None:
        return ()
    others = twins.others(store, slot, Identity(header.account, header.device))
    return tuple(
        f"slot {other} has the same login; WhatsApp allows it one writer, so use one of the two only"
        for other in others
    )


def _older(name: str, header: Header, record: SlotRecord) -> str:
    """What an older generation means (libsignal's sessions are ratchets: they cannot go back)."""
    return (
        f"{name} is older than the session has been (generation {header.generation} of"
        f" {record.newest_generation}): its keys go back to {rfc3339(header.time)}, so messages since then"
        ' may not decrypt, contacts may see "waiting for this message", and WhatsApp may log the device out;'
        " if it does, link it again: wagit run"
    )


def matching(wanted: Manifest, paths: Sequence[str]) -> tuple[Selection, tuple[Entry, ...]]:
    """The entries that `paths` name, gitwildmatch or plain, and what they match. Raises NoSuchFile."""
    plain = [path.removeprefix("./").rstrip("/") for path in paths]
    patterns = [_escaped(path) if _is_there(wanted, path) else path for path in plain]
    try:
        each = [select([pattern], ()) for pattern in patterns]
        selection = select(patterns, ())
    except (ValueError, re.error) as error:
        raise NoSuchFile(f"a path cannot be read: {error}", "see: wagit restore --help") from None
    for path, single in zip(paths, each, strict=True):
        if not any(single.wants(entry.path) for entry in wanted.entries):
            meant = near(path, [entry.path for entry in wanted.entries])
            raise NoSuchFile(
                f"no file of snapshot {wanted.id} matches {path!r}{meant}",
                f"list its files: wagit snapshots show {wanted.header.slot} {wanted.id} --files",
            )
    return selection, tuple(entry for entry in wanted.entries if selection.wants(entry.path))


def _is_there(wanted: Manifest, path: str) -> bool:
    return any(entry.path == path or entry.path.startswith(f"{path}/") for entry in wanted.entries)


def _escaped(path: str) -> str:
    """A pattern that matches this path alone, whatever characters it has."""
    return "/" + re.sub(r"([*?\[{\\])", r"\\\1", path)


def manifest_of(context: Context, slot: str, text: str | None) -> tuple[Manifest, tuple[str, ...]]:
    """Read the snapshot that is meant, the newest clean one by default, and say what was passed over.

    Raises NoSuchSnapshot, OnlyHot, AmbiguousSnapshot, DamagedSnapshot, OSError.
    """
    passed: tuple[str, ...] = ()
    if text is None:
        known = manifests.listing(context.store, slot)
        identifier = newest_clean(known, slot)
        passed = tuple(f"snapshot {damaged} is damaged, and was passed over" for damaged in known.damaged)
    else:
        identifier = find(context.store, slot, text, context.clock.now())
    try:
        return manifests.read(context.store, slot, identifier), passed
    except DamagedSnapshot as problem:
        raise unreadable(context.store, slot, identifier, problem) from problem
