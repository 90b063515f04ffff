"""How queuewatch itself works: answers, deliveries, quality, the process. Part of *Monitor health*.

In: the scrapes that the dashboard's variables name. Out: tiles.
"""

from __future__ import annotations

from deploy.grafana.panels import (
    BAD,
    BYTES,
    COUNT,
    GOOD,
    PLAIN,
    RATE,
    SECONDS,
    SHARE,
    STEP,
    UNKNOWN,
    Query,
    Says,
    Steps,
    Tile,
    counted,
    lines,
    states,
    words,
)

HERE = 'job=~"$job", instance=~"$instance"'
ORG = f'{HERE}, org=~"$org"'

GONE = "queuewatch could not be scraped; Prometheus's own up metric says since when."
NONE_YET = "there has been none since queuewatch started, or it could not be scraped."


def ours(name: str, by: str, matchers: str = HERE) -> str:
    """Return a figure of ours, the largest where several scrapes tell it."""
    return f"max by ({by}) (queuewatch_{name}{{{matchers}}})"


def increase(name: str, by: str, matchers: str = HERE) -> str:
    """Return how much a running total of ours grew."""
    return f"sum by ({by}) (increase(queuewatch_{name}_total{{{matchers}}}[$__rate_interval]))"


def slowest(name: str, by: str, matchers: str) -> str:
    """Return the time within which 95 of 100 were done, in the last hour."""
    # Polls and deliveries are rare: over an hour there are some.
    buckets = f"sum by (le, {by}) (rate(queuewatch_{name}_duration_seconds_bucket{{{matchers}}}[1h]))"
    # Nothing in the hour is not a number, which no comparison holds for.
    return f"histogram_quantile(0.95, {buckets}) >= 0"


BUDGET = Says(
    title="Request budget used",
    what="Share of our own request budget spent in the last 60 s, retries included. At 100 % polls wait.",
    absent=f"a gap: {GONE}",
    unit=SHARE,
    least=0,
    most=1,
)

ENDPOINTS = Says(
    title="Requests by endpoint",
    what="Requests to the platform per second, by what was asked.",
    absent=f"a gap: {GONE}",
    unit=RATE,
    least=0,
)

STATUSES = Says(
    title="Requests by status",
    what="Requests to the platform per second, by its answer: 429 is its limit, a word means that no"
    " answer came.",
    absent=f"a gap: {GONE}",
    unit=RATE,
    least=0,
)

JOBS = Says(
    title="Asynchronous queries",
    what="States that queries which are answered later entered, by kind.",
    absent="nothing is asked that way: it is the guides' dialect's for work items and strategies, and"
    " for long intervals.",
    unit=COUNT,
    least=0,
    no_value="none",
)


def platform() -> tuple[Tile, ...]:
    """Return what the platform was asked and answered."""
    requests = f"queuewatch_api_requests_total{{{ORG}}}[$__rate_interval]"
    return (
        lines(BUDGET, Query(expr=ours("api_budget_used_ratio", "org", ORG), legend="{{org}}")),
        lines(
            ENDPOINTS,
            Query(expr=f"sum by (org, endpoint) (rate({requests}))", legend="{{org}} {{endpoint}}"),
            interval=STEP,
            stacked=True,
        ),
        lines(
            STATUSES,
            Query(expr=f"sum by (org, status) (rate({requests}))", legend="{{org}} {{status}}"),
            interval=STEP,
            stacked=True,
        ),
        counted(
            JOBS,
            increase("job_states", "org, exported_job, state", ORG),
            "{{org}} {{exported_job}}: {{state}}",
        ),
    )


ATTEMPTS = Says(
    title="Deliveries by outcome",
    what="Delivery attempts by destination, outcome and reason. What is retried counts with each attempt.",
    absent=NONE_YET,
    unit=COUNT,
    least=0,
    no_value="none",
)

DEPTH = Says(
    title="Undelivered, by destination",
    what="Envelopes not yet delivered, and those given up, of each destination.",
    absent=f"a gap: {GONE}",
    unit=COUNT,
    least=0,
)

OLDEST = Says(
    title="Oldest undelivered",
    what="Age of the oldest envelope not yet delivered, of each destination; 0 when none waits.",
    absent=f"a gap: {GONE}",
    unit=SECONDS,
    least=0,
)

DELIVERY_SLOW = Says(
    title="How long deliveries take",
    what="The time within which 95 of 100 attempts of the last hour were done.",
    absent="nothing was delivered in the last hour, or queuewatch could not be scraped.",
    unit=SECONDS,
    least=0,
)

