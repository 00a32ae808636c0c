"""A program around the real Supervisor: a branch's slot is its name, unless `routes` says otherwise.

    python -m tests.bots_run.harness WORKTREE STATE COMMAND...

`.wagit.yml` may hold `bad` (does not resolve), `grace N`, `command X` for another command.
"""

from __future__ import annotations

import os
import sys

from wagit.bots.assignment import Assignment, Saving
from wagit.bots.outside import Outside, Work
from wagit.bots.screen import UserScreen
from wagit.bots.supervisor import Supervisor
from wagit.bots.watch import Watcher
from wagit.core import repository
from wagit.core.errors import WagitError
from wagit.core.locks import HeldLock, Holder, acquire
from wagit.routing.head import read_head


class BadConfig(WagitError):
    code = "test-bad-config"
    exit_status = 2


def text(*path: str) -> str:
    try:
        with open(os.path.join(*path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


class Harness:
    def __init__(self, worktree: str, state: str, command: list[str]) -> None:
        self.repo = repository.find(worktree)
        self.state = state
        self.command = command
        self.slot = "nothing"

    def resolve(self) -> Assignment:
        words = text(self.repo.worktree, ".wagit.yml").split()
        if words[:1] == ["bad"]:
            raise BadConfig("the config is bad", "mend it")
        settings = dict(zip(words[::2], words[1::2], strict=True))
        branch = read_head(self.repo).branch
        if branch is not None:
            routes = dict(line.split() for line in text(self.state, "routes").splitlines())
            self.slot = routes.get(branch, branch.replace("/", "-"))
        data = os.path.join(self.state, "slots", self.slot)
        profile = os.path.join(data, "profile")
        return Assignment(
            slot=self.slot,
            branch=branch,
            data=data,
            profiles=lambda: [profile] if os.path.isdir(profile) else [],
            command=(*self.command, *([settings["command"]] if "command" in settings else [])),
            cwd=self.repo.worktree,
            environ={**os.environ, "SLOT": self.slot, "PROFILE": profile},
            grace=float(settings.get("grace", 10)),
            title=f"slot {self.slot}",
        )

    def take(self, assignment: Assignment) -> HeldLock:
        os.makedirs(assignment.data, exist_ok=True)
        path = os.path.join(self.state, f"{assignment.slot}.lock")
        return acquire(path, Holder("here", os.getpid(), 0.0, "harness", self.repo.worktree, 0.0))

    def settle(self, assignment: Assignment) -> None:
        with open(os.path.join(self.state, "link"), "w", encoding="utf-8") as file:
            file.write(assignment.slot)

    def save(self, assignment: Assignment, why: str) -> Saving:
        raise AssertionError(f"no snapshot is wanted of {assignment.slot} ({why})")


def main(worktree: str, state: str, *command: str) -> int:
    harness = Harness(worktree, state, list(command))
    screen = UserScreen()
    work = Work(harness.resolve, harness.take, harness.settle, harness.save)
    supervisor = Supervisor(work, lambda emit: Watcher(harness.repo, emit), Outside(screen.notice, screen))
    try:
        return supervisor.run()
    except WagitError as error:
        screen.notice(error.message)
        return error.exit_status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
