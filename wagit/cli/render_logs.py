"""What `logs` prints: the bot's bytes as they are, or with --json an object a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from wagit.cli.front import Front, plain


def stream(front: Front, chunks: Iterator[bytes]) -> None:
    """Print what comes as it comes."""
    from wagit.operations.logs import parse, whole_lines

    if front.shared.json:
        for line in whole_lines(chunks):
            print(json.dumps(plain(parse(line))), flush=True)
        return
    nothing = True
    for chunk in filter(None, chunks):
        nothing = False
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    if nothing:
        front.say(["nothing was logged yet; a bot in the background logs: wagit up"])
