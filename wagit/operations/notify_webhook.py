"""Post a notice to a URL of the user's, signed, again and again until it is taken."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

from wagit.operations.notify_channel import Closing, Undelivered
from wagit.operations.notify_words import Message

DELAYS = (1.0, 5.0, 25.0, 125.0)  # seconds between attempts
TIMEOUT = 10.0  # seconds for each step of an attempt

Attempt = Callable[[], None]


def request(message: Message, url: str, secret: str | None) -> urllib.request.Request:
    """What is posted; the delivery's id stays the same in all attempts."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "wagit",
        "X-Wagit-Delivery": str(uuid.uuid4()),
    }
    if secret:
        digest = hmac.new(secret.encode(), message.body, hashlib.sha256).hexdigest()
        headers["X-Wagit-Signature"] = f"sha256={digest}"
    return urllib.request.Request(url, message.body, headers, method="POST")


def post(message: Message, url: str, secret: str | None, closing: Closing) -> None:
    """Post until it is taken, with DELAYS between the attempts. Raises Undelivered.

    Only what may pass is tried again: no connection, 429, and what is the server's own fault. When the run
    ends there is one last attempt.
    """
    posted = request(message, url, secret)
    persist(lambda: _attempt(posted), closing)


def persist(attempt: Attempt, closing: Closing) -> None:
    """Attempt until it succeeds or cannot. Raises Undelivered."""
    last = False
    for delay in DELAYS:
        try:
            return attempt()
        except Undelivered as failed:
            if last or not failed.again:
                raise
        last = closing.wait(delay)
    return attempt()


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A notice goes where the user said and nowhere else; its signature too."""

    def redirect_request(self, *_: object) -> None:
        """Follow none."""


def _attempt(posted: urllib.request.Request) -> None:
    opener = urllib.request.build_opener(_NoRedirects)
    where = f"notify.webhook ({urlsplit(posted.full_url).hostname})"  # its path may be a secret
    try:
        opener.open(posted, timeout=TIMEOUT).close()
    except urllib.error.HTTPError as refused:
        refused.close()
        again = refused.code == 429 or refused.code >= 500
        moved = ", a redirect: set the address that it leads to" if 300 <= refused.code < 400 else ""
        raise Undelivered(f"{where} answers {refused.code}{moved}", again=again) from refused
    except (OSError, http.client.HTTPException) as failed:
        why = getattr(failed, "reason", failed)
        raise Undelivered(f"{where}: {why}", again=True) from failed
    except ValueError as wrong:
        raise Undelivered(f"{where} is no address that can be used") from wrong
