"""A head as bytes: JSON, padded, sealed for the recipients."""

from __future__ import annotations

import json
from collections.abc import Sequence

from wagit.core.errors import WagitError
from wagit.core.store import NewerFormat
from wagit.team import access, sealing, values
from wagit.team.head import Head, Lease, Request
from wagit.team.keys import Keys
from wagit.team.remote import LARGEST_HEAD
from wagit.team.settings import Recipient, Team

FORMAT = 1
BLOCK = 4096  # bytes: a head is padded to a multiple of it


class HeadForged(WagitError):
    """It can be decrypted, but no member of this team wrote it for this slot."""

    code = "team-forged"
    exit_status = 12


def encode(head: Head, recipients: Sequence[Recipient]) -> bytes:
    """Write a head for those who may read it."""
    lease = head.lease and {
        **head.lease._asdict(), "request": head.lease.request and head.lease.request._asdict()
    }  # fmt: skip
    known = {
        "format": FORMAT, **head._asdict(), "lease": lease, "pushed": head.pushed and head.pushed._asdict()
    }  # fmt: skip
    data = json.dumps(known).encode("ascii") + b"\n"
    return sealing.seal(data + b" " * (-len(data) % BLOCK), recipients)


def decode(data: bytes, team: Team, keys: Keys, slot: str | None) -> Head:
    """Read a head, of whatever slot for None. Raises CannotDecrypt, HeadForged, BlobDamaged for nonsense.

    NewerFormat for one that a newer wagit wrote.
    """
    what = f"the head of {slot}" if slot else "a head"
    if len(data) > LARGEST_HEAD:
        raise sealing.damaged(what)
    opened = sealing.unseal(data, keys, what)
    try:
        known = values.document(opened)
        check(known, team.secret_digest, slot, what)
        return _head(known)
    except (ValueError, TypeError) as error:
        raise sealing.damaged(what) from error


def check(known: object, secret_digest: str, slot: str | None, what: str) -> None:
    """Raise HeadForged unless a member wrote it for that slot, NewerFormat if by a newer wagit."""
    known = known if isinstance(known, dict) else {}
    secret = known.get("secret")
    if not isinstance(secret, str) or access.digest(values.text(secret)) != secret_digest:
        raise _forged(what, "it lacks what only members of the team know")
    if known.get("format") != FORMAT:
        raise NewerFormat(
            f"{what} of the team's remote has format {str(known.get('format'))[:20]}; "
            f"this wagit reads format {FORMAT}",
            "upgrade wagit: pip install -U wagit-sessions",
        )
    if slot is not None and known.get("slot") != slot:
        raise _forged(what, "it is another slot's")


def _forged(what: str, why: str) -> HeadForged:
    return HeadForged(
        f"{what} of the team's remote is forged: {why}",
        "do not use it; look at who can write to that remote, then have a member push again",
    )


def _head(value: object) -> Head:
    known = values.dictionary(value, "format", *Head._fields)
    current, pushed = known["current"], known["pushed"]
    if (current is None) != (pushed is None):
        raise ValueError("a session without its index")
    return Head(
        values.slot(known["slot"]),
        known["secret"],
        values.natural(known["fence"]),
        None if known["lease"] is None else _lease(known["lease"]),
        None if current is None else values.blob(current),
        None if pushed is None else values.pushed(pushed),
    )


def _lease(value: object) -> Lease:
    known = values.dictionary(value, *Lease._fields)
    return Lease(
        values.hexadecimal(known["id"], 32), values.text(known["by"]), values.text(known["host"]),
        values.seconds(known["term"]), values.seconds(known["since"]), values.natural(known["renewals"]),
        None if known["request"] is None else _request(known["request"]),
    )  # fmt: skip


def _request(value: object) -> Request:
    known = values.dictionary(value, *Request._fields)
    return Request(values.text(known["by"]), values.text(known["host"]), values.seconds(known["time"]))
