"""What is looked at and noted before a bot starts on a slot."""

from __future__ import annotations

from wagit.config.model import Rule
from wagit.core.errors import WagitError
from wagit.drivers import registry
from wagit.integrity.identity import Identity, account_digits, masked
from wagit.operations import move
from wagit.operations.context import Context
from wagit.operations.which import which
from wagit.routing.head import read_head
from wagit.routing.rules import decides, resolve
from wagit.slots import holding, records, twins
from wagit.slots.inspect import has_files
from wagit.slots.twins import Twin


class WrongAccount(WagitError):
    """The slot holds another number's login than its rule asks for."""

    code = "wrong-account"


def receive(context: Context, slot: str) -> tuple[str, ...]:
    """Give a slot that is not held yet the session it awaits; return why it has to start without it.

    Raises SlotBusy while it is this process' own bot that still has that session.
    """
    head, settings = read_head(context.repo), context.config.settings
    route = resolve(head, settings, slot)
    why = route if route.slot == slot and decides(head, settings) else None
    filling = move.fill(context, slot, why, None, "run")
    if filling.problem is not None and move.is_held_here(context, filling.start):
        raise holding.SlotBusy(
            f"slot {slot} awaits the session of its own bot's slot", "wait for that to stop"
        )
    return filling.notice(slot)


def admit(context: Context, slot: str) -> tuple[str, ...]:
    """Check whose login the slot holds, and count that it is opened for writing once more.

    The slot must be held. Returns what the user should know: that a copy of the login was opened since, or
    that the session went elsewhere. Raises WrongAccount for another number than its rule's, TwinBusy.
    """
    record = records.read_record(context.store, slot)
    reading = registry.get(record.driver).read_identity(context.store.data(slot))
    identity = reading.identity
    _check_account(context, slot, identity)
    notices = _where_it_went(context, slot) if identity is None else ()
    if identity is not None:
        known = twins.refuse(context.store, slot, identity, context.repo.worktree)
        ahead = twins.newer(known, record)
        notices = _ahead(ahead, slot) if ahead is not None else ()
        newest = max([record.newest, *(twin.record.newest_generation for twin in known)])
        record = record._replace(account=identity.account, device=identity.device, newest=newest)
    elif reading.unnamed:
        record = record._replace(account=None, device=None)  # what it named is not all that is there
    records.write_record(context.store, slot, record.opened())
    return notices


def _ahead(twin: Twin, slot: str) -> tuple[str, ...]:
    return (
        f"slot {twin.slot} has the same login and was opened after {slot}: the keys of {slot} are older, so"
        " WhatsApp may fail to decrypt messages or log it out; safer: wagit use " + twin.slot,
    )


def _where_it_went(context: Context, slot: str) -> tuple[str, ...]:
    """An empty slot whose session is in another one: a scan can be spared."""
    if has_files(context.store.data(slot)):
        return ()
    for other in records.slot_names(context.store):
        record = records.read_record(context.store, other)
        moved = record.origin == slot and record.origin_mode == "move"
        if moved and has_files(context.store.data(other)):
            return (f"slot {slot} is empty: its session is in {other}: wagit sessions promote {other}",)
    return ()


def _check_account(context: Context, slot: str, identity: Identity | None) -> None:
    wanted = wanted_account(context, slot)
    if wanted and identity and account_digits(identity.account) != account_digits(wanted):
        raise WrongAccount(
            f"slot {slot} holds the login of {masked(identity.account)}, its rule asks for {wanted}",
            "correct `account:` in the rule, or set the slot aside: wagit sessions rm SLOT",
        )


def wanted_account(context: Context, slot: str) -> str | None:
    """The account number that a rule asks for in the slot, as it is written there."""
    return next((rule.account for rule in _rules_of(context, slot) if rule.account), None)


def is_protected(context: Context, slot: str) -> bool:
    """Whether a rule wants a word before a bot runs on the slot."""
    return any(rule.protect for rule in _rules_of(context, slot))


def _rules_of(context: Context, slot: str) -> list[Rule]:
    """The rules that speak of a slot: those that name it, and the one that chose it for this branch."""
    chosen = which(context)
    index = chosen.rule["index"] if chosen.rule is not None and chosen.slot == slot else None
    return [rule for i, rule in enumerate(context.config.settings.rules) if rule.slot == slot or i == index]
