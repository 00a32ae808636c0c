"""How the bots of a worktree stand: from who supervises them, else as it was last known; and each change."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import NamedTuple

from wagit.bots.observation import FINAL
from wagit.bots.standing import Standing
from wagit.core import control, running
from wagit.core.clock import rfc3339
from wagit.core.locks import Holder
from wagit.core.repository import Repository
from wagit.operations import last_known

PATIENCE = 5.0  # seconds for a supervisor to answer
_STEP, _MOST, _TIMEOUT = 15, 30, 1000  # milliseconds: file events are gathered; to look anew at the latest


class BotNow(NamedTuple):
    """A slot's bot: its state since `since` (RFC 3339 UTC), why, what helps, and its restarts in a row.

    `state` is `starting`, `qr`, `linking`, `syncing`, `ready`, `degraded`, `reconnecting`, `conflict`,
    `logged-out`, `banned`, `outdated-browser`, `failed` or `stopped`. `version` is WhatsApp's own.
    """

    slot: str
    branch: str | None
    state: str
    since: str
    reason: str
    next_step: str
    account: str | None
    restarts: int
    attempts: int
    pid: int | None
    version: str | None


class Bots(NamedTuple):
    """The bots of a worktree, by slot; `supervisor` is the pid of the wagit that runs them, if one does."""

    supervisor: int | None
    bots: tuple[BotNow, ...]


def look(repo: Repository) -> Bots:
    """How they stand now."""
    holder = running.supervisor(repo)
    if holder is None:
        return _past(repo)
    try:
        answer = control.demand(running.socket_of(repo), {"op": "status"}, PATIENCE)
        known = last_known.standings(answer.get("standings", ()))
    except control.NoSupervisor:  # it has only begun, ends, hangs, or has no socket or room
        known = last_known.read(running.standings_of(repo))
    return _bots(holder, known)


def number_of(holder: Holder | None, slot: str) -> str | None:
    """Whom the bot of a slot that is held is logged in as: a fresh login may not be on disk yet."""
    if holder is None or not holder.control:
        return None
    try:
        answer = control.demand(holder.control, {"op": "status"}, PATIENCE)
    except control.NoSupervisor:
        return None
    known = last_known.standings(answer.get("standings", ()))
    return next((each.number for each in known if each.slot == slot), None)


def watch(repo: Repository) -> Iterator[Bots]:
    """How they stand now, then at each change, for ever: also when the run ends and another one begins."""
    told: Bots | None = None
    with _Changes(repo) as changes:
        while True:
            for bots in _live(repo):
                if bots != told:
                    yield bots
                told = bots
            changes.wait()


def _live(repo: Repository) -> Iterator[Bots]:
    """What the supervisor tells until it hangs up; where it does not, or there is none, what is known."""
    holder = running.supervisor(repo)
    known: dict[str, Standing] = {}
    try:
        if holder is not None:
            with control.talk(running.socket_of(repo), {"op": "watch"}) as talk:
                answer = talk.next(PATIENCE)
                while answer is not None:
                    known |= {new.slot: new for new in last_known.standings(answer.get("standings", ()))}
                    yield _bots(holder, [known[slot] for slot in sorted(known)])
                    answer = talk.next()
            return
    except (control.NoSupervisor, TimeoutError):
        pass
    yield look(repo)


class _Changes:
    """Tells when something in the worktree's state directory was made, written or removed."""

    def __init__(self, repo: Repository) -> None:
        # Used directly, as in `wagit.bots.watch`: the public generator does not tell when its watch stands.
        from watchfiles._rust_notify import RustNotify

        os.makedirs(repo.state_dir, mode=0o700, exist_ok=True)
        self._notify = RustNotify([repo.state_dir], False, False, 0, False, True)
        self._never = threading.Event()

    def __enter__(self) -> _Changes:
        return self

    def __exit__(self, *_: object) -> None:
        self._notify.close()

    def wait(self) -> None:
        """Return when something has changed since the last call, or after a second.

        Raises KeyboardInterrupt.
        """
        if self._notify.watch(_MOST, _STEP, _TIMEOUT, self._never) == "signal":
            raise KeyboardInterrupt


def _past(repo: Repository) -> Bots:
    """Nobody supervises them: they stand as they did in the end, or nobody knows how that came."""
    return _bots(None, [_ended(known) for known in last_known.read(running.standings_of(repo))])


def _ended(known: Standing) -> Standing:
    if known.pid is None and (known.state in FINAL or known.state in ("failed", "stopped")):
        return known
    reason = f"wagit was killed; the bot was {known.state}"
    return known._replace(state="stopped", reason=reason, next_step="start it: wagit up", pid=None)


def _bots(holder: Holder | None, known: list[Standing]) -> Bots:
    return Bots(holder.pid if holder is not None else None, tuple(map(told, known)))


def told(known: Standing) -> BotNow:
    """What is told of a standing: not the QR."""
    return BotNow(
        known.slot, known.branch, known.state, rfc3339(known.since), known.reason, known.next_step,
        known.number, known.restarts, known.attempts, known.pid, known.version,
    )  # fmt: skip
