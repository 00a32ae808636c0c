"""Chromium's Local Storage, which lies in a LevelDB.

Keys are `_<origin>\\0<text>`, values `<text>`; a text is a byte that tells its encoding, then the
characters (components/services/storage/dom_storage/local_storage_impl.cc).
"""

from __future__ import annotations

from wagit.integrity.leveldb import read_newest

ENCODINGS = {0: "utf-16-le", 1: "latin-1"}


def read_local_storage(directory: str, origin: str) -> dict[str, str]:
    """Return what `origin` (such as `https://web.whatsapp.com`) keeps, from its LevelDB `directory`.

    The newest writes may be missing beside a live browser: it keeps them in memory for 5 to 60 s.
    Raises LevelDBUnreadable, FileNotFoundError when there is no database, OSError.
    """
    prefix = f"_{origin}\0".encode()
    return {
        _text(key.removeprefix(prefix)): _text(value)
        for key, value in read_newest(directory).items()
        if key.startswith(prefix)
    }


def _text(data: bytes) -> str:
    """Decode a text; an unknown encoding, or half a character, gives the bytes as Latin-1, prefix and all."""
    if not data or data[0] not in ENCODINGS or (data[0] == 0 and not len(data) % 2):
        return data.decode("latin-1")
    return data[1:].decode(ENCODINGS[data[0]], errors="surrogatepass")
