"""The page of every metric, out of the catalogue. Pure, but that our own registry is asked for its types.

In: the catalogue, the defaults of the sources, what `prometheus_client` shows of ourselves. Out: Markdown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docs.generating.describing import described
from docs.generating.labels import LABELS
from docs.generating.markdown import BREAK, anchor, block, code, codes, prose, table
from docs.generating.markdown import page as whole
from docs.generating.ourselves import Family, families, lives
from docs.generating.parts import keys
from monitor.config.questions import QuestionPart, SourcesPart
from monitor.kit import durations
from monitor.model.catalogue import SAID
from monitor.model.catalogue.own import OWN
from monitor.model.metric import BOTH, Kind, Metric

KINDS: dict[Kind, tuple[str, str, str]] = {
    Kind.COUNT: (
        "How many there were in a rolling window, or since local midnight.",
        "Add across queues of the same window. Over longer, divide averages of both parts, as below.",
        "`rate()`, `increase()`: it goes down, too. Added up over time, everything is counted many times.",
    ),
    Kind.SNAPSHOT: (
        "How many there are at this moment.",
        "Add across queues and media types of one moment; `max_over_time()` for a peak.",
        "Adding it up over time.",
    ),
    Kind.RATIO: (
        "A part of a whole, 0 to 1; 0.8 is 80 %.",
        "Compare with a threshold. For several queues, or longer, divide the sums of both parts.",
        "Averaging: a queue with two calls would weigh as much as one with two hundred.",
    ),
    Kind.DURATION: (
        "Seconds: an age, a mean, or a stretch of time.",
        "Compare with a threshold; `max()` across queues. Histograms of ours: `histogram_quantile()`.",
        "Adding up or averaging means of different queues.",
    ),
    Kind.INFO: ("Always 1; its labels are what it says.", "Join on its labels.", "Any arithmetic."),
    Kind.TOTAL: (
        "Counts up for as long as the daemon runs.",
        "`rate()`, `increase()`; then add.",
        "Its plain value: it begins at 0 again with every start.",
    ),
}
"""Of each kind: what it is, what may be done with it, and what may not."""

SOURCES = {key.name: key.about for key in keys(SourcesPart)}
"""What each source is about."""

_ABOUT = """\
Every series on `/metrics`. What the platform said is called `genesys_…`, what queuewatch says of itself
`queuewatch_…`. Every `genesys_…` series has the label `org`. Rules use the names without the prefix:
`queue_waiting`."""

_ABSENT = """\
- **Unknown is absent.** What the platform did not say has no series; it is never shown as 0.
- **Idle is absent.** A ratio or mean of nothing (denominator 0) has no series, so that a plain threshold
  does not page at night. [`web.idle_ratio: zero`](configuration.md#web.idle_ratio) shows ratios of nothing
  as 0.
- **A failing source goes away.** Its values stay for the time below after its last good answer, then they
  vanish. `queuewatch_source_up` becomes 0 with the first failure, and `queuewatch_source_data_age_seconds`
  keeps growing. A Prometheus rule on a value alone would resolve then: hold it by the source.
- **Names may change and repeat.** Join on `org` and `queue_id` (and `media`), never on `queue`.
  [`web.queue_name: false`](configuration.md#web.queue_name) leaves the label `queue` out.
- **There is a cap.** More series than [`web.series_cap`](configuration.md#web.series_cap) are left out, and
  `queuewatch_dropped_series_total` counts them."""

_ONE = '{media="voice", window="15m", threshold="20s", definition="genesys"}'

_JOIN = f"""\
# the division of each queue
genesys_queue_waiting * on (org, queue_id) group_left (division) genesys_queue_info

# the service level of all voice queues of an hour: parts, not ratios
sum by (org) (avg_over_time(genesys_service_level_numerator{_ONE}[1h]))
  / sum by (org) (avg_over_time(genesys_service_level_denominator{_ONE}[1h]))"""


def page(said: Sequence[Metric] = SAID, own: Sequence[Metric] = OWN) -> str:
    """Return the page of these metrics."""
    return whole(
        "Metrics reference",
        _ABOUT,
        "## Kinds\n\nA metric's kind says which arithmetic makes sense. "
        "[The arithmetic](../arithmetic.md) has the reasons.",
        _kinds(),
        "## When a series is there\n\n" + _ABSENT,
        _lives(),
        *(_source(said, name) for name in dict.fromkeys(metric.sources[0] for metric in said)),
        "## Labels\n\n" + _labels((*said, *own)),
        "## Joining and adding up\n\n" + block(_JOIN, "promql"),
        "## queuewatch itself\n\nThese have no `org` unless it is named.\n\n" + _own(own),
    )


def _kinds() -> str:
    rows = ((kind.value, *KINDS[kind]) for kind in Kind)
    return table(("kind", "is", "do", "do not"), rows)


def _lives() -> str:
    """Return how long values live in each dialect, with the default interval of each source."""
    rows = []
    found = lives()
    for name in SOURCES:
        part: QuestionPart = getattr(SourcesPart(), name)
        on = "yes" if getattr(part, "enabled", True) else "no"
        interval = durations.show(getattr(part, "interval", 0.0))
        rows.append((code(name), on, interval, *(durations.show(found[each][name]) for each in BOTH)))
    about = (
        "As long as nothing else is said: three intervals, 30 s at least, and one interval with the source's "
        "`timeout` where that is longer."
    )
    headings = ("source", "asked by default", "every", *(f"values live, {each}" for each in BOTH))
    return f"{about}\n\n" + table(headings, rows)


def _source(said: Iterable[Metric], name: str) -> str:
    return f"## Source `{name}`\n\n{prose(SOURCES[name])}\n\n{_figures(said, name)}"


def _figures(metrics: Iterable[Metric], source: str) -> str:
    found = [metric for metric in metrics if metric.sources[0] == source]
    return table(("metric", "kind, unit", "labels", "meaning"), map(_figure, found))


def _figure(metric: Metric) -> tuple[str, str, str, str]:
    name = f"{anchor(metric.exported)}{code(metric.exported)}"
    if metric.kind is not Kind.INFO:
        name += f"{BREAK}<small>in rules: {code(metric.name)}</small>"
    where = f"dialects: {codes(metric.dialects)}"
    if len(metric.sources) > 1:
        pairs = zip(metric.dialects, metric.sources, strict=True)
        where += f"; from {', '.join(f'{code(source)} ({dialect})' for dialect, source in pairs)}"
        where += "" if metric.alike else ", about different windows"
    return (
        name,
        _kind(metric),
        codes(metric.labels, " "),
        f"{prose(metric.help)}{BREAK}<small>{where}</small>",
    )


def _kind(metric: Metric) -> str:
    unit = "" if metric.unit == metric.kind.value else metric.unit
    return f"{metric.kind.value}{BREAK}{unit}" if unit else metric.kind.value


def _labels(metrics: Iterable[Metric]) -> str:
    used = dict.fromkeys(["org", *(label for metric in metrics for label in metric.labels), "le"])
    return table(("label", "meaning"), ((code(label), described(LABELS, label, "labels")) for label in used))


def _own(metrics: Iterable[Metric]) -> str:
    known = families()
    listed = [_ours(metric, known) for metric in metrics]
    libraries = [
        (code(one.name), f"{one.type}", "", prose(one.help))
        for one in known.values()
        if one.name.startswith("process_")
    ]
    process = table(("metric", "type", "labels", "meaning"), libraries)
    return (
        table(("metric", "kind, unit, type", "labels", "meaning"), listed)
        + "\n\n### The process\n\nWritten by the Prometheus client library, on Linux.\n\n"
        + process
    )


def _ours(metric: Metric, known: dict[str, Family]) -> tuple[str, str, str, str]:
    family = known.get(metric.exported)
    type_ = family.type if family is not None else "gauge"
    names = [metric.exported]
    if type_ == "histogram":
        names = [f"{metric.exported}_{end}" for end in ("bucket", "sum", "count")]
    shown = BREAK.join(code(name) for name in names)
    labels = (*metric.labels, *(("le",) if type_ == "histogram" else ()))
    meaning = prose(metric.help)
    if family is not None and family.buckets:
        meaning += f"{BREAK}<small>buckets (s): {', '.join(family.buckets)}</small>"
    return f"{anchor(metric.exported)}{shown}", f"{_kind(metric)}{BREAK}{type_}", codes(labels, " "), meaning
