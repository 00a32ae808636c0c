"""What `verify` prints for people: one screen a session, a table of several, a list of damaged snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from wagit.cli.grid import grid, printable
from wagit.cli.render import MARKS, ago, bytes_text
from wagit.cli.render_findings import MOST, findings, grouped, wrapped
from wagit.integrity.identity import masked
from wagit.snapshots.resolve import LEAST

if TYPE_CHECKING:
    from wagit.integrity.findings import Finding
    from wagit.operations.verify import Verified
    from wagit.operations.verify_snapshots import SnapshotsVerified, Spoiled

NOTICEABLE = 0.05  # seconds: of less a rate tells nothing
_OK, _WARN, _FAIL = MARKS["ok"], MARKS["warn"], MARKS["fail"]

Fact = tuple[str, str, str]  # mark, name, text


def mask(found: Verified, show_numbers: bool) -> Verified:
    """Mask the account's number unless it is asked for."""
    account = found.login.account
    if show_numbers or account is None:
        return found
    return found._replace(login=found.login._replace(account=masked(account)))


def screen(found: Verified) -> str:
    """All that is known of one session, then its findings and what to do."""
    facts = [("", _name(found), _verdict(found)), (_OK, "location", found.path), *_facts(found)]
    lines = [line for fact in facts for line in _fact(*fact)]
    for note in found.notes:
        lines += ["", *wrapped(f"{_WARN}  {printable(note)}", "    ")]
    for alike in grouped(found.findings):
        lines += ["", *findings(alike, _word(found))]
    todo = _todo(found)
    return "\n".join([*lines, "", f"do: {todo}"] if todo else lines)


def _name(found: Verified) -> str:
    return "slot" if found.slot else "session"


def _word(found: Verified) -> str:
    return found.slot or found.path


def _verdict(found: Verified) -> str:
    name = f"{found.slot}: " if found.slot else ""
    if found.state == "empty":
        return f"{name}empty, nothing to verify yet"
    if found.state == "broken":
        return f"{name}BROKEN, findings: {_counted(found.findings)}"
    return f"{name}whole" + (f", findings: {_counted(found.findings)}" if found.findings else "")


def _counted(findings: Sequence[Finding]) -> str:
    """How many findings of each kind there are, in words."""
    words = {"fatal": "would cost the login", "loss": "cost data", "warning": "harmless"}
    counts = {kind: sum(one.severity == kind for one in findings) for kind in words}
    return ", ".join(f"{count} {words[kind]}" for kind, count in counts.items() if count) or "none"


def _facts(found: Verified) -> Iterator[Fact]:
    yield _OK, "driver", f"{found.driver} ({found.title})"
    if found.state != "empty":
        yield _structure(found)
        yield _checksums(found)
        if found.login.markers:
            yield _markers(found)
        yield _identity(found)
    yield _locks(found)
    if found.browser is not None and found.browser.version is not None:
        yield _browser(found)
    yield _OK, "size", f"{bytes_text(found.size)}, {bytes_text(found.essential)} of it the login"
    yield from _kept(found)


def _structure(found: Verified) -> Fact:
    files = f"{found.files} file{'' if found.files == 1 else 's'}"
    named = [name for name in found.profiles if name]
    of = f" of {', '.join(map(printable, named))}" if named else ""
    return (_OK if found.profiles else _WARN), "structure", f"{files}{of} that it cannot do without"


def _checksums(found: Verified) -> Fact:
    mark = _FAIL if found.state == "broken" else _OK
    if found.fast:
        return mark, "checksums", f"unchanged since all was read {ago(found.checked)}; --deep reads it again"
    if not found.read:
        return _WARN, "checksums", f"wagit has none of a session of {found.title}"
    rate = f" in {found.seconds:.1f} s, {bytes_text(round(found.read / max(found.seconds, 1e-9)))}/s"
    pace = rate if found.seconds >= NOTICEABLE else ""
    last = f"; last found whole {ago(found.whole)}" if found.state == "broken" and found.whole else ""
    return mark, "checksums", f"{bytes_text(found.read)} read{pace}{last}"


def _markers(found: Verified) -> Fact:
    there = [name for name, is_there in found.login.markers.items() if is_there]
    gone = [name for name, is_there in found.login.markers.items() if not is_there]
    text = ", ".join(there) or "none"
    return (_OK if there else _WARN), "login", text + (f"; not there: {', '.join(gone)}" if gone else "")


def _identity(found: Verified) -> Fact:
    login = found.login
    if login.account is None:
        return _WARN, "identity", printable(login.reason) or "none"
    told = {True: ", as its rule asks", False: ", NOT as its rule asks", None: ""}
    mark = _FAIL if login.matches is False else _OK
    return mark, "identity", f"{login.account}, linked device {login.device}{told[login.matches]}"


