"""What does not hold of every expression in the picture, and why: a table a kind, most held both ways."""

from collections.abc import Mapping

_LATER = "it fires after two minutes or more, and the story is over by then"
_NO_FAULT = "the series appears with the first fault of its kind"
_LOAD = "on a loaded machine a poll is missed or fails, else none"
_MET = "the gap to the target is below zero where the target is met"
_HALF_HOUR = "nothing may be done yet in a half-hour that has just begun"
_TEN_MINUTES = "it looks at every tenth minute, and the story has one or none"

_COUNTERS = ("SeriesDropped", "TaskCrashing", "ValuesRefused")

QUIET: Mapping[str, str] = {
    "queuewatch-health: Crashes [A]": _NO_FAULT,
    "queuewatch-health: Series dropped [A]": _NO_FAULT,
    "queuewatch-health: Values refused [A]": _NO_FAULT,
    "queuewatch-queue: Service level now and a week ago [B]": "a week ago there was nothing",
    **{f"queuewatch.yml: Queuewatch{name}": _NO_FAULT for name in _COUNTERS},
    **{f"rules.yaml: Queuewatch{name} [A]": _NO_FAULT for name in _COUNTERS},
}
"""Places of expressions that yield no series; of alerts, even where their comparisons are relaxed."""

QUIET_SELECTORS: Mapping[str, str] = {
    'ALERTS{alertname="GenesysServiceLevelBudgetBurn",alertstate="firing",severity="critical"}': _LATER,
    'ALERTS{alertname="GenesysServiceLevelBudgetBurn",alertstate="firing",severity="warning"}': _LATER,
    'ALERTS{alertname="GenesysServiceLevelLow",alertstate="firing"}': _LATER,
    "queuewatch_dropped_series_total": _NO_FAULT,
    "queuewatch_task_crashes_total": _NO_FAULT,
    "queuewatch_values_refused_total": _NO_FAULT,
}
"""Selectors in alerts and recording rules that find nothing."""

_BURN = "queue:genesys_service_level_"
_SPANS = ("numerator:avg6h", "denominator:avg6h", "burn_rate:6h", "burn_rate:slow")

CHANCE: Mapping[str, str] = {
    "queuewatch-health: Polls missed [A]": _LOAD,
    "queuewatch-health: Polls that did not succeed [A]": _LOAD,
    "queuewatch-workitems: Oldest unassigned, and average wait [B]": _HALF_HOUR,
    "burn-rate.yml: GenesysServiceLevelBudgetBurn": _TEN_MINUTES,
    **{f"burn-rate.yml: {_BURN}{name}": _TEN_MINUTES for name in _SPANS},
    **{f"{_BURN}{name}": _TEN_MINUTES for name in _SPANS},
}
"""Places and selectors that find something now and then."""

NAMELESS: Mapping[str, str] = {
    "queuewatch-health: Deliveries by outcome [A]: reason": "what was delivered needs none",
}
"""Labels in legends, behind their places, that some series of the panel lack."""

SIGNED: Mapping[str, str] = {
    "queuewatch-service-level: Gap to target, queue by queue [A]": _MET,
    "queuewatch-service-level: Queues, worst first [C]": _MET,
}
"""Places whose shares or times are negative here and there."""

HOLES: Mapping[str, str] = {
    "queuewatch-service-level: Service level by hour, last 7 days [A]": "an idle hour keeps its column",
}
"""Places whose values may be no number."""
