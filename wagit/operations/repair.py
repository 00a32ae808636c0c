"""Put a slot's session in order: mend it, else restore the newest snapshot that proves good."""

from __future__ import annotations

import contextlib
from typing import Literal, NamedTuple

from wagit.core.errors import WagitError
from wagit.integrity.findings import Finding, worst
from wagit.operations import mend as mending
from wagit.operations import recovery_facts, restore_verified
from wagit.operations.context import Context
from wagit.operations.examine import Examined, examine
from wagit.operations.recovery_choice import Action, choose, refusal
from wagit.operations.restore_verified import NoGoodSnapshot, Refuse
from wagit.operations.snapshots import live_slot
from wagit.slots.inspect import has_files, size_of
from wagit.slots.quiet import hold_quiet
from wagit.snapshots.reading import Progress, no_progress

Outcome = Literal["whole", "empty", "mended", "restored"]


class CannotRepair(WagitError):
    """A slot's session can be neither mended nor replaced by a snapshot."""

    code = "cannot-repair"
    exit_status = 12


class Repaired(NamedTuple):
    """What was found and done, or would be. `outcome`: `empty` when there is nothing to repair.

    `done` and `lost`, what may be lost, are in words. `snapshot` was restored, as it was `taken`, RFC 3339.
    `aside` is where the data from before is now: null when nothing had to be replaced, and with a dry run.
    """

    slot: str
    outcome: Outcome
    findings: tuple[Finding, ...]
    done: tuple[str, ...]
    lost: tuple[str, ...]
    snapshot: str | None
    taken: str | None
    aside: str | None
    dry_run: bool


def repair(
    context: Context, slot: str | None, *, progress: Progress = no_progress, dry_run: bool = False
) -> Repaired:
    """Check every byte of a slot, this worktree's unless named, that nobody has open, and put it in order.

    A dry run tries it all on copies. Raises CannotRepair, NoSuchSlot, BadSlotName, SlotBusy,
    ConfigProblems, OSError; nothing has changed then.
    """
    slot = live_slot(context, slot)
    with hold_quiet(context.store, slot, context.repo.worktree, context.clock.now(), brief=True):
        found = _examined(context, slot, progress)
        repairing = _Repairing(context, slot, found.findings, progress, dry_run=dry_run)
        return repairing.broken() if found.broken else repairing.whole()


def _examined(context: Context, slot: str, progress: Progress) -> Examined:
    total, done = size_of(context.store.data(slot)), 0

    def read(count: int) -> None:
        nonlocal done
        done += count
        progress(min(done, total), total)

    return examine(context.store, slot, context.clock.now(), deep=True, read=read)


class _Repairing:
    """One slot, which is held, and what was found in it."""

    def __init__(
        self,
        context: Context,
        slot: str,
        findings: tuple[Finding, ...],
        progress: Progress,
        *,
        dry_run: bool,
    ) -> None:
        self._context = context
        self._slot = slot
        self._findings = findings
        self._progress = progress
        self._dry_run = dry_run
        self._failed: dict[Action, str] = {}

    def whole(self) -> Repaired:
        """Drop what is of no use, where there is such."""
        if any(found.mend for found in self._findings):
            with contextlib.suppress(mending.CannotMend):
                return self._mend()
        has_some = has_files(self._context.store.data(self._slot))
        outcome: Outcome = "whole" if has_some else "empty"
        return Repaired(self._slot, outcome, self._findings, (), (), None, None, None, self._dry_run)

    def broken(self) -> Repaired:
        """Do what a start would do, but for starting over. Raises CannotRepair."""
        facts = recovery_facts.quick(self._context.store, self._slot, self._findings)
        facts = recovery_facts.full(self._context, facts)._replace(auto=True)
        while (action := choose(facts, self._failed).action) in ("mend", "restore"):
            try:
                return self._mend() if action == "mend" else self._restore(refusal(facts))
            except (mending.CannotMend, NoGoodSnapshot) as problem:
                self._failed[action] = problem.message
        raise self._cannot()

    def _mend(self) -> Repaired:
        context, slot, findings, progress = self._context, self._slot, self._findings, self._progress
        if self._dry_run:
            done = mending.preview(context, slot, findings, progress)
        else:
            done = mending.mend(context, slot, findings, progress=progress)
        return Repaired(slot, "mended", findings, done.done, done.lost, None, None, done.aside, done.dry_run)

    def _restore(self, refuse: Refuse) -> Repaired:
        context, slot, progress = self._context, self._slot, self._progress
        if self._dry_run:
            done = restore_verified.preview_newest(context, slot, refuse, progress)
        else:
            done = restore_verified.restore_newest(
                context, slot, cause="repair", refuse=refuse, progress=progress
            )
        why = (f"it cannot be mended: {self._failed['mend']}",) if "mend" in self._failed else ()
        return Repaired(
            slot, "restored", self._findings, why, done.notices,
            done.snapshot, done.taken, done.aside, self._dry_run,
        )  # fmt: skip

    def _cannot(self) -> CannotRepair:
        unmended = f", it cannot be mended ({self._failed['mend']})" if "mend" in self._failed else ""
        for found in self._findings:
            if found.severity != "warning" and found.mend is None:
                return CannotRepair(
                    f"slot {self._slot} is broken: {found.said}; nothing was changed",
                    f"{found.remedy}; or put a snapshot in its place: wagit restore {self._slot}",
                )
        why = self._failed.get("restore", "it has no snapshot of its login")
        return CannotRepair(
            f"slot {self._slot} is broken: {worst(self._findings).said}{unmended}, and {why};"
            " nothing was changed",
            f"start over and scan a QR code; the data is set aside: wagit clean {self._slot}",
        )
