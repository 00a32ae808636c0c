"""The settings by their dotted keys, in the order of the reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pydantic.fields import FieldInfo

from wagit.config.model import Rule, Settings
from wagit.config.problems import Path, dotted
from wagit.config.section import Section

# Lists and the file's own version are not for the environment.
NOT_IN_ENVIRONMENT = frozenset(
    {("version",), ("rules",), ("team", "recipients"), ("notify", "on"), ("guard", "allow")}
)


class Key(NamedTuple):
    """One setting."""

    path: Path
    field: FieldInfo

    @property
    def name(self) -> str:
        """Its dotted key: `bot.command`."""
        return dotted(self.path)

    @property
    def variable(self) -> str | None:
        """The environment variable that sets it: `WAGIT_BOT_COMMAND`."""
        if self.path in NOT_IN_ENVIRONMENT:
            return None
        return "WAGIT_" + "_".join(str(part) for part in self.path).upper()


def leaves(section: type[Section] = Settings, path: Path = ()) -> Iterator[Key]:
    """Yield every setting that is no section, in the order of the reference."""
    for name, field in section.model_fields.items():
        if isinstance(field.default, Section):
            yield from leaves(type(field.default), (*path, name))
        else:
            yield Key((*path, name), field)


def leaf_of(path: Path) -> Path:
    """Cut a path to the setting it lies in: rules[3].slot lies in rules."""
    section: type[Section] = Settings
    for depth, part in enumerate(path):
        default = section.model_fields[part].default if part in section.model_fields else None
        if not isinstance(default, Section):
            return path[: depth + 1]
        section = type(default)
    return path


def names_at(path: Path) -> list[str]:
    """The keys that a mapping at `path` may have."""
    if path[:1] == ("rules",):
        return list(Rule.model_fields)
    section: type[Section] = Settings
    for part in path:
        default = section.model_fields[part].default if part in section.model_fields else None
        if not isinstance(default, Section):
            return []
        section = type(default)
    return list(section.model_fields)
