"""What `--json` prints for each verb: the types that operations return, and words about the rest."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from wagit.githooks.status import HookStatus
from wagit.integrity.findings import Finding
from wagit.operations.clean import Cleaned
from wagit.operations.config import Checked, Row
from wagit.operations.demo import Scene
from wagit.operations.devices import Device
from wagit.operations.doctor import Report as Examination
from wagit.operations.doctor_check import Check
from wagit.operations.down import Down
from wagit.operations.export import Exported
from wagit.operations.export_service import ExportedFile
from wagit.operations.guard import Found, Guarded
from wagit.operations.health import Health
from wagit.operations.health_rules import Concern
from wagit.operations.hooks import HookChange
from wagit.operations.init import Setup, Step
from wagit.operations.log import Entry
from wagit.operations.login import LoggedIn
from wagit.operations.promote import Promoted
from wagit.operations.prune import Pruned, PrunedRow
from wagit.operations.refresh import Refreshed
from wagit.operations.repair import Repaired
from wagit.operations.report import Charted, Event, Number, Report, SlotReport, SnapshotRow, Value
from wagit.operations.restart import Restarted
from wagit.operations.restore import Restored
from wagit.operations.sessions_ls import Detail, Session
from wagit.operations.snapshots import File, Snapshot, SnapshotDetail
from wagit.operations.snapshots_diff import Differences
from wagit.operations.snapshots_rm import Removal
from wagit.operations.snapshotted import Snapshotted
from wagit.operations.standin import StandinStarted
from wagit.operations.standings import BotNow
from wagit.operations.status import Status
from wagit.operations.switch import Switch
from wagit.operations.team_add import TeamChanged
from wagit.operations.team_init import TeamBegun
from wagit.operations.team_known import KnownLease
from wagit.operations.team_lease import TeamLease
from wagit.operations.team_ls import TeamSlot
from wagit.operations.team_pull import TeamPulled
from wagit.operations.team_push import TeamPushed
from wagit.operations.team_release import TeamReleased
from wagit.operations.team_rotate import TeamRotated
from wagit.operations.trust import Trust
from wagit.operations.undo import Choice, Undone
from wagit.operations.up import Up
from wagit.operations.verify import Verified
from wagit.operations.verify_facts import Browser, Kept, Locks, Login, Newest
from wagit.operations.verify_snapshots import SnapshotsVerified, Spoiled
from wagit.operations.which import Passed, Which
from wagit.snapshots.diff import Change, Sums

INTRODUCTION = """\
With `--json` a verb prints one line on stdout, and nothing on stderr:

```json
{"ok": true, "command": "use", "data": {}, "messages": [], "error": null}
```

| key | type | meaning |
| --- | --- | --- |
| `ok` | boolean | whether there is no error |
| `command` | string | the verb: `sessions ls`; empty when the command line could not be read |
| `data` | per verb, see below | the result; null with an error |
| `messages` | list of strings | what is said on stderr otherwise |
| `error` | object or null | `code`, `message`, `hint`: see [errors](errors.md) |

Times are RFC 3339 in UTC, sizes bytes, durations seconds. A line is ASCII: other characters are escaped.
The exit status is the same as without `--json`. Nobody is asked: what asks on a terminal needs `--yes`.
"""


class Data(NamedTuple):
    """The `data` of a verb."""

    text: str
    fields: dict[str, str]


def fields_of(kind: Any) -> dict[str, str]:
    """Return the keys of a named tuple with their types in words."""
    found = {name: kind.__annotations__[name] for name in kind._fields}
    return {name: in_words(getattr(was, "__forward_arg__", str(was))) for name, was in found.items()}


def in_words(annotation: str) -> str:
    """Write a Python annotation as JSON's types."""
    text = annotation.replace("sessions_ls.", "")
    optional = text.endswith(" | None")
    text = text.removesuffix(" | None")
    found = re.fullmatch(r"(?:tuple|list)\[(.+?)(?:, \.\.\.)?\]", text)
    word = f"list of {_word(found.group(1), plural='s')}" if found else _word(text)
    return f"{word} or null" if optional else word


_WORDS = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "object": "any",
    "dict[str, object]": "object",
    "dict[str, Any]": "object",
    "dict[str, str]": "object",
    "State": "string",
    "Here": "string",
    "Outcome": "string",
    "Verdict": "string",
    "Kind": "string",
    "Severity": "string",
    "Mend": "string",
    "Mapping[str, bool]": "object",
}


def _word(text: str, plural: str = "") -> str:
    if text.startswith("Literal["):
        return "string"
    return _WORDS[text] + plural if text in _WORDS else f"[{text}](#{text.lower()})"


def _object(text: str, kind: Any) -> Data:
    return Data(text, fields_of(kind))


def _slot_verb(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "string") | {"dry_run": "boolean"}


