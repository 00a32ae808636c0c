"""WhatsApp's stand-in for a test: import the fixtures into a conftest, or use them by name.

def test_links(standin: Standin, phone: Phone, number: str) -> None:
    start a browser with standin.chromium_args, or a bot with standin.environ()
    phone.link(number, ref=phone.wait_ref())
    phone.wait_ready(number)
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from wagit.standin.phone import Phone
from wagit.standin.server import Standin
from wagit.standin.switchboard import Options

_numbers = itertools.count(4915100000001)


@pytest.fixture(scope="session")
def standin_of_session(isolated_session: None) -> Iterator[Standin]:  # noqa: ARG001
    """One stand-in serves all tests of a worker: a start is quick, and numbers keep tests apart."""
    with Standin.start() as standin:
        yield standin


@pytest.fixture
def standin(standin_of_session: Standin) -> Iterator[Standin]:
    """The worker's stand-in; a test may change its options, they are put back."""
    yield standin_of_session
    Phone(standin_of_session.control_url).configure(**Options().model_dump())


@pytest.fixture
def phone(standin: Standin) -> Phone:
    return Phone(standin.control_url)


@pytest.fixture
def number() -> str:
    """An account that no other test of this worker has."""
    return str(next(_numbers))


@pytest.fixture
def other_number() -> str:
    return str(next(_numbers))
