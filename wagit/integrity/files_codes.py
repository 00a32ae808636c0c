"""Codes of findings: files of any format."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wagit.integrity.findings import Code

CODES: Mapping[str, Code] = MappingProxyType(
    {
        "file-unreadable": Code(
            "fatal",
            "file that cannot be read",
            "The library cannot read it either: what it holds is lost to it.",
            None,
            "make the file readable for you; when the disk fails, restore a snapshot",
        )
    }
)
