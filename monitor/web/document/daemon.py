"""What is said of the daemon itself: health, sources, configuration, metrics, this document."""

from __future__ import annotations

from monitor.web.access import Scope
from monitor.web.document.operation import TEXT, Answer, Operation
from monitor.web.document.schema import (
    anything,
    date,
    flag,
    mapping,
    maybe,
    number,
    record,
    ref,
    several,
    text,
    whole,
    word,
)

TAG = "daemon"

OPENMETRICS = "application/openmetrics-text"

_STORE = word(("writable", "not writable"))

SCHEMAS = {
    "Health": record(
        "How the daemon is. That it is said with 200 means only that it could be said.",
        instance=text(),
        now=date(),
        ready=flag("As in /readyz."),
        store=_STORE,
        lag=number("Seconds by which the event loop was late at worst, of late."),
        queues=whole("Queues that are watched."),
        alerts=record(firing=whole(), pending=whole()),
        sources=record(up=whole(), down=whole(), waiting=whole("Not answered yet."), stale=whole()),
        deliveries=record(
            waiting=whole(),
            oldest=maybe(date("Since when the oldest waits.")),
            dead=whole(),
            disabled=several(text(), "Destinations that get nothing because they said they are gone."),
        ),
    ),
    "Source": record(
        "One question to one organisation, asked again and again.",
        org=text(),
        source=text(),
        up=maybe(flag("Null before its first answer or failure.")),
        error=text("What its newest poll failed with; empty where it did not."),
        observed_at=maybe(date("When its newest good answer was in.")),
        age=maybe(number("Seconds since then.")),
        limit=number("Seconds after which its figures are not believed."),
        stale=flag(),
    ),
    "Reloaded": record(
        "What a reload came to.",
        changes=mapping(several(text()), "What came, went and is not as it was, by kind."),
        untaken=several(text(), "What needs a restart."),
    ),
    "Readiness": {
        **record(
            ready=flag(),
            store=_STORE,
            sources=mapping(text(), "By org/source: up, waiting, or down and why."),
            lacking=("store", "sources"),
        ),
        "description": "Strangers are told `ready` alone where somebody has to say who they are.",
    },
}

OPERATIONS = (
    Operation(
        id="get_health",
        path="/api/v1/health",
        scope=Scope.READ,
        tag=TAG,
        about="How the daemon is, in numbers.",
        answers={200: Answer(about="The numbers, however bad.", schema=ref("Health"))},
        problems=(400,),
    ),
    Operation(
        id="list_sources",
        path="/api/v1/sources",
        scope=Scope.READ,
        tag=TAG,
        about="Every source, and how old what it said is.",
        answers={200: Answer(about="All of them.", schema=record(sources=several(ref("Source"))))},
        problems=(400,),
    ),
    Operation(
        id="get_config",
        path="/api/v1/config",
        scope=Scope.READ,
        tag=TAG,
        about="What the daemon runs with, without anything secret.",
        more="The settings stand under their own names, which may change from version to version.",
        answers={
            200: Answer(about="The settings.", schema=record(config=mapping(anything("As it was set."))))
        },
        problems=(400,),
        tagged=True,
    ),
    Operation(
        id="get_openapi",
        path="/api/v1/openapi.json",
        scope=Scope.READ,
        tag=TAG,
        about="This document.",
        answers={
            200: Answer(
                about="OpenAPI 3.1.",
                schema={"type": "object", "required": ["openapi", "info", "paths", "components"]},
            )
        },
        problems=(400,),
        tagged=True,
    ),
    Operation(
        id="get_metrics",
        path="/metrics",
        scope=Scope.METRICS,
        tag=TAG,
        about="What Prometheus scrapes.",
        more="OpenMetrics is given to who accepts application/openmetrics-text, gzip to who accepts that.",
        answers={200: Answer(about="Samples and our own metrics.", schema=text(), kinds=(TEXT, OPENMETRICS))},
        everywhere=True,
    ),
    Operation(
        id="get_healthz",
        path="/healthz",
        scope=None,
        tag=TAG,
        about="200 while the event loop turns.",
        answers={200: Answer(about="It turns.", schema=text(), kinds=(TEXT,))},
        everywhere=True,
    ),
    Operation(
        id="get_readyz",
        path="/readyz",
        scope=None,
        tag=TAG,
        about="200 once the store is writable and every source has answered or is known to fail.",
        answers={
            200: Answer(about="It is ready.", schema=ref("Readiness")),
            503: Answer(about="It is not.", schema=ref("Readiness")),
        },
        everywhere=True,
    ),
    Operation(
        id="reload",
        method="POST",
        path="/-/reload",
        scope=Scope.OPERATE,
        tag=TAG,
        about="Read the configuration again; one with mistakes changes nothing.",
        more="The answer comes when it is in force. The body says nothing, but has to be called JSON.",
        body=anything("Is not looked at."),
        answers={200: Answer(about="It is in force.", schema=ref("Reloaded"))},
        problems=(400, 415, 422, 503),
    ),
)
