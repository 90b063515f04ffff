"""What a mapping of the configuration holds: keys, with their types as written, defaults and descriptions.

In: the classes of `monitor.config`. Out: their keys in order. Descriptions are the texts below the fields,
read from the source, because Python throws them away. Forbidden: a key without one.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import get_type_hints

from pydantic.fields import FieldInfo

from docs.generating.describing import Undescribed
from monitor.config.part import Part

PartType = type[Part]

INNER = frozenset({"PatternPart.globs"})
"""Fields that are no keys of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key: `annotation` as it is written, `owner` the class it stands in."""

    name: str
    annotation: object
    field: FieldInfo
    about: str
    owner: PartType

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.field.is_required()

    @property
    def default(self) -> object:
        """What holds where it is not written."""
        return self.field.get_default(call_default_factory=True, validated_data={})


def keys(part: PartType) -> list[Key]:
    """Return the keys of a mapping: its name, those it shares with others, then its own, as in the source.

    Raises:
        Undescribed: one of them says nothing about itself.
    """
    hints = get_type_hints(part, include_extras=True)
    about = _abouts(part)
    found = []
    for name, field in part.model_fields.items():
        if f"{part.__name__}.{name}" in INNER:
            continue
        if name not in about:
            raise Undescribed(f"say below {part.__module__}.{part.__name__}.{name} what it is")
        found.append(
            Key(
                name=field.alias or name,
                annotation=hints[name],
                field=field,
                about=about[name],
                owner=part,
            )
        )
    return sorted(found, key=lambda key: key.name != "name")


def summary(part: PartType) -> str:
    """Return what the class says of itself."""
    return inspect.cleandoc(part.__doc__ or "")


def _abouts(part: PartType) -> dict[str, str]:
    """Return the text of each field, those of its bases among them."""
    found: dict[str, str] = {}
    for base in reversed(part.__mro__):
        if issubclass(base, Part) and base is not Part:
            found.update(_texts(base))
    return found


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(importlib.import_module(module)))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _texts(part: PartType) -> Iterator[tuple[str, str]]:
    body = _classes(part.__module__)[part.__name__].body
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match text:
                case ast.Expr(value=ast.Constant(value=str() as said)):
                    yield field.target.id, " ".join(said.split())
