"""What every mapping of the file is made of, and how an org's words are laid over the shared ones."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A mapping with known keys: nothing else is accepted, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


PartType = TypeVar("PartType", bound=Part)


def merged(base: PartType, over: PartType) -> PartType:
    """Return `base` with the keys that were written in `over`, field by field."""
    changes: dict[str, object] = {}
    for name in over.model_fields_set:
        old, new = getattr(base, name), getattr(over, name)
        changes[name] = merged(old, new) if isinstance(old, Part) and isinstance(new, Part) else new
    return base.model_copy(update=changes)
