"""What can be wrong with a Baileys folder."""

from __future__ import annotations

from collections.abc import Mapping

from wagit.integrity.findings import Code

_FROM_SNAPSHOT = "`wagit repair` takes it from the newest snapshot that agrees with the rest of the folder"
_NEW_IDENTITY = "Baileys makes a new identity, which overwrites the login: a QR scan is due."

CODES: Mapping[str, Code] = {
    "creds-missing": Code(
        "fatal",
        "creds.json is gone",
        _NEW_IDENTITY,
        "rebuild",
        _FROM_SNAPSHOT,
    ),
    "creds-damaged": Code(
        "fatal",
        "creds.json cannot be read",
        _NEW_IDENTITY,
        "rebuild",
        _FROM_SNAPSHOT,
    ),
    "creds-incomplete": Code(
        "fatal",
        "creds.json lacks what a login needs",
        "Baileys fails when it connects, or asks for a QR scan.",
        "rebuild",
        _FROM_SNAPSHOT,
    ),
    "creds-mismatch": Code(
        "fatal",
        "parts of creds.json contradict each other",
        "WhatsApp refuses the login, or nobody can read what it sends.",
        "rebuild",
        _FROM_SNAPSHOT,
    ),
    "creds-doubtful": Code(
        "warning",
        "what the phone signed does not fit the login",
        "Perhaps other devices do not trust this one; the login itself does not need it.",
        None,
        "link the device again if messages from here do not arrive",
    ),
    "creds-new-identity": Code(
        "fatal",
        "a new identity has overwritten the login",
        "Baileys asks for a QR scan, though keys of the login before are still there.",
        "rebuild",
        _FROM_SNAPSHOT,
    ),
    "creds-behind": Code(
        "warning",
        "creds.json is older than the pre-keys beside it",
        "Baileys makes these pre-keys anew; a message to one of the old is asked for once more.",
        None,
        "nothing is to be done",
    ),
    "creds-pairing": Code(
        "warning",
        "what was needed to link the device is damaged",
        "Nothing, as long as the login lasts.",
        None,
        "nothing is to be done",
    ),
    "pre-key-missing": Code(
        "loss",
        "a pre-key that is to be uploaded is gone",
        "Baileys fails when WhatsApp asks for pre-keys, and cannot connect from then on.",
        "rebuild",
        f"{_FROM_SNAPSHOT}, or skips it: WhatsApp has not seen it yet",
    ),
    "pre-key-damaged": Code(
        "loss",
        "a pre-key cannot be used",
        "The first message of somebody who uses it cannot be decrypted.",
        "rebuild",
        _FROM_SNAPSHOT,
    ),
    "app-state-key-missing": Code(
        "loss",
        "the key of the synchronised settings is gone",
        "Archived, muted and pinned chats, labels and contacts are no longer synchronised.",
        "rebuild",
        _FROM_SNAPSHOT,
    ),
    "app-state-key-unnamed": Code(
        "loss",
        "creds.json does not name the key of the synchronised settings",
        "Archiving, muting and pinning chats, and labels fail.",
        "rebuild",
        "`wagit repair` names the newest that is there",
    ),
    "app-state-key-damaged": Code(
        "loss",
        "a key of the synchronised settings cannot be used",
        "Archived, muted and pinned chats, labels and contacts are no longer synchronised.",
        "rebuild",
        _FROM_SNAPSHOT,
    ),
    "signal-session-damaged": Code(
        "loss",
        "the encryption state with a device or in a group cannot be used",
        "Messages from there cannot be decrypted until both sides have agreed on new keys.",
        "rebuild",
        "`wagit repair` takes it from a snapshot that nothing was written after, else drops it: an older one "
        "would repeat keys, and messages would be dropped silently; Baileys agrees on new keys by itself",
    ),
    "key-missing": Code(
        "loss",
        "a file was deleted, but not by a bot",
        "Messages that need its keys cannot be decrypted.",
        "rebuild",
        _FROM_SNAPSHOT,
    ),
    "key-changed": Code(
        "loss",
        "a key that never changes was changed, but not by a bot",
        "What needs this key cannot be decrypted.",
        "rebuild",
        _FROM_SNAPSHOT,
    ),
    "key-differs": Code(
        "warning",
        "a key that hardly ever changes is another one now",
        "Nothing if the bot made it anew after a kill; else what needs it cannot be decrypted.",
        None,
        "if messages stay unreadable, restore a snapshot: `wagit restore`",
    ),
    "app-state-damaged": Code(
        "warning",
        "the version of the synchronised settings cannot be used",
        "Baileys fetches these settings again from the start.",
        "drop",
        "`wagit repair` drops it",
    ),
    "file-damaged": Code(
        "warning",
        "a file that Baileys can do without cannot be read",
        "Baileys goes on as if it were not there, and makes it again.",
        "drop",
        "`wagit repair` drops it",
    ),
    "file-leftover": Code(
        "warning",
        "a temporary file was left behind",
        "Nothing: Baileys does not read it.",
        "drop",
        "`wagit repair` drops it",
    ),
}
