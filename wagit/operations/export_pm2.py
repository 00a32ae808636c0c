"""An ecosystem file for PM2."""

from __future__ import annotations

import json
import shlex

from wagit.operations.export_service import FINAL_STATUSES, ExportedFile, Service, header

NAME = "ecosystem.config.cjs"
_BACKOFF = 1000  # milliseconds before the first restart; PM2 waits half as long again each time, up to 15 s


def files(service: Service) -> tuple[ExportedFile, ...]:
    """The one file.

    `treekill` is PM2's default and sends SIGINT to bot and browser at once, which costs the login (PM2 7:
    lib/TreeKill.js); without it only wagit hears of it, and stops them safely. 0 is not among
    `stop_exit_codes`, since PM2 takes a process that was killed for one that ended with 0 (lib/God.js).
    """
    script, *before = service.program
    app = {
        "name": service.name,
        "script": script,
        "interpreter": "none",
        "args": [*before, *service.arguments],
        "cwd": service.worktree,
        "exec_mode": "fork",
        "instances": 1,
        "treekill": False,
        "kill_timeout": service.stop * 1000,
        "autorestart": True,
        "exp_backoff_restart_delay": _BACKOFF,
        "stop_exit_codes": list(FINAL_STATUSES),
        "watch": False,
        "vizion": False,  # PM2 need not read the repository
        "merge_logs": True,
    }
    # JSON in ASCII is JavaScript.
    text = f"// {header('pm2', service)}\nmodule.exports = {json.dumps({'apps': [app]}, indent=2)};\n"
    return (ExportedFile(NAME, text),)


def steps(service: Service, output: str | None) -> tuple[str, ...]:
    """What makes a service of it."""
    del service
    return (f"pm2 start {shlex.quote(output or NAME)}", "pm2 save")
