"""What others do with the same directories: copy them, archive them, put them into a deduplicating store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks.clock import Contestant, Sample, program
from benchmarks.stage import Stage


class Peer(NamedTuple):
    """A program's scripts for sh: `$O` is its directory, "$@" the directories to save.

    `begin` makes what `save` needs the first time and is not measured; `back` writes the newest to `$O/back`.
    """

    name: str
    tool: str
    save: str
    begin: str = ""
    back: str = ""


BARE_BORG = "borg, unencrypted, uncompressed"
ARCHIVE = '"$O/store::$(date +%s%N)" "$@"'
EXTRACT = 'mkdir $O/back && cd $O/back && borg extract "$O/store::$(borg list --last 1 --short $O/store)"'
# borg and restic as their quick starts show them: encrypted, with the compression that is the default.
PEERS = (
    Peer("cp -a + sync", "cp", 'mkdir $O/out && cp -a "$@" $O/out && sync', back="cp -a $O/out $O/back"),
    Peer("rsync -a + sync", "rsync", 'rsync -a "$@" $O/out/ && sync'),
    Peer("tar | zstd -1 + sync", "zstd", 'tar -cf - "$@" | zstd -q -1 >$O/out.tar.zst && sync'),
    Peer("zip -6", "zip", 'zip -q -r -6 $O/out.zip "$@"'),
    Peer("borg", "borg", f"borg create {ARCHIVE}", "borg init -e repokey $O/store", EXTRACT),
    Peer(BARE_BORG, "borg", f"borg create -C none {ARCHIVE}", "borg init -e none $O/store", EXTRACT),
    Peer(
        "restic", "restic", 'restic -q -r $O/store backup "$@"',
        "restic -q -r $O/store init", "restic -q -r $O/store restore latest --target $O/back",
    ),
)  # fmt: skip
STORES = ("borg", BARE_BORG, "restic")  # those that save a second time what changed only


def present() -> list[Peer]:
    """The peers that are installed."""
    return [peer for peer in PEERS if shutil.which(peer.tool)]


def absent() -> list[str]:
    """The names of those that are not."""
    return [peer.name for peer in PEERS if not shutil.which(peer.tool)]


class Saver:
    """One peer, and the directory in which it keeps what it saves of `sources`."""

    def __init__(self, at: Stage, peer: Peer, place: Path, sources: list[str]) -> None:
        self.peer, self.place, self._sources = peer, place, sources
        self._environ = _environ(at, place)

    def begin(self) -> None:
        """Forget all that was saved."""
        self.remove()
        self.place.mkdir(parents=True)
        if self.peer.begin:
            self._program(self.peer.begin)()

    def save(self) -> Sample:
        """Save the directories."""
        return self._program(self.peer.save)()

    def forget_back(self) -> None:
        """Remove what `back` wrote."""
        shutil.rmtree(self.place / "back", ignore_errors=True)

    def back(self, *, sync: bool = False) -> Sample:
        """Write out what was saved last."""
        return self._program(self.peer.back + (" && sync" if sync else ""))()

    def remove(self) -> None:
        """Leave nothing."""
        shutil.rmtree(self.place, ignore_errors=True)

    def first(self) -> Contestant:
        """Save what was never saved."""
        return Contestant(self.peer.name, self.save, self.begin)

    def _program(self, script: str) -> Callable[[], Sample]:
        return program(["sh", "-c", script, "sh", *self._sources], self._environ)


def _environ(at: Stage, place: Path) -> Mapping[str, str]:
    return {
        **at.environ,
        "O": os.fspath(place),
        "BORG_BASE_DIR": os.fspath(place),
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        "BORG_PASSPHRASE": "password",
        "RESTIC_PASSWORD": "password",
        "RESTIC_CACHE_DIR": os.fspath(place / "cache"),
    }
