"""docs/reference/findings.md, from the codes that checks have."""

from __future__ import annotations

from collections.abc import Iterator

from wagit.integrity.codes import FAMILIES
from wagit.integrity.findings import Code, Mend

INTRODUCTION = """\
# Findings

What `wagit verify` can find in a session, and what `wagit run` looks for before it starts a bot. Each has a
code, a file, an offset in bytes where there is one, and a sentence that says what is there.

| severity | means | exit status |
| --- | --- | --- |
| fatal | the login is lost once a bot opens the data | 12 |
| loss | rows or keys are lost, or were already; the login may stay | 12 |
| warning | worth knowing, costs nothing | 0 |

What is fatal or a loss wagit mends by itself [before it starts a bot](../howto/recovery.md), unless
`auto_recovery: false`; `wagit repair` does the same by hand. What each damage does to a session of real
Chromium was [measured](damage.md). How to look: [check a session](../howto/verify.md).
"""

REPAIR: dict[Mend | None, str] = {
    "cut": "cuts it off",
    "drop": "drops the file",
    "rebuild": "takes the file from snapshots",
    "restore": "restores a snapshot",
    None: "leaves it as it is",
}


def page() -> Iterator[str]:
    """Return the lines of the page."""
    yield INTRODUCTION
    for family, codes in FAMILIES.items():
        if codes:
            yield f"## {family}\n"
        for name, code in codes.items():
            yield from _section(name, code)


def _section(name: str, code: Code) -> Iterator[str]:
    yield f"### {name}\n"
    yield f"**{code.severity}**: {code.title}.\n"
    yield f"- What it does to the login: {code.effect}"
    yield f"- How to mend it: {code.remedy}."
    yield f"- `wagit repair` {REPAIR[code.mend]}.\n"
