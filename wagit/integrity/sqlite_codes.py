"""Codes of findings: SQLite databases."""

from __future__ import annotations

from collections.abc import Mapping

from wagit.integrity.findings import Code

CODES: Mapping[str, Code] = {}
