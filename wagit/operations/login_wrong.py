"""A login of another number than the slot's rule asks for."""

from __future__ import annotations

from wagit.integrity.identity import Identity, account_digits, masked
from wagit.operations import bot_events, clean
from wagit.operations.before_start import WrongAccount
from wagit.operations.context import Context
from wagit.operations.login_steps import Steps


def refuse(context: Context, slot: str, wanted: str | None, steps: Steps, identity: Identity | None) -> None:
    """Raise WrongAccount if that was linked: it is set aside, and the slot, which is held, is empty again.

    A login that was there before stays where it is.
    """
    linked = account_digits(identity.account) if identity is not None else steps.number
    if not wanted or linked is None or account_digits(wanted) == linked:
        return
    refused = f"but the rule of slot {slot} asks for {wanted}"
    if not steps.asked:
        raise WrongAccount(
            f"{masked(linked)} is linked, {refused}",
            f"correct `account:` in the rule, or set the login aside: wagit clean {slot}",
        )
    bot_events.fold(context.store, slot, context.clock.now())  # it is not told of the empty slot
    aside = clean.start_fresh(context, slot, cause="login").aside
    raise WrongAccount(
        f"{masked(linked)} was linked, {refused}; what was linked is set aside in {aside}",
        f"remove the new device on that phone, then link the right one: wagit login {slot};"
        " or correct `account:` in the rule and take it back: wagit undo",
    )
