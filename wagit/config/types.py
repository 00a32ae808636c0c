"""The types of settings: how what is written becomes a value, and how editors are told about it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from wagit.config import branches, values

Strategy = Literal["shared", "branch", "pattern", "team"]
Launch = Literal["auto", "if-running", "never"]
DriverName = Literal["wwebjs", "baileys", "wppconnect", "whatsmeow", "chromium", "generic"]

_TEXT_OR_LIST = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_DURATION = {
    "type": ["string", "number"],
    "pattern": r"^(\d+(\.\d+)?(ms|[smhdw]))+$|^\d+(\.\d+)?$",
    "minimum": 0,
}
_SIZE = {
    "type": ["string", "number"],
    "pattern": r"^\d+(\.\d+)?\s*([bB]|[kKmMgGtT][iI]?[bB])?$",
    "minimum": values.SMALLEST_SIZE,
}

Text = Annotated[str, AfterValidator(values.text)]
Seconds = Annotated[float, BeforeValidator(values.seconds), WithJsonSchema(_DURATION)]
Size = Annotated[int, BeforeValidator(values.size), WithJsonSchema(_SIZE)]
Interval = Annotated[
    float,
    BeforeValidator(values.interval),
    WithJsonSchema({"anyOf": [_DURATION, {"const": False}]}),
]
Delays = Annotated[
    tuple[Seconds, ...],
    BeforeValidator(values.durations),
    WithJsonSchema({"anyOf": [{"type": "array", "items": _DURATION}, _DURATION]}),
]
Command = Annotated[
    tuple[Text, ...],
    BeforeValidator(values.command),
    AfterValidator(values.some),
    WithJsonSchema(_TEXT_OR_LIST),
]
Link = Annotated[
    str | bool,
    BeforeValidator(values.link),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"const": False}]}),
]
Patterns = Annotated[
    tuple[Annotated[Text, AfterValidator(branches.pattern)], ...],
    BeforeValidator(values.listed),
    AfterValidator(values.some),
    WithJsonSchema(_TEXT_OR_LIST),
]
SlotName = Annotated[Text, AfterValidator(values.slot_name), Field(max_length=256)]
SlotTemplate = Annotated[Text, AfterValidator(values.slot_template)]
NewSlot = Annotated[
    Text,
    AfterValidator(values.new_slot),
    WithJsonSchema({"type": "string", "pattern": r"^(fresh|(move|copy)(:[a-z0-9{][a-zA-Z0-9._{}-]*)?)$"}),
]
Account = Annotated[Text, AfterValidator(values.account)]
Count = Annotated[int, Field(ge=0, le=100_000)]
FewCount = Annotated[int, Field(ge=0, le=100)]
Pattern = Annotated[
    Text, AfterValidator(values.pattern), WithJsonSchema({"type": "string", "format": "regex"})
]
Url = Annotated[Text, AfterValidator(values.url), WithJsonSchema({"type": "string", "pattern": "^https?://"})]
Store = Annotated[Text, AfterValidator(values.store)]
Version = Annotated[int, AfterValidator(values.version), WithJsonSchema({"const": 1})]
