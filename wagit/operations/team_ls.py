"""The slots that the team shares: which session is there, by whom, who holds it, and what is here."""

from __future__ import annotations

from typing import Literal, NamedTuple

Here = Literal["never", "up-to-date", "behind", "ahead", "diverged"]


class TeamSlot(NamedTuple):
    """One row of `team ls`; all of the session is null before the first push.

    `holder` is who has the lease, on `holder_host`; `left` the seconds until anybody may take it, as far as
    this machine can tell, `ours` whether this store has it, `requested` who asked for it. `here` is how this
    slot's data stands to it. `known` is when the remote told so: RFC 3339, null for never; `online` whether
    it was just now.
    """

    slot: str
    number: int | None
    generation: int | None
    time: str | None
    by: str | None
    host: str | None
    size: int | None
    holder: str | None
    holder_host: str | None
    left: float
    ours: bool
    requested: str | None
    here: Here
    known: str | None
    online: bool
