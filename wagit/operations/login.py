"""Link a slot to a phone: show a QR or a pairing code, and keep the new login safe before anything else."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import NamedTuple

from wagit.bots.builtin import BotEvent
from wagit.bots.builtin_stop import Stop
from wagit.browser import pairing
from wagit.browser.qr_file import QrFile
from wagit.browser.watch import QrShown, StateChanged
from wagit.core.errors import WagitError
from wagit.integrity.identity import account_digits
from wagit.operations import (
    before_start,
    login_steps,
    login_stored,
    login_visit,
    login_wrong,
    offline,
    team_visit,
    use,
)
from wagit.operations.before_start import WrongAccount
from wagit.operations.context import Context
from wagit.operations.login_steps import Steps
from wagit.operations.snapshots import live_slot
from wagit.operations.team_visit import Visit
from wagit.team.keys import Ask as Passphrase

WITHIN = 300.0  # seconds


class LinksItself(WagitError):
    """Only the bot itself can link a session of the slot's driver: no browser is in it."""

    code = "links-itself"


class LoginTimeout(WagitError):
    """Nobody linked the slot in time, or WhatsApp did not come as far as ready."""

    code = "login-timeout"


class LoginFailed(WagitError):
    """The page or the browser ended before the slot was linked."""

    code = "login-failed"


class Interrupted(WagitError):
    """A signal ended it; the browser was closed safely."""

    code = "interrupted"
    exit_status = 130


class Wish(NamedTuple):
    """How to log in: a pairing code for `phone` in place of a QR; `qr_file` shows the QR, too.

    `within` seconds from the page's start to ready. `headless` None: when there is no display. On a slot that
    is shared, `ask` asks for the key's passphrase, and `confirm` whether the team's session may be replaced:
    it raises on no.
    """

    phone: str | None = None
    qr_file: str | None = None
    within: float = WITHIN
    headless: bool | None = True
    ask: Passphrase | None = None
    confirm: Callable[[str], None] = lambda question: None  # noqa: ARG005  # yes


class LoggedIn(NamedTuple):
    """A slot that is linked. `already`: it was before. `account` is whole: mask it before it is shown."""

    slot: str
    account: str
    device: str
    snapshot: str | None
    already: bool


def login(
    context: Context,
    slot: str | None,
    wish: Wish,
    on_event: Callable[[BotEvent], object],
    notice: Callable[[str], None],
) -> LoggedIn:
    """Link a slot, this worktree's unless named, and return when its login is on the disk and snapshotted.

    Raises LinksItself, WrongAccount, LoginTimeout, LoginFailed, Interrupted, BadNumber, PairingRefused,
    BadQrFile, SeveralProfiles, SlotBusy, NoSuchSlot, and what keeps a bot from starting, also on a
    shared slot; LeaseLost when its lease was lost meanwhile.
    """
    number = pairing.digits(wish.phone) if wish.phone is not None else None
    picture = QrFile(wish.qr_file) if wish.qr_file is not None else None
    slot = _follow(context, notice) if slot is None else live_slot(context, slot)
    if not login_visit.has_profile(context, slot):
        title = login_visit.driver_of(context, slot).title
        raise LinksItself(
            f"slot {slot} is a session of {title}: its bot links it, by the QR or code that it shows",
            "start the bot and scan: wagit run",
        )
    login_visit.profile_of(context, slot)
    wanted = before_start.wanted_account(context, slot)
    if number is not None and wanted and account_digits(wanted) != number:
        raise WrongAccount(
            f"the rule of slot {slot} asks for {wanted}, not for +{number}",
            "correct --phone, or `account:` in the rule",
        )
    with (
        offline.test_mode(context, notice) as extra,
        team_visit.visit(context, slot, notice, wish.ask) as visit,
        login_visit.held(context, slot, notice, lambda: visit.enter_login(wish.confirm)),
    ):
        within = context._replace(environ={**context.environ, **extra})
        return _Login(within, slot, wanted, on_event, visit).run(wish, number, picture)


