"""A bot that cannot be started again for a while: that is said once, however often it is tried."""

from __future__ import annotations

from tests.support.histories import History, slot
from wagit.bots.events import Ended, Exited, Refused, Take, Tick
from wagit.bots.pursue import State
from wagit.bots.restart import Restart
from wagit.core.errors import FileTrouble

FULL = OSError(28, "No space left on device", "/store/slots/a/.tmp-1-2f")
FULL_AGAIN = OSError(28, "No space left on device", "/store/slots/a/.tmp-1-9a")


def test_a_full_disk_is_told_once_while_a_restart_waits_for_it() -> None:
    bot = slot("a")._replace(restart=Restart((5.0,), 3))
    happen = History(State(bot=bot, wanted=bot))
    happen(Exited(1), Ended(1))
    for full in (FULL, FULL_AGAIN, FULL):
        assert happen(Tick()) == [Take(bot)]
        assert happen(Refused(bot, FileTrouble.of(full, "it is tried again by itself"))) == []
        assert happen.state.poll == 10.0
    assert happen.said[1:] == [
        "/store/slots/a: No space left on device; the disk is full: make room, it is tried again by itself"
    ]
    assert happen.state.restarts == 1, "nothing was started, so nothing is counted"
