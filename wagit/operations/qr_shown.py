"""Show a QR that waits for a phone while a bot runs: in the terminal, and as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from wagit.bots.standing import Standing
from wagit.browser.qr import render_qr
from wagit.browser.qr_file import QrFile
from wagit.operations.joined import Joined

SCAN = "Linked devices, Link a device"
VARIABLE = "WAGIT_QR"  # in a bot's environment: `drawn` when it need not draw its QR itself


class Showing(NamedTuple):
    """Where QRs are shown: in the terminal, unless the bot draws its own, and in a file."""

    terminal: bool = True
    file: QrFile | None = None


NOWHERE = Showing(terminal=False)


@contextmanager
def attach(
    joined: Joined, showing: Showing = NOWHERE, draw: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Show each QR as it comes, until the run ends; `draw` puts lines on the terminal, where there is one."""
    shown = _Shown(showing.file, draw if showing.terminal else None)
    end = joined.board.listen(lambda new, _: shown.told(new))
    try:
        yield
    finally:
        end()
        shown.gone()


class _Shown:
    """The QR that is shown now, and whose it is."""

    def __init__(self, file: QrFile | None, draw: Callable[[str], None] | None) -> None:
        self._file = file
        self._draw = draw
        self._now: tuple[str, str] | None = None

    def told(self, new: Standing) -> None:
        """Show a QR that is new; take the one away that waits no more."""
        if new.ref is not None and new.state == "qr":
            if self._now != (new.slot, new.ref):
                self._now = new.slot, new.ref
                self._show(new.slot, new.ref)
        elif self._now is not None and self._now[0] == new.slot:
            self.gone()

    def gone(self) -> None:
        """No QR waits."""
        self._now = None
        if self._file is not None:
            self._file.remove()

    def _show(self, slot: str, ref: str) -> None:
        if self._file is not None:
            with suppress(OSError):  # a full disk is no reason to stop a bot
                self._file.show(ref)
        if self._draw is not None:
            self._draw(f"{render_qr(ref)}\nwagit: scan it to link slot {slot}: {SCAN}")
