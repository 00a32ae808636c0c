"""Pairing codes: what is typed into a phone instead of scanning a QR.

As `Client.requestPairingCode` of whatsapp-web.js 1.34 (src/Client.js) asks for them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wagit.core.errors import UsageError, WagitError

if TYPE_CHECKING:
    from playwright.async_api import Page

EVERY = 180.0  # seconds; so often WhatsApp Web makes a new one

# Whoever pairs must not have the QR renewed, which would end the pairing: see wagit.browser.watch.
_REQUEST = """async (number) => {
  window.__wagit_pairing = true;
  try {
    const linking = window.require('WAWebAltDeviceLinkingApi');
    linking.setPairingType('ALT_DEVICE_LINKING');
    await linking.initializeAltDeviceLinking();
    return { code: await linking.startAltLinkingFlow(number, true) };
  } catch (error) {
    return { refused: String(error?.message ?? error) };
  }
}"""


class BadNumber(UsageError):
    """A pairing code was asked for with what is no phone number."""

    code = "bad-number"


class PairingRefused(WagitError):
    """WhatsApp gives no pairing code for the number."""

    code = "pairing-refused"


def digits(text: str) -> str:
    """A phone number as WhatsApp takes it: country code first, digits only. Raises BadNumber."""
    number = re.sub(r"[\s()./-]", "", text).removeprefix("+").removeprefix("00")
    if not re.fullmatch(r"[1-9][0-9]{5,14}", number):
        raise BadNumber(
            f"{text[:40]!r} is no phone number with a country code", "write it so: --phone +4915112345678"
        )
    return number


async def request_code(page: Page, number: str) -> str | None:
    """Ask a page that waits to be linked for a code; None when the page is gone. Raises PairingRefused."""
    from playwright.async_api import Error

    try:
        answer = await page.evaluate(_REQUEST, number)
    except Error:
        return None
    code = answer.get("code")
    if not isinstance(code, str) or not code:
        why = answer.get("refused") or "it answered without one"
        raise PairingRefused(
            f"WhatsApp gives no pairing code for +{number}: {why}",
            "check the number; or wait an hour, since few are given at a time; or scan the QR instead",
        )
    return code


def grouped(code: str) -> str:
    """A code as WhatsApp shows it: `ABCD-EFGH`."""
    return f"{code[:4]}-{code[4:]}"
