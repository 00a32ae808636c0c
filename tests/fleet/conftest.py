"""WhatsApp's stand-in for the bots of a fleet."""

from __future__ import annotations

from tests.support.standin import phone, standin, standin_of_session

__all__ = ["phone", "standin", "standin_of_session"]
