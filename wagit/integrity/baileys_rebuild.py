"""Mend a Baileys folder file by file, from snapshots that agree with what is left of it: a pure choice.

A pre-key or a key of the synchronised settings never changes, so any snapshot of the same login has the
right one. The encryption state of a session or a group is another matter: an older one repeats keys, and the
other side drops what is sent with them without a word, while without any Baileys agrees on new keys. So it
is taken only from a snapshot that nothing was written after.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from wagit.integrity.baileys_check import fixed, is_whole, names_in, pre_keys, read_bytes
from wagit.integrity.baileys_check_creds import NAME, Creds, is_count
from wagit.integrity.baileys_check_json import parse
from wagit.integrity.baileys_rebuild_creds import (
    Chosen,
    Source,
    changed,
    choose,
    is_same_login,
    keeps,
    newest_key,
    past,
)
from wagit.integrity.findings import Finding

__all__ = ["Plan", "Source", "rebuild"]

_RATCHETS = ("session-", "sender-key-")
# With another creds.json, other files are due.
_NAMED_BY_CREDS = ("pre-key-missing", "app-state-key-missing", "app-state-key-unnamed")


class Plan(NamedTuple):
    """What to do with a copy of the folder, so that Baileys reads the same login from it.

    `writes` are contents by path, `taken` the id of the snapshot that each comes from; what is in neither was
    whole in the file itself, or is `creds.json` with other counters. `drops` are paths to remove. `lost` says
    in sentences for people what is lost nevertheless. `reason` says why the folder cannot be mended, and is
    empty when it can; the rest is then empty. Paths are relative to the folder.
    """

    writes: Mapping[str, bytes]
    taken: Mapping[str, str]
    drops: tuple[str, ...]
    lost: tuple[str, ...]
    reason: str = ""


def rebuild(folder: str, findings: Collection[Finding], sources: Sequence[Source]) -> Plan:
    """Choose how to mend what `check_baileys` found in `folder`, which is only read.

    The caller writes the plan into a copy, checks that, and swaps it in. Call it when a finding of a Baileys
    folder has the mend `rebuild` or `drop`; files of `findings` are relative to `folder`. The order of
    `sources` does not matter. Raises nothing for what the bytes are.
    """
    damaged = {found.file: found for found in findings if found.mend in ("rebuild", "drop")}
    newest = sorted(sources, key=lambda source: source.number, reverse=True)
    names = names_in(folder)
    files = {name: _read(folder, name) for name in names if name.endswith(".json")}
    whole = {name: data for name, data in files.items() if data is not None and name not in damaged}
    chosen = choose(files.get(NAME), whole, newest) if NAME in damaged else _own(whole, findings, newest)
    if chosen is None:
        return _cannot(newest)
    same = [source for source in newest if is_same_login(chosen.creds, source)]
    rebuilding = _Rebuilding(names, files, whole, chosen, same)
    for name, found in damaged.items():
        if name != NAME and (chosen.source is None or found.code not in _NAMED_BY_CREDS):
            rebuilding.mend(name, found)
    return rebuilding.plan(NAME in damaged or chosen.source is not None)


def _own(whole: Mapping[str, bytes], findings: Collection[Finding], sources: Sequence[Source]) -> Chosen:
    """The folder's `creds.json`, unless it is another login's and a snapshot has the one of the keys."""
    data = whole.get(NAME, b"")
    creds = parse(data).value
    creds = creds if isinstance(creds, Mapping) else {}
    others = {name: content for name, content in whole.items() if name != NAME}
    keyless = any(found.code == "app-state-key-missing" for found in findings)
    if not keyless or any(is_same_login(creds, source) and keeps(others, source) for source in sources):
        return Chosen(data, creds, None)
    return choose(None, others, sources) or Chosen(data, creds, None)


def _cannot(sources: Sequence[Source]) -> Plan:
    why = "no snapshot has one that belongs to the other files" if sources else "there is no snapshot"
    return Plan({}, {}, (), (), f"{NAME} is lost, and {why}")


def _read(folder: str, name: str) -> bytes | None:
    try:
        return read_bytes(os.path.join(folder, name))
    except (OSError, ValueError):
        return None


class _Rebuilding:
    """Collects what to write and to drop, one damaged file after the other."""

    def __init__(
        self,
        names: list[str],
        files: Mapping[str, bytes | None],
        whole: Mapping[str, bytes],
        chosen: Chosen,
        sources: Sequence[Source],
    ) -> None:
        self._names = names
        self._files = files
        self._chosen = chosen
        self._sources = sources
        others = {name: data for name, data in whole.items() if name != NAME or chosen.source is None}
        self._exact = next((source for source in sources if _equals(others, source)), None)
        self._writes: dict[str, bytes] = {}
        self._taken: dict[str, str] = {}
        self._drops: list[str] = []
        self._lost: list[str] = []
        self._ratchets = 0
        self._unnamed = False

    def mend(self, name: str, found: Finding) -> None:
        """Find another file in place of one that is damaged or gone."""
        if found.mend == "drop":
            self._drops.append(name)
        elif found.code == "app-state-key-unnamed":
            self._unnamed = True
        elif self._take_own(name) or self._take(name):
            return
        elif name in self._names:
            self._drops.append(name)
            self._tell(name)
        else:
            self._tell(name)

    def plan(self, creds_damaged: bool) -> Plan:
        """What was found; `creds.json` is written last, for it counts what there is then."""
        if self._ratchets:
            self._lost.append(
                f"the encryption state of {self._ratchets} devices or groups: "
                "what they send first may have to be asked for once more"
            )
        changes = self._changes(creds_damaged)
        if creds_damaged or changes:
            self._writes[NAME] = changed(self._chosen.data, changes) if changes else self._chosen.data
            if self._chosen.source is not None:
                self._taken[NAME] = self._chosen.source.id
        return Plan(self._writes, self._taken, tuple(self._drops), tuple(dict.fromkeys(self._lost)))

    def _take_own(self, name: str) -> bool:
        """A file that goes on after its end is whole without what follows."""
        data = self._files.get(name)
        found = parse(data) if data is not None else None
        if data is None or found is None or found.trouble != "trailing":
            return False
        own = data[: found.offset]
        if is_whole(name, own):
            self._writes[name] = own
        return is_whole(name, own)

    def _take(self, name: str) -> bool:
        exact = [self._exact] if self._exact is not None else []
        for source in exact if name.startswith(_RATCHETS) else [*exact, *self._sources]:
            data = source.read(name)
            if data is not None and is_whole(name, data):
                self._writes[name], self._taken[name] = data, source.id
                return True
        return False

    def _tell(self, name: str) -> None:
        if name.startswith(_RATCHETS):
            self._ratchets += 1
        elif name.startswith("app-state-sync-key-"):
            self._lost.append(f"{name}: archived, muted and pinned chats are no longer synchronised")
        elif not self._is_unseen(name):
            self._lost.append(f"{name}: a first message that uses it cannot be decrypted")

    def _is_unseen(self, name: str) -> bool:
        """Whether WhatsApp has not been told of a pre-key yet, so that nobody uses it."""
        first = self._chosen.creds.get("firstUnuploadedPreKeyId")
        return any(is_count(first) and number >= int(first or 0) for number in pre_keys([name]))

    def _changes(self, creds_damaged: bool) -> dict[str, Any]:
        creds = self._chosen.creds
        left = [name for name in {*self._names, *self._writes} if name not in self._drops]
        changes = past(creds, left) if creds_damaged and self._exact is None else {}
        if not changes and not self._has_unseen(creds, left):
            changes["firstUnuploadedPreKeyId"] = creds["nextPreKeyId"]
        key = creds.get("myAppStateKeyId")
        if self._unnamed:
            changes["myAppStateKeyId"] = newest_key(left)
        elif isinstance(key, str) and not self._find_key(f"app-state-sync-key-{fixed(key)}.json", left):
            changes["myAppStateKeyId"] = None
        return changes

    def _has_unseen(self, creds: Creds, left: list[str]) -> bool:
        """Whether the pre-keys are there that WhatsApp is to be told of."""
        first, following = creds.get("firstUnuploadedPreKeyId"), creds.get("nextPreKeyId")
        if not isinstance(first, int) or not isinstance(following, int):
            return True  # there is no creds.json
        return following - first <= len(left) and {*range(first, following)} <= pre_keys(left)

    def _find_key(self, name: str, left: list[str]) -> bool:
        """The key that `creds.json` names: in the folder, or in a snapshot as `creds.json` may be."""
        if name in left or self._take(name):
            return True
        self._tell(name)
        return False


def _equals(files: Mapping[str, bytes], source: Source) -> bool:
    """Whether nothing was written since a snapshot: all that is whole has the same bytes in it."""
    return all(source.read(name) == data for name, data in files.items())
