"""Names of snapshots: ids and their starts, how far back, and when."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagit.snapshots.manifest import ID_LENGTH, Header, Listing, NoSuchSnapshot
from wagit.snapshots.moments import moment
from wagit.snapshots.resolve import AmbiguousSnapshot, resolve, short_ids

IDS = st.text("0123456789abcdef", min_size=ID_LENGTH, max_size=ID_LENGTH)
HEADER = Header(
    slot="dev", number=0, time=0.0, tag="clean", why="asked", message="", full=False, driver="generic",
    generation=0, branch=None, commit=None, account=None, device=None, browser=None, backend=None,
    files=1, size=1,
)  # fmt: skip


@pytest.fixture(autouse=True, params=["UTC", "America/New_York", "Asia/Kolkata"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def local(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def listing(*taken: tuple[str, float], damaged: tuple[str, ...] = ()) -> Listing:
    """Snapshots, oldest first, by id and time."""
    known = [(one, HEADER._replace(number=n, time=at)) for n, (one, at) in enumerate(taken)]
    return Listing(tuple(reversed(known)), damaged)


def of_days(*taken: str) -> Listing:
    """Snapshots with ids `000…`, `111…`, oldest first, by local time."""
    return listing(*((f"{n:x}" * ID_LENGTH, local(when)) for n, when in enumerate(taken)))


NOW = "2026-11-20 10:00"
DAYS = ("2026-11-17 09:00", "2026-11-18 23:30", "2026-11-19 14:00:30", "2026-11-20 09:59:59")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("latest", 3),
        ("latest~0", 3),
        ("latest~", 2),
        ("latest~3", 0),
        ("@{now}", 3),
        ("@{today}", 3),
        ("@{yesterday}", 2),
        ("@{Yesterday 14:00}", 2),
        ("@{yesterday 13:59}", 1),
        ("@{1 day ago}", 1),
        ("@{2 days ago}", 0),
        ("@{2.days.ago}", 0),
        ("@{-1h}", 2),
        ("@{-1s}", 3),
        ("@{2 seconds ago}", 2),
        ("@{20 hours ago}", 1),
        ("@{-19h}", 2),
        ("@{9:58}", 2),
        ("@{09:59}", 3),
        ("@{2026-11-19}", 2),
        ("@{2026-11-19 14:00}", 2),
        ("@{2026-11-19T14:00:29}", 1),
        ("@{2026-11-19 14:00:30}", 2),
        ("@{2026-11-18}", 1),
        ("@{ 2026-11-17  9:00 }", 0),
    ],
)
def test_names(text: str, meant: int) -> None:
    assert resolve(of_days(*DAYS), text, local(NOW)) == f"{meant:x}" * ID_LENGTH


def test_a_time_as_json_shows_it() -> None:
    known = listing(("a" * ID_LENGTH, 1795096800.1239), ("b" * ID_LENGTH, 1795096800.1255))
    assert resolve(known, "@{2026-11-19T14:00:00.123Z}", 0) == "a" * ID_LENGTH
    assert resolve(known, "@{2026-11-19T15:00:00.124+01:00}", 0) == "a" * ID_LENGTH


def test_the_order_is_the_numbers_whatever_the_clock_did() -> None:
    known = listing(("a" * ID_LENGTH, 500.0), ("b" * ID_LENGTH, 100.0))  # the clock was set back
    assert resolve(known, "latest", 1000.0) == "b" * ID_LENGTH
    assert resolve(known, "@{now}", 1000.0) == "b" * ID_LENGTH


@pytest.mark.parametrize(
    ("text", "says", "hint"),
    [
        ("", "'' is no name", "latest~2"),
        ("last", "'last' is no name", "latest~2"),
        ("LATEST", "no name", "latest"),
        ("latest~x", "no name", "latest"),
        ("latest~4", "slot dev has 4 snapshots, not 5", "wagit snapshots ls dev"),
        ("beef", "slot dev has no snapshot beef", "wagit snapshots ls dev"),
        ("0" * 17, "no name", "latest"),
        ("yesterday", "no name", "'@{yesterday}'"),
        ("2 days ago", "no name", "'@{2 days ago}'"),
        ("@{}", "names no moment", "2 days ago"),
        ("@{soon}", "names no moment", "2 days ago"),
        ("@{2 fortnights ago}", "names no moment", "2 days ago"),
        ("@{2026-02-31}", "names no moment", "2 days ago"),
        ("@{25:00}", "names no moment", "2 days ago"),
        ("@{0001-01-01}", "", ""),
        ("@{2026-11-16}", "the oldest is of 2026-11-1", "wagit snapshots ls dev"),
        ("@{999999999 years ago}", "has no snapshot from then or before", "wagit snapshots ls dev"),
    ],
)
def test_what_names_nothing(text: str, says: str, hint: str) -> None:
    with pytest.raises(NoSuchSnapshot) as refused:
        resolve(of_days(*DAYS), text, local(NOW), "dev")
    assert says in refused.value.message
    assert hint in refused.value.hint


@pytest.mark.parametrize("text", ["latest", "@{yesterday}", "3f"])
def test_a_slot_without_snapshots(text: str) -> None:
    with pytest.raises(NoSuchSnapshot, match="slot dev has no snapshot"):
        resolve(Listing((), ()), text, local(NOW), "dev")


def test_a_damaged_one_is_found_by_its_id_alone() -> None:
    known = listing(("a" * ID_LENGTH, 100.0), damaged=("b" * ID_LENGTH,))
    assert resolve(known, "b", 0) == "b" * ID_LENGTH
    assert resolve(known, "latest", 0) == "a" * ID_LENGTH


def test_an_ambiguous_start_names_the_candidates() -> None:
    known = listing(*((f"3f{n:014d}", 1.0) for n in range(7)), ("4" * ID_LENGTH, 1.0))
    with pytest.raises(AmbiguousSnapshot) as refused:
        resolve(known, "3F", 0, "dev")
    assert refused.value.message.startswith("'3F' could be 3f00000000000000, 3f00000000000001, ")
    assert refused.value.message.endswith(" and 2 more")


@given(st.lists(IDS, min_size=1, max_size=30, unique=True), st.data())
def test_every_start_of_an_id_means_it_or_is_ambiguous(ids: list[str], data: st.DataObject) -> None:
    known = listing(*((one, 1.0) for one in ids))
    start = data.draw(st.sampled_from(ids))[: data.draw(st.integers(1, ID_LENGTH))]
    fitting = [one for one in ids if one.startswith(start)]
    if len(fitting) > 1:
        with pytest.raises(AmbiguousSnapshot):
            resolve(known, start, 0)
    else:
        assert resolve(known, start, 0) == fitting[0]


@given(st.sets(IDS, max_size=30))
def test_short_ids_are_as_short_as_can_be(ids: set[str]) -> None:
    short = short_ids(ids)
    assert short.keys() == ids
    assert len(set(short.values())) == len(ids)
    for one, start in short.items():
        assert one.startswith(start)
        assert len(start) == 8 or sum(other.startswith(start[:-1]) for other in ids) > 1


@given(st.text(max_size=30), st.floats(0, 4e9))
def test_any_text_is_a_moment_or_none(text: str, now: float) -> None:
    found = moment(text, now)
    assert found is None or isinstance(found, float | int)


@given(st.floats(1e6, 4e9), st.integers(0, 40000), st.sampled_from(["seconds", "minutes", "hours", "days"]))
def test_ago_counts_back(now: float, count: int, unit: str) -> None:
    seconds = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}[unit]
    assert moment(f"{count} {unit} ago", now) == now - count * seconds
    assert moment(f"-{count}{unit[0]}", now) == now - count * seconds


@given(
    st.lists(st.floats(0, 4e9), min_size=1, max_size=10),
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),
)
def test_the_newest_at_that_moment_or_before(times: list[float], when: datetime) -> None:
    known = listing(*((f"{n:016x}", taken) for n, taken in enumerate(times)))
    end = when.replace(microsecond=0).timestamp() + 1
    fitting = [n for n, taken in enumerate(times) if taken <= end - 1e-6]
    text = f"@{{{when:%Y-%m-%d %H:%M:%S}}}"
    if fitting:
        assert resolve(known, text, 0) == f"{fitting[-1]:016x}"
    else:
        with pytest.raises(NoSuchSnapshot):
            resolve(known, text, 0)
