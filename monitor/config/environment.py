"""Environment variables laid over the file: `QUEUEWATCH_A__B__C` sets `a.b.c`.

Every settable part has one variable; they are listed from the schema and from the names that stand in the
file, and a variable that is not on the list is a mistake (docs/adr/0002-own-environment-overlay.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import get_args, get_origin

from monitor.config.complaints import bare, keys
from monitor.config.questions import MOVED, WindowPart
from monitor.config.reading import Data, scalar
from monitor.config.report import Report, Trail, meant, show
from monitor.config.schema import ConfigPart

PREFIX = "QUEUEWATCH_"

COMMANDS = frozenset(
    PREFIX + word
    for word in (
        "CONFIG",
        "URL",
        "TOKEN",
        "TOKEN_FILE",
        "USER",
        "PASSWORD",
        "CA_FILE",
        "CERT_FILE",
        "KEY_FILE",
    )
)
"""What the command line reads: where the configuration is, where a daemon listens, and who asks it."""

_OTHERS = re.compile(
    r"QUEUEWATCH_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT|PORT_[0-9]+_(?:TCP|UDP|SCTP)(?:_\w+)?)"
)
"""What Kubernetes sets in every pod beside a Service named queuewatch or queuewatch-…
(https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables)."""

_NEAR = 0.8
"""How alike a variable and a suggestion are, of 1: all begin alike and have many words in common."""

_NOTHING = {"null", "~", "none", "off", "false"}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What a variable sets, and the type found there."""

    trail: Trail
    kind: object


def overlay(data: dict[str, Data], environ: Mapping[str, str], report: Report) -> None:
    """Set in `data` what `environ` says; an empty variable says nothing.

    A list is written with commas. `null` or `off` removes a section such as a receiver's `mqtt`, and then
    variables for keys inside it say nothing.
    """
    given = {name: text for name, text in environ.items() if _ours(name) and text.strip()}
    if not given:
        return
    targets = _targets(data)
    hits: list[tuple[_Target, str]] = []
    for name, text in sorted(given.items()):
        target = _hit(name, targets, report)
        if target is not None:
            report.variables[target.trail] = name
            hits.append((target, text))
    for target, text in sorted(hits, key=lambda hit: -len(hit[0].trail)):
        put(data, target.trail, _value(target, text, report))


def put(data: dict[str, Data], trail: Trail, value: Data) -> None:
    """Set one part of `data`; sections on the way are made."""
    here: dict[str, Data] | list[Data] = data
    for part, following in pairwise(trail):
        if isinstance(here, list):
            inner = here[int(part)]
        else:
            inner = here.get(str(part))
            if not isinstance(inner, list if isinstance(following, int) else dict):
                inner = here[str(part)] = {}
        if isinstance(inner, dict | list):
            here = inner
    if isinstance(here, dict):
        here[str(trail[-1])] = value


def variable(trail: Trail) -> str:
    """Return the name of the variable that sets `trail`."""
    return PREFIX + "__".join(_segment(str(part)) for part in trail)


def listed(trail: Trail, environ: Mapping[str, str]) -> tuple[str, list[str]] | None:
    """Return the variable that sets the list at `trail`, and its items; None where there is none."""
    found = ((name, text) for name, text in sorted(environ.items()) if name.upper() == variable(trail))
    return next(
        ((name, _items(clean)) for name, text in found if (clean := text_of(text) or "").strip()), None
    )


def text_of(text: str) -> str | None:
    """Return `text` without the newline that mounted secrets end with; None if it is no text."""
    stripped = text.removesuffix("\n").removesuffix("\r")
    return None if _UNPRINTABLE.search(stripped) else stripped


def _ours(name: str) -> bool:
    upper = name.upper()
    return (
        upper.startswith(PREFIX) and upper not in COMMANDS and ("__" in upper or not _OTHERS.fullmatch(upper))
    )


def _segment(word: str) -> str:
    return word.upper().replace("-", "_")


def _targets(data: dict[str, Data]) -> dict[str, list[_Target]]:
    """List every variable that would set something, and what it would set: one thing, if names are clear."""
    targets: dict[str, list[_Target]] = {}
    for words, target in _walk(ConfigPart, data, (), ()):
        targets.setdefault(variable(words), []).append(target)
    return targets


def _hit(name: str, targets: Mapping[str, list[_Target]], report: Report) -> _Target | None:
    """Return the one part that the variable `name` sets."""
    found = targets.get(name.upper(), [])
    if not found:
        hint = (
            _moved(name.upper(), targets)
            or meant(name, targets, cutoff=_NEAR)
            or "orgs and receivers are named in the file, rules go by their name"
        )
        report.blame(name, "sets nothing", hint)
    elif len(found) > 1:
        report.blame(name, "could set several things", " or ".join(show(target.trail) for target in found))
    elif found[0].trail in report.variables:
        report.blame(name, f"sets the same as {report.variables[found[0].trail]}")
    else:
        return found[0]
    return None


def _moved(name: str, targets: Mapping[str, list[_Target]]) -> str:
    """Return the hint for a variable of a key that is elsewhere now; nothing for others."""
    for old, new in MOVED.items():
        before, found, after = name.partition(variable(("sources", *old)).removeprefix(PREFIX))
        now = before + variable(("sources", *new)).removeprefix(PREFIX) + after
        if found and now in targets:
            return f"write {now}"
    return ""


def _walk(annotation: object, value: Data, words: Trail, trail: Trail) -> Iterator[tuple[Trail, _Target]]:
    """Go through schema and data together; yield the variable's words and the target."""
    kind = bare(annotation)
    if trail and (get_origin(kind) not in {dict, list} or _plain_list(kind)):
        yield words, _Target(trail=trail, kind=kind)
    inner = value if isinstance(value, dict) else {}
    for key, sub in keys(kind).items():
        yield from _walk(sub, inner.get(key), (*words, key), (*trail, key))
    if get_origin(kind) is dict:
        for key, item in inner.items():
            yield from _walk(get_args(kind)[1], item, (*words, key), (*trail, key))
    elif get_origin(kind) is list and isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                yield from _walk(get_args(kind)[0], item, (*words, str(item["name"])), (*trail, index))


def _plain_list(kind: object) -> bool:
    """Return whether `kind` is a list whose items are words, and so may be written with commas."""
    return get_origin(kind) is list and bare(get_args(kind)[0]) in {str, float, WindowPart}


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _value(target: _Target, text: str, report: Report) -> Data:
    clean = text_of(text)
    if clean is None:
        report.add(target.trail, "holds a character that is not text")
        return ""
    if target.kind in {str, object}:
        return clean
    if _plain_list(target.kind):
        numbers = bare(get_args(target.kind)[0]) is float
        return [scalar(item) if numbers else item for item in _items(clean)]
    if keys(target.kind) and clean.strip().lower() in _NOTHING:
        return None
    return scalar(clean.strip())
