from __future__ import annotations

import json
from pathlib import Path

import pytest

from wagit.drivers import registry
from wagit.drivers.detect import Detection, scan


def write(worktree: Path, **files: str) -> list[Detection]:
    for name, content in files.items():
        (worktree / name.replace("__", ".")).write_text(content)
    return registry.detect(str(worktree))


def package_json(**sections: dict[str, str]) -> str:
    return json.dumps({"name": "bot", **sections}, indent=2)


@pytest.mark.parametrize(
    ("dependency", "driver"),
    [
        ("whatsapp-web.js", "wwebjs"),
        ("baileys", "baileys"),
        ("@whiskeysockets/baileys", "baileys"),
        ("@wppconnect-team/wppconnect", "wppconnect"),
        ("venom-bot", "wppconnect"),
        ("puppeteer-core", "chromium"),
        ("playwright", "chromium"),
    ],
)
@pytest.mark.parametrize("section", ["dependencies", "devDependencies", "optionalDependencies"])
def test_finds_node_libraries(tmp_path: Path, dependency: str, driver: str, section: str) -> None:
    content = package_json(**{section: {"a": "1", dependency: "^1"}})
    assert write(tmp_path, package__json=content) == [(driver, "package.json", 5, dependency)]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("requirements__txt", "# bot\nrequests\nNeonize[x]>=0.3 ; python_version > '3'\n", 3),
        ("requirements-dev__txt", "-r base.txt\nneonize @ git+https://example.org\n", 2),
        ("pyproject__toml", '[project]\nname = "b"\ndependencies = [\n  "neonize>=1",\n]\n', 4),
        ("pyproject__toml", '[tool.poetry.dependencies]\npython = "^3"\nneonize = "*"\n', 3),
        ("pyproject__toml", '[dependency-groups]\ndev = [{include-group = "x"}, "neonize"]\n', 2),
        ("pyproject__toml", '[project.optional-dependencies]\nbot = ["neonize"]\n', 2),
    ],
)
def test_finds_python_libraries(tmp_path: Path, name: str, content: str, line: int) -> None:
    found = write(tmp_path, **{name: content})
    assert found == [("whatsmeow", name.replace("__", "."), line, "neonize")]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("module bot\n\nrequire go.mau.fi/whatsmeow v0.0.0-2025\n", 3),
        ("module bot\nrequire (\n\tgo.mau.fi/whatsmeow v0.0.0 // indirect\n)\n", 3),
    ],
)
def test_finds_go_libraries(tmp_path: Path, content: str, line: int) -> None:
    assert write(tmp_path, go__mod=content) == [("whatsmeow", "go.mod", line, "go.mau.fi/whatsmeow")]


def test_the_library_that_speaks_whatsapp_comes_first(tmp_path: Path) -> None:
    content = package_json(
        devDependencies={"baileys": "1"}, dependencies={"puppeteer": "1", "whatsapp-web.js": "1"}
    )
    found = write(tmp_path, package__json=content, requirements__txt="playwright")
    assert [driver for driver, *_ in found] == ["wwebjs", "baileys", "chromium"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("package.json", b"{"),
        ("package.json", b"[]"),
        ("package.json", b'{"dependencies": 5}'),
        ("package.json", b'{"dependencies": ["whatsapp-web.js"], "x": \xff}'),
        ("package.json", b"[" * 200_000),
        ("package.json", b" " * (2 << 20)),
        ("pyproject.toml", b"[project"),
        ("pyproject.toml", b"project = 5"),
        ("pyproject.toml", b"[project]\ndependencies = [1]"),
        ("requirements.txt", b"\xff\xfe"),
        ("go.mod", b"\x80"),
    ],
)
def test_a_malformed_file_is_skipped_with_a_note(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / "requirements-ok.txt").write_text("neonize")
    found, notes = scan(str(tmp_path))
    assert [detection.driver for detection in found] == ["whatsmeow"]
    assert [note.partition(":")[0] for note in notes] == [name]


@pytest.mark.parametrize(
    "content", ["{}", '{"dependencies": null}', '{"dependencies": {"whatsapp-web": "1"}}']
)
def test_nothing_is_found_where_nothing_is(tmp_path: Path, content: str) -> None:
    assert write(tmp_path, package__json=content) == []
    assert scan(str(tmp_path)).notes == []


def test_a_byte_order_mark_does_not_hide_it(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_bytes(b"\xef\xbb\xbf" + b'{"dependencies": {"baileys": "1"}}')
    assert [found.driver for found in registry.detect(str(tmp_path))] == ["baileys"]


def test_a_worktree_with_glob_characters(tmp_path: Path) -> None:
    worktree = tmp_path / "[a]*?"
    worktree.mkdir()
    assert write(worktree, requirements__txt="neonize")[0][0] == "whatsmeow"
