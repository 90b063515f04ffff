"""What is said of the outbox, the journal, and trying a receiver out."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.model.alert import EventKind
from monitor.web import reading
from monitor.web.access import Scope
from monitor.web.document.operation import Answer, Operation, Parameter, inside, paged, paging
from monitor.web.document.schema import (
    Schema,
    anything,
    date,
    flag,
    maybe,
    name,
    number,
    record,
    ref,
    several,
    text,
    whole,
)

TAG = "deliveries"

_KIND = text(enum=[one.value for one in EventKind])
_ROW = whole("Its number in the outbox.", least=1)
_ROWS = several(whole(least=1), "Row numbers.")
_MOST = 2**63 - 1

_LETTER: Mapping[str, Schema] = {
    "row": _ROW,
    "destination": text(),
    "key": text("Letters of one destination and key leave in order."),
    "event_id": text(),
    "kind": _KIND,
    "created_at": date(),
    "due_at": maybe(date()),
    "dead": flag("It is not tried any more."),
    "attempts": whole(),
    "skipped": whole("Older ones it took the place of."),
    "reason": text("Why it is dead."),
    "detail": text(),
    "last": text("What came of its newest try."),
    "disabled": flag("Its destination gets nothing because it said that it is gone."),
    "content_type": text(),
}

SCHEMAS = {
    "Destination": record(
        "What waits for one destination.",
        destination=text(),
        depth=whole(),
        oldest=maybe(date("Since when the oldest waits.")),
        dead=whole(),
        disabled=flag(),
    ),
    "Letter": record("One event on its way to one destination.", **_LETTER),
    "OpenedLetter": record(
        "A letter with what it says.",
        **_LETTER,
        bytes=whole(),
        body=anything(
            "What it is if that is JSON, else as text; null for whoever has not the scope operate, because "
            "templates may put tokens into it."
        ),
    ),
    "Try": record(
        "One try to deliver.",
        at=date(),
        destination=text(),
        outcome=text("Such as delivered, retried, rejected, gone, expired, skipped."),
        reason=text(),
        detail=text(),
    ),
    "Entry": record(
        "One event of the journal, and what came of it.",
        event_id=text(),
        at=date(),
        kind=_KIND,
        org=text(),
        rule=text(),
        entity=text(),
        queue=text(),
        severity=text(),
        sequence=whole(),
        state=maybe(text()),
        reason=maybe(text()),
        previous_severity=maybe(text()),
        metric=maybe(text()),
        value=maybe(number()),
        numerator=maybe(number()),
        denominator=maybe(number()),
        operator=maybe(text()),
        threshold=maybe(number()),
        episode=maybe(whole()),
        started_at=maybe(date()),
        fired_at=maybe(date()),
        resolved_at=maybe(date()),
        observed_at=maybe(date()),
        owner=maybe(text()),
        note=maybe(text()),
        drill=maybe(flag()),
        tries=several(ref("Try"), "Oldest first."),
    ),
    "LetterWish": record(
        "Which letters: either `rows`, or all of a `destination` that are `dead` or not.",
        rows=maybe(several(whole(least=1, most=_MOST), minItems=1, maxItems=reading.LIMIT)),
        destination=maybe(text("A destination, or a receiver.", minLength=1)),
        dead=maybe(flag()),
        lacking=("rows", "destination", "dead"),
    ),
}

_MUTATING = (400, 404, 408, 413, 415, 503)

_AFTER_ROW = Parameter(
    name="after",
    schema=whole(most=10**18 - 1),
    about="The `next` of the page before.",
)

OPERATIONS = (
    Operation(
        id="list_deliveries",
        path="/api/v1/deliveries",
        scope=Scope.READ,
        tag=TAG,
        about="How much waits for each destination, and how much is dead.",
        answers={200: Answer(about="All of them.", schema=record(destinations=several(ref("Destination"))))},
        problems=(400,),
        tagged=True,
    ),
    Operation(
        id="list_outbox",
        path="/api/v1/outbox",
        scope=Scope.READ,
        tag=TAG,
        about="What waits or is dead, oldest first.",
        parameters=(
            Parameter(name="destination", schema=name(), about="A destination, or a receiver."),
            Parameter(name="dead", schema=flag()),
            paging()[0],
            _AFTER_ROW,
        ),
        answers={
            200: Answer(
                about="A page.",
                schema=record(
                    letters=several(ref("Letter")),
                    next=maybe(whole("The `after` of the next page; null on the last.")),
                ),
            )
        },
        problems=(400, 404, 503),
        tagged=True,
    ),
    Operation(
        id="get_letter",
        path="/api/v1/outbox/{row}",
        scope=Scope.READ,
        tag=TAG,
        about="One letter, with what it says for whoever has the scope operate.",
        parameters=(inside("row", whole(most=10**18 - 1)),),
        answers={200: Answer(about="The letter.", schema=ref("OpenedLetter"))},
        problems=(400, 404, 503),
    ),
    Operation(
        id="retry_letters",
        method="POST",
        path="/api/v1/outbox/retry",
        scope=Scope.OPERATE,
        tag=TAG,
        about="Try letters again from the start, at once, and every destination that is named.",
        body=ref("LetterWish"),
        answers={
            200: Answer(
                about="What was begun.",
                schema=record(
                    retried=whole(),
                    destinations=several(text()),
                    superseded=several(whole(), "Dead ones that stay so: something newer was sent since."),
                    unknown=_ROWS,
                ),
            )
        },
        problems=_MUTATING,
    ),
    Operation(
        id="drop_letters",
        method="POST",
        path="/api/v1/outbox/drop",
        scope=Scope.OPERATE,
        tag=TAG,
        about="Throw letters away.",
        body=ref("LetterWish"),
        answers={200: Answer(about="What went.", schema=record(dropped=whole(), unknown=_ROWS))},
        problems=_MUTATING,
    ),
    Operation(
        id="list_history",
        path="/api/v1/history",
        scope=Scope.READ,
        tag=TAG,
        about="What was told, to whom, and what came of it, newest first.",
        parameters=(
            Parameter(name="org", schema=name()),
            Parameter(name="queue", schema=name(), about="A glob of the queue's name."),
            Parameter(name="rule", schema=name(), about="A glob of the rule's name."),
            Parameter(
                name="entity",
                schema=name(most=reading.LONGER["entity"]),
                about="The key of what an alert is about.",
            ),
            Parameter(name="since", schema=date()),
            Parameter(name="until", schema=date()),
            *paging(),
        ),
        answers={200: paged("entries", "Entry")},
        problems=(400, 503),
        tagged=True,
    ),
    Operation(
        id="drill",
        method="POST",
        path="/api/v1/drill",
        scope=Scope.OPERATE,
        tag=TAG,
        about="Try a receiver out: a marked event that fires and is over.",
        body=record(receiver=name("A receiver, or a destination.")),
        answers={
            200: Answer(
                about="It is on its way.",
                schema=record(events=several(text()), destinations=several(text())),
            )
        },
        problems=_MUTATING,
    ),
)
