"""All codes of findings, of every kind of file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wagit.integrity.baileys_codes import CODES as BAILEYS
from wagit.integrity.files_codes import CODES as FILES
from wagit.integrity.findings import Code
from wagit.integrity.history_codes import CODES as HISTORY
from wagit.integrity.leveldb_codes import CODES as LEVELDB
from wagit.integrity.profile_codes import CODES as PROFILE
from wagit.integrity.sqlite_codes import CODES as SQLITE

# By family, in the order of the docs.
FAMILIES: Mapping[str, Mapping[str, Code]] = MappingProxyType(
    {
        "Chrome profiles": PROFILE,
        "LevelDB": LEVELDB,
        "SQLite": SQLITE,
        "Baileys": BAILEYS,
        "Any files": FILES,
        "What changed since it was last whole": HISTORY,
    }
)
ALL: Mapping[str, Code] = MappingProxyType(
    {name: code for family in FAMILIES.values() for name, code in family.items()}
)
