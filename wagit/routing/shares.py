"""Which slots a team shares, by the settings alone. Pure, and light: hooks may ask.

Shares are slot templates: `staging`, `feature-{ticket}`, `*` for every slot. One with `!` before it, a slot
that a rule names without `team: true`, is not shared though a template could give it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from wagit.config.model import Settings
from wagit.config.slot_names import LONGEST
from wagit.config.values import CAPTURE

ALL = "*"
_HASHED = 9  # characters that `names.sanitise` ends a changed name with: a dash and 8 hex digits


def shares(settings: Settings) -> tuple[str, ...]:
    """What the settings share, in order."""
    if settings.strategy == "team":
        return (ALL,)
    shared = {rule.slot for rule in settings.rules if rule.team}
    private = {settings.default, *(rule.slot for rule in settings.rules)} - shared
    kept = {f"!{slot}" for slot in private if "{" not in slot and covers(shared, slot)}
    return tuple(sorted(shared)) + tuple(sorted(kept))


def covers(shared: Iterable[str], slot: str) -> bool:
    """Whether a slot is one of those that are shared."""
    templates = set(shared)
    if ALL in templates or slot in templates:
        return True
    return f"!{slot}" not in templates and any(gives(one, slot) for one in templates if "{" in one)


def gives(template: str, slot: str) -> bool:
    """Whether a template with captures may become this slot, its name made valid if need be."""
    literals = CAPTURE.split(template)[::2]  # between them stand the captures' names
    if re.fullmatch(".+".join(map(re.escape, literals)), slot):
        return True
    plain, digest = slot[:-_HASHED], slot[-_HASHED:]
    if not re.fullmatch("-[0-9a-f]{8}", digest):
        return False
    if len(plain) == LONGEST - _HASHED:  # the end was cut
        return plain.startswith(literals[0][: len(plain)])
    expression = re.compile(".*".join(map(re.escape, literals)))
    return any(
        expression.fullmatch(start[::-1] + plain + end)
        for start in _taken([literal[::-1] for literal in reversed(literals)])
        for end in _taken(literals)
    )


def _taken(literals: Sequence[str]) -> Iterator[str]:
    """What `names.sanitise` may have taken away of a template's end: it leaves no `-`, `.` or `_` there."""
    end = ""
    yield end
    for literal in reversed(literals):
        bare = literal.rstrip("-._")
        end = literal[len(bare) :] + end
        yield end
        if bare:
            return
