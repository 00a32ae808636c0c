"""A boot clock that a test moves."""

from __future__ import annotations


class FakeBootClock:
    """Stands still but for `pass_time`; `reboot` begins anew at a few seconds, as another boot."""

    def __init__(self, seconds: float = 1000.0) -> None:
        self.seconds = seconds
        self._boots = 1

    def now(self) -> float:
        return self.seconds

    def boot(self) -> str:
        return f"boot-{self._boots}"

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds

    def reboot(self, seconds: float = 20.0) -> None:
        self.seconds = seconds
        self._boots += 1