def _follow(context: Context, notice: Callable[[str], None]) -> str:
    """The branch's slot, to which the worktree points from now on."""
    done = use.follow(context, "login")
    for line in done.notices:
        notice(line)
    return done.slot


class _Login:
    """One login on a held slot."""

    def __init__(
        self,
        context: Context,
        slot: str,
        wanted: str | None,
        on_event: Callable[[BotEvent], object],
        visit: Visit,
    ) -> None:
        self._context = context
        self._slot = slot
        self._wanted = wanted
        self._on_event = on_event
        self._visit = visit
        self._steps = Steps()
        self._stop = Stop()
        self._late = False
        self._ended = threading.Event()
        self._storing: threading.Thread | None = None

    def run(self, wish: Wish, number: str | None, picture: QrFile | None) -> LoggedIn:
        """Show what is to be scanned until the slot is linked."""
        timer = threading.Timer(wish.within, self._give_up)
        timer.start()
        try:
            self._browse(wish, number, picture)
        finally:
            timer.cancel()
            self._ended.set()
            if self._storing is not None:
                self._storing.join()
            if picture is not None:
                picture.remove()
        return self._judge(wish)

    def _browse(self, wish: Wish, number: str | None, picture: QrFile | None) -> None:
        def told(event: BotEvent) -> None:
            if picture is not None and isinstance(event, QrShown | StateChanged):
                picture.show(event.ref if isinstance(event, QrShown) else None)
            self._on_event(event)
            self._told(event)

        self._visit.open(self._stop)
        login_visit.browse(self._context, self._slot, told, self._stop, headless=wish.headless, pair=number)

    def _told(self, event: BotEvent) -> None:
        before, self._steps = self._steps, login_steps.after(self._steps, event, self._wanted)
        if self._steps.end is None or self._steps.end == before.end:
            return
        if self._steps.end == "ready" and self._steps.asked:
            self._storing = threading.Thread(target=self._store, name="login stored")
            self._storing.start()
        else:
            self._stop.request()

    def _store(self) -> None:
        login_stored.wait(login_visit.profile_of(self._context, self._slot), self._ended)
        self._stop.request()

    def _give_up(self) -> None:
        if self._steps.end is None:
            self._late = True
            self._stop.request()

    def _judge(self, wish: Wish) -> LoggedIn:
        """The browser is gone: what is in the files counts."""
        context, slot = self._context, self._slot
        identity = login_visit.driver_of(context, slot).identity(context.store.data(slot))
        login_wrong.refuse(context, slot, self._wanted, self._steps, identity)
        self._visit.relinked = self._steps.asked
        if self._steps.end != "ready":
            with contextlib.suppress(WagitError, OSError):  # linked, though not yet ready: it is kept
                if identity is not None and self._steps.asked:
                    self._keep()
            raise self._visit.lost or self._problem(wish)
        if identity is None:
            raise LoginFailed(
                f"slot {slot} was ready, and yet no login is in its files", f"try again: wagit login {slot}"
            )
        snapshot = self._keep()
        if self._visit.lost is not None:
            raise self._visit.lost
        return LoggedIn(slot, identity.account, identity.device, snapshot, not self._steps.asked)

    def _keep(self) -> str | None:
        kept = login_visit.keep(self._context, self._slot, "login")
        self._visit.saved = kept is not None
        return kept

    def _problem(self, wish: Wish) -> WagitError:
        slot, again = self._slot, f"try again: wagit login {self._slot}"
        match self._steps.end:
            case "blocked":
                return LoginFailed(
                    "WhatsApp blocks the account, or asks to accept its terms", "open WhatsApp on the phone"
                )
            case "conflict":
                return LoginFailed(f"another browser or bot opened the session of slot {slot}", "stop that")
            case "outdated-browser":
                return LoginFailed("WhatsApp wants a newer browser", "update Chromium, then log in again")
        if self._late:
            what = "linked, but not ready" if self._steps.number else "not linked"
            return LoginTimeout(f"slot {slot} was {what} within {wish.within:g} s", again)
        if self._stop.requested:
            return Interrupted(f"the login of slot {slot} was interrupted", again)
        return LoginFailed(f"the browser ended before slot {slot} was linked", again)
