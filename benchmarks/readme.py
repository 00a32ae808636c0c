"""The table of the README, made from results.json: `python -m benchmarks.readme` puts it there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.table import RESULTS

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- figures: python -m benchmarks.readme -->", "<!-- /figures -->"
_ROWS: tuple[tuple[str, ...], ...] = (  # words, group, name, which figure, and beside which peer
    ("`git switch`, same slot: added to a no-op sh hook", "hooks", "wagit, slot unchanged", "added"),
    ("beside it, added to git alone: husky", "hooks", "husky", "added"),
    ("… lefthook", "hooks", "lefthook", "added"),
    ("… pre-commit", "hooks", "pre-commit", "added"),
    ("other slot of 1 GB, branch seen before: added", "slots", "branch seen before, 1 GB", "added"),
    ("… branch first seen: added", "slots", "branch first seen, 1 GB", "added"),
    ("same slot, 1,000 rules, 10,000 branches: added", "scale", "slot unchanged, many", "added"),
    ("… with ten of each: added", "scale", "slot unchanged, few", "added"),
    ("`wagit which`, whole process", "which", "wagit which", "value"),
    ("… with 1,000 rules, beside ten", "scale", "wagit which, many", "ratio"),
    ("`wagit --help`, whole process", "which", "wagit --help", "value"),
    ("git back at the prompt to the new bot", "run", "git switch returned to the new bot's process", "value"),
    ("first snapshot of a session of 180 MB, durable", "snapshots", "first snapshot, warm", "value"),
    ("… beside `cp -a` and `sync`", "snapshots", "first snapshot, warm", "ratio"),
    ("… beside borg", "snapshots", "first snapshot, warm", "ratio", "borg"),
    ("… beside restic", "snapshots", "first snapshot, warm", "ratio", "restic"),
    ("`wagit snapshot`, nothing changed: added to Python's start", "snapshots", "nothing changed", "added"),
    ("… after a short run of the bot: added", "snapshots", "after a short run", "added"),
    ("restore of all of it, verified, durable", "snapshots", "restore", "value"),
    ("… beside `cp -a`, neither", "snapshots", "restore", "ratio", "cp -a"),
    ("… beside restic", "snapshots", "restore", "ratio", "restic"),
    ("… `wagit restore`, whole process", "snapshots", "wagit restore, whole process", "value"),
    (
        "10 daily snapshots: room, beside the data once",
        "store",
        "10 daily snapshots, 200 messages a day",
        "ratio",
    ),
    (
        "a snapshot beside 10,000 others, beside the only one",
        "store",
        "a snapshot, 10,000 snapshots",
        "ratio",
    ),
    ("check of every byte of a session", "integrity", "full check: speed", "value"),
    ("… before a start, nothing changed", "recovery", "unchanged, checked within wagit run", "value"),
    (
        "`wagit run` on a damaged session of 195 MB to the bot's process",
        "recovery",
        "one bit flipped, mended, to the bot's process",
        "value",
    ),
    ("… on a healthy one", "recovery", "unchanged, to the bot's process", "value"),
    ("a bot restarted to `ready`, its browser hosted", "hosted", "wagit restart to ready", "value"),
    ("… beside `node bot.js` alone", "hosted", "wagit restart to ready", "ratio"),
    ("memory of `wagit run` beside a bot", "observe", "wagit run beside a ready bot, 20 s: memory", "value"),
    ("… of a core, when idle", "observe", "wagit run beside a ready bot, 20 s: of a core", "value"),
    ("20 bots, all ready, beside the ideal", "fleet", "20 bots, all ready", "ratio"),
    ("first push of a session of 170 MB to a git remote", "team", "first push", "value"),
    ("… beside tar, zstd, age and `git push` of that file", "team", "first push", "ratio"),
    ("… first pull, beside the same", "team", "first pull", "ratio"),
    ("… after a short run of the bot", "team", "push after a short run", "value"),
    ("a lease, on a git remote", "team", "lease taken, git", "value"),
    (
        "`wagit run` on a shared slot whose lease is here: added",
        "team",
        "wagit run, shared slot held",
        "added",
    ),
)


def rendered(results: dict[str, Any]) -> str:
    """The block between the markers: on what machine, and a table of what was measured there."""
    found = {
        _key(figure, named): figure for figure in reversed(results["figures"]) for named in (False, True)
    }
    machine = results["machine"]
    lines = [
        BEGIN,
        f"`make bench` measures it beside its peers in one run; here {machine['cores']} cores of an"
        f" {machine['processor']}, Python {machine['python']}, git {machine['git']}, medians:",
        "",
        "| what | median |",
        "| --- | --- |",
        *(
            f"| {what} | {_shown(found[group, name, *peer], of)} |"
            for what, group, name, of, *peer in _ROWS
            if (group, name, *peer) in found
        ),
        END,
    ]
    return "\n".join(lines)


def _key(figure: dict[str, Any], named: bool) -> tuple[str, ...]:
    """Where a figure is found: the first of a name by that alone, all of them with the peer's name behind."""
    peer = (figure.get("peer") or "",) if named else ()
    return (figure["group"], figure["name"], *peer)


def replaced(text: str, block: str) -> str:
    """The README with `block` in the place of the one it has."""
    before, _, rest = text.partition(BEGIN)
    return before + block + rest.partition(END)[2]


def _shown(figure: dict[str, Any], of: str) -> str:
    if of == "ratio":
        return f"{figure['ratio']:.2f} times"
    value = figure[of]
    unit = figure["unit"]
    return f"{value:.1f} {unit}" if abs(value) < 10 else f"{value:,.0f} {unit}"


def main() -> None:
    """Rewrite the README's table."""
    README.write_text(replaced(README.read_text(), rendered(json.loads(RESULTS.read_text()))))


if __name__ == "__main__":
    main()
