from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.leases import held_at, needs_leases
from wagit.core.opening import open_new, open_to_read, regular


def test_a_link_is_never_followed_where_a_file_is_meant(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        open_to_read(str(tmp_path / "link"))
    with pytest.raises(FileExistsError):
        open_new(str(tmp_path / "link"))


def test_what_might_wait_for_ever_is_refused_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/zero")):
        with pytest.raises(OSError, match="no regular file") as caught:
            path_opened(path)
        assert caught.value.filename == str(path)
    with pytest.raises(IsADirectoryError):
        path_opened(tmp_path)


def path_opened(path: Path) -> bytes:
    with open(path, "rb", opener=regular) as file:
        return file.read()


@needs_leases
def test_a_file_that_a_file_server_has_a_lease_on_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"contents")
    read = [sys.executable, "-c", "import sys; from wagit.core.opening import regular;"
            "print(open(sys.argv[1], opener=regular).read())", str(tmp_path / "file")]  # fmt: skip
    with held_at(tmp_path / "file") as held:
        child = subprocess.Popen(read, stdout=subprocess.PIPE, text=True)
        held.reached()
    assert child.communicate()[0] == "contents\n"


def test_a_file_is_read_also_through_a_link_where_that_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"contents")
    (tmp_path / "link").symlink_to("file")
    assert path_opened(tmp_path / "link") == path_opened(tmp_path / "file") == b"contents"
