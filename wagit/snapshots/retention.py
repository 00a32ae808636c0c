"""Which snapshots of a slot are kept: a pure decision, from values to values.

Rules, each for itself; a snapshot that any of them names is kept:

- the newest of all, and the newest clean one that is sound: always, whatever the policy says;
- those with a message: somebody wrote it to find the snapshot again;
- `last`: the newest ones;
- `daily`, `weekly`, `monthly`: of each of the latest periods that have a snapshot, the newest clean one,
  or the newest when none is clean. Weeks are those of ISO 8601. A day in the future counts as today: a
  clock that ran ahead must not use up the periods to come.

Then the size budget: while the objects of what is kept take more bytes, the oldest goes, those with a
message last. Newer and older are told by number, never by the clock.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from wagit.snapshots.manifest import Tag


class Policy(NamedTuple):
    """How many are kept for each reason; `size` in bytes of a slot's objects, None for no budget."""

    last: int = 5
    daily: int = 7
    weekly: int = 4
    monthly: int = 0
    size: int | None = None


class Candidate(NamedTuple):
    """What a decision needs of one snapshot.

    `day` is when it was taken in the user's own time. `sound`: its objects were read and are whole; False
    when they are not, or nobody looked. `objects` has the bytes of each object by digest, and may be empty
    where no size counts.
    """

    id: str
    number: int
    time: float
    day: date
    tag: Tag
    message: bool = False
    sound: bool = True
    objects: Mapping[str, int] = {}


class Decision(NamedTuple):
    """Whether a snapshot is kept, and for which rules; one that goes for the budget has `size`."""

    id: str
    kept: bool
    reasons: tuple[str, ...]


_PERIODS: tuple[tuple[str, Callable[[date], Hashable]], ...] = (
    ("daily", date.toordinal),
    ("weekly", lambda day: day.isocalendar()[:2]),
    ("monthly", lambda day: (day.year, day.month)),
)


def keep(candidates: Iterable[Candidate], policy: Policy, today: date) -> list[Decision]:
    """Decide for all snapshots of one slot; return the decisions newest first."""
    newest_first = sorted(candidates, key=lambda one: (one.number, one.time, one.id), reverse=True)
    always = _always(newest_first)
    reasons = _reasons(newest_first, always, policy, today)
    over = _over_budget([one for one in newest_first if one.id in reasons], frozenset(always), policy.size)
    return [
        Decision(one.id, False, ("size",))
        if one.id in over
        else Decision(one.id, one.id in reasons, tuple(reasons.get(one.id, ())))
        for one in newest_first
    ]


def _always(newest_first: Sequence[Candidate]) -> dict[str, list[str]]:
    """What no policy prunes, and why."""
    found = collections.defaultdict(list)
    for one in newest_first[:1]:
        found[one.id].append("newest")
    for one in [one for one in newest_first if one.tag == "clean" and one.sound][:1]:
        found[one.id].append("newest clean")
    return found


def _reasons(
    newest_first: Sequence[Candidate], always: Mapping[str, list[str]], policy: Policy, today: date
) -> dict[str, list[str]]:
    """Why snapshots are kept, by id, before any budget; those that no rule names are left out."""
    found = collections.defaultdict(list, {identifier: list(why) for identifier, why in always.items()})
    for one in newest_first:
        if one.message:
            found[one.id].append("message")
    for one in newest_first[: policy.last]:
        found[one.id].append("last")
    counts = {"daily": policy.daily, "weekly": policy.weekly, "monthly": policy.monthly}
    for name, period_of in _PERIODS:
        periods: dict[Hashable, list[Candidate]] = collections.defaultdict(list)
        for one in newest_first:
            periods[period_of(min(one.day, today))].append(one)
        for _, members in sorted(periods.items(), reverse=True)[: counts[name]]:
            found[_best(members).id].append(name)
    return dict(found)


def _best(newest_first: Sequence[Candidate]) -> Candidate:
    """The newest clean one, else the newest: a hot one may be torn."""
    return next((one for one in newest_first if one.tag == "clean"), newest_first[0])


def _over_budget(newest_first: Sequence[Candidate], always: frozenset[str], size: int | None) -> set[str]:
    """Ids of what has to go until the objects of the rest fit; what is always kept may exceed the budget."""
    if size is None:
        return set()
    names = collections.Counter(digest for one in newest_first for digest in one.objects)
    bytes_of = {digest: count for one in newest_first for digest, count in one.objects.items()}
    total = sum(bytes_of.values())
    gone: set[str] = set()
    oldest_first = newest_first[::-1]
    for one in sorted(oldest_first, key=lambda one: one.message):
        if total <= size:
            break
        if one.id in always:
            continue
        gone.add(one.id)
        for digest in one.objects:
            names[digest] -= 1
            total -= bytes_of[digest] if not names[digest] else 0
    return gone
