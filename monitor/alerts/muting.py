"""Who is muted, and by what. Pure.

In: the labels of alerts, silences and inhibitions, the moment. Out: the silence, or the name of the
inhibition, that mutes an alert. What a muted alert may still say (a resolve to whom it had fired at) is not
decided here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from monitor.model.alert import DESTINATION_GONE, SOURCE_DOWN
from monitor.model.inhibition import Inhibition
from monitor.model.rule import Matcher, Severity
from monitor.model.silence import Silence
from monitor.rules.matching import compiled

Labels = Mapping[str, str]

EVERYTHING = Matcher(label="rule", globs=("*",))
"""What a silence says that is meant for everything."""

_OURS = frozenset({SOURCE_DOWN, DESTINATION_GONE})
"""Rules of our own: that nothing is known, that nobody is told. They are silenced by name."""

_WILD = re.compile(r"(?:[*?]|\[!?+\]?+[^]]*+\])*+")
"""A glob without a word in it: only `*`, `?` and sets. Possessive: no text makes it try again and again."""


def labelled(entity: Labels, labels: Labels, *, org: str, rule: str, severity: str) -> dict[str, str]:
    """Return what an alert is matched by: its entity's labels, its rule's, and who it is.

    A rule's label never hides what the alert is about.
    """
    return {**labels, **entity, "org": org, "rule": rule, "severity": severity}


def silenced(labels: Labels, silences: Iterable[Silence], now: datetime) -> Silence | None:
    """Return the silence that mutes an alert with `labels` at `now`: of several, the one that ends last."""
    return max(
        (one for one in silences if one.active(now) and _quiets(one.matchers, labels)),
        key=lambda one: one.ends_at,
        default=None,
    )


def sweeping(matchers: Collection[Matcher]) -> bool:
    """Return whether a silence by `matchers` would be about everything there is, and does not say so."""
    return EVERYTHING not in matchers and all(map(_wide, matchers))


@dataclass(slots=True)
class Inhibitor:
    """Says which alerts the firing ones mute; made anew for every batch.

    `firing` are the labels of every alert that fires. As in Alertmanager, an alert that is both cause and
    consequence by one inhibition is not muted by another such: it never mutes itself, and no two mute each
    other so that nobody is told.
    """

    inhibitions: tuple[Inhibition, ...]
    firing: InitVar[Iterable[Labels]]
    _causes: tuple[dict[tuple[str, ...], bool], ...] = field(init=False)

    def __post_init__(self, firing: Iterable[Labels]) -> None:
        alerts = tuple(firing)
        self._causes = tuple(_causes(one, alerts) for one in self.inhibitions)

    def by(self, labels: Labels) -> str | None:
        """Return the name of the first inhibition that mutes an alert with `labels`."""
        for one, causes in zip(self.inhibitions, self._causes, strict=True):
            plain = causes.get(_shared(one, labels))
            if plain is None or not _fits(one.target, labels):
                continue
            if plain or not _fits(one.source, labels):
                return one.name
        return None


def _causes(inhibition: Inhibition, alerts: Iterable[Labels]) -> dict[tuple[str, ...], bool]:
    """Return, per values of the equal labels, whether a source there is no target as well."""
    found: dict[tuple[str, ...], bool] = {}
    for labels in alerts:
        if _fits(inhibition.source, labels):
            shared = _shared(inhibition, labels)
            found[shared] = found.get(shared, False) or not _fits(inhibition.target, labels)
    return found


def _shared(inhibition: Inhibition, labels: Labels) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in inhibition.equal)


def _fits(matchers: tuple[Matcher, ...], labels: Labels) -> bool:
    """Return whether `labels` fit every matcher, of which there is at least one; a missing label is empty."""
    return bool(matchers) and all(_holds(one, labels.get(one.label, "")) for one in matchers)


def _holds(matcher: Matcher, value: str) -> bool:
    """Return whether a label's value fits; where there is none, `*` has nothing to stand for."""
    if value or matcher.regex is not None:
        return compiled(matcher)(value)
    return "" in matcher.globs


def _quiets(matchers: tuple[Matcher, ...], labels: Labels) -> bool:
    """Return whether a silence by `matchers` is about an alert: about one of ours only where it names it."""
    if not _fits(matchers, labels):
        return False
    rule = labels.get("rule", "")
    return rule not in _OURS or any(one.label == "rule" and _names(one, rule) for one in matchers)


def _names(matcher: Matcher, rule: str) -> bool:
    """Return whether a matcher that fits says more than that there is a rule."""
    named = (fnmatchcase(rule, glob) and not _WILD.fullmatch(glob) for glob in matcher.globs)
    return matcher.regex is not None or any(named)


def _wide(matcher: Matcher) -> bool:
    """Return whether a matcher fits whatever has the label."""
    if matcher.label == "severity":
        return all(compiled(matcher)(one.value) for one in Severity)
    return any(_WILD.fullmatch(glob) is not None for glob in matcher.globs)
