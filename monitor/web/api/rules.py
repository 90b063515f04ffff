"""`/api/v1/rules`: the rules that are judged now, as they were written, and how many of their alerts burn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from monitor.config.summary import summary
from monitor.model.alert import Alert, AlertState
from monitor.model.rule import Burn, Guard, Level, Matcher, Rule
from monitor.web import reading
from monitor.web.access import Address, Scope
from monitor.web.api import paging, tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Answers about rules; `rules` are today's, `alerts` every alert ever kept."""

    rules: Callable[[], Sequence[Rule]]
    alerts: Callable[[], Iterable[Alert]]

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [Address(path="/api/v1/rules", endpoint=self.listed, scope=Scope.READ)]

    async def listed(self, request: Request) -> Response:
        """Return the rules by name, page by page."""
        given = reading.parameters(request, "limit", "after")
        page = paging.paged(self.rules(), lambda rule: (rule.name,), given, "")
        counts = Counter((one.rule, one.state) for one in self.alerts())
        shown = [
            {
                **_rule(rule),
                "firing": counts[rule.name, AlertState.FIRING],
                "pending": counts[rule.name, AlertState.PENDING],
            }
            for rule in page.items
        ]
        return tags.tagged(request, {"rules": shown, "next": page.next})


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "name": rule.name,
        "summary": summary(rule),
        "metric": rule.metric,
        "expr": rule.expr,
        "levels": [_level(one) for one in rule.levels],
        "burns": [_burn(one) for one in rule.burns],
        "matchers": [_matcher(one) for one in rule.matchers],
        "keep_firing_for": rule.keep_firing_for,
        "guard": None if rule.guard is None else _guard(rule.guard),
        "unknown": {
            verdict.value: {"action": policy.action.value, "for": policy.dwell}
            for verdict, policy in rule.unknown.items()
        },
        "during": [one.name for one in rule.during],
        "not_during": [one.name for one in rule.not_during],
        "overrides": [
            {"during": one.during.name, "levels": [_level(level) for level in one.levels]}
            for one in rule.overrides
        ],
        "flapping": rule.flapping,
        "inhibit_members": rule.inhibit_members,
        "labels": dict(rule.labels),
        "annotations": dict(rule.annotations),
    }


def _level(level: Level) -> dict[str, object]:
    return {
        "severity": level.severity.value,
        "low": level.low,
        "high": level.high,
        "clear_low": level.clear_low,
        "clear_high": level.clear_high,
        "for": level.dwell,
        "truth": level.truth,
    }


def _burn(burn: Burn) -> dict[str, object]:
    return {
        "severity": burn.severity.value,
        "objective": burn.objective,
        "long": burn.long,
        "short": burn.short,
        "factor": burn.factor,
        "for": burn.dwell,
    }


def _matcher(matcher: Matcher) -> dict[str, object]:
    return {"label": matcher.label, "globs": list(matcher.globs), "regex": matcher.regex}


def _guard(guard: Guard) -> dict[str, object]:
    return {"volume": guard.volume, "at_least": guard.at_least, "confidence": guard.confidence}
