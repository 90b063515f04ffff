"""PromQL that several panels and alert rules share.

In: a scope, which is the labels that the dashboard's variables leave. Out: expressions. Every one brings its
raw series down to the labels it is about with `max by`, so that two daemons, or two scrapes of one, neither
double a figure nor break a join. Ratios are made from their two counts; what has a denominator of 0 is left
out: it is idle.
"""

from __future__ import annotations

from dataclasses import dataclass

QUEUE = ("org", "queue_id", "queue")
ROW = (*QUEUE, "media")
LEVEL = (*ROW, "threshold")

HOLD = "1h"
"""How long the directory's answer is good for after it stopped coming: what it says changes slowly."""

_UNITS = {"d": (86_400_000, 0), "h": (3_600_000, 86_400_000), "m": (60_000, 3_600_000), "s": (1000, 60_000)}
"""Milliseconds of each unit of `1m30s`, and of the next larger one, 0 for the largest."""


def largest(labels: tuple[str, ...], vector: str) -> str:
    """Return the vector with these labels alone: one of several equals."""
    return f"max by ({', '.join(labels)}) ({vector})"


def metric(name: str, *matchers: str, over: str = "") -> str:
    """Return a selector; with `over` (`[1h]`), its average over that: for counts alone, never for ratios."""
    wanted = ", ".join(part for part in matchers if part)
    chosen = f"{name}{{{wanted}}}" if wanted else name
    return f"avg_over_time({chosen}{over})" if over else chosen


def spelt(seconds: str) -> str:
    """Return 1 for each row of `seconds` {org, queue_id, media}; its label `threshold` spells them: `1m30s`.

    PromQL knows no other way from a number to a duration's text: `count_values` makes a label of each unit's
    figure, they are joined, units are put behind them, and what is zero is left out. deploy/prometheus/rules
    does the same.
    """
    key = "org, queue_id, media"
    rest = f"(round({seconds} * 1000) > 0)"
    figures = {
        unit: f"floor({rest}{f' % {larger}' if larger else ''} / {length})"
        for unit, (length, larger) in _UNITS.items()
    } | {"ms": f"{rest} % 1000"}
    counted = [f'count_values by ({key}) ("{unit}", {figure})' for unit, figure in figures.items()]
    joined = "".join(
        f" * on ({key}) group_left ({unit}) {one}" if place else one
        for place, (unit, one) in enumerate(zip(figures, counted, strict=True))
    )
    labels = ", ".join(f'"{unit}"' for unit in figures)
    with_units = "".join(f"${{{place}}}{unit}" for place, unit in enumerate(figures, start=1))
    zeros = "".join(f"(?:0{unit}|([0-9]+{unit}))" for unit in figures)
    text = f'label_join({joined}, "threshold", "/", {labels})'
    text = f'label_replace({text}, "threshold", "{with_units}", "threshold", "(.+)/(.+)/(.+)/(.+)/(.+)")'
    return f'label_replace({text}, "threshold", "$1$2$3$4$5", "threshold", "{zeros}")'


PROMISE = spelt(
    largest(("org", "queue_id", "media"), f"last_over_time(genesys_queue_target_seconds[{HOLD}])")
)
"""1 for each {org, queue_id, media, threshold}: the answer time that the queue itself promises.

Dashboards have it as the hidden variable `promise`, so that their own expressions can be read.
"""


VOICE = 'label_replace(vector(1), "media", "voice", "", "")'
"""What tells the promise for voice from others: the guides' dialect measures queues as a whole by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which queues an expression is about.

    `queues` are the matchers every queue's metric takes, `media` those of metrics that have a media type,
    `window` and `threshold` the matchers of service levels. `within` is a selector whose queues alone are
    shown, "" for all; `target` the share to reach for queues without a target of their own.
    """

    queues: str = ""
    media: str = ""
    window: str = 'window="$window"'
    threshold: str = 'threshold="$threshold"'
    within: str = ""
    promise: str = "${promise:raw}"
    target: str = "$target"

    def inside(self, expression: str) -> str:
        """Return the expression without the queues that are not in the scope."""
        if not self.within:
            return f"({expression})"
        return f"({expression} and on (org, queue_id) last_over_time({self.within}[{HOLD}]))"

    def rows(self, name: str, *matchers: str, by: tuple[str, ...] = ROW) -> str:
        """Return a metric of each queue, or of each of its media types where `by` names those."""
        media = self.media if "media" in by else ""
        return self.inside(largest(by, metric(name, self.queues, media, *matchers)))

    def windowed(self, name: str) -> str:
        """Return a metric that is about a window."""
        return self.rows(name, self.window)

    def counts(self, part: str, *matchers: str, over: str = "") -> str:
        """Return the `numerator` or `denominator` of service levels, one row for each threshold."""
        every = (self.queues, self.media, self.window, *matchers)
        return largest(LEVEL, metric(f"genesys_service_level_{part}", *every, over=over))

    def judged(self, part: str, over: str = "") -> str:
        """Return the `numerator` or `denominator` of what each queue is judged by, with its `threshold`.

        The queue's own promise where a threshold measures it, else the chosen threshold; in the guides'
        dialect, which tells no media types apart, the queue as a whole, by what it promises for voice.
        """
        every = self.counts(part, 'definition="genesys"', over=over)
        chosen = self.counts(part, self.threshold, 'definition="genesys"', over=over)
        as_one = 'definition="answered", media="all"'
        every_whole = self.counts(part, as_one, over=over)
        whole = self.counts(part, self.threshold, as_one, over=over)
        return self.inside(
            f"(\n    {every}\n    and on (org, queue_id, media, threshold) {self.promise}"
            f"\n  or on (org, queue_id, media)\n    {chosen}"
            f"\n  or on (org, queue_id)\n    {every_whole}"
            f"\n    and on (org, queue_id, threshold) ({self.promise} and on (media) {VOICE})"
            f"\n  or on (org, queue_id)\n    {whole}\n)"
        )

    def level(self) -> str:
        """Return the service level of each queue: a ratio, absent while idle."""
        return f"{self.judged('numerator')} / ({self.judged('denominator')} > 0)"

    def hourly(self) -> str:
        """Return the service level of the last hour; not a number while idle: the hour keeps its place."""
        return f"{self.judged('numerator', '[1h]')} / {self.judged('denominator', '[1h]')}"

    def goal(self) -> str:
        """Return the share each queue is meant to reach: its own target, else `target`."""
        own = metric("genesys_queue_target_ratio", self.queues, self.media)
        voice = metric("genesys_queue_target_ratio", self.queues, 'media="voice"')
        key = ("org", "queue_id", "media")
        as_whole = largest(("org", "queue_id"), f"last_over_time({voice}[{HOLD}])")
        return (
            f"({largest(key, f'last_over_time({own}[{HOLD}])')}"
            f' or on (org, queue_id, media) label_replace({as_whole}, "media", "all", "", "")'
            " or on (org, queue_id, media)"
            f" {largest(key, self.judged('denominator'))} * 0 + {self.target})"
        )

    def gap(self) -> str:
        """Return how far each queue is below its target; negative above it, absent while idle."""
        return f"{self.goal()} - on (org, queue_id, media) group_right () ({self.level()})"


def share(part: str, whole: str, *by: str) -> str:
    """Return a ratio of sums: the parts are added up, never the quotients. Absent while the whole is 0."""
    return f"sum by ({', '.join(by)}) ({part}) / (sum by ({', '.join(by)}) ({whole}) > 0)"
