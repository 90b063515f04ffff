"""The dashboard *Monitor health*: is what the others show true, and does anybody hear the alerts?"""

from __future__ import annotations

from deploy.grafana import variables, works
from deploy.grafana.boards import Board
from deploy.grafana.names import HEALTH
from deploy.grafana.panels import (
    BAD,
    COUNT,
    GOOD,
    PLAIN,
    SECONDS,
    STEP,
    UNKNOWN,
    WARN,
    Band,
    Query,
    Says,
    Steps,
    Tile,
    counted,
    figure,
    lines,
    states,
    words,
)
from deploy.grafana.works import GONE, HERE, NONE_YET, ORG, increase, ours, slowest

DOWN = Says(
    title="Sources down",
    what="Sources whose last poll failed. Their figures are not shown as current, and what fires is held.",
    absent=GONE,
    unit=COUNT,
)

HEARTBEAT = Says(
    title="Heartbeat",
    what="Time since the newest sign of life was committed for sending.",
    absent="no heartbeat is configured: nobody outside would notice that queuewatch has stopped.",
    unit=SECONDS,
    no_value="none configured",
)

UNDELIVERED = Says(
    title="Undelivered",
    what="Envelopes not yet taken by their destinations. They are kept and tried again.",
    absent=GONE,
    unit=COUNT,
)

GIVEN_UP = Says(
    title="Given up",
    what="Envelopes that a destination refused for good or for too long. They are kept until somebody"
    " retries or drops them.",
    absent=GONE,
    unit=COUNT,
)

RELOAD = Says(
    title="Configuration",
    what="Whether the configuration in force is the one that was read last.",
    absent=GONE,
    unit=PLAIN,
)

VERSION = Says(
    title="Version",
    what="The version that runs; two while one replaces the other.",
    absent=GONE,
    unit=PLAIN,
)


def _now() -> tuple[Tile, ...]:
    some = Steps(then=((1, BAD),))
    taken = words({0: ("refused, the old one is in force", BAD), 1: ("as read last", GOOD)})
    build = f"max by (version) (queuewatch_build_info{{{HERE}}})"
    return (
        figure(DOWN, Query(expr=f"sum({ours('source_up', 'org, source', ORG)} == bool 0)"), steps=some),
        figure(
            HEARTBEAT,
            Query(expr=f"max(queuewatch_heartbeat_age_seconds{{{HERE}}})"),
            steps=Steps(then=((180, WARN), (300, BAD))),
        ),
        figure(UNDELIVERED, Query(expr=f"sum({ours('outbox_depth', 'destination')})")),
        figure(GIVEN_UP, Query(expr=f"sum({ours('dead_letters', 'destination')})"), steps=some),
        figure(
            RELOAD,
            Query(expr=f"min(queuewatch_config_last_reload_successful{{{HERE}}})"),
            steps=Steps(first=BAD, then=((1, GOOD),)),
            mapping=taken,
        ),
        figure(VERSION, Query(expr=build, legend="{{version}}"), names=True),
    )


UP = Says(
    title="Sources",
    what="Whether each source's last poll succeeded.",
    absent=f"no colour: {GONE}",
    unit=PLAIN,
    no_value=UNKNOWN,
)

AGE = Says(
    title="Age of the data",
    what="Age of each source's newest good answer. A saw-tooth as high as the interval is right; a ramp"
    " is a source that has stopped answering.",
    absent="the source has had no good answer yet, or queuewatch could not be scraped.",
    unit=SECONDS,
    least=0,
)

POLLS = Says(
    title="Polls that did not succeed",
    what="Polls by outcome, without those that succeeded.",
    absent=NONE_YET,
    unit=COUNT,
    least=0,
    no_value="none",
)

LATE = Says(
    title="Polls missed",
    what="Ticks that passed while a poll was still running: the source is slower than its interval.",
    absent=NONE_YET,
    unit=COUNT,
    least=0,
    no_value="none",
)

SLOW = Says(
    title="How long polls take",
    what="The time within which 95 of 100 polls of the last hour were done.",
    absent="the source was not polled in the last hour, or queuewatch could not be scraped.",
    unit=SECONDS,
    least=0,
)


def _sources() -> tuple[Tile, ...]:
    name = "{{org}} {{source}}"
    failed = f'{ORG}, outcome!="ok"'
    return (
        states(
            UP,
            Query(expr=ours("source_up", "org, source", ORG), legend=name),
            interval="10s",
            steps=Steps(first=BAD, then=((1, GOOD),)),
            mapping=words({0: ("down", BAD), 1: ("answers", GOOD)}),
            width=12,
            height=9,
        ),
        lines(
            AGE,
            Query(expr=ours("source_data_age_seconds", "org, source", ORG), legend=name),
            height=9,
        ),
        counted(POLLS, increase("polls", "org, source, outcome", failed), f"{name} {{{{outcome}}}}", width=8),
        counted(LATE, increase("polls_missed", "org, source", ORG), name, width=8),
        lines(SLOW, Query(expr=slowest("poll", "org, source", ORG), legend=name), interval=STEP, width=8),
    )


def board() -> Board:
    """Return the dashboard."""
    return Board(
        uid=HEALTH,
        title="Monitor health",
        description="queuewatch itself: how old its data is, what the platform answered, what was delivered.",
        bands=[
            Band(title="Now", tiles=_now()),
            Band(title="What is known", tiles=_sources()),
            Band(title="The platform", tiles=works.platform()),
            Band(title="Delivery", tiles=works.delivery()),
            Band(title="Quality", tiles=works.quality()),
            Band(title="Process", tiles=works.process()),
        ],
        choices=[
            variables.several("job", "Job", "label_values(queuewatch_build_info, job)", "Prometheus's job."),
            variables.several(
                "instance",
                "Instance",
                'label_values(queuewatch_build_info{job=~"$job"}, instance)',
                "One scraped queuewatch.",
            ),
            variables.org(),
        ],
        span="now-3h",
    )
