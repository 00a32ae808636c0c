"""The settings of `wagit guard`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from wagit.config import globs, values
from wagit.config.section import Section
from wagit.config.types import Text


def _pattern(value: str) -> str:
    globs.translate(value)
    return value


class Guard(Section):
    """What is no leak."""

    allow: Annotated[
        tuple[Annotated[Text, AfterValidator(_pattern)], ...], BeforeValidator(values.listed)
    ] = Field(
        default=(),
        description="Files that `wagit guard` lets pass, and `wagit doctor` in history: paths from the top, "
        "with `*` inside a segment and `**` across.",
        examples=[["tests/fixtures/**"]],
    )
