from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.config import load_at
from wagit.config import reference
from wagit.config.keys import leaves
from wagit.config.model import Rule
from wagit.config.sample import render_sample

ROOT = Path(__file__).parents[2]


def test_the_page_and_the_schema_are_generated_from_the_model() -> None:
    how = "run: python -m wagit.config.reference"
    assert (ROOT / "docs/reference/config.md").read_text() == reference.reference(), how
    assert (ROOT / "wagit/config/wagit.schema.json").read_text() == reference.schema_text(), how


def test_every_key_has_a_description_and_an_example() -> None:
    for name, field in [*((key.name, key.field) for key in leaves()), *Rule.model_fields.items()]:
        assert field.description, name
        assert field.examples, name


UNVERSIONED = ("store", "notify.secret")


def test_every_example_of_the_reference_is_valid(tmp_path: Path) -> None:
    for key in leaves():
        for example in (key.field.examples or []) if key.name not in UNVERSIONED else []:
            nested: object = example
            for part in reversed(key.path):
                nested = {part: nested}
            (tmp_path / ".wagit.yml").write_text(json.dumps(nested))
            assert str(load_at(tmp_path).source(key.name)) in (".wagit.yml:1", "default"), key.name


def test_the_schema_knows_every_key() -> None:
    schema = reference.json_schema()
    definitions = schema["$defs"]
    assert isinstance(definitions, dict)
    assert set(definitions["Rule"]["properties"]) == set(Rule.model_fields)
    assert definitions["Rule"]["additionalProperties"] is False
    assert definitions["Rule"]["required"] == ["branch", "slot"]


@pytest.mark.parametrize(
    "command", [None, ["npm", "run", "dev"], ["node", "a b.js", "--x={y}", "no", '"', "80"]]
)
@pytest.mark.parametrize("branch", ["main", "ünïcode", "a'b\"c$d", "true", "x" * 200])
def test_the_sample_is_valid_and_says_what_was_asked(
    tmp_path: Path, command: list[str] | None, branch: str
) -> None:
    text = render_sample("wwebjs", command, "dev", branch)
    (tmp_path / ".wagit.yml").write_text(text)
    settings = load_at(tmp_path).settings
    assert (settings.driver, settings.default) == ("wwebjs", "dev")
    assert settings.bot.command == (tuple(command) if command else None)
    assert [(rule.branch, rule.slot) for rule in settings.rules] == [((branch,), "dev")]
    assert text.count("\n") < 30


def test_the_samples_comments_are_valid_once_taken_in(tmp_path: Path) -> None:
    text = render_sample("generic", None, "dev", "main")
    active = text.replace("  # -", "  -").replace("  #   slot", "    slot").replace("# bot:", "bot:")
    (tmp_path / ".wagit.yml").write_text(active.replace("#   command", "  command"))
    settings = load_at(tmp_path).settings
    assert [rule.slot for rule in settings.rules] == ["dev", "staging", "feature-{ticket}"]
    assert settings.bot.command == ("npm", "run", "dev")
