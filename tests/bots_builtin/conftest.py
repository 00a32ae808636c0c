from __future__ import annotations

from tests.support.builtin_bot import start_bot
from tests.support.standin import number, phone, standin, standin_of_session

__all__ = ["number", "phone", "standin", "standin_of_session", "start_bot"]
