"""File systems that can share blocks between files, where this machine can mount one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAKE = {"btrfs": ("mkfs.btrfs", "-q"), "XFS": ("mkfs.xfs", "-q", "-m", "reflink=1")}
BYTES = 4 << 30  # of a sparse file


class CannotMount(Exception):
    """There is no such file system to be had here; says why."""


@contextmanager
def mounted(kind: str, home: Path) -> Iterator[Path]:
    """Make and mount a file system of that kind until the `with` block ends. Raises CannotMount."""
    image, place = home / f"{kind}.img", home / kind
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(BYTES)
    _run(*MAKE[kind], str(image))
    _run("mount", "-o", "loop", str(image), str(place))
    try:
        yield place
    finally:
        _run("umount", str(place))
        image.unlink()


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except OSError as error:
        raise CannotMount(f"{command[0]}: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        raise CannotMount(str(error.stderr).strip() or f"{command[0]}: {error.returncode}") from error