DATA: dict[str, Data | str] = {
    "init": _object("An object.", Setup),
    "trust": _object(
        "An object; `subset` maps keys of the config to their values, `team` tells what would change in a"
        " team.",
        Trust,
    ),
    "doctor": _object("An object. The exit status is 1 when a check failed.", Examination),
    "which": _object(
        "An object. `rule` is `{index, pattern}` or null, `index` counting from 0. `bound` is the slot that"
        " the worktree uses now.",
        Which,
    ),
    "use": _object("An object. With `--dry-run`: the slot as a string.", Switch),
    "status": _object(
        "An object. `supervisor` is the pid of the wagit that runs the worktree's bots, or null. With"
        " `--watch` no envelope, but a line with `supervisor` and `bots` alone, then one at each change.",
        Status,
    ),
    "log": _object("A list of objects, newest first; `detail` depends on `verb`.", Entry),
    "undo": _object(
        "An object; `undo` is the number that takes it back, null with `--dry-run`. With `--list`: a list of"
        " [Choice](#choice), newest first; of `does` and `cannot` one is null.",
        Undone,
    ),
    "run": "Prints no envelope when the bot was started: the output is the bot's. What kept it from starting"
    " is an envelope with an `error`.",
    "bot": "Prints no envelope but one JSON object a line, an event each, with `event` and `time`: `state`"
    " (`state`, `before`, `version`), `account` (`number`, whole), `qr` (`ref`), `trouble` (`what`, `detail`,"
    " `retry_in`), `ended` (`reason`, `closed`, `seconds`)."
    " Where a pairing code was asked for: `code` (`code`) in place of `qr`.",
    "standin": _object(
        "No envelope: this object, as soon as the stand-in answers. `control_url` is the phone.",
        StandinStarted,
    ),
    "demo": _object("A list of objects, when the tour is over.", Scene),
    "up": _object(
        "An object. `already`: it ran before; `log` is the file with the bot's output. When it did not start,"
        " the `error` has the code and the exit status that `run` has.",
        Up,
    ),
    "down": _object("A list of objects, one a worktree; `supervisor` is null where no bot ran.", Down),
    "restart": _object("An object. `began`: none ran, so it was started in the background.", Restarted),
    "logs": "Prints no envelope but one JSON object a line of the log: `by` (`bot` or `wagit`), `text`, and"
    " `time`, which is null for the bot's lines.",
    "login": _object(
        "First one JSON object a line for each event, as `bot` prints them; then the envelope, an object."
        " `already`: it was linked before, and nobody had to scan. `snapshot` is the one of the new login.",
        LoggedIn,
    ),
    "refresh": _object(
        "A list of objects. `outcome` is `ready`, `busy` (somebody has the slot, here or on another machine"
        " of the team), `behind` (another slot has the same login with newer keys), `unlinked`,"
        " `logged-out` or `failed`; `why` says it, `do` what helps, both empty when it is `ready`. The exit"
        " status is 1 when one is none of the first three.",
        Refreshed,
    ),
    "health": _object(
        "A list of objects. `verdict` is `healthy`, `soon` or `now` (something is to be done) or `unlinked`;"
        " `state` and `age` as in `sessions ls`. The exit status is 1 when one is `now`.",
        Health,
    ),
    "report": _object(
        "An object. `value` of a chart is in bytes of `size`, in seconds of `age`, and a count of the others."
        " `kind` of an event is `restored`, `repaired`, `cleaned` or `damaged`.",
        Report,
    ),
    "export": _object(
        "An object. `kind` is `pm2`, `systemd`, `compose` or `procfile`; `next` are the commands that make a"
        " service of it.",
        Exported,
    ),
    "guard": _object(
        "An object. `commit` is the one that brought the file, where commits were looked at; `kind` is"
        " `session` or `key`. The exit status is 1 when there are `leaks`.",
        Guarded,
    ),
    "sessions ls": _object(
        "A list of objects. `state` is `empty`, `linked`, `busy`, `corrupt` or `logged-out`; `age` is"
        " `fresh`, `aging`, `old` or `unknown`.",
        Session,
    ),
    "sessions show": _object("An object.", Detail),
    "sessions new": Data("An object.", _slot_verb("slot", "driver")),
    "sessions adopt": Data("An object; `data` is the slot's data directory.", _slot_verb("slot", "data")),
    "sessions rename": Data("An object.", _slot_verb("from", "to")),
    "sessions rm": Data(
        "An object; `quarantine` is where the slot is now, or would be.", _slot_verb("slot", "quarantine")
    ),
    "sessions promote": _object(
        "An object; what was done or would be. `snapshot` is the newest of the session that went, `replaced`"
        " that of what `to` had, `replaced_data` where that is now, `aside` where the emptied slot is; null"
        " where a worktree uses it.",
        Promoted,
    ),
    "snapshot": _object(
        "An object. Not `new`: nothing changed since `snapshot`, the newest one. With `--dry-run`, `snapshot`"
        " is the newest one or null, and `added` counts the files that may have changed, whole.",
        Snapshotted,
    ),
    "restore": _object(
        "An object. `replaced` is the snapshot that was taken of what was there, `aside` where that is in"
        " quarantine if it could not be read; `to` is null when the slot was restored. `replaces`: there was"
        " something in the slot.",
        Restored,
    ),
    "repair": _object(
        "An object. `outcome` is `whole`, `empty`, `mended` or `restored`; `aside` is where what was there is"
        " now. With `--dry-run`: what would be. The exit status is 12 when the session can be neither mended"
        " nor replaced.",
        Repaired,
    ),
    "clean": _object("An object; `aside` is null with `--dry-run`, and when the slot was empty.", Cleaned),
    "verify": _object(
        "An object. `fast`: nothing was read, since all is as it was when it was `checked`; `whole` is when"
        " it was last found whole, `read` bytes were read in `seconds`. `slot`, `whole` and `kept` are null"
        " for a directory that is no slot, `browser` for a session that is no profile. `status` is the exit"
        " status: 12 when something would cost the login or data, 1 when it is another account than its"
        " rule's. With `--all`: a list of such objects; with `--snapshots`: a"
        " [SnapshotsVerified](#snapshotsverified).",
        Verified,
    ),
    "snapshots ls": _object(
        "A list of objects, newest first, then the damaged ones, of which only the first three keys are"
        " known. `tag` is `clean` or `hot`.",
        Snapshot,
    ),
    "snapshots show": _object("An object; `entries` is empty without `--files`.", SnapshotDetail),
    "snapshots diff": _object(
        "An object. `after` is null where `before` is compared with the data as it is now.", Differences
    ),
    "snapshots rm": _object("An object.", Removal),
    "snapshots prune": _object(
        "An object. `reasons` are `newest`, `newest clean`, `message`, `last`, `daily`, `weekly` and"
        " `monthly` of what is kept; `size` of what goes for the budget.",
        Pruned,
    ),
    "team push": _object(
        "An object. Not `new`: the team has this session already. `sent` is in bytes, `size` those of the"
        " session. With `--dry-run`, `snapshot` is null and `sent` counts the files that changed, whole.",
        TeamPushed,
    ),
    "team pull": _object(
        "An object. `number` is 0 when nothing was pushed yet, and not `new` when there is nothing newer."
        " `replaced` is the snapshot of what was there, `kept`: it was never pushed; `aside` is where that is"
        " in quarantine if it could not be read.",
        TeamPulled,
    ),
    "team ls": _object(
        "A list of objects. What is of the session is null before the first push, what is of the lease when"
        " nobody has it. `here` is `never` (pushed or pulled), `up-to-date`, `behind`, `ahead` (changed here)"
        " or `diverged`. Not `online`: it is what the remote said when it was `known`.",
        TeamSlot,
    ),
    "team status": _object("An object, as in `team ls`.", TeamSlot),
    "team lease": _object("An object. `done` is `looked`, `requested` or `taken`.", TeamLease),
    "team release": _object("An object. Not `done`: the lease was not held here.", TeamReleased),
    "team init": _object("An object. Not `begun`: there was a team before.", TeamBegun),
    "team add": _object("An object.", TeamChanged),
    "team remove": _object("An object, as in `team add`.", TeamChanged),
    "team rotate": _object("An object.", TeamRotated),
    "hooks install": _object(
        "A list of objects, empty when all is current. `action` is `install`, `refresh`, `remove` or"
        " `refuse`.",
        HookChange,
    ),
    "hooks uninstall": _object("A list of objects, as in `hooks install`.", HookChange),
    "hooks status": _object(
        "A list of objects. `how` is `config`, `block`, `shim`, `line`, `behind` or `none`. The exit status"
        " is 1 when one does not fire.",
        HookStatus,
    ),
    "config show": _object("A list of objects; durations in seconds.", Row),
    "config check": _object("An object; `layers` are the places that say something.", Checked),
    "config schema": "The JSON Schema (draft 2020-12) of `.wagit.yml`.",
}
PARTS: tuple[Any, ...] = (
    Step,
    Found,
    BotNow,
    KnownLease,
    Check,
    Passed,
    Session,
    Snapshot,
    File,
    Change,
    Sums,
    PrunedRow,
    Choice,
    Device,
    Concern,
    Number,
    ExportedFile,
    SlotReport,
    SnapshotRow,
    Event,
    Charted,
    Value,
    Login,
    Locks,
    Browser,
    Kept,
    Newest,
    Finding,
    SnapshotsVerified,
    Spoiled,
)
