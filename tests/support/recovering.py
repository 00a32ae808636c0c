"""Real whatsapp-web.js under `wagit run`, on the slot `production`, run after run.

bots = Bots.make(tmp_path / "my bot", standin, phone, number)
bots.linked()                                # a QR, a scan, a stop; a snapshot is taken
said = bots.is_ready()                       # what wagit said of the session; fails at a QR
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from tests.support.automatic import Automatic
from tests.support.bots import Bot, browsers_of, install_bot, run_bot
from tests.support.browser import eventually
from tests.support.git import GitRepo
from tests.support.wagit import TWO_SLOTS, WAGIT, set_up
from wagit.integrity.identity import INDEXED_DB
from wagit.operations.login_stored import is_stored
from wagit.standin.phone import Phone
from wagit.standin.server import Standin

COMMAND = (*WAGIT, "run", "--", "node", "default.js")
NO_SNAPSHOT = {"WAGIT_SNAPSHOTS_ON_STOP": "false"}


class Bots:
    """A repository, its bot, and WhatsApp."""

    def __init__(self, repo: GitRepo, standin: Standin, phone: Phone, number: str) -> None:
        self.repo = repo
        self.auto = Automatic(repo.path)
        self.phone = phone
        self.number = number
        self._standin = standin
        self._script = install_bot(repo.path, "default.js")

    @classmethod
    def make(cls, path: Path, standin: Standin, phone: Phone, number: str) -> Bots:
        """Set a repository up, on `main`."""
        return cls(set_up(path, TWO_SLOTS), standin, phone, number)

    @property
    def profile(self) -> Path:
        """The session's profile."""
        return Path(self.auto.store.data("production")) / "session"

    @property
    def leveldb(self) -> Path:
        """Where the login's IndexedDB lies."""
        return self.profile / f"{INDEXED_DB}.indexeddb.leveldb"

    def linked(self, environ: Mapping[str, str] | None = None) -> None:
        """Link it, and stop the bot once the login is on the disk.

        Sooner, Chromium loses Local Storage when its storage process gets no time while it closes.
        """
        with self.running(environ) as bot:
            bot.link(self.phone, self.number)
            eventually(lambda: is_stored(str(self.profile)))
            self.stop(bot)

    def running(self, environ: Mapping[str, str] | None = None) -> AbstractContextManager[Bot]:
        """Run it under wagit, following the branch."""
        return run_bot(self._script, {**self._standin.environ(), **(environ or {})}, COMMAND)

    def stop(self, bot: Bot) -> None:
        """Interrupt it, as Ctrl-C does."""
        bot.process.send_signal(signal.SIGINT)
        bot.process.wait(40)
        assert not browsers_of(self.repo.path)

    def is_ready(self, environ: Mapping[str, str] | None = None) -> list[str]:
        """Run it until it is ready, without a QR; return what wagit said."""
        with self.running(environ) as bot:
            assert bot.wait("ready", "qr") == ["ready", self.number], bot.lines
            self.stop(bot)
            return [line for line in bot.lines if line.startswith("wagit: slot")]

    def asks_for_a_scan(self) -> list[str]:
        """Run it until it shows a QR; return what wagit said before."""
        with self.running(NO_SNAPSHOT) as bot:
            assert bot.wait("ready", "qr")[0] == "qr", bot.lines
            self.stop(bot)
            return [line for line in bot.lines if line.startswith(("wagit: slot", "wagit: WhatsApp"))]
