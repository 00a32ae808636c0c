"""The stand-in, for bots under a process manager."""

from __future__ import annotations

from tests.support.standin import number, phone, standin, standin_of_session

__all__ = ["number", "phone", "standin", "standin_of_session"]
