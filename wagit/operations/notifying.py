"""Tell people when a session needs somebody: desktop, command, webhook."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import get_args

from wagit.bots import notices
from wagit.bots.board import Recovered
from wagit.bots.notices import Decision, Kind, Memory, Notice
from wagit.bots.policy import SLOT_BUSY
from wagit.bots.standing import Standing
from wagit.config.running import Notify
from wagit.core.atomic import atomic_write
from wagit.core.errors import WagitError
from wagit.operations import trust
from wagit.operations.context import Context, reloaded_if_whole
from wagit.operations.joined import Joined
from wagit.operations.notify_channel import Channel
from wagit.operations.notify_words import message, repository_name
from wagit.operations.which import which

LAST = 5.0  # seconds that deliveries get when the run ends
_EVERY: tuple[Kind, ...] = get_args(Kind)

Event = Standing | Recovered


@contextmanager
def attach(joined: Joined) -> Iterator[None]:
    """Tell of what `notify.on` names, until the run ends; that a bot cannot be started, too."""
    notifier = Notifier(joined)
    end = joined.board.listen(lambda new, _: notifier.put(new))
    joined.board.listen_recovered(notifier.put)
    try:
        yield
    except WagitError as failed:
        if failed.exit_status != SLOT_BUSY:  # then another run has it, and nothing has failed
            notifier.put(_failed(joined.context, failed))
        raise
    finally:
        end()
        notifier.close()


def path_of(context: Context) -> str:
    """Where a worktree's runs remember what they told, so that a service that restarts is no flood."""
    return os.path.join(context.repo.state_dir, "notices.json")


class Notifier:
    """Decides in a thread of its own, and hands what is to be told to the channels."""

    def __init__(self, joined: Joined) -> None:
        self._context = joined.context
        self._notice = joined.notice
        self._repository = repository_name(joined.context.repo.common_dir)
        self._said: set[str] = set()
        self._memory = notices.recalled(_read(path_of(self._context)), self._now())
        self._channels = {name: Channel(name, joined.notice) for name in ("desktop", "command", "webhook")}
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="notices", daemon=True)
        self._settings(self._context)  # says now what is not trusted
        self._thread.start()

    def put(self, event: Event) -> None:
        """Note what happened. Returns at once."""
        self._events.put(event)

    def close(self) -> None:
        """Deliver what can be delivered within LAST seconds."""
        deadline = time.monotonic() + LAST
        self._events.put(None)
        self._thread.join(LAST)
        for channel in self._channels.values():
            channel.close()
        for channel in self._channels.values():
            channel.join(max(0.0, deadline - time.monotonic()))

    def _now(self) -> float:
        return self._context.clock.now()

    def _work(self) -> None:
        while True:
            due = self._memory.due()
            try:
                event = self._events.get(timeout=None if due is None else max(0.0, due - self._now()))
            except queue.Empty:
                self._consider("due")
                continue
            if event is None:
                return
            self._consider(event)

    def _consider(self, event: Event | str) -> None:
        """Decide; the config, which may be another branch's by now, is only read when there is news."""
        before, now = self._memory, self._now()
        self._memory, news = _decide(before, event, _EVERY, now)
        if news:
            settings = self._settings(reloaded_if_whole(self._context))
            self._memory, news = _decide(before, event, self._wanted(settings), now)
            for notice in news:
                self._tell(notice, settings, now)
        if self._memory.told != before.told:
            _write(path_of(self._context), self._memory)

    def _wanted(self, settings: Notify) -> Collection[Kind]:
        """What is told; nothing where nobody would hear it, and so it does not count as told."""
        from wagit.operations import notify_desktop

        desktop = settings.desktop and notify_desktop.is_there(self._context.environ)
        heard = desktop or settings.command is not None or settings.webhook is not None
        return settings.on if heard else ()

    def _tell(self, notice: Notice, settings: Notify, now: float) -> None:
        from wagit.operations import notify_command, notify_desktop, notify_webhook  # here: they take time

        said, context = message(notice, self._repository, now), self._context
        url, secret, command = settings.webhook, settings.secret, settings.command
        if settings.desktop:
            self._channels["desktop"].put(lambda _: notify_desktop.show(said, context.environ))
        if command is not None:
            self._channels["command"].put(
                lambda _: notify_command.hand(said, command, context.repo.worktree, context.environ)
            )
        if url is not None:
            self._channels["webhook"].put(lambda closing: notify_webhook.post(said, url, secret, closing))

    def _settings(self, context: Context) -> Notify:
        """What may take effect; what may not is said once."""
        settings = context.config.settings.notify
        wanted = [key for key in ("command", "webhook") if getattr(settings, key) is not None]
        waiting = [key for key in wanted if not trust.may(context, f"notify.{key}")]
        for key in waiting:
            if key not in self._said:
                self._notice(f"notify.{key} is not used: it waits for your word: wagit trust")
            self._said.add(key)
        return settings.model_copy(update=dict.fromkeys(waiting))


def _decide(memory: Memory, event: Event | str, wanted: Collection[Kind], now: float) -> Decision:
    if isinstance(event, Standing):
        return notices.on_standing(memory, event, wanted, now)
    if isinstance(event, Recovered):
        return notices.on_recovered(memory, event, wanted, now)
    return notices.on_time(memory, wanted, now)


def _failed(context: Context, failed: WagitError) -> Standing:
    """How a bot stands that could not be started."""
    found, now = which(context), context.clock.now()
    return Standing(found.slot, found.branch, "failed", now, failed.message, failed.hint)


def _read(path: str) -> dict[tuple[str, Kind], float]:
    """What earlier runs told; nothing where that cannot be read."""
    try:
        with open(path, "rb") as file:
            return {(slot, kind): float(at) for slot, kind, at in json.loads(file.read())["told"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _write(path: str, memory: Memory) -> None:
    told = [[slot, kind, at] for (slot, kind), at in memory.told.items()]
    with contextlib.suppress(OSError):  # then the next run may tell it again
        atomic_write(path, json.dumps({"told": told}).encode() + b"\n")
