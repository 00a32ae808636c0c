"""Which browser a bot gets: the decision, and what makes two browsers equal."""

from __future__ import annotations

from typing import Any

import pytest

from wagit.bots.browser_host_options import (
    Facts,
    Options,
    Request,
    Verdict,
    command_of,
    decide,
    environ_of,
    is_within,
    options_of,
    parse,
)
from wagit.browser.launch import WRITES_SOON

PROFILE = "--user-data-dir=/slot/session"


def request(*args: str, program: str = "/usr/bin/chromium", cwd: str = "/bot", **environ: str) -> Request:
    return Request(program, (PROFILE, "--remote-debugging-port=0", *args), "/slot/session", cwd, environ)


def options(*args: str, **more: Any) -> Options:
    found = options_of(request(*args, **more))
    assert found is not None
    return found


EQUAL = options("--lang=de")
OTHER = options("--lang=fr")


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (Facts(allowed=True, served=False, wanted=EQUAL), "start"),
        (Facts(allowed=True, served=False, wanted=EQUAL, runs=EQUAL), "reuse"),
        (Facts(allowed=True, served=False, wanted=EQUAL, runs=OTHER), "replace"),
        (Facts(allowed=True, served=False, wanted=EQUAL, runs=EQUAL, intact=False), "replace"),
        (Facts(allowed=False, served=False, wanted=EQUAL, runs=EQUAL), "own"),
        (Facts(allowed=True, served=True, wanted=EQUAL, runs=EQUAL), "own"),
        (Facts(allowed=True, served=False, wanted=None, runs=EQUAL), "own"),
    ],
)
def test_decision(facts: Facts, verdict: Verdict) -> None:
    assert decide(facts) == verdict


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (options("--a", "--b=1"), options("--b=1", "--a")),
        (options("--a=1", "--a=2"), options("--a=2")),
        (options("--remote-debugging-pipe"), options()),
        (options("about:blank", "--a"), options("--a", "about:blank")),
        (options("--user-data-dir=./session"), options()),
        (options(cwd="/one"), options(cwd="/two")),
        (options(WAGIT_SLOT="one"), options(WAGIT_SLOT="two")),
    ],
)
def test_equal(one: Options, other: Options) -> None:
    assert one == other


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (options("--a=1", "--a=2"), options("--a=2", "--a=1")),
        (options("--a"), options("--", "--a")),
        (options("about:blank"), options()),
        (options(program="/opt/chrome"), options()),
        (options(program="./chrome", cwd="/one"), options(program="./chrome", cwd="/two")),
        (
            options("--load-extension=./x", cwd="/one"),
            options("--load-extension=./x", cwd="/two"),
        ),
        (options(TZ="UTC"), options(TZ="Asia/Tokyo")),
        (options(DISPLAY=":0"), options()),
    ],
)
def test_not_equal(one: Options, other: Options) -> None:
    assert one != other


@pytest.mark.parametrize(
    "args",
    [
        ("--remote-debugging-port=9222",),
        ("--remote-debugging-address=0.0.0.0",),
        ("--remote-debugging-pipe", "--enable-unsafe-extension-debugging"),
    ],
)
def test_the_bot_s_own(args: tuple[str, ...]) -> None:
    assert options_of(request(*args)) is None


def test_the_command_is_the_bot_s_on_the_real_profile_with_a_port() -> None:
    asked = request("--remote-debugging-pipe", "--a", "--", "--remote-debugging-pipe")
    assert command_of(asked._replace(profile="/real")) == [
        "/usr/bin/chromium",
        "--user-data-dir=/real",
        "--remote-debugging-port=0",
        WRITES_SOON,
        "--a",
        "--",
        "--remote-debugging-pipe",
    ]


def test_what_only_concerns_the_bot_is_not_the_browser_s() -> None:
    environ = {"HOME": "/h", "NODE_OPTIONS": "-r x", "WAGIT_BROWSER": "/s", "npm_lifecycle_event": "dev"}
    assert environ_of(request(**environ)) == {"HOME": "/h"}


GOOD = {"program": "chromium", "args": ["--a"], "profile": "/slot", "cwd": "/", "env": {"A": "b"}}


def test_a_request() -> None:
    assert parse(GOOD) == Request("chromium", ("--a",), "/slot", "/", {"A": "b"})


@pytest.mark.parametrize(
    "bad",
    [{"args": None}, {"args": [1]}, {"env": []}, {"env": {"A": 1}}, {"program": ""}, {"profile": "slot"}],
)
def test_nonsense_is_no_request(bad: dict[str, object]) -> None:
    assert parse({**GOOD, **bad}) is None


@pytest.mark.parametrize(
    ("path", "directory", "within"),
    [
        ("/a", "/a", True),
        ("/a/b", "/a", True),
        ("/ab", "/a", False),
        ("/a", "/a/b", False),
        ("/a", "/", True),
    ],
)
def test_within(path: str, directory: str, within: bool) -> None:
    assert is_within(path, directory) is within
