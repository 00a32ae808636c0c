"""whatsapp-web.js: `LocalAuth` keeps `<dataPath>/session[-<clientId>]` (src/authStrategies/LocalAuth.js)."""

from __future__ import annotations

from wagit.drivers.chrome import profiles_in
from wagit.drivers.profile import ProfilesDriver


class WhatsappWebJs(ProfilesDriver):
    """The data directory is LocalAuth's `dataPath`."""

    name = "wwebjs"
    title = "whatsapp-web.js"
    link = ".wwebjs_auth"
    default = "session"
    litter = (".wwebjs_cache",)

    def profiles(self, data: str) -> list[str]:
        """`session` and `session-<clientId>`; RemoteAuth's and others' directories are not LocalAuth's."""
        return [name for name in profiles_in(data) if name == "session" or name.startswith("session-")]
