"""Codes of findings: the folder of Baileys."""

from __future__ import annotations

from collections.abc import Mapping

from wagit.integrity.findings import Code

CODES: Mapping[str, Code] = {}
