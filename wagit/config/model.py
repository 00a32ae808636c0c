"""Every setting: its type, default, meaning and an example. Schema and reference are made from this."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from wagit.config import values
from wagit.config.globs import captures
from wagit.config.guard import Guard
from wagit.config.running import Browser, Health, LogLines, Notify, Restart, Stop
from wagit.config.section import Section
from wagit.config.snapshots import Snapshots
from wagit.config.team import Team
from wagit.config.types import (
    Account,
    Command,
    DriverName,
    Launch,
    Link,
    NewSlot,
    Patterns,
    Seconds,
    SlotName,
    SlotTemplate,
    Store,
    Strategy,
    Version,
)


class Rule(Section):
    """Which branches use which slot."""

    branch: Patterns = Field(
        description="Pattern of the branches, or a list of them: `*` and `?` stay inside a segment, "
        "`**` crosses segments, `{name}` captures text within one.",
        examples=["feature/{ticket}-*", ["develop", "release/**"]],
    )
    slot: SlotTemplate = Field(
        description="Their slot: `[a-z0-9][a-z0-9._-]*`, at most 64 bytes. `{name}` stands for what the "
        "pattern captured.",
        examples=["feature-{ticket}"],
    )
    account: Account | None = Field(
        default=None,
        description="The phone number the slot must be linked to; another one is refused.",
        examples=["+49 151 0000000"],
    )
    protect: bool = Field(
        default=False, description="Confirm before a bot runs on the slot.", examples=[True]
    )
    team: bool = Field(
        default=False,
        description="The team shares the slot: one member at a time runs it. Needs `wagit trust`.",
        examples=[True],
    )
    new: NewSlot = Field(
        default="fresh",
        description="What a new slot starts with: `fresh`, or the session of another slot, `move:<slot>` or "
        "`copy:<slot>`; without a slot, that of the branch before.",
        examples=["move:dev"],
    )

    @model_validator(mode="after")
    def _captured(self) -> Rule:
        used = values.captures_used(self.slot) | values.captures_used(self.new)
        for pattern in self.branch if used else ():
            missing = sorted(used - captures(pattern))
            if missing:
                raise ValueError(
                    f"slot {self.slot!r} uses {{{missing[0]}}}, which {pattern!r} does not capture"
                )
        return self


class Bot(Section):
    """The bot and how it is run."""

    command: Command | None = Field(
        default=None,
        description="What starts the bot: a list of words, or a text that is split as a shell would. Needs "
        "`wagit trust`.",
        examples=[["npm", "run", "dev"], "npm run dev"],
    )
    link: Link | None = Field(
        default=None,
        description="Where in the worktree the link to the slot's data is; `false` for none. Default: where "
        "the driver's library looks. Any other path needs `wagit trust`.",
        examples=[".wwebjs_auth", False],
    )
    stop: Stop = Field(default=Stop(), description="How the bot is stopped.", examples=[{"grace": "10s"}])
    restart: Restart = Field(
        default=Restart(), description="How a bot that ended is started again.", examples=[{"attempts": 5}]
    )
    log_lines: LogLines = Field(
        default=LogLines(), description="What its output tells.", examples=[{"ready": "connected as"}]
    )


class Settings(Section):
    """All settings, in the order of the reference."""

    version: Version = Field(default=1, description="The version of this format.", examples=[1])
    driver: DriverName | None = Field(
        default=None,
        description="The client library that owns the session. `wagit init` finds it.",
        examples=["wwebjs"],
    )
    strategy: Strategy = Field(
        default="pattern",
        description="`shared`: one slot (`default`) for every branch; `branch`: a slot for each branch; "
        "`pattern`: the rules; `team`: the rules, with every slot shared by the team, once there is one.",
        examples=["pattern"],
    )
    default: SlotName = Field(
        default="dev", description="The slot of a branch that no rule matches.", examples=["dev"]
    )
    rules: tuple[Rule, ...] = Field(
        default=(),
        description="Which branches use which slot; the first match wins.",
        examples=[[{"branch": "main", "slot": "production"}]],
    )
    new: NewSlot = Field(
        default="fresh",
        description="`rules[].new` of rules that have none, and of slots that no rule names.",
        examples=["move"],
    )
    migration_backup: bool = Field(
        default=True, description="Snapshot a session before it is moved to another slot.", examples=[True]
    )
    branch_detection: bool = Field(
        default=True,
        description="Follow the branch; `false` keeps the slot that is used now.",
        examples=[False],
    )
    on_merge: Literal["suggest", "promote", "ignore"] = Field(
        default="suggest",
        description="When a branch was merged, its session can go back to the slot it came from: say "
        "so, do it, or neither.",
        examples=["promote"],
    )
    bot: Bot = Field(default=Bot(), description="The bot.", examples=[{"command": ["npm", "run", "dev"]}])
    launch: Launch = Field(
        default="if-running",
        description="Whether switching branches starts the bot. `auto` needs `wagit trust`.",
        examples=["never"],
    )
    browser: Browser = Field(default=Browser(), description="The browser.", examples=[{"mode": "own"}])
    snapshots: Snapshots = Field(default=Snapshots(), description="Snapshots.", examples=[{"on_stop": True}])
    health: Health = Field(default=Health(), description="Freshness.", examples=[{"old": "7d"}])
    auto_recovery: bool = Field(
        default=True,
        description="Restore a broken session by itself; `false` stops instead.",
        examples=[True],
    )
    max_recovery_time: Seconds = Field(
        default=30.0, description="How long a recovery may take.", examples=["30s"]
    )
    auto_restore_sessions: bool = Field(
        default=True,
        description="Whether the bots of all linked slots are started again together.",
        examples=[True],
    )
    cleanup_on_exit: bool = Field(
        default=False, description="Drop caches and prune snapshots at a safe stop.", examples=[True]
    )
    notify: Notify = Field(default=Notify(), description="Who is told.", examples=[{"on": ["failed"]}])
    team: Team = Field(default=Team(), description="The team.", examples=[{"remote": "origin"}])
    guard: Guard = Field(default=Guard(), description="Leaks.", examples=[{"allow": ["tests/fixtures/**"]}])
    test_mode: bool = Field(
        default=False, description="Use the stand-in instead of WhatsApp.", examples=[True]
    )
    store: Store | None = Field(
        default=None,
        description="A directory outside of repositories for all stores, each in one of its own. Only read "
        "from your own config file, where it is a line by itself, and from WAGIT_STORE.",
        examples=["~/.local/share/wagit"],
    )
