"""The settings of snapshots: when they are taken, which are kept."""

from __future__ import annotations

from pydantic import Field

from wagit.config.section import Section
from wagit.config.types import Count, Interval, Size


class Keep(Section):
    """Which snapshots of each slot are kept."""

    last: Count = Field(default=5, description="The newest ones.", examples=[5])
    daily: Count = Field(default=7, description="One of each of as many days.", examples=[7])
    weekly: Count = Field(default=4, description="One of each of as many weeks.", examples=[4])
    monthly: Count = Field(default=0, description="One of each of as many months.", examples=[6])
    size: Size | None = Field(
        default=None,
        description="What a slot's snapshots may take on the disk; beyond it the oldest go, whatever else "
        "keeps them, but never the newest, nor the newest clean one that is whole.",
        examples=["2 GB"],
    )


class Snapshots(Section):
    """When snapshots are taken and which are kept."""

    on_switch: bool = Field(default=True, description="Snapshot a slot when it is left.", examples=[True])
    on_stop: bool = Field(
        default=True, description="Snapshot a slot when its bot has stopped.", examples=[True]
    )
    every: Interval = Field(
        default=3600.0,
        description="How often a slot is snapshotted while its bot runs; such a snapshot is hot. `false` for "
        "never.",
        examples=["30m", False],
    )
    keep: Keep = Field(
        default=Keep(), description="Which snapshots of each slot are kept.", examples=[{"last": 5}]
    )
