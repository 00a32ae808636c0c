"""docs/format.md is enough to read a store: its example is one, and its reader restores a snapshot."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from blake3 import blake3

from tests.support.snapshots import Kept, tree
from wagit.core.store import Store
from wagit.snapshots import manifest

PAGE = Path(__file__).parents[2] / "docs/format.md"
TEXT = PAGE.read_text(encoding="utf-8")
MOST_LINES = 32


def fence(language: str) -> str:
    """The page's one block in that language."""
    [block] = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert isinstance(block, str)
    return block


def test_the_reader_restores_a_snapshot(tmp_path: Path) -> None:
    kept = Kept.make(
        tmp_path, {"creds.json": b"{}", "a/b/c": b"deep", "a/\udcff\n.json": b"odd", "empty": b""}
    )
    (kept.data / "none").mkdir(mode=0o500)
    (kept.data / "link").symlink_to("/nowhere/\udcfe")
    with (kept.data / "sparse").open("wb") as file:
        file.truncate(1 << 20)
    (kept.data / "a").chmod(0o500)
    snapshot = kept.take().snapshot
    reader = fence("python")
    assert len(reader.splitlines()) <= MOST_LINES
    target = tmp_path / "target"
    done = subprocess.run(
        [sys.executable, "-c", reader, kept.store.root, "dev", snapshot.id, str(target)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert tree(target) == tree(kept.data)
    assert len(tree(target)) == 9


def test_the_example_is_a_manifest_under_its_own_name(tmp_path: Path) -> None:
    document = fence("json").encode()
    identifier = blake3(document).hexdigest()[:16]
    assert f"`snapshots/dev/{identifier}.json`" in TEXT
    store = Store(str(tmp_path))
    path = Path(manifest.path_of(store, "dev", identifier))
    path.parent.mkdir(parents=True)
    path.write_bytes(document)
    read = manifest.read(store, "dev", identifier)
    assert manifest.read_header(store, "dev", identifier) == read.header
    assert manifest.encode(read.header, read.entries) == document
    assert read.header.size == sum(entry.size for entry in read.entries)
    assert list(read.entries) == sorted(read.entries)


def test_every_key_and_kind_is_described() -> None:
    for name in (*manifest.Header._fields, *manifest.KINDS, "clean", "hot"):
        assert f"`{name}`" in TEXT, name
    fields = re.findall(r"^entry    = (.*)$", TEXT, re.MULTILINE)[0]
    names = [name.removesuffix("_ns") for name in manifest.Entry._fields]
    assert re.findall(r"[a-z]+", fields) == names
    assert json.loads(fence("json"))["format"] == manifest.FORMAT