def _locks(found: Verified) -> Fact:
    locks = found.locks
    who = [f"held by {locks.holder}"] if locks.holder else []
    who += [f"open in {writer}" for writer in locks.writers]
    text = "; ".join([*who, *locks.singletons]) or "nobody has it open"
    if found.live:
        text += "; what is being written may change"
    return (_WARN if found.live else _OK), "locks", printable(text)


def _browser(found: Verified) -> Fact:
    browser = found.browser
    assert browser is not None
    text = f"{browser.version} wrote it last"
    text += f", IndexedDB in {browser.backend}" if browser.backend else ""
    return _OK, "browser", text + f"; installed: {browser.installed or 'none'}"


def _kept(found: Verified) -> Iterator[Fact]:
    kept = found.kept
    if kept is None:
        return
    if kept.newest is None:
        yield _WARN, "snapshots", "none" if not kept.damaged else f"none but {kept.damaged} damaged"
        return
    budget = f" of at most {bytes_text(kept.budget)}" if kept.budget is not None else ""
    mark = _WARN if kept.damaged or (kept.budget is not None and kept.size > kept.budget) else _OK
    damaged = f", {kept.damaged} damaged" if kept.damaged else ""
    newest = f"{kept.newest.snapshot[:LEAST]}, {kept.newest.tag}, {ago(kept.newest.time)}"
    yield mark, "snapshots", f"{kept.snapshots}{damaged}, {bytes_text(kept.size)}{budget}; newest {newest}"


def _todo(found: Verified) -> str:
    """The one command to type."""
    if found.login.removed is not None:
        return "link a device: wagit run"
    if found.state == "empty":
        return "link a device: wagit run" if not (found.kept and found.kept.newest) else (
            f"get it back: wagit restore {found.slot}; or link a device: wagit run"
        )  # fmt: skip
    if not any(one.mend for one in found.findings):
        return ""
    first = "stop what has it open, then: " if found.live else ""
    if found.slot is None:
        return f"{first}wagit sessions adopt SLOT {found.path}; then: wagit repair SLOT"
    return f"{first}wagit repair {found.slot}"


def _fact(mark: str, name: str, text: str) -> list[str]:
    return wrapped(f"{mark:2}  {name:10} {printable(text)}", " " * 15)


def table(rows: Sequence[Verified]) -> str:
    """A line a slot, and then where to look further."""
    if not rows:
        return "no slots yet; the first is made by wagit init, or: wagit sessions new SLOT"
    cells = [
        (row.slot or "-", row.driver, row.login.account or "-", row.state, _read(row), bytes_text(row.size),
         _counted(row.findings))
        for row in rows
    ]  # fmt: skip
    columns = ("slot", "driver", "account", "state", "checked", "size", "findings")
    wrong = [row for row in rows if row.status]
    more = ["", *(f"{_FAIL}  see: wagit verify {row.slot}" for row in wrong)] if wrong else []
    return "\n".join([grid(columns, cells, giving_way=1), *more])


def _read(row: Verified) -> str:
    if row.state == "empty":
        return "-"
    return f"{ago(row.checked)}, unchanged" if row.fast else f"now, {bytes_text(row.read)}"


def snapshots(found: SnapshotsVerified) -> str:
    """How much was read, then each damaged snapshot and what it can still give."""
    if not found.snapshots:
        return "no snapshots yet; take one: wagit snapshot"
    pace = f"{bytes_text(found.read)} read in {found.seconds:.1f} s"
    count = f"{found.snapshots} snapshot{'' if found.snapshots == 1 else 's'}"
    if not found.damaged:
        return f"{count}: all whole, {pace}"
    lines = [f"{count}: {len(found.damaged)} DAMAGED, {pace}"]
    for one in found.damaged:
        lines += ["", *_spoiled(one)]
    return "\n".join(lines)


def _spoiled(one: Spoiled) -> list[str]:
    gives = f"{one.good} of {one.files} files are good" if one.good else "nothing of it can be had"
    lines = [f"{_FAIL}  {one.slot} {one.snapshot[:LEAST]}: {gives}"]
    for problem in one.problems[:MOST]:
        lines += wrapped(f"    {printable(problem)}", "    ")
    if len(one.problems) > MOST:
        lines.append(f"    and {len(one.problems) - MOST} more")
    if one.better is not None:
        lines.append(f"    whole: wagit restore {one.slot} {one.better[:LEAST]}")
    elif one.good:
        lines.append(
            f"    what is good: wagit restore {one.slot} {one.snapshot[:LEAST]} --path FILE --to DIR"
        )
    return [*lines, f"    drop it: wagit snapshots rm {one.slot} {one.snapshot[:LEAST]}"]
