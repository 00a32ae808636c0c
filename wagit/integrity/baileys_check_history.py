"""What a Baileys folder was when it was last whole proves little: Baileys rewrites and removes its files.

But a bot that removes a file always writes another: a pre-key is removed by a message that changes a
session. So where every file that is there has still the same bytes, no bot has removed the missing ones.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from wagit.integrity.baileys_codes import CODES
from wagit.integrity.findings import Finding, History, Known, finding

# The key of these ids never changes; the phone may send one anew.
_CONSTANT = "app-state-sync-key-"
# What Baileys makes again by itself when it is gone.
_DISPENSABLE = ("app-state-sync-version-", "sender-key-memory-", "device-list-", "lid-mapping-", "tctoken-")


def check_history(
    history: History, states: Mapping[str, Known | None], found: Collection[Finding]
) -> list[Finding]:
    """Compare a folder's files with those of the snapshot that it was known to equal.

    `states` are the files that are there; files in `found` have their finding already.
    """
    known = {name: was for name, was in history.items() if name.endswith(".json") and "/" not in name}
    told = {one.file for one in found}
    return [*_missing(known, states, told), *_changed(known, states, told)]


def _missing(known: History, states: Mapping[str, Known | None], told: set[str]) -> list[Finding]:
    changed = [name for name, now in states.items() if now != known.get(name) and name not in told]
    if changed or not states:
        return []
    gone = [name for name in known if name not in states and name not in told]
    return [
        finding(CODES, "key-missing", name, None, f"{name} is gone, and no bot has written anything since")
        for name in gone
        if not name.startswith(_DISPENSABLE) and name != "creds.json"
    ]


def _changed(known: History, states: Mapping[str, Known | None], told: set[str]) -> list[Finding]:
    return [
        finding(CODES, "key-changed", name, None, f"{name} is not as it was, and such keys never change")
        for name, now in states.items()
        if name.startswith(_CONSTANT) and name in known and name not in told and now != known[name]
    ]
