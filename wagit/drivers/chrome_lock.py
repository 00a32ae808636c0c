"""What the lock of a Chrome profile means for a bot that is about to open it."""

from __future__ import annotations

from wagit.drivers import chrome
from wagit.integrity.findings import Finding, finding
from wagit.integrity.profile_codes import CODES

LOCK = "SingletonLock"


def check_lock(profile: str) -> list[Finding]:
    """Judge `SingletonLock` of the user-data-dir `profile`; there is at most one finding."""
    import socket

    lock = chrome.lock_of(profile)
    if lock is None:
        return []
    host, pid = lock
    if host != socket.gethostname():
        what = f"process {pid} of the host {host} has locked it"
        return [finding(CODES, "lock-elsewhere", LOCK, None, what)]
    if writers := chrome.writers_of(profile):
        return [finding(CODES, "lock-live", LOCK, None, f"{writers[0]} has it open")]
    return [finding(CODES, "lock-stale", LOCK, None, f"process {pid} of this host is gone")]
