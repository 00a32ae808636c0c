"""The JSON Schema for editors and the reference page, both made from the model."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic.fields import FieldInfo

from wagit.config.environment import ESTABLISHED
from wagit.config.keys import leaves
from wagit.config.model import Rule, Settings
from wagit.config.values import duration


def json_schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of `.wagit.yml`."""
    schema = Settings.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "wagit configuration"
    return schema


def schema_text() -> str:
    """Return the schema as the file that ships with the package."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def reference() -> str:
    """Return the reference page in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    for key in leaves():
        variable = f"`{key.variable}`" if key.variable else ""
        default, example = _default(key.name, key.field), _example(key.field)
        yield f"| `{key.name}` | {default} | {example} | {variable} | {_text(key.field)} |"
    yield _RULES
    for name, field in Rule.model_fields.items():
        default = "required" if field.is_required() else _default(name, field)
        yield f"| `{name}` | {default} | {_example(field)} | {_text(field)} |"
    yield _NAMES
    for known in ESTABLISHED:
        sets = ", ".join(f"`{key}`" for key in known.sets)
        yield f"| `{known.name}` | {_KINDS[known.kind]} | {sets} | {known.meaning} |"


def _default(name: str, field: FieldInfo) -> str:
    value = field.default
    if value is None or value == ():
        return ""
    if isinstance(value, float):
        return f"`{duration(value)}`"
    if name.endswith("delays"):
        return f"`[{', '.join(map(duration, value))}]`"
    return f"`{_flow(value)}`"


def _example(field: FieldInfo) -> str:
    return ", ".join(f"`{_flow(example)}`" for example in field.examples or ())


def _flow(value: object) -> str:
    """Write a value as YAML in one line."""
    import yaml

    text = yaml.safe_dump(value, default_flow_style=True, width=1000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...").replace("|", "\\|")


def _text(field: FieldInfo) -> str:
    return (field.description or "").replace("|", "\\|")


_KINDS = {
    "flag": "`true` or `false`",
    "strategy": "`true` chooses it",
    "milliseconds": "milliseconds",
    "text": "text",
    "mode": "`test`, anything else says nothing",
}

_HEAD = """\
# Configuration

`.wagit.yml` at the root of the worktree, versioned. Layers, each stronger than the one before:

1. defaults
2. the user's file: `$XDG_CONFIG_HOME/wagit/config.yml`, else `~/.config/wagit/config.yml`
3. `.wagit.yml`; where the tree that is checked out has none, the default branch's, read from git
4. `.wagit.local.yml`, which git should ignore; a linked worktree without one uses the main worktree's
5. the established names below
6. `WAGIT_*`
7. the command line

`wagit config show` prints every value with its source, `wagit config check` all mistakes at once,
`wagit config schema` a JSON Schema for editors. Lists are replaced whole, mappings key by key. A key
with nothing after it counts as not written. Durations: `500ms`, `10s`, `5m`, `24h`, `3d`, `1h30m`; a bare
number is seconds. Sizes: `500 MB`, `2 GB`, `1.5 GiB`; a bare number is bytes. Values are read as text first,
so that `slot: 042` and `account: +4915100000` are what they look like. A file has at most 1 MiB, 32 levels
and 100,000 values.

What can run a program (`bot.command`, a `bot.link` that is not the driver's own, `launch: auto`,
`notify.command`, `notify.webhook`) takes effect from a versioned file only after `wagit trust`. So does what
chooses who gets a session: `team` and which slots are shared. These stay in effect as you trusted them last,
whatever branch is checked out. A `.wagit.local.yml` that git tracks counts as versioned. `store` is never
read from a repository, `notify.secret` and URLs with a password never from a versioned file.

## Keys

| key | default | example | environment | meaning |
| --- | --- | --- | --- | --- |"""

_RULES = """
## Keys of a rule

| key | default | example | meaning |
| --- | --- | --- | --- |"""

_NAMES = """
## Established names

Read below `WAGIT_*` and above the files. Names that contradict each other are reported, unless a
`WAGIT_*` variable settles it.

| name | value | sets | meaning |
| --- | --- | --- | --- |"""


def write() -> None:
    """Write both generated files; a test keeps them equal to the model."""
    import os

    here = os.path.dirname(os.path.abspath(__file__))
    page = os.path.join(here, "..", "..", "docs", "reference", "config.md")
    for path, text in ((os.path.join(here, "wagit.schema.json"), schema_text()), (page, reference())):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    write()
