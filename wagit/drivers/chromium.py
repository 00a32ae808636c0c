"""A plain user-data-dir: Playwright's `launch_persistent_context`, puppeteer's `userDataDir`, Selenium."""

from __future__ import annotations

from wagit.drivers.chrome import is_profile
from wagit.drivers.profile import LOGIN, ProfilesDriver


class Chromium(ProfilesDriver):
    """The data directory is the user-data-dir itself."""

    name = "chromium"
    title = "Chromium (Playwright, puppeteer, Selenium)"
    link = ".wagit-profile"
    default = ""
    essential = tuple(f"/{path}" for path in LOGIN)

    def profiles(self, data: str) -> list[str]:
        """The one session is `data` itself."""
        return [""] if is_profile(data) else []
