"""What is said of `/api/v1/queues` and `/api/v1/samples`."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.board.standing import STATES
from monitor.board.view import FIRING, SORTS
from monitor.model.alert import AlertState
from monitor.model.rule import Severity
from monitor.web.access import Scope
from monitor.web.document.operation import Answer, Operation, Parameter, inside, paged, paging
from monitor.web.document.schema import (
    Schema,
    date,
    flag,
    mapping,
    maybe,
    name,
    number,
    record,
    ref,
    several,
    text,
    whole,
    word,
)

TAG = "queues"

_ORG = Parameter(name="org", schema=name(), about="Only this organisation.")
_GLOB = "An id, or a name in which * and ? stand for anything."

_FILTERS = (
    _ORG,
    Parameter(
        name="text", schema=name(), about="A part of the queue's name in any case, a glob of it, or its id."
    ),
    Parameter(name="division", schema=name(), about="A division's name in any case, or a glob of it."),
    Parameter(
        name="state",
        schema=word((FIRING, *STATES)),
        about="How the queue stands; firing is critical or warning.",
    ),
    Parameter(name="label", schema=name(), about="A label of the rules that judge it: name, or name=value."),
    Parameter(
        name="sort",
        schema={**word(SORTS), "default": SORTS[0]},
        about=(
            "What comes first: the worst, the first name, most waiting, the longest wait, the lowest level, "
            "fewest agents. By name, pages hold every queue once that keeps its name meanwhile."
        ),
    ),
)

_COUNTS = {"waiting": maybe(number()), "interacting": maybe(number()), "longest_wait": maybe(number("s"))}

_LEVEL = record(
    "The service level of one media type: `met` of `offered` were answered within `threshold` seconds.",
    media=text(),
    window=text("The length of the stretch it is of, such as 15m."),
    threshold=number("Seconds."),
    ratio=maybe(number("0 to 1.")),
    met=maybe(number()),
    offered=maybe(number()),
    target=maybe(number("What the queue promises, 0 to 1.")),
    idle=flag("Nothing was offered: there is no ratio, and that is known."),
)

_QUEUE: Mapping[str, Schema] = {
    "org": text(),
    "queue_id": text(),
    "queue": text("Its name, without hidden characters."),
    "division": text(),
    "labels": mapping(text(), "Labels of the rules that judge it."),
    "state": word(STATES, "`below`: a media type is below its own target, though no rule says so."),
    "since": maybe(date("Since when its alerts are so; null without alerts.")),
    "stale": flag("A source of its figures is too old to be believed."),
    "as_of": maybe(date("When that source last answered; null while nothing is stale.")),
    "acknowledged": flag("Somebody has every alert of it that fires."),
    "silenced": flag("Somebody asked for quiet about every alert of it that fires."),
    "muted": flag("Nobody is told of any alert of it that fires, for whatever reason."),
    "alerts": several(ref("QueueAlert")),
    **_COUNTS,
    "agents_on_queue": maybe(number("Members who joined and are on queue.")),
    "agents_available": maybe(number("Members who are idle, joined or not: may be more than are on queue.")),
    "level": {
        **maybe(ref("Level")),
        "description": "That of the media type with most offered; null where nothing says any.",
    },
    "worst": {
        **maybe(ref("Level")),
        "description": "Of any media type, the level furthest below its own target; null where none is.",
    },
    "unclear": several(text(), "Media types of which the level should be known and is not."),
    "levels": several(ref("Level")),
    "media": several(ref("Media")),
}

SCHEMAS = {
    "Queue": record("One queue; what is not known is null.", **_QUEUE),
    "QueueWithHour": record(
        "One queue with a point for each minute of its last hour, oldest first.",
        **_QUEUE,
        trend=several(maybe(number()), "The ratio of `level`."),
        waits=several(maybe(number()), "The most that waited."),
    ),
    "QueueAlert": record(
        id=text(pattern="^alr_[a-z2-7]{26}$"),
        rule=text(),
        severity=word(Severity),
        state=word(AlertState),
    ),
    "Level": _LEVEL,
    "Media": record("One media type of a queue, right now.", media=text(), **_COUNTS),
    "Sample": record(
        "The newest value of one series.",
        org=text(),
        source=text(),
        metric=text("Its name as rules write it; `/metrics` has genesys_ before it."),
        labels=mapping(text()),
        value=maybe(number()),
        idle=flag("A ratio or mean of nothing: there is no value, and that is known."),
        stale=flag("The source has not answered for too long: this is how it was."),
        observed_at=date("When the answer was in."),
    ),
}

OPERATIONS = (
    Operation(
        id="list_queues",
        path="/api/v1/queues",
        scope=Scope.READ,
        tag=TAG,
        about="Every queue with its figures and how it stands, the worst first.",
        more="A queue that gets better or worse between two pages may be on both or on none; not so by name.",
        parameters=(*_FILTERS, *paging()),
        answers={200: paged("queues", "Queue", total=whole("Queues on all pages together."))},
        problems=(400,),
        tagged=True,
    ),
    Operation(
        id="get_queue",
        path="/api/v1/queues/{org}/{queue_id}",
        scope=Scope.READ,
        tag=TAG,
        about="One queue with its last hour.",
        parameters=(inside("org", name()), inside("queue_id", name())),
        answers={200: Answer(about="The queue.", schema=ref("QueueWithHour"))},
        problems=(400, 404),
        tagged=True,
    ),
    Operation(
        id="list_samples",
        path="/api/v1/samples",
        scope=Scope.READ,
        tag=TAG,
        about="The newest value of every series of every source, as rules see them.",
        parameters=(
            _ORG,
            Parameter(name="source", schema=name(), about="Only this source."),
            Parameter(name="metric", schema=name(), about="A metric's name, or a glob of it."),
            Parameter(name="queue", schema=name(), about=_GLOB),
            *paging(),
        ),
        answers={200: paged("samples", "Sample")},
        problems=(400,),
        tagged=True,
    ),
)
