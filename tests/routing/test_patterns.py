from __future__ import annotations

import pathspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagit.routing import patterns

SEGMENT = st.text("abx-._1", min_size=1, max_size=4)
BRANCH = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)
PIECE = st.sampled_from(["a", "b", "x", "-", ".", "1", "*", "?", "[ab]", "[!a]", "[a-b]"])
PATTERN_SEGMENT = st.one_of(st.just("**"), st.lists(PIECE, min_size=1, max_size=4).map("".join))
PATTERN = st.lists(PATTERN_SEGMENT, min_size=1, max_size=4).map("/".join).filter(lambda p: "***" not in p)


@pytest.mark.parametrize(
    ("pattern", "branch", "captured"),
    [
        ("main", "main", {}),
        ("main", "feature/main", None),
        ("release", "release/1", None),
        ("feature/*", "feature/a", {}),
        ("feature/*", "feature/a/b", None),
        ("feature/**", "feature/a/b", {}),
        ("feature/**", "feature", None),
        ("**/hotfix", "hotfix", {}),
        ("**/hotfix", "a/b/hotfix", {}),
        ("a/**/z", "a/z", {}),
        ("a/**/z", "a/b/c/z", {}),
        ("feature/{ticket}-*", "feature/42-menu-x", {"ticket": "42"}),
        ("feature/{ticket}-*", "feature/42", None),
        ("{user}/{ticket}", "ann/7", {"user": "ann", "ticket": "7"}),
        ("{user}/{ticket}", "ann/7/x", None),
        ("fix?", "fix/", None),
        ("[ab]/x", "a/x", {}),
        ("[!a]x", "/x", None),
        (r"a\*b", "a*b", {}),
        (r"a\*b", "axb", None),
        ("ü/*", "ü/ñ", {}),
        ('it\'s "$x"', 'it\'s "$x"', {}),
    ],
)
def test_a_pattern_matches_the_whole_branch_name(
    pattern: str, branch: str, captured: dict[str, str] | None
) -> None:
    assert patterns.match(pattern, branch) == captured


@given(PATTERN, BRANCH.filter(lambda name: not any(part in (".", "..") for part in name.split("/"))))
def test_patterns_without_captures_match_as_gitwildmatch_does(pattern: str, branch: str) -> None:
    oracle = pathspec.PathSpec.from_lines("gitignore", ["/" + pattern])
    # gitignore also matches everything below a match; a branch pattern matches whole names only
    below = any(oracle.match_file(branch.rsplit("/", n)[0]) for n in range(1, branch.count("/") + 1))
    if not below:
        assert (patterns.match(pattern, branch) is not None) == oracle.match_file(branch)


HOSTILE = st.sampled_from(["a", "b", "/", "*", "**", "?", "[ab]", "[", "]", "{x}", "\\", "\\*", "**/", "/**"])


@given(st.lists(HOSTILE, min_size=1, max_size=6).map("".join), st.text("ab/*[]\\", min_size=1, max_size=6))
def test_what_is_decided_without_an_expression_is_what_the_expression_says(pattern: str, branch: str) -> None:
    try:
        found = patterns.compile_pattern(pattern).fullmatch(branch)
    except ValueError:  # the same capture twice
        return
    assert patterns.match(pattern, branch) == (None if found is None else found.groupdict())


@pytest.mark.parametrize("pattern", ["{", "{}", "{1a}", "a{b", "{a-b}"])
def test_a_malformed_capture_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is no capture"):
        patterns.compile_pattern(pattern)


def test_one_name_captured_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        patterns.compile_pattern("{a}/{a}")


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_compiles_or_is_refused(pattern: str, branch: str) -> None:
    try:
        patterns.match(pattern, branch)
    except ValueError:
        return
