from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagit.config.slot_names import is_valid
from wagit.routing import names


@pytest.mark.parametrize("name", ["dev", "feature-42", "0", "a.b_c-d", "a" * 64])
def test_a_valid_name_stays_as_it_is(name: str) -> None:
    assert names.check(name) == names.sanitise(name) == name


@pytest.mark.parametrize(
    "name", ["", "A", "a/b", "..", "a..b", ".a", "-a", "a b", "a\0", "a\n", "ü", "a" * 65]
)
def test_a_bad_name_is_refused_with_a_hint(name: str) -> None:
    with pytest.raises(names.BadSlotName) as caught:
        names.check(name)
    assert "a-z" in caught.value.hint
    assert len(caught.value.message) < 160


@given(st.text(min_size=1))
def test_sanitising_any_text_gives_a_valid_name(name: str) -> None:
    assert is_valid(names.sanitise(name))


@given(st.text(min_size=1), st.text(min_size=1))
def test_two_texts_never_share_a_name_by_sanitising(one: str, other: str) -> None:
    if one != other and not (is_valid(one) or is_valid(other)):
        assert names.sanitise(one) != names.sanitise(other)


def test_branches_that_look_alike_get_slots_of_their_own() -> None:
    assert names.sanitise("feature/a") != names.sanitise("feature-a")
    assert names.sanitise("Main") != names.sanitise("main")
