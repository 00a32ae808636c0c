"""What all mappings of settings have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """A mapping of settings. A key with nothing after it counts as not written."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, data: object) -> object:
        if isinstance(data, dict) and None in data.values():
            kept = data.items()
            return {key: value for key, value in kept if value is not None or key not in cls.model_fields}
        return data
