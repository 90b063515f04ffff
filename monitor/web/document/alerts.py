"""What is said of alerts, of why they are as they are, and of who has them."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.kit.text import NAME_LIMIT
from monitor.model.alert import AlertState
from monitor.model.rule import Severity
from monitor.web import reading
from monitor.web.access import Scope
from monitor.web.api.alerts import ANY
from monitor.web.api.wishes import LONGEST, NOTE_LIMIT, OWNER_LIMIT
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

TAG = "alerts"

_ID = text("The same for all its episodes.", pattern="^alr_[a-z2-7]{26}$")
_ENTITY = record("What it is about.", key=text(), labels=mapping(text()))
_SEVERITY = word(Severity)

_JUDGED: Mapping[str, Schema] = {
    "metric": text("A metric's name, or the expression."),
    "value": maybe(number()),
    "numerator": maybe(number("Of a ratio.")),
    "denominator": maybe(number("Of a ratio.")),
}
_DATES: Mapping[str, Schema] = {
    "active_at": maybe(date("Since when it is breached.")),
    "fired_at": maybe(date()),
    "resolved_at": maybe(date()),
}

_LEVEL = record(
    "One level of the rule, and how far it is.",
    severity=_SEVERITY,
    state=word(AlertState),
    enter=text("Where it is entered, such as < 0.8."),
    clear=text("Where it is left."),
    held=maybe(number("Seconds it is breached; null unless it is pending.")),
    needed=number("Seconds it has to be."),
    clearing=flag(),
    clear_held=maybe(number("Seconds it is clear while it fires.")),
    clear_needed=number("Seconds it has to be clear."),
)

_CALENDAR = record(
    "A calendar that matters to it, and whether it is open now.",
    name=text(),
    as_=word(("during", "not_during", "override")),
    open=flag(),
    why=text(),
    chosen=flag("Whether its levels are those that hold."),
    lacking=("chosen",),
)

SCHEMAS = {
    "Acknowledged": record(
        "Who has it.", owner=text(), note=text(), at=date(), until=maybe(date("Null: for this episode."))
    ),
    "Alert": record(
        "One rule on one entity.",
        id=_ID,
        org=text(),
        rule=text(),
        entity=_ENTITY,
        queue=text("The queue's name; empty where it is about none."),
        severity=_SEVERITY,
        state=word(AlertState),
        reason=text(),
        **_JUDGED,
        operator=text("How the value stands to the threshold while it is breached."),
        threshold=maybe(number()),
        known=flag("Whether the value is known now."),
        unknown_for=number("Seconds it has not been."),
        flapping=flag("It comes and goes: its fires are kept back."),
        muted=text("Why nobody is told; empty where somebody is."),
        episode=whole(),
        **_DATES,
        told=maybe(word(Severity, "The severity that was told last.")),
        told_at=maybe(date("When this episode was told first.")),
        told_to=several(text(), "Destinations."),
        acknowledged=maybe(ref("Acknowledged")),
    ),
    "Explanation": record(
        "Why an alert is as it is, in figures and in sentences.",
        id=_ID,
        alert=text("rule/entity."),
        org=text(),
        rule=text(),
        entity=_ENTITY,
        state=word(AlertState),
        severity=_SEVERITY,
        reason=text(),
        episode=whole(),
        **_DATES,
        **_JUDGED,
        known=flag(),
        unknown_for=number("Seconds."),
        levels=several(_LEVEL, "Mildest first."),
        keep_firing_for=number("Seconds."),
        guard=maybe(ref("Guard")),
        asleep=flag("The rule's hours are over: nothing is judged."),
        calendars=several(_CALENDAR),
        muted=text(),
        acknowledged=maybe(ref("Acknowledged")),
        told=maybe(_SEVERITY),
        told_to=several(text()),
        flapping=record(
            watched=flag(),
            flapping=flag(),
            percent=number(),
            begins_above=number(),
            ends_below=number(),
        ),
        last_event=maybe(record(id=text(), episode=whole(), sequence=whole())),
        because=several(text(), "Sentences."),
    ),
    "Ack": record(
        "Somebody has an alert.",
        alert=_ID,
        org=text(),
        rule=text(),
        entity=_ENTITY,
        queue=text(),
        severity=_SEVERITY,
        owner=text(),
        note=text(),
        at=date(),
        until=maybe(date()),
    ),
    "AckWish": record(
        "Until when: either `until`, or for a `duration`, or for this episode.",
        owner=maybe(text("Who; whoever has shown who they are need not say it.", maxLength=OWNER_LIMIT)),
        note=maybe(text(maxLength=NOTE_LIMIT)),
        until=maybe(date(f"At most {LONGEST.days} days ahead.")),
        duration=maybe(text("Such as 1h.", examples=["1h"])),
        lacking=("owner", "note", "until", "duration"),
    ),
}

_IN_PATH = inside("id", text(minLength=1), "The id of an alert.")

OPERATIONS = (
    Operation(
        id="list_alerts",
        path="/api/v1/alerts",
        scope=Scope.READ,
        tag=TAG,
        about="Alerts that fire or are about to, the worst first.",
        more="One whose state or severity changes between two pages may be on both or on none.",
        parameters=(
            Parameter(name="org", schema=name()),
            Parameter(
                name="state",
                schema=word((*AlertState, ANY)),
                about="Where nothing is said, those that are not inactive.",
            ),
            Parameter(name="severity", schema=_SEVERITY),
            Parameter(name="rule", schema=name(), about="A glob of the rule's name."),
            Parameter(name="queue", schema=name(), about="A glob of the queue's name."),
            *paging(),
        ),
        answers={200: paged("alerts", "Alert")},
        problems=(400,),
        tagged=True,
    ),
    Operation(
        id="get_alert",
        path="/api/v1/alerts/{id}",
        scope=Scope.READ,
        tag=TAG,
        about="One alert, why it is as it is, and what was told of it.",
        parameters=(_IN_PATH,),
        answers={
            200: Answer(
                about="The alert.",
                schema=record(
                    alert=ref("Alert"),
                    explanation=ref("Explanation"),
                    timeline={
                        **maybe(several(ref("Entry"))),
                        "description": "Newest first; null where the store does not answer.",
                    },
                    next=maybe(text("The `after` of /api/v1/history for what is older.")),
                ),
            )
        },
        problems=(400, 404),
        tagged=True,
    ),
    Operation(
        id="explain",
        path="/api/v1/explain",
        scope=Scope.READ,
        tag=TAG,
        about="Why alerts are as they are that are called so.",
        parameters=(
            Parameter(
                name="alert",
                schema=name(most=reading.LONGER.get("alert", NAME_LIMIT)),
                about="rule/entity, with the queue's name for its id, or a part of that.",
                required=True,
            ),
        ),
        answers={200: Answer(about="At most 20.", schema=record(alerts=several(ref("Explanation"))))},
        problems=(400, 404),
    ),
    Operation(
        id="list_acks",
        path="/api/v1/acks",
        scope=Scope.READ,
        tag=TAG,
        about="Who has which alert, in the order they took them.",
        parameters=(Parameter(name="org", schema=name()), *paging()),
        answers={200: paged("acks", "Ack")},
        problems=(400,),
        tagged=True,
    ),
    Operation(
        id="acknowledge",
        method="POST",
        path="/api/v1/alerts/{id}/ack",
        scope=Scope.OPERATE,
        tag=TAG,
        about="Take an alert that fires: it is not told again to more people.",
        parameters=(_IN_PATH,),
        body=ref("AckWish"),
        answers={200: Answer(about="The alert as it is now.", schema=record(alert=ref("Alert")))},
        problems=(400, 404, 408, 409, 413, 415, 503),
    ),
)
