"""Show the configuration with its sources, check it, give its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from wagit.config.environment import ESTABLISHED, Established
from wagit.config.keys import leaves
from wagit.config.layers import ENVIRONMENT
from wagit.config.load import Config
from wagit.config.problems import Path, dotted
from wagit.config.section import Section
from wagit.config.team_layers import has_password
from wagit.operations.team_words import without_password

if TYPE_CHECKING:
    from wagit.config.model import Rule


class Row(NamedTuple):
    """A setting, its value as plain data (durations in seconds), and where the value comes from."""

    key: str
    value: object
    source: str


class Checked(NamedTuple):
    """What a good config consists of: the places that say something, and how many rules there are."""

    layers: tuple[str, ...]
    rules: int

    def __str__(self) -> str:
        places = ", ".join(self.layers) or "defaults alone"
        return f"the configuration is good: {places}; {self.rules} rule{'' if self.rules == 1 else 's'}"


def show(config: Config, environ: Mapping[str, str]) -> list[Row]:
    """List every setting in the order of the reference, then the established names."""
    rows = [row for key in leaves() for row in _rows(config, key.path)]
    return rows + [_established(config, environ, known) for known in ESTABLISHED]


def check(config: Config) -> Checked:
    """Say what was checked; a config with problems cannot be loaded (ConfigProblems)."""
    names = dict.fromkeys(layer.name for layer in config.layers)
    return Checked(tuple(names), len(config.settings.rules))


def schema() -> dict[str, object]:
    """Return the JSON Schema of `.wagit.yml`."""
    from wagit.config.reference import json_schema

    return json_schema()


def _rows(config: Config, path: Path) -> Iterator[Row]:
    if path != ("rules",):
        yield _row(config, path)
        return
    if not config.settings.rules:
        yield _row(config, path)
    for index, rule in enumerate(config.settings.rules):
        for name in _said(rule):
            yield _row(config, (*path, index, name))


def _said(rule: Rule) -> list[str]:
    return [name for name in type(rule).model_fields if name in rule.model_fields_set]


def _row(config: Config, path: Path) -> Row:
    value: object = config.settings
    for part in path:
        if isinstance(part, int):
            assert isinstance(value, tuple)
            value = value[part]
        else:
            value = getattr(value, part)
    return Row(dotted(path), _plain(value), str(config.source(dotted(path))))


def _plain(value: object) -> object:
    if isinstance(value, str) and has_password(value):  # what is shown gets into logs and reports
        return without_password(value)
    if isinstance(value, Section):
        return value.model_dump(mode="json")
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _established(config: Config, environ: Mapping[str, str], known: Established) -> Row:
    """Tell what an established name says, and whether something stronger says otherwise."""
    text = environ.get(known.name)
    if not text:
        return Row(known.name, None, "not set")
    sources = {config.source(key).name for key in known.sets}
    stronger = sorted(name for name in sources if name.startswith("WAGIT_") or name == "command line")
    return Row(known.name, text, f"{ENVIRONMENT}, overridden by {stronger[0]}" if stronger else ENVIRONMENT)
