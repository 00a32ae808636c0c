"""What people see of a restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wagit.cli.render import ago, bytes_text

if TYPE_CHECKING:
    from wagit.operations.restore import Restored


def question(planned: Restored) -> str:
    """What is asked before a slot's data changes."""
    return (
        f"Replace {_what(planned, 'the session')} in slot {planned.slot} by snapshot {planned.snapshot}"
        f" of {ago(planned.taken)}? What is there becomes a snapshot of its own."
    )


def restored(done: Restored) -> str:
    """A line on what was restored, and one on what it replaced."""
    what = f"{_what(done, f'snapshot {done.snapshot}')} ({ago(done.taken)}, {bytes_text(done.size)})"
    if done.paths:
        what += f" of snapshot {done.snapshot}"
    where = done.to or f"slot {done.slot}"
    if done.dry_run:
        return f"would restore {what} {'to' if done.to else 'into'} {where}"
    lines = [f"{where} has {what}"]
    if done.replaced:
        lines.append(f"what it replaced: wagit restore {done.slot} {done.replaced}")
    if done.aside:
        lines.append(f"what it replaced could not be read whole, and is set aside in {done.aside}")
    return "\n".join(lines)


def _what(done: Restored, whole: str) -> str:
    if not done.paths:
        return whole
    return f"{done.files} file{'' if done.files == 1 else 's'}"
