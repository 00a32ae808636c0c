"""WhatsApp's stand-in, and a browser host."""

from __future__ import annotations

from tests.support.hosted import hosted
from tests.support.standin import number, phone, standin, standin_of_session

__all__ = ["hosted", "number", "phone", "standin", "standin_of_session"]
