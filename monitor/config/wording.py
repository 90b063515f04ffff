"""Templates in the file: compiled once, so that a mistake is told now and not in an alert."""

from __future__ import annotations

import math
from collections.abc import Collection

from monitor.config.report import Report, Trail
from monitor.kit import templates
from monitor.model.naming import EVENT_NAMES
from monitor.model.settings import Body


def text(trail: Trail, template: str, names: Collection[str], report: Report) -> None:
    """Note a mistake for a text that is no template, or uses something beyond `names`."""
    try:
        templates.compile(template, names)
    except templates.TemplateProblem as error:
        where = f" (line {error.line} of it)" if "\n" in template.strip() else ""
        report.add(trail, f"is no template: {error.problem}{where}", error.hint)


def body(trail: Trail, value: object, report: Report) -> Body:
    """Return a body as it was written; every text in it is a template."""
    if value is not None and not isinstance(value, str | list | dict):
        report.add(trail, "should be text or a structure", "put it in quotes, or write keys and lists")
    return _part(trail, value, report)


def _part(trail: Trail, value: object, report: Report) -> Body:
    if isinstance(value, str):
        text(trail, value, EVENT_NAMES, report)
        return value
    if isinstance(value, dict):
        return {str(key): _part((*trail, str(key)), inner, report) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_part((*trail, number), inner, report) for number, inner in enumerate(value))
    if isinstance(value, float) and not math.isfinite(value):
        report.add(trail, "should be a finite number", "JSON has no other")
    return value if isinstance(value, bool | int | float) else None
