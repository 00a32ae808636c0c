"""Units for systemd's user manager: the bots, and a timer that keeps sessions fresh."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from wagit.operations.export_service import FINAL_STATUSES, REFRESH, ExportedFile, Service, header

PLACE = "~/.config/systemd/user"


def files(service: Service) -> tuple[ExportedFile, ...]:
    """Three: the service, and that which refreshes sessions with its timer.

    KillMode=mixed asks wagit alone, which stops bot and browser safely; what is left after it is killed. 130
    and 143 are a run that was asked to end.
    """
    return (
        ExportedFile(f"{service.name}.service", _bots(service)),
        ExportedFile(f"{service.name}-refresh.service", _refresh(service)),
        ExportedFile(f"{service.name}-refresh.timer", _timer(service)),
    )


def _bots(service: Service) -> str:
    return f"""{_mark(service)}
[Unit]
Description=WhatsApp bots of {_plain(service.worktree)}

[Service]
Type=exec
{_started(service, service.arguments)}
SuccessExitStatus=130 143
Restart=on-failure
RestartSec=10
RestartPreventExitStatus={" ".join(map(str, FINAL_STATUSES))}

[Install]
WantedBy=default.target
"""


def _refresh(service: Service) -> str:
    return f"""{_mark(service)}
[Unit]
Description=Keep the WhatsApp sessions of {_plain(service.worktree)} fresh

[Service]
Type=oneshot
{_started(service, REFRESH)}
"""


def _timer(service: Service) -> str:
    return f"""{_mark(service)}
[Unit]
Description=Keep the WhatsApp sessions of {_plain(service.worktree)} fresh, daily

[Timer]
OnCalendar=daily
RandomizedDelaySec=1h
Persistent=true

[Install]
WantedBy=timers.target
"""


def _mark(service: Service) -> str:
    return f"# {header('systemd', service)}\n"


def _started(service: Service, arguments: Sequence[str]) -> str:
    return f"""ExecStart=:{_command((*service.program, *arguments))}
WorkingDirectory={_plain(service.worktree)}
Environment={_word("PATH=" + service.path)}
KillMode=mixed
TimeoutStopSec={service.stop}"""


def steps(service: Service, output: str | None) -> tuple[str, ...]:
    """What makes a service of them; lingering keeps it up when nobody is logged in."""
    del output
    units = shlex.join((f"{service.name}.service", f"{service.name}-refresh.timer"))
    return (
        "systemctl --user daemon-reload",
        f"systemctl --user enable --now {units}",
        "loginctl enable-linger",
    )


def _command(words: Sequence[str]) -> str:
    """A command line; behind `:` systemd replaces no variables in it.

    It refuses a program with quotes or backslashes in its path: env(1) runs that.
    """
    strange = set(words[0]) & set("\"'\\")
    return " ".join(map(_word, ("/usr/bin/env", *words) if strange else words))


def _word(text: str) -> str:
    """One quoted word of a unit file, see systemd.syntax(7)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{_plain(escaped)}"'


def _plain(text: str) -> str:
    """Text that reaches to the end of the line: only specifiers mean something."""
    return text.replace("%", "%%")
