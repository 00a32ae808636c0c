"""The `.wagit.yml` that `wagit init` writes."""

from __future__ import annotations

import json
import re

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_RESERVED = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")


def render_sample(driver: str, command: list[str] | None, default_slot: str, default_branch: str) -> str:
    """Write a short config that is valid as it is, with comments on what to change."""
    if command:
        words = ", ".join(map(_scalar, command))
        bot = f"bot:\n  command: [{words}]"
    else:
        bot = "# bot:\n#   command: [npm, run, dev]         # what `wagit run` starts"
    return _TEMPLATE.format(
        driver=_scalar(driver), slot=_scalar(default_slot), branch=_scalar(default_branch), bot=bot
    )


def _scalar(text: str) -> str:
    """Write a text so that YAML reads it back: plain where that is safe, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return json.dumps(text)


_TEMPLATE = """\
# Which branch uses which WhatsApp session. Try it: wagit which BRANCH
# All keys with their values and sources: wagit config show
version: 1
driver: {driver}
default: {slot}    # the slot of branches that no rule matches

rules:             # the first match wins
  - branch: {branch}
    slot: {slot}
  # - branch: [develop, "release/**"]  # * stays inside a segment, ** crosses segments
  #   slot: staging
  # - branch: "feature/{{ticket}}-*"     # {{name}} captures a part of the branch's name
  #   slot: "feature-{{ticket}}"

{bot}

# snapshots:       # how many of each slot are kept, and what they may take on the disk
#   keep: {{last: 5, daily: 7, weekly: 4, size: 2 GB}}
"""
