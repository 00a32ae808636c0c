"""Which snapshot is meant: by its id or the start of it, by how far back, or by when. Pure, but for `find`.

| name | means |
| --- | --- |
| `3f9a` | the one whose id starts so |
| `latest` | the newest, clean or hot |
| `latest~2` | the one two before it |
| `@{MOMENT}` | the newest taken at that moment or before; see `moments` |
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.snapshots import manifest as manifests
from wagit.snapshots.manifest import ID_LENGTH, Listing, NoSuchSnapshot
from wagit.snapshots.moments import EXAMPLES, moment

LEAST = 8  # digits of an id that are shown
_MOST_NAMED = 5
_ID = re.compile(f"[0-9a-fA-F]{{1,{ID_LENGTH}}}")
_LATEST = re.compile(r"latest(?:~(\d{1,9})?)?")
_AT = re.compile(r"@\{(.*)\}", re.DOTALL)


class AmbiguousSnapshot(WagitError):
    """The ids of several snapshots start so."""

    code = "ambiguous-snapshot"


def find(store: Store, slot: str, text: str, now: float) -> str:
    """Resolve against a slot's snapshots; ids are compared without reading. Raises as `resolve`, OSError."""
    if _ID.fullmatch(text):
        return _by_start(manifests.ids(store, slot), text, slot)
    return resolve(manifests.listing(store, slot), text, now, slot)


def resolve(known: Listing, text: str, now: float, slot: str = "") -> str:
    """Return the id of the snapshot that `text` means; a damaged one is found by its id alone.

    `now` in seconds since the epoch; `slot` is for the words of errors. Raises NoSuchSnapshot,
    AmbiguousSnapshot.
    """
    ids = [identifier for identifier, _ in known.snapshots]
    if _ID.fullmatch(text):
        return _by_start([*ids, *known.damaged], text, slot)
    if found := _LATEST.fullmatch(text):
        back = 0 if "~" not in text else int(found[1] or 1)
        if back < len(ids):
            return ids[back]
        some = f"has {len(ids)} snapshot{'' if len(ids) == 1 else 's'}, not {back + 1}"
        raise _none(slot, some if ids else "has no snapshots")
    if found := _AT.fullmatch(text):
        return _at(known, found[1], now, slot)
    if moment(text, now) is not None:
        raise NoSuchSnapshot(f"{text!r} is no name of a snapshot", f"a moment is written '@{{{text}}}'")
    raise NoSuchSnapshot(
        f"{text[:40]!r} is no name of a snapshot", "name it by its id, latest, latest~2 or '@{yesterday}'"
    )


def short_ids(ids: Iterable[str]) -> dict[str, str]:
    """Map each id to the shortest start of it, at least LEAST digits, that no other id has."""
    ordered = sorted(set(ids))
    shortened = {}
    for before, identifier, after in zip(["", *ordered], ordered, [*ordered[1:], ""], strict=False):
        length = 1 + max(_common(identifier, before), _common(identifier, after))
        shortened[identifier] = identifier[: max(LEAST, length)]
    return shortened


def _common(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)


def _by_start(ids: Iterable[str], text: str, slot: str) -> str:
    known = sorted(ids)
    fitting = [identifier for identifier in known if identifier.startswith(text.lower())]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise _none(slot, f"has no snapshot {text}")
    short = short_ids(known)
    named = ", ".join(short[identifier] for identifier in fitting[:_MOST_NAMED])
    more = f" and {len(fitting) - _MOST_NAMED} more" if len(fitting) > _MOST_NAMED else ""
    raise AmbiguousSnapshot(f"{text!r} could be {named}{more}", "give more digits")


def _at(known: Listing, text: str, now: float, slot: str) -> str:
    when = moment(text, now)
    if when is None:
        raise NoSuchSnapshot(f"'@{{{text[:40]}}}' names no moment", f"write one of these in it: {EXAMPLES}")
    for identifier, header in known.snapshots:
        if header.time <= when:
            return identifier
    if not known.snapshots:
        raise _none(slot, "has no snapshots")
    oldest = min(header.time for _, header in known.snapshots)
    raise _none(slot, f"has no snapshot from then or before: the oldest is of {_local(oldest)}")


def _local(moment: float) -> str:
    """As it may stand between the braces."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def _none(slot: str, what: str) -> NoSuchSnapshot:
    who = f"slot {slot}" if slot else "the slot"
    hint = "take one: wagit snapshot" if what == "has no snapshots" else "list them: wagit snapshots ls"
    return NoSuchSnapshot(f"{who} {what}", f"{hint} {slot}".rstrip())
