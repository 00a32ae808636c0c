"""Snapshots as text for people. Nothing here decides anything, and a list of thousands needs no rich."""

from __future__ import annotations

import stat
import time
from calendar import timegm
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from wagit.cli.grid import grid, printable
from wagit.cli.render import ago, bytes_text
from wagit.integrity.identity import masked
from wagit.snapshots.resolve import LEAST, short_ids

if TYPE_CHECKING:
    from wagit.operations.snapshots import File, Snapshot, SnapshotDetail
    from wagit.operations.snapshots_diff import Differences
    from wagit.operations.snapshots_rm import Removal
    from wagit.operations.snapshotted import Snapshotted
    from wagit.snapshots.diff import Change

_COLUMNS = ("snapshot", "taken", "tag", "files", "size", "gen", "branch", "why")
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}
_KINDS = {"file": stat.S_IFREG, "directory": stat.S_IFDIR, "link": stat.S_IFLNK}


def taken(done: Snapshotted) -> str:
    """One line of `snapshot`."""
    hot = ", hot" if done.tag == "hot" else ""
    what = f"{counted(done.files, 'file')}, {bytes_text(done.size)}"
    if done.dry_run:
        return f"would take a snapshot of {done.slot}{hot}: {what}, at most {bytes_text(done.added)} new"
    name = f"{(done.snapshot or '')[:LEAST]} of {done.slot}"
    if not done.new:
        return f"nothing changed since snapshot {name}, {ago(done.time)}"
    return f"snapshot {name}{hot}: {what}, {bytes_text(done.added)} new"


def listing(rows: Sequence[Snapshot]) -> str:
    """The table of `snapshots ls`, with a column of slots when there are several; empty without rows."""
    short = short_ids(row.snapshot for row in rows)
    many = len({row.slot for row in rows}) > 1
    cells = [((row.slot,) if many else ()) + _cells(row, short[row.snapshot]) for row in rows]
    return grid((("slot",) if many else ()) + _COLUMNS, cells, giving_way=2)


def none_yet(slot: str | None) -> str:
    """What `snapshots ls` says where there are none."""
    if slot is None:
        return "no snapshots yet; take one: wagit snapshot"
    return f"slot {slot} has no snapshots yet; take one: wagit snapshot {slot}"


def _cells(row: Snapshot, short: str) -> tuple[str, ...]:
    if row.damaged:
        return (short, "-", "damaged", "-", "-", "-", "-", "-")
    branch = (row.branch or "-") + (f" {row.commit}" if row.commit else "")
    why = f"{row.why}: {row.message}" if row.message else row.why or "-"
    return (
        short, ago(row.time), row.tag or "-", str(row.files), bytes_text(row.size or 0),
        str(row.generation), printable(branch), printable(why),
    )  # fmt: skip


def damaged(rows: Iterable[Snapshot]) -> list[str]:
    """A line for each damaged snapshot: what to do about it."""
    names = [(row.slot, row.snapshot) for row in rows if row.damaged]
    return [f"{one} of {slot} is damaged; drop it: wagit snapshots rm {slot} {one}" for slot, one in names]


def mask(found: SnapshotDetail, show_numbers: bool) -> SnapshotDetail:
    """Mask the account's number unless it is asked for."""
    if show_numbers or found.account is None:
        return found
    return found._replace(account=masked(found.account))


def detail(found: SnapshotDetail) -> str:
    """Lines of `snapshots show`, and of its files."""
    row = found.snapshot
    kept = "all the data" if found.full else "the essential data"
    backend = f", IndexedDB in {found.backend}" if found.backend else ""
    pairs = [
        ("snapshot", row.snapshot),
        ("slot", row.slot),
        ("taken", f"{_local(row.time)}, {ago(row.time)}"),
        ("why", f"{row.why}: {row.message}" if row.message else row.why),
        ("tag", f"{row.tag}, generation {row.generation}"),
        ("branch", f"{row.branch or '-'}" + (f" at {row.commit}" if row.commit else "")),
        ("driver", found.driver),
        ("account", found.account or "-"),
        ("device", found.device or "-"),
        ("browser", f"{found.browser or '-'}{backend}"),
        ("files", f"{counted(row.files or 0, 'file')} of {kept}"),
        ("size", f"{bytes_text(row.size or 0)}, {bytes_text(found.added)} new"),
        ("manifest", found.manifest),
        *(("problem", problem) for problem in found.problems),
    ]
    lines = [f"{name:9} {printable(value or '-')}" for name, value in pairs]
    return "\n".join([*lines, *([""] if found.entries else []), *(_file(file) for file in found.entries)])


def _file(file: File) -> str:
    target = f" -> {printable(file.digest)}" if file.kind == "link" else ""
    size = bytes_text(file.size) if file.kind == "file" else "-"
    return f"{stat.filemode(_KINDS[file.kind] | file.mode)}  {size:>7}  {printable(file.path)}{target}"


def differences(found: Differences) -> str:
    """Lines of `snapshots diff`: a line a path, then the sum."""
    before = found.before[:LEAST]
    after = f"snapshot {found.after[:LEAST]}" if found.after else "the data now"
    if not found.changes:
        return f"no difference between snapshot {before} and {after}"
    sums = found.sums
    parts = [
        f"{sums.added} added ({bytes_text(sums.added_bytes)})" if sums.added else "",
        f"{sums.removed} removed ({bytes_text(sums.removed_bytes)})" if sums.removed else "",
        f"{sums.changed} changed ({_both(sums.changed_before, sums.changed_after)})" if sums.changed else "",
    ]
    told = ", ".join(part for part in parts if part)
    return "\n".join([*_changes(found.changes), f"from snapshot {before} to {after}: {told}"])


def _changes(changes: Sequence[Change]) -> list[str]:
    sizes = [_sizes(change) for change in changes]
    width = max(len(size) for size in sizes)
    return [
        f"{_SIGNS[change.change]}  {size:{width}}  {printable(change.path)}"
        + ("/" if change.kind == "directory" else "")
        for change, size in zip(changes, sizes, strict=True)
    ]


def _sizes(change: Change) -> str:
    if change.kind != "file":
        return "-"
    if change.before is None or change.after is None:
        return bytes_text(change.after or change.before or 0)
    return _both(change.before, change.after)


def _both(before: int, after: int) -> str:
    one, other = bytes_text(before), bytes_text(after)
    return one if one == other else f"{one} -> {other}"


def named(ids: Sequence[str]) -> str:
    """`snapshot 3f9a1b2c`, `snapshots 3f9a1b2c, 77aa…`."""
    return f"snapshot{'' if len(ids) == 1 else 's'} {', '.join(one[:LEAST] for one in ids)}"


def removed(done: Removal) -> str:
    """One line of `snapshots rm`."""
    if done.dry_run:
        return f"would remove {named(done.snapshots)} of {done.slot}"
    back = "it comes back" if len(done.snapshots) == 1 else "they come back"
    hours = f"{done.kept_for / 3600:.0f} h"
    return f"{named(done.snapshots)} of {done.slot} removed; for {hours} {back} with: wagit undo"


def counted(number: int, what: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _local(moment: str | None) -> str:
    if moment is None:
        return "-"
    seconds = timegm(time.strptime(moment[:19], "%Y-%m-%dT%H:%M:%S"))
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
