"""When a page is asked, and when its silence is told: all times made up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wagit.bots import observe_pulse as pulses
from wagit.bots.observe_pulse import Act, Ask, Degraded, Limits, Moment, Mute, Pulse, gap

LIMITS = Limits()


def acts(pulse: Pulse, now: float, limits: Limits = LIMITS) -> tuple[Pulse, list[Act]]:
    """All that is to be done at `now`; a question is answered by nobody here."""
    done: list[Act] = []
    while True:
        pulse, what = pulses.act(pulse, now, limits)
        if what is None or (done and isinstance(what, Ask)):
            return pulse, done
        done.append(what)
        if isinstance(what, Ask):
            return pulse, done


def test_it_asks_at_once_and_then_at_its_interval() -> None:
    pulse = pulses.found(Pulse(), 100, LIMITS)
    assert acts(pulse, 100) == (pulse, [Ask()])
    pulse = pulses.alive(pulse, 101, LIMITS, booting=False)
    assert pulses.due(pulse, LIMITS) == 401
    assert acts(pulse, 400)[1] == []
    assert acts(pulse, 401)[1] == [Ask()]


def test_two_failures_in_a_row_are_silence_told_once() -> None:
    pulse = pulses.failed(pulses.found(Pulse(), 0, LIMITS), 10, LIMITS)
    pulse, done = acts(pulse, 10)
    assert done == [Degraded("WhatsApp's page does not answer")]
    assert pulses.due(pulse, LIMITS) == 25
    pulse, done = acts(pulses.failed(pulse, 35, LIMITS), 35)
    assert done == [Mute("WhatsApp's page did not answer 2 times")]
    _, done = acts(pulses.failed(pulse, 60, LIMITS), 60)
    assert done == []


def test_an_answer_in_between_is_none() -> None:
    pulse, _ = acts(pulses.failed(pulses.found(Pulse(), 0, LIMITS), 10, LIMITS), 10)
    pulse = pulses.alive(pulse, 25, LIMITS, booting=False)
    assert acts(pulses.failed(pulse, 335, LIMITS), 335)[1] == [Degraded("WhatsApp's page does not answer")]


def test_a_page_that_boots_has_three_minutes_and_one_more() -> None:
    pulse = pulses.alive(pulses.found(Pulse(), 0, LIMITS), 0, LIMITS, booting=True)
    pulse = pulses.alive(pulse, 100, LIMITS, booting=True)
    assert acts(pulse, 179)[1] == []
    pulse, done = acts(pulse, 180)
    assert done == [Degraded("WhatsApp's page does not start")]
    assert acts(pulse, 239)[1] == []
    assert acts(pulse, 240)[1] == [Mute("WhatsApp's page does not start, for 240 s")]
    assert acts(pulses.alive(pulse, 230, LIMITS, booting=False), 240)[1] == []


def test_a_browser_that_is_back_soon_was_never_gone() -> None:
    pulse = pulses.lost(Pulse(), 0, LIMITS, "gone")
    assert acts(pulse, 4)[1] == []
    pulse = pulses.alive(pulses.found(pulse, 4, LIMITS), 4, LIMITS, booting=False)
    assert acts(pulse, 100)[1] == []


def test_who_is_never_asked_is_never_silent() -> None:
    never = LIMITS._replace(every=0)
    pulse = pulses.alive(pulses.found(Pulse(), 0, never), 0, never, booting=False)
    assert pulses.due(pulse, never) is None
    pulse, done = acts(pulses.lost(pulse, 0, never, "gone"), 1000, never)
    assert done == [Degraded("gone")]
    assert acts(pulse, 1e6, never)[1] == []
    assert pulses.due(pulse, never) is None


def test_a_machine_that_slept_asks_again_first() -> None:
    pulse, _ = acts(pulses.failed(pulses.found(Pulse(), 0, LIMITS), 10, LIMITS), 10)
    pulse = pulses.slept(pulse, 9000, 8980)
    assert acts(pulse, 9000)[1] == [Ask()]
    assert acts(pulses.failed(pulse, 9010, LIMITS), 9010)[1] == []  # told already, and the first one again
    well = pulses.slept(pulses.alive(Pulse(), 0, LIMITS, booting=False), 200, 100)
    assert acts(well, 200)[1] == [Ask()]
    gone = pulses.slept(pulses.lost(Pulse(), 0, LIMITS, "gone"), 9000, 8999)
    assert acts(gone, 9000)[1] == []
    assert acts(gone, 9004)[1] == [Degraded("gone")]


def test_a_wait_that_is_late_is_told_by_either_clock() -> None:
    before = Moment(1000, 50)
    assert gap(before, Moment(1010, 60), 10) == 0
    assert gap(before, Moment(1014, 64), 10) == 0
    assert gap(before, Moment(9010, 60), 10) == 8000
    assert gap(before, Moment(1010, 8060), 10) == 8000
    assert gap(before, Moment(5, 60), 10) == 0


SOME = st.sampled_from(["alive", "boots", "failed", "lost", "found", "slept", "act"])


@given(st.lists(st.tuples(SOME, st.floats(0, 400)), max_size=40))
def test_silence_is_told_only_after_degraded_and_only_with_a_reason_that_lasts(
    steps: list[tuple[str, float]],
) -> None:
    pulse, now, told = Pulse(), 0.0, list[Act]()
    for what, passed in steps:
        now += passed
        match what:
            case "alive" | "boots":
                pulse = pulses.alive(pulse, now, LIMITS, booting=what == "boots")
            case "failed":
                pulse = pulses.failed(pulse, now, LIMITS)
            case "lost":
                pulse = pulses.lost(pulse, now, LIMITS, "gone")
            case "found":
                pulse = pulses.found(pulse, now, LIMITS)
            case "slept":
                pulse = pulses.slept(pulse, now, passed)
        pulse, done = acts(pulse, now)
        if what == "alive":
            assert not [act for act in done if not isinstance(act, Ask)]
            told.clear()
        told += [act for act in done if not isinstance(act, Ask)]
        kinds = [type(act) for act in told]
        assert kinds in ([], [Degraded], [Degraded, Mute])
