"""What is said of silences."""

from __future__ import annotations

from monitor.kit.text import NAME_LIMIT
from monitor.web.access import Scope
from monitor.web.api.silences import ACTIVE, EXPIRED, MATCHERS, PENDING, STATES
from monitor.web.api.wishes import LONGEST, NOTE_LIMIT, OWNER_LIMIT
from monitor.web.document.operation import Answer, Operation, Parameter, inside, paged, paging
from monitor.web.document.schema import date, mapping, maybe, name, record, ref, several, text, whole, word

TAG = "silences"
_PATH = "/api/v1/silences"

SCHEMAS = {
    "Silence": record(
        "Quiet for the alerts that fit every matcher; for SourceDown and DestinationGone only where the glob "
        "of the rule has a part of that name in it. A label that an alert has not got fits nothing.",
        id=text(),
        state=word((ACTIVE, PENDING, EXPIRED)),
        matchers=several(ref("Matcher")),
        starts_at=date(),
        ends_at=date(),
        owner=text(),
        comment=text(),
    ),
    "SilenceWish": record(
        "Until when: either `until`, or for a `duration`.",
        matchers=mapping(
            name("A pattern in which * and ? stand for anything.", NAME_LIMIT),
            "Label and pattern. Patterns that fit everything there is are refused, but where one of them is "
            '`"rule": "*"`.',
            minProperties=1,
            maxProperties=MATCHERS,
            examples=[{"queue": "Support*"}],
        ),
        until=maybe(date(f"At most {LONGEST.days} days ahead.")),
        duration=maybe(text("Such as 1h.", examples=["1h"])),
        owner=maybe(text("Who; whoever has shown who they are need not say it.", maxLength=OWNER_LIMIT)),
        comment=text("Why.", minLength=1, maxLength=NOTE_LIMIT),
        lacking=("until", "duration", "owner"),
    ),
}

OPERATIONS = (
    Operation(
        id="list_silences",
        path=_PATH,
        scope=Scope.READ,
        tag=TAG,
        about="Silences, the one that ends first at the top.",
        parameters=(
            Parameter(
                name="state", schema=word(STATES), about="Where nothing is said, those that are not over."
            ),
            *paging(),
        ),
        answers={200: paged("silences", "Silence")},
        problems=(400,),
        tagged=True,
    ),
    Operation(
        id="begin_silence",
        method="POST",
        path=_PATH,
        scope=Scope.OPERATE,
        tag=TAG,
        about="Begin a silence at once.",
        body=ref("SilenceWish"),
        answers={
            201: Answer(
                about="It is in force.",
                schema=record(silence=ref("Silence"), alerts=whole("Alerts not over that it is about.")),
            )
        },
        problems=(400, 408, 413, 415, 503),
    ),
    Operation(
        id="end_silence",
        method="DELETE",
        path=f"{_PATH}/{{id}}",
        scope=Scope.OPERATE,
        tag=TAG,
        about="End a silence now.",
        parameters=(inside("id", text(minLength=1)),),
        answers={200: Answer(about="It is over.", schema=record(silence=ref("Silence")))},
        problems=(400, 404, 409, 503),
    ),
)
