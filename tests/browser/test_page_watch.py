from __future__ import annotations

from wagit.browser.states import Facts
from wagit.browser.watch import AccountKnown, PageEvent, PageWatch, QrShown, StateChanged

V = "2.3000.1"
WID = "4915100000001:12@c.us"


def history(*read: Facts) -> list[PageEvent]:
    watch = PageWatch()
    return [event for now, facts in enumerate(read, 1) for event in watch.observe(facts, float(now))]


def test_a_login_from_qr_to_ready() -> None:
    assert history(
        Facts(),
        Facts(version=V, socket="UNPAIRED", ref="1@a"),
        Facts(version=V, socket="UNPAIRED", ref="1@a"),
        Facts(version=V, socket="UNPAIRED", ref="1@b"),
        Facts(version=V, socket="PAIRING", ref="1@b"),
        Facts(version=V, socket="OPENING", synced=False, ref="1@b"),
        Facts(version=V, socket="CONNECTED", synced=False, wid=WID),
        Facts(version=V, socket="CONNECTED", synced=True, wid=WID),
    ) == [
        StateChanged("booting", None, 1, None),
        StateChanged("qr", "booting", 2, V),
        QrShown("1@a", 2),
        QrShown("1@b", 4),
        StateChanged("linking", "qr", 5, V),
        StateChanged("syncing", "linking", 7, V),
        AccountKnown("4915100000001", 7),
        StateChanged("ready", "syncing", 8, V),
    ]


def test_a_login_that_is_only_remembered_is_not_told_as_the_account() -> None:
    told = history(Facts(wid=WID), Facts(version=V, socket="UNPAIRED", wid=WID))
    assert not [event for event in told if isinstance(event, AccountKnown)]


def test_the_account_is_told_again_after_a_log_out_and_when_it_is_another() -> None:
    ready = Facts(version=V, socket="CONNECTED", synced=True, wid=WID)
    told = history(
        ready,
        Facts(),
        ready,
        Facts(version=V, socket="UNPAIRED"),
        ready,
        ready._replace(wid="4915100000002:1@c.us"),
    )
    assert [event for event in told if isinstance(event, AccountKnown)] == [
        AccountKnown("4915100000001", 1),
        AccountKnown("4915100000001", 5),
        AccountKnown("4915100000002", 6),
    ]


def test_the_same_qr_after_a_reload_is_told_again() -> None:
    shown = Facts(version=V, socket="UNPAIRED", ref="1@a")
    assert history(shown, Facts(), shown).count(QrShown("1@a", 3)) == 1
