"""Servers that a team's sessions lie on."""

from __future__ import annotations

from tests.support.redis_server import redis_of_session, redis_server
from tests.support.s3_server import s3_server

__all__ = ["redis_of_session", "redis_server", "s3_server"]
