"""Whatever the bytes, loading ends soon, in a config or in ConfigProblems."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wagit.config import branches
from wagit.config.document import parse
from wagit.config.globs import captures
from wagit.config.layers import Layer, validate
from wagit.config.model import Settings
from wagit.config.problems import ConfigProblems, Problem
from wagit.routing import patterns

KEYS = st.sampled_from(
    [*Settings.model_fields, "branch", "slot", "account", "command", "link", "stop", "grace", "keep", "<<"]
)
SCALARS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["main", "5s", "true", "&a x", "*a", "~", "[a]", "{", "a: b", "1e999", "!x"]),
)
TREES = st.recursive(
    SCALARS,
    lambda below: st.one_of(
        st.lists(below, max_size=4).map(lambda items: "[" + ", ".join(items) + "]"),
        st.lists(st.tuples(KEYS, below), max_size=4).map(
            lambda items: "{" + ", ".join(f"{key}: {value}" for key, value in items) + "}"
        ),
    ),
    max_leaves=12,
)
FILES = st.lists(st.tuples(KEYS, TREES), max_size=6).map(
    lambda items: "".join(f"{key}: {value}\n" for key, value in items).encode(errors="surrogatepass")
)


def load_bytes(data: bytes) -> Settings | None:
    """Parse and validate; None when problems were found."""
    try:
        document = parse("file", data)
    except ConfigProblems as found:
        check_problems(found.problems)
        return None
    valid, problems = validate(Layer("project", "file", document.data, document.lines))
    if valid is None:
        check_problems(problems)
    return valid


def check_problems(problems: list[Problem]) -> None:
    assert problems
    assert all(str(problem).isprintable() for problem in problems)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode()), FILES))
@example(b"")
@example(b"\xef\xbb\xbfversion: 1\n")
@example(b"\xff\xfev\x00")
@example(b'a: "\\ud800"')
@example(b"rules: [{branch: {}, slot: []}]")
@example(b"? {a: b}\n: c\n")
@example(b"*a : b\n")
@example(b"&a a: b\n*a : c\n")
@example(b"<<: [{default: a}, {default: b}]\n")
def test_any_bytes_are_a_config_or_problems(data: bytes) -> None:
    load_bytes(data)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 900_000, "is nested deeper than 32 levels"),
        ("{a: " * 200_000, "is nested deeper than 32 levels"),
        ("- " * 400_000, "is nested deeper than 32 levels"),
        ("? " * 400_000, "a key must be text"),
        ("rules: [" + "a," * 200_000 + "]", "stands for more than 100,000 values"),
        (
            "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)),
            "stands for more than 100,000 values",
        ),
        (
            "x: &x [" + "main," * 3000 + "]\nrules:\n- &r {branch: *x, slot: a}\n" + "- *r\n" * 3000,
            "stands for more than 100,000 values",
        ),
    ],
    ids=["flow lists", "flow maps", "block lists", "keys", "long", "bomb", "wide bomb"],
)
def test_bombs_do_not_go_off(text: str, problem: str) -> None:
    with pytest.raises(ConfigProblems) as raised:
        parse("file", text.encode())
    assert problem in raised.value.message


@pytest.mark.parametrize(
    "value",
    ["(" * 500, "|" * 500, "(" + "|" * 500, "^" * 500, "[" * 512, "[" * 1_000_000, "(a|" * 160, "{" * 512],
)
def test_hostile_patterns_end_soon(value: str) -> None:
    with contextlib.suppress(ValueError):
        branches.pattern(value)


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="ab/*?[]{}!^-\\|&~.$+1_", min_size=1, max_size=12))
@example("[a--b]")
@example("[[]")
@example("[]a]")
@example("a\\")
@example("[\\d-a]")
def test_a_pattern_that_passes_can_be_matched(value: str) -> None:
    try:
        branches.pattern(value)
    except ValueError:
        return
    assert set(patterns.compile_pattern(value).groupindex) == captures(value)
    patterns.match(value, "feature/a")
