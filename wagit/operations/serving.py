"""The control socket of a run: `wagit.core.control` says what it understands."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from wagit.bots.events import Again, Signalled
from wagit.core import running
from wagit.core.errors import WagitError
from wagit.core.locks import HeldLock, Holder, Locked, acquire
from wagit.core.processes import this_process
from wagit.core.repository import Repository
from wagit.operations import last_known
from wagit.operations.context import Context
from wagit.operations.joined import Joined


class AlreadyRuns(WagitError):
    """Another supervisor runs in the same worktree."""

    code = "already-runs"
    exit_status = 11


@contextmanager
def attach(joined: Joined) -> Iterator[None]:
    """Be the worktree's one supervisor, and answer at its control socket, until the run ends.

    Where no socket can be the run goes on without. Raises AlreadyRuns.
    """
    repo = joined.context.repo
    os.makedirs(repo.state_dir, mode=0o700, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(_alone(joined.context))
        stack.enter_context(last_known.kept(running.standings_of(repo), joined.board))
        if hasattr(socket, "AF_UNIX"):  # Windows has none in Python
            _serve(joined, stack)
        yield


def path_of(repo: Repository) -> str:
    """Where the supervisor of a worktree listens."""
    return running.socket_of(repo)


def _alone(context: Context) -> HeldLock:
    me = this_process()
    worktree = context.repo.worktree
    holder = Holder(me.host, me.pid, me.started, "wagit run", worktree, context.clock.now())
    try:
        return acquire(running.lock_of(context.repo), holder)
    except Locked as locked:
        raise AlreadyRuns(
            f"a bot runs in this worktree already: {locked.holder or 'an unnamed process'}",
            "look: wagit status; stop it: wagit down",
        ) from None


def _serve(joined: Joined, stack: ExitStack) -> None:
    from wagit.bots.control_server import ControlServer

    path = path_of(joined.context.repo)
    try:
        server = ControlServer(path, joined.board, _Answers(joined))
    except OSError as error:
        joined.notice(f"this run cannot be asked for its status: {path}: {error.strerror or error}")
    else:
        stack.callback(server.close)


class _Answers:
    """What a run answers to one request."""

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._stopping = False

    def __call__(self, request: Mapping[str, Any]) -> Mapping[str, object]:
        match request.get("op"):
            case "status" | "standings":
                standings = [known._asdict() for known in self._joined.board.all()]
                return {"ok": True, "pid": os.getpid(), "standings": standings}
            case "restart":
                slot = request.get("slot")
                if not self._joined.ask(Again(), slot):
                    return {"ok": False, "error": f"no bot of slot {slot} is run here"}
            case "stop":
                if not self._stopping:  # a second signal would skip the last snapshot
                    self._stopping = True
                    self._joined.ask(Signalled(signal.SIGTERM))
            case "release":
                slot = str(request.get("slot"))
                if not self._joined.hosting.release(slot):
                    return {"ok": False, "error": f"slot {slot} is not kept for its browser alone"}
            case other:
                return {"ok": False, "error": f"there is no {other!r} to ask for"}
        return {"ok": True}
