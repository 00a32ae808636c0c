"""What is looked at and noted before a bot starts on a slot."""

from __future__ import annotations

import os

from wagit.config.model import Rule
from wagit.core.errors import WagitError
from wagit.drivers import folder, proc, registry
from wagit.drivers.base import Writer
from wagit.integrity.identity import Identity, account_digits, masked
from wagit.operations.context import Context
from wagit.operations.which import which
from wagit.slots import holding, records


class WrongAccount(WagitError):
    """The slot holds another number's login than its rule asks for."""

    code = "wrong-account"


def end_orphans(context: Context, slot: str) -> None:
    """Close a browser that outlived its bot. Raises SlotBusy for any other program that has the slot open.

    Only a browser can be an orphan: a bot without a parent is a daemon, which goes on writing.
    """
    from wagit.browser.profile import browser_at
    from wagit.browser.stop import close_browser

    data = context.store.data(slot)
    driver = registry.get(records.read_record(context.store, slot).driver)
    profiles = [os.path.join(data, name) if name else data for name in driver.profiles(data)]
    for writer in driver.writers(data, context.repo.worktree):
        own = [profile for profile in profiles if not writer.host and browser_at(writer.pid, profile)]
        if not own or not _is_orphan(writer):
            where = f" on {writer.host}" if writer.host else ""
            raise holding.SlotBusy(
                f"slot {slot} is open in {writer.command or 'a program'} (pid {writer.pid}{where})",
                "stop that program first; WhatsApp allows one writer a login",
            )
        close_browser(own[0])


def _is_orphan(writer: Writer) -> bool:
    """Whether the bot that started a browser is gone: then init, or a subreaper, is its parent.

    In a container the bot itself may be process 1.
    """
    if writer.host:
        return False
    import psutil

    try:
        parent = psutil.Process(writer.pid).parent()
    except psutil.Error:
        return True
    if parent is not None and parent.pid == 1:
        program = os.path.basename("".join(proc.arguments(1)[:1]))
        return not program.startswith((*folder.RUNTIMES, "python"))
    return parent is None or "systemd" in parent.name()


def admit(context: Context, slot: str) -> None:
    """Check whose login the slot holds, and count that it is opened for writing once more.

    An older copy of it would roll back keys. Raises WrongAccount for another number than its rule's.
    """
    record = records.read_record(context.store, slot)
    identity = registry.get(record.driver).identity(context.store.data(slot))
    _check_account(context, slot, identity)
    if identity is not None:
        record = record._replace(account=identity.account, device=identity.device)
    records.write_record(context.store, slot, record.opened())


def _check_account(context: Context, slot: str, identity: Identity | None) -> None:
    wanted = next((rule.account for rule in _rules_of(context, slot) if rule.account), None)
    if wanted and identity and account_digits(identity.account) != account_digits(wanted):
        raise WrongAccount(
            f"slot {slot} holds the login of {masked(identity.account)}, its rule asks for {wanted}",
            "correct `account:` in the rule, or set the slot aside: wagit sessions rm SLOT",
        )


def is_protected(context: Context, slot: str) -> bool:
    """Whether a rule wants a word before a bot runs on the slot."""
    return any(rule.protect for rule in _rules_of(context, slot))


def _rules_of(context: Context, slot: str) -> list[Rule]:
    """The rules that speak of a slot: those that name it, and the one that chose it for this branch."""
    chosen = which(context)
    index = chosen.rule["index"] if chosen.rule is not None and chosen.slot == slot else None
    return [rule for i, rule in enumerate(context.config.settings.rules) if rule.slot == slot or i == index]
