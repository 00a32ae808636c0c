"""A QR as a picture in a file, for whoever has no terminal."""

from __future__ import annotations

import contextlib
import io
import os

from wagit.browser.qr import encode
from wagit.core.atomic import atomic_write
from wagit.core.errors import UsageError

_KINDS = (".png", ".svg")
_SCALE = 8  # pixels, or units, a module


class BadQrFile(UsageError):
    """No QR can be written to the path that was given."""

    code = "qr-file"


class QrFile:
    """The file that shows the newest QR, and is gone when none waits. A QR is a login: its mode is 0600."""

    def __init__(self, path: str) -> None:
        """Raises BadQrFile."""
        self._path = os.path.abspath(path)
        self._kind = os.path.splitext(path)[1].lower()
        if self._kind not in _KINDS:
            raise BadQrFile(f"{path} names no kind of picture", "end its name in .png or .svg")
        if os.path.isdir(path) or not os.path.isdir(os.path.dirname(self._path)):
            raise BadQrFile(f"{path} cannot be a file: look at its directory", "name a file in one there is")
        self._shown: str | None = None

    def show(self, ref: str | None) -> None:
        """Replace the picture by that of `ref`, or remove it. Does nothing twice. Raises OSError."""
        if ref == self._shown:
            return
        if ref is None:
            self.remove()
            return
        picture = io.BytesIO()
        encode(ref).save(picture, kind=self._kind[1:], scale=_SCALE, light="white")
        atomic_write(self._path, picture.getvalue())
        self._shown = ref

    def remove(self) -> None:
        """Remove what was shown; a file that nobody wrote here stays."""
        if self._shown is not None:
            self._shown = None
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
