"""What is said of the page that people look at."""

from __future__ import annotations

from monitor.web.access import Scope
from monitor.web.document.operation import HTML, TEXT, Answer, Operation, Parameter, inside
from monitor.web.document.schema import Schema, anything, text

TAG = "page"

SCHEMAS: dict[str, Schema] = {}

_ASKED = tuple(
    Parameter(name=each, schema=text(), about=about)
    for each, about in (
        ("q", "A part of the queue's name, a glob of it, or its id."),
        ("org", "Only this organisation."),
        ("division", "Only this division, or a glob."),
        ("state", "Only queues that stand so."),
        ("label", "Only queues whose rules have this label."),
        ("sort", "What comes first."),
        ("group", "Under which headings: org, division, state, or label:NAME."),
        ("limit", "How many queues."),
        ("board", "1 for a wall screen."),
    )
)

_FILES = (
    "text/css",
    "text/javascript",
    "image/svg+xml",
    "font/woff2",
    TEXT,
)

OPERATIONS = (
    Operation(
        id="page",
        path="/",
        scope=Scope.READ,
        tag=TAG,
        about="The page: every queue, the worst first, alerts, sources and deliveries.",
        more="What it does not understand of the query it leaves out.",
        parameters=_ASKED,
        answers={200: Answer(about="The page.", schema=text(), kinds=(HTML,))},
    ),
    Operation(
        id="alert_page",
        path="/alerts/{id}",
        scope=Scope.READ,
        tag=TAG,
        about="The page of one alert.",
        parameters=(inside("id", text(minLength=1)),),
        answers={
            200: Answer(about="The page.", schema=text(), kinds=(HTML,)),
            404: Answer(about="There is no such alert.", schema=text(), kinds=(HTML,)),
        },
        problems=(503,),
    ),
    Operation(
        id="live",
        path="/live",
        scope=Scope.READ,
        tag=TAG,
        about="The parts of the page that change, as they change, until somebody leaves.",
        parameters=(
            *_ASKED,
            Parameter(name="alert", schema=text(), about="The id of an alert, for the page of that one."),
            Parameter(name="seen", schema=text(), about="A word the page was given, good once."),
        ),
        answers={200: Answer(about="Events.", schema=anything(), kinds=("text/event-stream",))},
        problems=(404, 503),
    ),
    Operation(
        id="static_file",
        path="/static/{name}",
        scope=Scope.READ,
        tag=TAG,
        about="A file of the page.",
        parameters=(inside("name", text(minLength=1)),),
        answers={200: Answer(about="The file.", schema=text(), kinds=_FILES)},
        problems=(404,),
        tagged=True,
    ),
)
