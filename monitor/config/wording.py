"""Templates in the file: compiled once, so that a mistake is told now and not in an alert."""

from __future__ import annotations

import math
import re
from collections.abc import Collection

from monitor.config.report import Report, Trail
from monitor.kit import templates
from monitor.model.naming import EVENT_NAMES
from monitor.model.settings import Body

_JSON = re.compile(r"\s*(?:\{(?![{%#])|\[.*\]\s*\Z)", re.DOTALL)
"""Text that was meant to become JSON: a name with a quote in it would break it, or add to it."""

_TEMPLATE = re.compile(r"\{[{%#]")


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
    if isinstance(value, str) and _JSON.match(value):
        report.add(
            trail,
            "is JSON in a text, which the first quote in a name breaks",
            "write it as YAML, without quotes around it all",
        )
    return _part(trail, value, report)


def _part(trail: Trail, value: object, report: Report) -> Body:
    if isinstance(value, str):
        text(trail, value, EVENT_NAMES, report)
        return value
    if isinstance(value, dict):
        for key in value:
            if _TEMPLATE.search(str(key)):
                report.add(
                    (*trail, str(key)), "is a key, and keys are sent as they are", "only values are templates"
                )
        return {str(key): _part((*trail, str(key)), inner, report) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_part((*trail, number), inner, report) for number, inner in enumerate(value))
    if isinstance(value, float) and not math.isfinite(value):
        report.add(trail, "should be a finite number", "JSON has no other")
    return value if isinstance(value, bool | int | float) else None
