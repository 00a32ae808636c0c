"""What a Baileys folder was when it was last whole proves little: Baileys rewrites and removes its files.

But a bot that removes a file, or makes a key, always writes another: a pre-key is removed by a message that
changes a session. So where all other files have still the same bytes, no bot has removed or changed these.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from wagit.integrity.baileys_codes import CODES
from wagit.integrity.findings import Finding, History, Known, finding

# They stay the same for as long as they are there; a pre-key is made twice when the bot was killed after it
# was written and before it was counted, and the phone may send a key of the settings anew.
_CONSTANT = ("pre-key-", "app-state-sync-key-")
# What Baileys makes again by itself when it is gone.
_DISPENSABLE = ("app-state-sync-version-", "sender-key-memory-", "device-list-", "lid-mapping-", "tctoken-")


def check_history(
    history: History, states: Mapping[str, Known | None], found: Collection[Finding]
) -> list[Finding]:
    """Compare a folder's files with those of the snapshot that it was known to equal.

    `states` are the files that are there; files in `found` have their finding already.
    """
    told = {one.file for one in found}
    known = {name: was for name, was in history.items() if name.endswith(".json") and "/" not in name}
    if not known or not states:
        return []
    changed = [name for name, now in states.items() if now != known.get(name) and name not in told]
    keys = [name for name in changed if name.startswith(_CONSTANT) and name in known]
    if len(keys) < len(changed):  # a bot has written
        return [_differs("key-differs", name, "is another key than it was") for name in keys]
    gone = [name for name in known if name not in states and name not in told]
    gone = [name for name in gone if not name.startswith(_DISPENSABLE) and name != "creds.json"]
    return [
        *(_differs("key-changed", name, "was changed, and no bot has written anything") for name in keys),
        *(_differs("key-missing", name, "is gone, and no bot has written anything") for name in gone),
    ]


def _differs(code: str, name: str, what: str) -> Finding:
    return finding(CODES, code, name, None, f"{name} {what} since the session was last whole")
