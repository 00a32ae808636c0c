"""The settings of a running bot: its restarts, what its log tells, its browser, and who hears of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wagit.config.section import Section
from wagit.config.types import Command, Count, Delays, FewCount, Interval, Pattern, Seconds, Size, Text, Url

Notice = Literal["qr", "logged-out", "recovered", "failed", "conflict", "banned", "outdated-browser", "asked"]


class Stop(Section):
    """How the bot is stopped."""

    grace: Seconds = Field(
        default=10.0, description="How long the bot may take to end before it is killed.", examples=["10s"]
    )


class Restart(Section):
    """How a bot that ended by itself is started again."""

    delays: Delays = Field(
        default=(5.0, 10.0, 15.0, 20.0, 25.0, 30.0),
        description="How long to wait before the first restart, the second, and so on; the last one repeats.",
        examples=[["5s", "10s", "30s"]],
    )
    attempts: Count = Field(
        default=5,
        description="How many restarts in a row before giving up; it counts anew once the session is ready. "
        "Exit status 0 ends the run, and what WhatsApp ended is not started again.",
        examples=[5, 0],
    )


class LogLines(Section):
    """Regular expressions: lines of the bot's output that tell its session's state, where no page does."""

    ready: Pattern | None = Field(
        default=None, description="A line that says: logged in, and at work.", examples=["connected as"]
    )
    reconnecting: Pattern | None = Field(
        default=None, description="A line that says: the connection is lost.", examples=["connection closed"]
    )
    conflict: Pattern | None = Field(
        default=None,
        description="A line that says: another bot opened this session.",
        examples=["Stream Errored \\(conflict\\)", "StreamReplaced"],
    )
    logged_out: Pattern | None = Field(
        default=None, description="A line that says: the login was taken away.", examples=["logged out"]
    )


class Browser(Section):
    """The browser of a slot."""

    mode: Literal["hosted", "own"] = Field(
        default="hosted",
        description="`hosted`: wagit runs the browser, the bot connects to it; `own`: the bot starts one.",
        examples=["own"],
    )
    warm: FewCount = Field(
        default=2, description="How many browsers of slots left a moment ago stay open.", examples=[2]
    )
    idle: Seconds = Field(default=600.0, description="How long they stay open.", examples=["10m"])
    memory: Size = Field(
        default=1 << 30,
        description="What the browsers that stay open may take together; beyond it the oldest are closed.",
        examples=["1 GiB"],
    )


class Health(Section):
    """How sessions are kept fresh, and from when they count as old."""

    keep_alive: Interval = Field(
        default=300.0,
        description="How often a bot is asked for a sign of life; `false` for never.",
        examples=["5m"],
    )
    check: Seconds = Field(
        default=86400.0, description="How often a session is checked in full.", examples=["24h"]
    )
    fresh: Seconds = Field(
        default=259200.0, description="A session ready within this time is fresh.", examples=["3d"]
    )
    old: Seconds = Field(
        default=604800.0, description="A session not ready for this long is old.", examples=["7d"]
    )


class Notify(Section):
    """Who is told when a session needs somebody."""

    on: tuple[Notice, ...] = Field(
        default=("qr", "logged-out", "recovered", "failed", "asked"),
        description="What is told: `qr`, `logged-out`, `recovered`, `failed`, `conflict`, `banned`, "
        "`outdated-browser`, `asked` (by another member of the team, for a shared slot). "
        "The terminal always tells.",
        examples=[["logged-out", "failed"]],
    )
    desktop: bool = Field(
        default=True, description="Show it on the desktop, where there is one.", examples=[False]
    )
    command: Command | None = Field(
        default=None,
        description="Run this, the notice as JSON on its stdin. Needs `wagit trust`.",
        examples=[["notify-send", "wagit"]],
    )
    webhook: Url | None = Field(
        default=None,
        description="POST the notice as JSON to this URL. Needs `wagit trust`.",
        examples=["https://chat.example.com/hooks/wagit"],
    )
    secret: Text | None = Field(
        default=None,
        description="Signs what is posted: `X-Wagit-Signature: sha256=<HMAC-SHA256 of the body, in hex>`. "
        "Never read from a versioned file.",
        examples=["a long random text"],
    )
