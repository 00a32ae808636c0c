"""A remote that lets two writers overwrite each other is refused, whenever it does so."""

from __future__ import annotations

import pytest

from tests.support.memory_remote import MemoryRemote
from wagit.team.proving import prove
from wagit.team.remote import Mark, NoConditionalWrites


class Lenient(MemoryRemote):
    """Lets everybody replace a head, or also make one, and tells all of them the same."""

    def __init__(self, *, makes: bool) -> None:
        super().__init__()
        self._makes = makes

    def advance(self, space: str, data: bytes, after: str | None) -> Mark:
        if after is None and not self._makes:
            return super().advance(space, data, after)
        self.heads[space] = Mark("same", data)
        return self.heads[space]


@pytest.mark.parametrize("makes", [True, False])
def test_where_both_win_no_lease_means_anything(makes: bool) -> None:
    remote = Lenient(makes=makes)
    with pytest.raises(NoConditionalWrites, match="lets two writers overwrite each other"):
        prove(remote)
    assert remote.heads == {}


def test_where_one_wins_it_is_proven_and_nothing_left_of_it() -> None:
    remote = MemoryRemote()
    prove(remote)
    assert (remote.heads, remote.advances) == ({}, 2)
