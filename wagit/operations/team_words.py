"""What is told of a team that changes: who joins, who leaves, and what else would take effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from wagit.config.recipients import fingerprint, split
from wagit.config.values import duration
from wagit.operations import team_trust
from wagit.operations.context import Context
from wagit.operations.team_trust import Terms
from wagit.routing.shares import ALL

STILL = (
    "the session that {name} has stays usable until its device is unlinked on the phone (Linked devices) and "
    "`wagit team rotate` is run"
)


def difference(context: Context) -> str:
    """One line when the config of this branch names another team than is in effect; else nothing."""
    allowed, want = team_trust.trusted(context.store), team_trust.waiting(context)
    if allowed is None or want is None:
        return ""
    where = context.config.project or "the config"
    parts = list(_short(allowed.terms, want)) or ["none"]
    return (
        f"this branch's {where} names another team: {', '.join(parts)}; in effect is what you trusted on "
        f"{allowed.since[:10]}; to change: wagit trust"
    )


def changes(context: Context) -> tuple[str, ...]:
    """What `wagit trust` would change, a sentence each; empty when nothing."""
    want = team_trust.waiting(context)
    if want is None:
        return ()
    allowed = team_trust.trusted(context.store)
    if allowed is None:
        return tuple(_all(want))
    if want.id is None and not want.recipients:
        return ("the team ends here: nothing is shared any more",)
    return tuple(_told(allowed.terms, want))


def members(context: Context) -> tuple[str, ...]:
    """The names of those who were allowed last."""
    allowed = team_trust.trusted(context.store)
    return tuple(split(line)[1] for line in allowed.terms.recipients) if allowed is not None else ()


def without_password(url: str) -> str:
    """A URL as it may be shown."""
    head, at, tail = url.rpartition("@")
    return f"{head.split('://')[0]}://…@{tail}" if at and "://" in head else url


def _all(want: Terms) -> Iterator[str]:
    yield f"share sessions at {without_password(want.remote)} as team {want.id}"
    for line in want.recipients:
        key, name = split(line)
        yield f"{name} can decrypt: {fingerprint(key)}"
    yield f"leases of {duration(want.term)}, given by {_giver(want)}"
    yield f"shared: {_slots(want.shares)}"


def _told(old: Terms, new: Terms) -> Iterator[str]:
    before, after = _members(old), _members(new)
    for name in sorted(after.keys() - before.keys()):
        yield f"{name} joins, and can decrypt what is pushed from then on: {fingerprint(after[name])}"
    for name in sorted(before.keys() & after.keys()):
        if before[name] != after[name]:
            yield f"{name} has another key: {fingerprint(after[name])} (was {fingerprint(before[name])})"
    for name in sorted(before.keys() - after.keys()):
        yield f"{name} leaves: {fingerprint(before[name])}; {STILL.format(name=name)}"
    if old.id != new.id:
        yield f"the team is rotated, its sessions lie in a new place: id {new.id} (was {old.id})"
    if old.remote != new.remote:
        yield f"sessions lie at {without_password(new.remote)} (were at {without_password(old.remote)})"
    if (old.term, old.at) != (new.term, new.at):
        yield f"leases of {duration(new.term)}, given by {_giver(new)}"
        yield f"  (were of {duration(old.term)}, given by {_giver(old)})"
    yield from _sharing(old.shares, new.shares)


def _short(old: Terms, new: Terms) -> Iterator[str]:
    before, after = _members(old), _members(new)
    yield from (f"+ {name}" for name in sorted(after.keys() - before.keys()))
    yield from (f"- {name}" for name in sorted(before.keys() - after.keys()))
    yield from (
        f"another key of {name}" for name in sorted(before) if after.get(name) not in (None, before[name])
    )
    if old.id != new.id:
        yield "another id (rotated)" if new.id else "no id"
    if old.remote != new.remote:
        yield "another remote"
    if (old.term, old.at) != (new.term, new.at):
        yield "another lease"
    yield from _sharing(old.shares, new.shares)


def _sharing(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if more := sorted(set(new) - set(old)):
        yield f"shared from now on: {_slots(more)}"
    if less := sorted(set(old) - set(new)):
        yield f"not shared any more: {_slots(less)}"


def _members(terms: Terms) -> dict[str, str]:
    return {name: key for key, name in map(split, terms.recipients)}


def _giver(terms: Terms) -> str:
    return without_password(terms.at) if terms.at else "the remote"


def _slots(shared: Iterable[str]) -> str:
    """Shares for people: `staging, feature-{ticket}; not production`."""
    names = ["every slot" if one == ALL else one for one in shared if not one.startswith("!")]
    kept = [one[1:] for one in shared if one.startswith("!")]
    return "; ".join([", ".join(names) or "no slot"] + [f"not {', '.join(kept)}"] * bool(kept))
