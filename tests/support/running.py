"""`wagit run` with a small bot in Python, and nothing left of it afterwards."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.bots import PATIENCE, Bot
from tests.support.processes import python
from tests.support.wagit import WAGIT


@contextmanager
def running(
    directory: Path, source: str, *options: str, env: Mapping[str, str] | None = None
) -> Iterator[Bot]:
    """Run the Python `source` as a bot of `directory`'s repository, with `options` of `wagit run`."""
    bot = Bot([*WAGIT, "run", *options, "--", *python(source)], directory, env or {})
    try:
        yield bot
    finally:
        if bot.process.poll() is None:
            bot.process.send_signal(signal.SIGTERM)
            bot.process.wait(PATIENCE)
        bot.kill()
