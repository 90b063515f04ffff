"""Holds what came of a test against what its file expects. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from monitor.kit import durations
from monitor.model.alert import Alert, AlertEvent
from monitor.proving.playing import Played
from monitor.proving.story import Check, Saying, Story, Wanted

Row = Mapping[str, str]
"""One line of a table, by heading."""

One = TypeVar("One")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What a test expected and did not get. `about` is the rule and the time, or the events."""

    test: str
    about: str
    expected: tuple[Row, ...]
    got: tuple[Row, ...]


def failures(story: Story, played: Played, interval: float) -> Iterator[Failure]:
    """Yield everything that is not as `story` says; it was polled every `interval` seconds."""
    for check in story.checks:
        alerts = [one for one in played.active[int(check.at // interval)] if one.rule == check.rule]
        if not _paired(check.wanted, alerts, _is):
            yield _unlike(story, check, alerts)
    if story.sayings is not None and not _as_said(story.sayings, played.told, interval):
        yield Failure(
            test=story.name,
            about="events",
            expected=tuple(_saying(one) for one in story.sayings),
            got=tuple(_told(at, event) for at, event in played.told),
        )


def _as_said(sayings: Sequence[Saying], told: Sequence[tuple[float, AlertEvent]], interval: float) -> bool:
    return len(sayings) == len(told) and all(
        abs(at - saying.at) <= interval and _says(saying, event)
        for saying, (at, event) in zip(sayings, told, strict=True)
    )


def _says(saying: Saying, event: AlertEvent) -> bool:
    return (
        (saying.kind, saying.rule) == (event.kind, event.rule)
        and saying.severity in (None, event.severity)
        and saying.reason in (None, event.reason)
        and saying.labels.items() <= event.entity.labels.items()
    )


def _is(wanted: Wanted, alert: Alert) -> bool:
    return (
        wanted.state is alert.state
        and wanted.severity in (None, alert.severity)
        and wanted.labels.items() <= alert.entity.labels.items()
    )


def _paired(ones: Sequence[One], others: Sequence[Other], fits: Callable[[One, Other], bool]) -> bool:
    """Return whether each of `ones` fits one of `others` and none is left over (augmenting paths)."""
    taken: dict[int, int] = {}

    def place(one: int, tried: set[int]) -> bool:
        for other in range(len(others)):
            if other not in tried and fits(ones[one], others[other]):
                tried.add(other)
                if other not in taken or place(taken[other], tried):
                    taken[other] = one
                    return True
        return False

    return len(ones) == len(others) and all(place(one, set()) for one in range(len(ones)))


def _unlike(story: Story, check: Check, alerts: Sequence[Alert]) -> Failure:
    return Failure(
        test=story.name,
        about=f"{check.rule} at {_shown(check.at)}",
        expected=tuple(_wanted(one) for one in check.wanted),
        got=tuple(_alert(one) for one in alerts),
    )


def _wanted(wanted: Wanted) -> Row:
    return {"state": wanted.state.value, "severity": wanted.severity or "", **wanted.labels}


def _alert(alert: Alert) -> Row:
    held = ", ".join(
        f"{severity} {strand.state} {durations.show(strand.held)}"
        for severity, strand in alert.strands.items()
        if strand.held
    )
    value = {"value": "?" if alert.value is None else f"{alert.value:g}", "held": held}
    return {
        "state": alert.state.value,
        "severity": alert.severity.value,
        **value,
        **_short(alert.entity.labels),
    }


def _saying(saying: Saying) -> Row:
    named = {"severity": saying.severity or "", "reason": saying.reason or ""}
    return {
        "at": _shown(saying.at),
        "kind": saying.kind.value,
        "rule": saying.rule,
        **named,
        **saying.labels,
    }


def _told(at: float, event: AlertEvent) -> Row:
    said = {"kind": event.kind.value, "rule": event.rule, "severity": event.severity.value}
    return {"at": _shown(at), **said, "reason": event.reason, **_short(event.entity.labels)}


def _shown(at: float) -> str:
    return durations.show(at) if at else "0s"


def _short(labels: Mapping[str, str]) -> Row:
    """Return labels without an id that only repeats the name."""
    return {
        name: text
        for name, text in labels.items()
        if not (name == "queue_id" and text == labels.get("queue"))
    }
