"""Tell wagit what becomes of the session: tell("ready"), tell("qr", ref="2@...")."""

import json
import os
from datetime import UTC, datetime


def tell(event: str, **more: str) -> None:
    """Append one event; a bot must not fail because nobody can be told."""
    path = os.environ.get("WAGIT_EVENTS")
    if not path:
        return
    line = json.dumps({"event": event, "time": datetime.now(UTC).isoformat(), **more}) + "\n"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)
    except OSError:
        pass
