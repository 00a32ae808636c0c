"""Do what was decided of a slot before a start. Only loaded where something is to be done."""

from __future__ import annotations

from wagit.operations.clean import start_fresh
from wagit.operations.context import Context
from wagit.operations.mend import CannotMend, mend
from wagit.operations.recovery_choice import Action, Decision, Facts, refusal
from wagit.operations.recovery_facts import CAUSE
from wagit.operations.recovery_words import of_fresh, of_mended, of_restored
from wagit.operations.restore_verified import NoGoodSnapshot, restore_newest


class Acts:
    """What can be done, and what could not: `failed` tells why, by action."""

    def __init__(self, context: Context, facts: Facts, deadline: float) -> None:
        self._context = context
        self._facts = facts
        self._deadline = deadline  # on the clock's `monotonic`
        self.failed: dict[Action, str] = {}

    def do(self, decision: Decision) -> tuple[str, ...]:
        """Mend, restore or start fresh; return what to tell, nothing where it cannot be done.

        Raises TookTooLong, SlotBusy, OSError; nothing has changed then.
        """
        try:
            match decision.action:
                case "mend":
                    return self._mend(decision.why)
                case "restore":
                    return self._restore(decision.why)
                case _:
                    return self._start_fresh(decision.why)
        except (CannotMend, NoGoodSnapshot) as problem:
            self.failed[decision.action] = problem.message
            return ()

    def _mend(self, why: str) -> tuple[str, ...]:
        context, slot, findings = self._context, self._facts.slot, self._facts.findings
        return (of_mended(why, mend(context, slot, findings, cause=CAUSE, deadline=self._deadline)),)

    def _restore(self, why: str) -> tuple[str, ...]:
        context, facts = self._context, self._facts
        done = restore_newest(
            context, facts.slot, cause=CAUSE, refuse=refusal(facts), deadline=self._deadline
        )
        return of_restored(why, done, facts, context.clock.now())

    def _start_fresh(self, why: str) -> tuple[str, ...]:
        done = start_fresh(self._context, self._facts.slot, cause=CAUSE)
        return (of_fresh(why, done, self.failed.get("restore", "")),)
