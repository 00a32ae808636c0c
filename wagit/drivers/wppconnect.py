"""WPPConnect and venom: `tokens/<session>/` is a Chrome profile (`folderNameToken` in create-config.js)."""

from __future__ import annotations

from wagit.drivers.profile import ProfilesDriver


class WppConnect(ProfilesDriver):
    """The data directory is the token folder."""

    name = "wppconnect"
    title = "WPPConnect, venom"
    link = "tokens"
    default = "session"
