from __future__ import annotations

import re

import pytest

from wagit.integrity.codes import ALL, FAMILIES


def test_no_code_is_of_two_families() -> None:
    assert len(ALL) == sum(len(family) for family in FAMILIES.values())


@pytest.mark.parametrize("name", ALL)
def test_a_code_says_all(name: str) -> None:
    code = ALL[name]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert code.severity in {"fatal", "loss", "warning"}
    for words in (code.title, code.effect, code.remedy):
        assert words.strip()
    assert not code.title.endswith("."), "a title is no sentence"
