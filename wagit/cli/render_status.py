"""How bots stand, for people: what `up`, `down`, `restart` and `status` print of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wagit.cli.render import ago

if TYPE_CHECKING:
    from wagit.operations.down import Down
    from wagit.operations.restart import Restarted
    from wagit.operations.standings import BotNow
    from wagit.operations.up import Up


def up(done: Up) -> str:
    """Lines of `up`: each bot, and where to look."""
    if done.already:
        return "\n".join([f"it runs already (pid {done.supervisor})", *map(sentence, current(done.bots))])
    lines = list(map(sentence, current(done.bots))) or ["it is starting; look: wagit status --watch"]
    return "\n".join([f"it runs in the background (pid {done.supervisor})", *lines])


def restarted(done: Restarted) -> str:
    """Lines of `restart`."""
    first = "none ran; it is started in the background" if done.began else "the bot is restarted"
    return "\n".join([first, *map(sentence, current(done.bots))])


def down(done: Sequence[Down]) -> str:
    """Lines of `down`: what was stopped."""
    ended = [each for each in done if each.supervisor is not None]
    if not ended:
        return "no bot runs here"
    lines = []
    for each in ended:
        where = f" in {each.worktree}" if len(done) > 1 else ""
        slots = ", ".join(bot.slot for bot in each.bots) or "no slot"
        lines.append(f"stopped: {slots}{where} (pid {each.supervisor})")
    return "\n".join(lines)


def current(bots: Sequence[BotNow], slot: str | None = None) -> list[BotNow]:
    """Those that are told of: whatever is not stopped; else the worktree's slot, else the last one."""
    found = [bot for bot in bots if bot.state != "stopped"] or [bot for bot in bots if bot.slot == slot]
    return found or sorted(bots, key=lambda bot: bot.since)[-1:]


def sentence(bot: BotNow) -> str:
    """One line of a bot: `slot dev: ready since 3 min`."""
    branch = f" ({bot.branch})" if bot.branch else ""
    return f"slot {bot.slot}{branch}: {state(bot)}{_why(bot)}"


def state(bot: BotNow) -> str:
    """Its state and since when: `ready for 3 min`."""
    return f"{bot.state} for {ago(bot.since).removesuffix(' ago')}"


def status_lines(bots: Sequence[BotNow], supervisor: int | None, slot: str) -> list[str]:
    """Lines of `status`: of each bot its state, reason, what helps, restarts and pid."""
    lines = []
    for bot in current(bots, slot):
        other = f"slot {bot.slot}: " if bot.slot != slot else ""
        lines.append(f"bot      {other}{state(bot)}{_why(bot)}")
        if bot.next_step:
            lines.append(f"         do: {bot.next_step}")
        if bot.restarts:
            lines.append(f"restarts {bot.restarts} in a row, of {bot.attempts}")
    if supervisor is None:
        return lines or ["bot      none runs: wagit run, or in the background: wagit up"]
    pids = ", ".join(str(bot.pid) for bot in bots if bot.pid is not None)
    return [*lines, f"wagit    pid {supervisor}" + (f", the bot's {pids}" if pids else "")]


def _why(bot: BotNow) -> str:
    return f": {bot.reason}" if bot.reason else ""