ENABLED = Says(
    title="Destinations",
    what="Whether each destination is sent to; one that answered that it is gone for good is not.",
    absent=f"no colour: {GONE}",
    unit=PLAIN,
    no_value=UNKNOWN,
)


def delivery() -> tuple[Tile, ...]:
    """Return what was told, and what waits to be."""
    name = "{{destination}}"
    told = increase("deliveries", "destination, outcome, reason")
    return (
        counted(ATTEMPTS, told, f"{name} {{{{outcome}}}} {{{{reason}}}}"),
        lines(
            DEPTH,
            Query(expr=ours("outbox_depth", "destination"), legend=f"{name}: waiting"),
            Query(expr=ours("dead_letters", "destination"), legend=f"{name}: given up"),
        ),
        lines(OLDEST, Query(expr=ours("outbox_oldest_seconds", "destination"), legend=name), width=8),
        lines(
            DELIVERY_SLOW,
            Query(expr=slowest("delivery", "destination", HERE), legend=name),
            interval=STEP,
            width=8,
        ),
        states(
            ENABLED,
            Query(expr=f"min by (destination) (queuewatch_destination_enabled{{{HERE}}})", legend=name),
            interval="10s",
            steps=Steps(first=BAD, then=((1, GOOD),)),
            mapping=words({0: ("gone", BAD), 1: ("sent to", GOOD)}),
            width=8,
            height=8,
        ),
    )


REFUSED = Says(
    title="Values refused",
    what="Values of answers that could not be used, by field and reason. They count as unknown.",
    absent=NONE_YET,
    unit=COUNT,
    least=0,
    no_value="none",
)

DROPPED = Says(
    title="Series dropped",
    what="Series left out of /metrics because of the series cap, counted once per refresh: nothing here"
    " can show them.",
    absent=NONE_YET,
    unit=COUNT,
    least=0,
    no_value="none",
)

CRASHES = Says(
    title="Crashes",
    what="Crashes of a part of queuewatch, which was started again. Each is a mistake in queuewatch.",
    absent=NONE_YET,
    unit=COUNT,
    least=0,
    no_value="none",
)


def quality() -> tuple[Tile, ...]:
    """Return what was refused, dropped or crashed."""
    why = "{{org}} {{source}} {{field}}: {{reason}}"
    by = "org, source, field, reason"
    return (
        counted(REFUSED, increase("values_refused", by, ORG), why, width=8),
        counted(DROPPED, increase("dropped_series", "org, source", ORG), "{{org}} {{source}}", width=8),
        counted(CRASHES, increase("task_crashes", "task"), "{{task}}", width=8),
    )


LAG = Says(
    title="Event loop lag",
    what="Longest lateness of the event loop's beat in the last 10 s. Above a second polls and alerts"
    " are late.",
    absent=f"a gap: {GONE}",
    unit=SECONDS,
    least=0,
)

CPU = Says(
    title="Processor",
    what="Share of one processor core that queuewatch uses.",
    absent=f"a gap: {GONE}",
    unit=SHARE,
    least=0,
)

MEMORY = Says(
    title="Memory",
    what="Resident memory of the process.",
    absent=f"a gap: {GONE}",
    unit=BYTES,
    least=0,
)

FILES = Says(
    title="Open files",
    what="Files and sockets that are open, and how many may be.",
    absent=f"a gap: {GONE}",
    unit=COUNT,
    least=0,
)


def process() -> tuple[Tile, ...]:
    """Return what the process uses."""
    name = "{{instance}}"
    used = f"rate(process_cpu_seconds_total{{{HERE}}}[$__rate_interval])"
    return (
        lines(LAG, Query(expr=ours("loop_lag_seconds", "instance"), legend=name), width=6),
        lines(CPU, Query(expr=f"sum by (instance) ({used})", legend=name), interval=STEP, width=6),
        lines(
            MEMORY,
            Query(expr=f"max by (instance) (process_resident_memory_bytes{{{HERE}}})", legend=name),
            width=6,
        ),
        lines(
            FILES,
            Query(expr=f"max by (instance) (process_open_fds{{{HERE}}})", legend=f"{name}: open"),
            Query(expr=f"max by (instance) (process_max_fds{{{HERE}}})", legend=f"{name}: allowed"),
            dashed=["/allowed$/"],
            width=6,
        ),
    )
