"""Start the bot in the background, and wait until it is known how it stands."""

from __future__ import annotations

import time
from typing import NamedTuple, get_args

from wagit.bots.observation import FINAL, BotState
from wagit.core import control, running
from wagit.core.errors import UsageError, WagitError
from wagit.core.repository import Repository
from wagit.operations import background, last_known, standings
from wagit.operations.context import Context
from wagit.operations.serving import AlreadyRuns
from wagit.operations.standings import BotNow

WAIT = 10.0  # seconds until it should be known how the bot stands
PATIENCE = 60.0  # seconds until it should have come to the state that was asked for
_HOPELESS = frozenset({*FINAL, "failed"})


class NotYet(WagitError):
    """The bot has not come to the state that was waited for; it goes on."""

    code = "not-yet"


class Wait(NamedTuple):
    """Until when to wait: for a bot in `state` (None: in any), for so many seconds.

    `but`: the pids of bots that are restarted, all of which must have gone their way first. `slot`: the one
    bot that counts, else all do.
    """

    state: str | None = None
    seconds: float | None = None
    but: frozenset[int] | None = None
    slot: str | None = None

    @property
    def until(self) -> float:
        """When it is over, by the monotonic clock."""
        usual = WAIT if self.state is None else PATIENCE
        return time.monotonic() + (usual if self.seconds is None else self.seconds)


class Up(NamedTuple):
    """A run in the background: its pid, whether it ran before, its bots as far as known, and its log."""

    supervisor: int
    already: bool
    bots: tuple[BotNow, ...]
    log: str


def states() -> tuple[str, ...]:
    """The states that can be waited for."""
    return tuple(get_args(BotState))


def check(state: str | None) -> None:
    """Raise UsageError for a word that is no state."""
    if state is not None and state not in states():
        raise UsageError(f"{state!r} is no state of a bot", f"one of: {', '.join(states())}")


def up(context: Context, asked: background.Asked, wait: Wait = Wait()) -> Up:  # noqa: B008 - immutable
    """Start `wagit run` in the background unless one runs; return once a bot stands as `wait` says.

    Raises StartFailed with code and exit status of whatever kept it from starting, NotYet, UsageError.
    """
    check(wait.state)
    holder = running.supervisor(context.repo)
    if holder is not None:
        return _up(context.repo, holder.pid, True, await_state(context.repo, wait))
    started = background.start(context, asked)
    try:
        until = wait.until
        begun = started.begun(until - time.monotonic())
        left = max(0.0, until - time.monotonic())
        bots = await_state(context.repo, wait._replace(seconds=left), started) if begun else ()
    except background.StartFailed as failed:
        holder = running.supervisor(context.repo)
        if failed.code != AlreadyRuns.code or holder is None:
            raise
        return _up(context.repo, holder.pid, True, await_state(context.repo, wait))
    finally:
        started.leave()
    if not begun and wait.state is not None:
        raise NotYet("the bot has not begun", "look: wagit status, wagit logs")
    return _up(context.repo, started.pid, False, bots)


def _up(repo: Repository, pid: int, already: bool, bots: tuple[BotNow, ...]) -> Up:
    return Up(pid, already, bots, running.log_of(repo))


def await_state(
    repo: Repository, wait: Wait, started: background.Started | None = None
) -> tuple[BotNow, ...]:
    """Wait until a bot stands as `wait` says; return all. Raises NotYet, StartFailed."""
    until = wait.until
    known: dict[str, BotNow] = {}
    try:
        with control.talk(running.socket_of(repo), {"op": "watch"}) as talk:
            while not _is_there(known, wait):
                answer = talk.next(max(0.001, until - time.monotonic()))
                if answer is None:
                    break
                for new in last_known.standings(answer.get("standings", ())):
                    if wait.slot in (None, new.slot):
                        known[new.slot] = standings.told(new)
            else:
                return _sorted(known)
    except TimeoutError:
        if wait.state is None:
            return _sorted(known)
        raise _not_yet(known, wait) from None
    except control.NoSupervisor:
        if wait.state is None:
            return standings.look(repo).bots
        raise
    if started is not None:
        raise started.failed()
    raise _not_yet(known, wait)


def _is_there(known: dict[str, BotNow], wait: Wait) -> bool:
    """Whether a bot stands as it should. Raises NotYet when it will not come to that."""
    if wait.but is not None:
        if any(_is_restarting(bot, wait.but) for bot in known.values()):
            return False
        known = {slot: bot for slot, bot in known.items() if bot.pid is not None}
    if wait.state is None:
        return bool(known)
    if known and all(bot.state in _HOPELESS and bot.state != wait.state for bot in known.values()):
        raise _not_yet(known, wait)
    return any(bot.state == wait.state for bot in known.values())


def _is_restarting(bot: BotNow, before: frozenset[int]) -> bool:
    """Whether it is still the process from before, or between that and the next one."""
    return bot.pid in before or (bot.pid is None and bot.state not in (*_HOPELESS, "stopped"))


def _not_yet(known: dict[str, BotNow], wait: Wait) -> NotYet:
    bot = next(iter(known.values()), None)
    if bot is None:
        return NotYet(f"the bot is not {wait.state} yet: nothing is known of it", "look: wagit logs")
    why = f" ({bot.reason})" if bot.reason else ""
    return NotYet(
        f"slot {bot.slot} is {bot.state}{why}, not {wait.state}",
        bot.next_step or "look: wagit status --watch",
    )


def _sorted(known: dict[str, BotNow]) -> tuple[BotNow, ...]:
    return tuple(known[slot] for slot in sorted(known))
