"""The tour: real git, a real browser and a real bot in a throw-away repository, WhatsApp played offline."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from wagit.operations.demo_stage import DemoFailed, Stage
from wagit.standin.phone import Phone, PhoneTimeout

NUMBERS = {"main": "4915100000001", "develop": "4915100000002"}
TOUR = ("feature/42-menu", "main", "develop", "main")


class Scene(NamedTuple):
    """One line of the tour: what was said, run, printed or measured; `seconds` where it was timed."""

    kind: Literal["say", "command", "output", "timed"]
    text: str
    seconds: float | None = None


def demo(bot: str | None, environ: Mapping[str, str]) -> Iterator[Scene]:
    """Play the tour, a scene at a time. `bot` is a directory with a bot.js, None for the built-in bot.

    Leaves nothing behind. Raises DemoFailed, NoBrowser.
    """
    with Stage(bot, environ) as stage:
        phone = Phone(stage.standin.control_url)
        yield Scene("say", "A repository with the branches main, develop and feature/42-menu.")
        stage.prepare()
        yield Scene("command", "cat .wagit.yml")
        yield Scene("output", stage.run("cat", ".wagit.yml"))
        yield from _shown(stage, "init")
        yield Scene("say", f"The bot starts: {'real whatsapp-web.js' if bot else 'the built-in one'}.")
        yield from _link_both(stage, phone)
        yield from _switch_around(stage, phone)
        yield from _shown(stage, "which", "feature/42-menu")
        yield from _shown(stage, "sessions", "ls")
        yield from _stopped(stage)
        yield from _damage(stage, phone)
        yield from _stopped(stage)


def _link_both(stage: Stage, phone: Phone) -> Iterator[Scene]:
    """Link one account for main and another for develop: the only two QR scans of the tour."""
    ref = None
    for branch, number in NUMBERS.items():
        begun = time.monotonic()
        if branch == "main":
            yield from _start(stage)
        else:
            yield Scene("command", f"git switch {branch}")
            stage.run("git", "switch", "-q", branch)
        with _explained(stage):
            ref = phone.wait_ref(timeout=40, other_than=ref)
            shown = time.monotonic() - begun
            phone.link(number, f"Account of {branch}", ref=ref)
            phone.wait_ready(number, timeout=40)
        yield Scene("timed", f"on {branch}: QR shown, scanned by the phone, ready as +{number}", shown)


def _switch_around(stage: Stage, phone: Phone) -> Iterator[Scene]:
    """Switch while the bot runs; no QR may be shown again."""
    before = len(_scans(phone))
    current = NUMBERS["develop"]
    for branch in TOUR:
        yield Scene("command", f"git switch {branch}")
        wanted = NUMBERS.get(branch, NUMBERS["develop"])
        begun = time.monotonic()
        stage.run("git", "switch", "-q", branch)
        switched = time.monotonic() - begun
        if wanted == current:
            yield Scene("timed", f"same slot: the bot goes on as +{wanted}; git switch itself took", switched)
            continue
        with _explained(stage):
            phone.wait_ready(wanted, timeout=40)
        yield Scene(
            "timed",
            f"ready as +{wanted}, no QR; git switch itself took {switched:.2f} s; in all",
            time.monotonic() - begun,
        )
        current = wanted
    again = len(_scans(phone)) - before
    if again:
        raise DemoFailed(f"{again} QR codes were shown after both accounts were linked", "please report this")
    yield Scene("say", f"{len(TOUR)} switches, 0 QR codes.")


def _damage(stage: Stage, phone: Phone) -> Iterator[Scene]:
    """Damage the session as a failing disk would, and start the bot on it."""
    file = stage.flip_bit("production")
    yield Scene("say", f"One bit flips in {file}: Chromium would delete the whole login, without a word.")
    yield from _start(stage)
    begun = time.monotonic()
    with _explained(stage):
        phone.wait_ready(NUMBERS["main"], timeout=40)
    yield Scene("output", "\n".join(line for line in stage.said().splitlines() if "is broken" in line))
    yield Scene("timed", f"ready as +{NUMBERS['main']}, no QR", time.monotonic() - begun)


def _start(stage: Stage) -> Iterator[Scene]:
    yield Scene("command", "wagit run -- node bot.js" if stage.bot else "wagit bot")
    stage.start_bot()


def _stopped(stage: Stage) -> Iterator[Scene]:
    status = stage.stop_bot()
    yield Scene("say", f"Ctrl-C: the browser was closed first, then the bot (exit status {status}).")


def _scans(phone: Phone) -> list[dict[str, object]]:
    return [event for event in phone.events() if event["type"] in ("ref", "linked")]


def _shown(stage: Stage, *arguments: str) -> Iterator[Scene]:
    yield Scene("command", f"wagit {' '.join(arguments)}")
    yield Scene("output", stage.wagit(*arguments))


class _explained:
    """Turn a phone that waited in vain into an error that shows what the bot said."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PhoneTimeout):
            raise DemoFailed(f"{error.message}; the bot said:\n{self._stage.said()}", error.hint) from error
