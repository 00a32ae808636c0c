"""The settings of a team: who can decrypt, where its sessions lie, and how leases are given."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from wagit.config import values
from wagit.config.recipients import recipient
from wagit.config.section import Section
from wagit.config.types import Seconds

SHORTEST_TERM = 30.0  # seconds: a holder renews three times in it, over a network


def _id(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError("is not 64 hex digits; `wagit team init` makes it")
    return value


def _remote(value: str) -> str:
    if not values.text(value).strip() or value.startswith("-"):
        raise ValueError("is no remote; write its name, a git URL, or s3://, gs://, az:// or file://")
    return value


def _term(value: float) -> float:
    if not SHORTEST_TERM <= value <= 86400:
        raise ValueError(f"{values.duration(value)} is out of range: 30s to 1d")
    return value


def _redis(value: str) -> str:
    found = urlsplit(values.text(value))
    if found.scheme not in ("redis", "rediss") or not found.hostname:
        raise ValueError("is not a URL of Redis; write it so: rediss://redis.example.com:6379/0")
    return value


Recipients = Annotated[tuple[Annotated[str, AfterValidator(recipient)], ...], BeforeValidator(values.listed)]


class TeamLease(Section):
    """How the right to run a shared slot is given."""

    term: Annotated[Seconds, AfterValidator(_term)] = Field(
        default=300.0,
        description="How long a lease lasts without renewal, 30s at least; then others may take it.",
        examples=["5m"],
    )
    at: (
        Annotated[str, AfterValidator(_redis), WithJsonSchema({"type": "string", "pattern": "^rediss?://"})]
        | None
    ) = Field(
        default=None,
        description="Redis 6 or newer that gives the leases; default: the remote does. All members need the "
        "same. Needs `wagit trust`; one with a password is never read from a versioned file.",
        examples=["rediss://redis.example.com:6379/0"],
    )


class Team(Section):
    """Who shares slots, and where."""

    id: (
        Annotated[str, AfterValidator(_id), WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"})]
        | None
    ) = Field(
        default=None,
        description="Which team it is: `wagit team init` makes it, `wagit team rotate` makes another. Needs "
        "`wagit trust`.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    remote: Annotated[str, AfterValidator(_remote)] = Field(
        default="origin",
        description="Where shared sessions lie: a git remote or URL, `s3://`, `gs://`, `az://`, or `file://` "
        "on a shared mount. Needs `wagit trust`.",
        examples=["origin", "s3://my-bucket/wagit"],
    )
    recipients: Recipients = Field(
        default=(),
        description="Who can decrypt: public keys (age, ssh-ed25519), each with a name. Needs `wagit trust`.",
        examples=[["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p ada"]],
    )
    lease: TeamLease = Field(default=TeamLease(), description="The lease.", examples=[{"term": "5m"}])
