"""What this machine saw last of a shared slot: to tell it without a network, and to notice a roll back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from wagit.core.atomic import atomic_write
from wagit.core.clock import rfc3339
from wagit.core.errors import WagitError
from wagit.core.store import Store
from wagit.team import access, state
from wagit.team.head import Head, Lease, Pushed, Request
from wagit.team.leases import Look
from wagit.team.settings import Team

if TYPE_CHECKING:
    from wagit.snapshots.manifest import Manifest


class RolledBack(WagitError):
    """The remote has an older session than it had, or another one in its place, or none any more."""

    code = "team-rolled-back"
    exit_status = 12


class Attempt(NamedTuple):
    """A push that may have become current: nobody knows before the head is read again."""

    pushed: Pushed
    digest: str
    snapshot: str


class Seen(NamedTuple):
    """All of it, for one team's place on one remote.

    `pushed` is the newest session that the remote had. `lease` and `left` are what was told of the lease
    at `looked`, in seconds since the epoch by this machine's clock. `trying` is our own push under way.
    `snapshot` is the local snapshot that was pushed or pulled last, `generation` the record's then.
    """

    place: str
    pushed: Pushed | None = None
    lease: Lease | None = None
    ours: bool = False
    left: float = 0.0
    looked: float | None = None
    trying: Attempt | None = None
    snapshot: str | None = None
    generation: int | None = None


def read(store: Store, team: Team, slot: str) -> Seen:
    """What was seen; nothing of another team or remote, and nothing when the file is damaged."""
    found = _read(store, slot)
    return found if found is not None and found.place == team.place else Seen(team.place)


def update(store: Store, team: Team, slot: str, change: Callable[[Seen], Seen]) -> Seen:
    """Change it durably, one process at a time. Raises OSError, Locked."""
    with access.alone(_path(store, slot)):
        old = read(store, team, slot)
        new = change(old)
        if new != old:
            atomic_write(_path(store, slot), json.dumps(_document(new)).encode() + b"\n")
    return new


def looked(store: Store, team: Team, slot: str, look: Look, now: float) -> Seen:
    """Keep who was seen to have the lease. Raises OSError, Locked."""
    return update(
        store,
        team,
        slot,
        lambda old: old._replace(lease=look.lease, ours=look.ours, left=look.left, looked=now),
    )


def check(seen: Seen, slot: str, head: Head | None, title: str) -> None:
    """Raise RolledBack unless the head of a slot is the one that was seen, or a newer one."""
    before, now = seen.pushed, head.pushed if head is not None else None
    if before is None or now == before or (now is not None and now.number > before.number):
        return
    told = f"push {now.number} of {rfc3339(now.time)} by {now.by}" if now is not None else "nothing"
    moved = "where the team was rotated: git pull, then wagit trust; else " if head is None else ""
    raise RolledBack(
        f"{title} was rolled back: it has {told} for slot {slot}, and had push {before.number} of"
        f" {rfc3339(before.time)} by {before.by}",
        f"{moved}ask the team, and whoever can write there; to go on from what is there now:"
        " wagit team pull --accept-older",
    )


def is_base(base: state.Base | None, head: Head) -> bool:
    """Whether the slot's data is based on the session that a head has: two pushes may have one number."""
    if base is None or head.pushed is None or head.current is None:
        return False
    return (base.number, base.digest) == (head.pushed.number, head.current.name)


def noticed(store: Store, team: Team, slot: str, head: Head | None) -> Seen:
    """Keep what a head says once it was checked; a push of ours that it has is what our data is based on.

    Raises OSError, Locked.
    """
    pushed = head.pushed if head is not None else None
    if head is not None:
        _follow_team(store, team, slot, head)
    seen = read(store, team, slot)
    done = seen.trying if seen.trying is not None and seen.trying.pushed == pushed else None
    if done is not None:
        based_on(store, slot, done.pushed, done.digest)
    elif pushed is not None:
        state.update(store, slot, lambda old: old._replace(highest=max(old.highest, pushed.number)))

    def change(old: Seen) -> Seen:
        new = old._replace(pushed=pushed)
        if done is None:
            return new
        return new._replace(trying=None, snapshot=done.snapshot, generation=done.pushed.generation)

    return update(store, team, slot, change)


def done(
    store: Store, team: Team, pushed: Pushed, digest: str, manifest: Manifest, *, unpushed: bool | None = None
) -> None:
    """Keep that a slot's data is what was pushed so, and is here as that snapshot; as `based_on`."""
    header = manifest.header
    based_on(store, header.slot, pushed, digest, unpushed=unpushed)

    def change(old: Seen) -> Seen:
        return old._replace(pushed=pushed, trying=None, snapshot=manifest.id, generation=header.generation)

    update(store, team, header.slot, change)


def based_on(store: Store, slot: str, pushed: Pushed, digest: str, *, unpushed: bool | None = None) -> None:
    """Keep that the slot's data is what was pushed so; `unpushed` where that is known.

    Raises OSError, Locked.
    """

    def change(old: state.State) -> state.State:
        return old._replace(
            base=state.Base(pushed.number, digest),
            highest=max(old.highest, pushed.number),
            unpushed=old.unpushed if unpushed is None else unpushed,
        )

    state.update(store, slot, change)


def _follow_team(store: Store, team: Team, slot: str, head: Head) -> None:
    """After a rotation the same push has another index; what else another team had is nothing to go on."""
    before, current, pushed = _read(store, slot), head.current, head.pushed
    if before is None or before.place == team.place or pushed is None or current is None:
        return
    same = before.pushed == pushed

    def change(old: state.State) -> state.State:
        base = old.base if same else None
        if base is not None and base.number == pushed.number:
            base = base._replace(digest=current.name)
        return old._replace(base=base)

    state.update(store, slot, change)


def _read(store: Store, slot: str) -> Seen | None:
    try:
        with open(_path(store, slot), "rb") as file:
            return _seen(json.loads(file.read()))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _path(store: Store, slot: str) -> str:
    return os.path.join(access.directory(store), "seen", f"{slot}.json")


def _document(seen: Seen) -> dict[str, Any]:
    lease, trying = seen.lease, seen.trying
    return {
        **seen._asdict(),
        "pushed": seen.pushed and seen.pushed._asdict(),
        "lease": lease and {**lease._asdict(), "request": lease.request and lease.request._asdict()},
        "trying": trying and {**trying._asdict(), "pushed": trying.pushed._asdict()},
    }


def _seen(raw: Mapping[str, Any]) -> Seen:
    """What a newer wagit knows besides is passed over. Raises KeyError, TypeError for what is none."""
    pushed, lease, trying = raw["pushed"], raw["lease"], raw["trying"]
    return Seen(**{
        **{name: raw[name] for name in Seen._fields},
        "pushed": pushed and Pushed(**pushed),
        "lease": lease and _lease(lease),
        "trying": trying and Attempt(**{**trying, "pushed": Pushed(**trying["pushed"])}),
    })  # fmt: skip


def _lease(raw: Mapping[str, Any]) -> Lease:
    request = raw["request"]
    return Lease(**{**raw, "request": request and Request(**request)})
