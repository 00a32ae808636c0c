"""Show a notice on the desktop, where there is one."""

from __future__ import annotations

import html
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from shutil import which
from typing import NamedTuple

from wagit.operations.notify_words import Message

TIMEOUT = 10.0  # seconds
_CALM = ("qr", "recovered")

# Texts are arguments and variables here, never a part of the program.
_APPLESCRIPT = """on run argv
display notification (item 2 of argv) with title (item 1 of argv)
end run"""
_POWERSHELL = """
$m = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType=WindowsRuntime]
$xml = $m::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)
$texts = $xml.GetElementsByTagName('text')
$texts.Item(0).AppendChild($xml.CreateTextNode($env:WAGIT_TITLE)) | Out-Null
$texts.Item(1).AppendChild($xml.CreateTextNode($env:WAGIT_TEXT)) | Out-Null
$toast = [Windows.UI.Notifications.ToastNotification, Windows.UI.Notifications, ContentType=WindowsRuntime]
$m::CreateToastNotifier('wagit').Show($toast::new($xml))
"""


class Program(NamedTuple):
    """What to run, with what more in its environment."""

    command: tuple[str, ...]
    environ: Mapping[str, str] = {}


def program(message: Message, environ: Mapping[str, str], platform: str = sys.platform) -> Program | None:
    """What shows a notice on this machine; None without a desktop. Untested on macOS and Windows."""
    if platform == "darwin":
        return Program(("osascript", "-e", _APPLESCRIPT, message.title, message.text))
    if platform == "win32":
        texts = {"WAGIT_TITLE": message.title, "WAGIT_TEXT": message.text}
        return Program(("powershell", "-NoProfile", "-NonInteractive", "-Command", _POWERSHELL), texts)
    if not is_there(environ, platform):
        return None
    urgency = "normal" if message.kind in _CALM else "critical"
    text = html.escape(message.text, quote=False)  # its body is markup
    return Program(("notify-send", f"--urgency={urgency}", "--app-name=wagit", "--", message.title, text))


def is_there(environ: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether somebody may look at a desktop."""
    screen = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    return platform in ("darwin", "win32") or bool(screen and environ.get("DBUS_SESSION_BUS_ADDRESS"))


def show(message: Message, environ: Mapping[str, str]) -> None:
    """Show it; a desktop that does not is nobody's fault, and the terminal tells anyway."""
    found = program(message, environ)
    if found is None or which(found.command[0], path=environ.get("PATH")) is None:
        return
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            found.command,
            env={**environ, **found.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
        )
