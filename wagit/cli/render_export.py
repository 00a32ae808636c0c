"""Texts of `export`."""

from __future__ import annotations

from wagit.operations.export import Exported


def exported(done: Exported) -> str:
    """The files themselves; once written, where they are."""
    if done.written:
        return "\n".join(f"wrote {file.path}" for file in done.files)
    if len(done.files) == 1:
        return done.files[0].text.rstrip("\n")
    return "\n".join(f"# {file.path or file.name}\n{file.text}" for file in done.files).rstrip("\n")


def next_steps(done: Exported) -> tuple[str, ...]:
    """What to run then."""
    return tuple(f"next: {step}" for step in done.next)
