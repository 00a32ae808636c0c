"""Which client library a worktree's bot uses, from the files that declare dependencies."""

from __future__ import annotations

import glob
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_LARGEST = 1 << 20  # bytes; a bigger file is nobody's list of dependencies

# Rank 0 speaks WhatsApp itself, 1 drives a browser that may do something else altogether.
_NODE = {
    "whatsapp-web.js": ("wwebjs", 0),
    "baileys": ("baileys", 0),
    "@whiskeysockets/baileys": ("baileys", 0),
    "@adiwajshing/baileys": ("baileys", 0),
    "@wppconnect-team/wppconnect": ("wppconnect", 0),
    "venom-bot": ("wppconnect", 0),
    "puppeteer": ("chromium", 1),
    "puppeteer-core": ("chromium", 1),
    "playwright": ("chromium", 1),
    "playwright-core": ("chromium", 1),
}
_PYTHON = {
    "neonize": ("whatsmeow", 0),
    "playwright": ("chromium", 1),
    "selenium": ("chromium", 1),
    "pyppeteer": ("chromium", 1),
}
_GO = {
    "go.mau.fi/whatsmeow": ("whatsmeow", 0),
    "github.com/chromedp/chromedp": ("chromium", 1),
    "github.com/go-rod/rod": ("chromium", 1),
}


class Detection(NamedTuple):
    """A dependency that speaks for a driver, and where it is declared; `file` is relative, `line` from 1."""

    driver: str
    file: str
    line: int
    dependency: str


class Scan(NamedTuple):
    """What was found, best first, and one note for each file that could not be read."""

    found: list[Detection]
    notes: list[str]


class _Declared(NamedTuple):
    dependency: str
    line: int
    development: bool


def detect(worktree: str) -> list[Detection]:
    """The drivers that the files at the top of `worktree` speak for, best first; at most one row each."""
    return scan(worktree).found


def scan(worktree: str) -> Scan:
    """Like `detect`, with a note for each file that was skipped because it is malformed or too big."""
    ranked: list[tuple[int, bool, Detection]] = []
    notes: list[str] = []
    for file, read, known in _sources(worktree):
        try:
            declared = list(read(_text(os.path.join(worktree, file))))
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as problem:
            notes.append(f"{file}: skipped: {problem}")
            continue
        for name, line, development in declared:
            if name in known:
                driver, rank = known[name]
                ranked.append((rank, development, Detection(driver, file, line, name)))
    ranked.sort(key=lambda row: row[:2])  # stable: then the order of files and lines
    best: dict[str, Detection] = {}
    for _, _, detection in ranked:
        best.setdefault(detection.driver, detection)
    return Scan(list(best.values()), notes)


_Reader = Callable[[str], Iterator[_Declared]]


def _sources(worktree: str) -> Iterator[tuple[str, _Reader, dict[str, tuple[str, int]]]]:
    fixed: list[tuple[str, _Reader, dict[str, tuple[str, int]]]] = [
        ("package.json", _package_json, _NODE),
        ("pyproject.toml", _pyproject, _PYTHON),
        ("go.mod", _go_mod, _GO),
    ]
    yield from (row for row in fixed if os.path.isfile(os.path.join(worktree, row[0])))
    for path in sorted(glob.glob(os.path.join(glob.escape(worktree), "requirements*.txt"))):
        yield os.path.basename(path), _requirements, _PYTHON


def _text(path: str) -> str:
    with open(path, encoding="utf-8-sig") as file:
        text = file.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise ValueError("larger than 1 MiB")
    return text


def _package_json(text: str) -> Iterator[_Declared]:
    content = json.loads(text)
    for section in ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies"):
        for name in content.get(section) or {}:
            line = _line_of(text, rf'"{re.escape(name)}"\s*:')
            yield _Declared(name, line, section == "devDependencies")


def _pyproject(text: str) -> Iterator[_Declared]:
    for requirement, development in _pyproject_requirements(tomllib.loads(text)):
        name = _python_name(requirement)
        if name:
            pattern = re.sub(r"-", "[-_.]+", re.escape(name).replace(r"\-", "-"))
            yield _Declared(name, _line_of(text, rf"(?i)\b{pattern}\b"), development)


def _pyproject_requirements(content: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """Requirements of PEP 621, PEP 735 and Poetry, with whether they are for development only."""
    project = content.get("project", {})
    yield from ((text, False) for text in project.get("dependencies", []))
    for extra in project.get("optional-dependencies", {}).values():
        yield from ((text, False) for text in extra)
    for group in content.get("dependency-groups", {}).values():
        yield from ((text, True) for text in group if isinstance(text, str))
    poetry = content.get("tool", {}).get("poetry", {})
    yield from ((name, False) for name in poetry.get("dependencies", {}))
    for group in poetry.get("group", {}).values():
        yield from ((name, True) for name in group.get("dependencies", {}))


def _requirements(text: str) -> Iterator[_Declared]:
    for number, line in enumerate(text.splitlines(), 1):
        if name := _python_name(line):
            yield _Declared(name, number, False)


def _python_name(requirement: str) -> str:
    """The normalised name of a requirement (PEP 508, PEP 503); empty for options and comments."""
    match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", requirement)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""


def _go_mod(text: str) -> Iterator[_Declared]:
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("//")[0].removeprefix("require ").split()
        if len(words) == 2:
            yield _Declared(words[0], number, "// indirect" in line)


def _line_of(text: str, pattern: str) -> int:
    """The line of the first match, from 1; 1 when there is none (an escaped name)."""
    match = re.search(pattern, text)
    return text.count("\n", 0, match.start()) + 1 if match else 1
