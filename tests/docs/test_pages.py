"""Every page can be reached, every link resolves, every config that is shown is one."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.docs import generate
from tests.docs.consoles import fences
from tests.support.git import GitRepo
from tests.support.setup import Setup, wagit
from wagit.core.journal import Operation
from wagit.routing.binding import Binding
from wagit.slots.records import SlotRecord

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
READ_ON_THE_WEB = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
ARCHITECTURE = (DOCS / "architecture.md").read_text(encoding="utf-8")
LATER = "up"  # what auto_restore_sessions speaks of
VERBS = {verb.name for verb in generate.verbs()}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files and anchors a page links to."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def anchors(page: Path) -> set[str]:
    """The ids of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, *READ_ON_THE_WEB], ids=name_of)
def test_links_resolve(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), f"{name_of(page)} links to {target}"
        assert not anchor or anchor in anchors(target), f"{name_of(page)}: no #{anchor} in {target}"


def test_every_page_is_in_the_navigation() -> None:
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r": (\S+\.md)$", config, re.MULTILINE))
    assert listed == {str(page.relative_to(DOCS)) for page in PAGES}


def test_nothing_is_loaded_from_elsewhere() -> None:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert config["theme"]["font"] is False
    assert not {"extra_javascript", "extra_css"} & set(config)


def configs() -> list[tuple[str, str]]:
    return [
        (name_of(page), "\n".join(fence.lines))
        for page in PAGES
        for fence in fences(page.read_text(encoding="utf-8"))
        if fence.title == ".wagit.yml"
    ]


@pytest.mark.parametrize(("page", "text"), configs())
def test_a_config_that_is_shown_is_valid(page: str, text: str, repo: GitRepo) -> None:
    repo.write(".wagit.yml", text)
    ran = wagit(repo.path, "config", "check")
    assert ran.status == 0, f"{page}: {ran.stderr}"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=name_of)
def test_verbs_that_are_named_exist(page: Path) -> None:
    groups = {verb.split()[0] for verb in VERBS} | {LATER}
    for words in re.findall(
        r"(?:`|^\$ |^run: )wagit (?!is )([a-z][^`\n]*)", page.read_text("utf-8"), re.MULTILINE
    ):
        first, *rest = words.split()
        assert first in groups, f"{name_of(page)}: wagit {words}"
        if rest and re.fullmatch("[a-z]+", rest[0]) and first in ("sessions", "hooks", "config"):
            assert f"{first} {rest[0]}" in VERBS, f"{name_of(page)}: wagit {words}"


@pytest.mark.parametrize("kind", [Binding, SlotRecord, Operation])
def test_the_format_names_every_key(kind: type[Binding | SlotRecord | Operation]) -> None:
    missing = [key for key in kind._fields if f"`{key}`" not in ARCHITECTURE]
    assert not missing


def test_the_layers_are_those_that_are_enforced() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contract = tomllib.load(file)["tool"]["importlinter"]["contracts"][0]
    listed = re.findall(r"^\| `([a-z]+)` \|", ARCHITECTURE.split("## The path")[0], re.MULTILINE)
    assert listed == contract["layers"]


def test_the_layout_has_everything_that_is_on_disk(tmp_path: Path) -> None:
    setup = Setup.make(tmp_path / "repo")
    setup.repo.switch("develop")
    assert wagit(setup.path, "sessions", "new", "spare").status == 0
    assert wagit(setup.path, "sessions", "rm", "spare", "--yes").status == 0
    [layout] = [f for f in fences(ARCHITECTURE) if "<git common dir>/wagit/" in f.lines[0]]
    described = {line.split()[0].split("/")[0] for line in layout.lines if line.startswith("  ")}
    assert set(os.listdir(setup.store)) <= described
    assert set(os.listdir(setup.store / "slots" / "staging")) <= described


def test_the_route_files_look_as_described(tmp_path: Path) -> None:
    setup = Setup.make(tmp_path / "repo")
    slot, kept, link, leads_to, *places = (setup.store / "route").read_text().splitlines()
    assert slot == "production"
    assert (link, leads_to) == ("@.wwebjs_auth", f">{setup.store}/slots/production/data")
    assert len(list((setup.store / "seen").iterdir())) == 1
    assert [place[0] for place in places] == ["!", "=", "!"]
    assert all(os.path.isabs(place[1:]) for place in places)
    first, digest, target = (setup.store / "routes" / "main").read_text().splitlines()
    assert (first, digest, len(digest)) == (slot, kept, 64)
    kinds = [type(value).__name__ for value in json.loads(target)]
    assert kinds == ["str", "str", "str", "int", "str", "str", "str", "bool"]
