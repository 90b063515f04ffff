"""A wall of queues in memory, the pages over it, and HTML read as a browser reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from monitor.alerts.explaining import explain
from monitor.model.alert import Alert, AlertState, Entity, Evidence, Hearing, Strand
from monitor.model.board import Attained, MediaLine, QueueLine, SourceState
from monitor.model.delivery import Backlog, History, Wanted
from monitor.model.errors import StoreError
from monitor.model.rule import Level, Rule, Severity
from monitor.model.silence import Silence
from monitor.web.access import PRINCIPAL, Principal, routes
from monitor.web.access import Scope as May
from monitor.web.page.live import Live
from monitor.web.page.pages import Pages
from tests.builders import EPOCH, SUPPORT, FixedClock

LOW = Rule(
    name="ServiceLevelLow",
    metric="service_level_ratio",
    levels=(
        Level(severity=Severity.WARNING, low=0.8, clear_low=0.85, dwell=120.0),
        Level(severity=Severity.CRITICAL, low=0.6, clear_low=0.7, dwell=60.0),
    ),
    keep_firing_for=180.0,
    annotations={"runbook": "https://example.test/runbook", "summary": "{{queue}} is low"},
)
HIGH = Rule(name="Waiting", metric="queue_waiting", levels=(Level(severity=Severity.WARNING, high=8.0),))


def a_level(ratio: float | None = 0.9, **more: Any) -> Attained:
    """Return the service level of 48 calls in 15 minutes against 80 % within 20 s."""
    met = None if ratio is None else round(ratio * 48.0)
    level = Attained(
        media="voice", window="15m", threshold=20.0, ratio=ratio, met=met, offered=48.0, target=0.8
    )
    return replace(level, **more)


def a_line(name: str = "Support", queue_id: str = SUPPORT, **more: Any) -> QueueLine:
    """Return a queue that is well."""
    line = QueueLine(
        org="acme",
        queue_id=queue_id,
        queue=name,
        division="Home",
        labels=(("team", "north"),),
        media=(MediaLine(media="voice", waiting=2.0, interacting=3.0, longest_wait=12.0),),
        waiting=2.0,
        interacting=3.0,
        longest_wait=12.0,
        agents_on_queue=4.0,
        agents_available=1.0,
        level=a_level(),
        levels=(a_level(),),
        trend=(0.9,) * 60,
        waits=(2.0,) * 60,
    )
    return replace(line, **more)


def some_lines(many: int) -> list[QueueLine]:
    """Return queues that are well, numbered."""
    return [a_line(f"Queue {number:04}", f"q-{number}") for number in range(many)]


def an_alert(rule: str = "ServiceLevelLow", queue_id: str = SUPPORT, **more: Any) -> Alert:
    """Return an alert that has fired for ten minutes, told to one destination."""
    labels = {"queue_id": queue_id, "queue": "Support", "media": "voice"}
    alert = Alert(
        org="acme",
        rule=rule,
        severity=Severity.CRITICAL,
        entity=Entity(key=f"{queue_id}/voice", labels=labels),
        state=AlertState.FIRING,
        episode=1,
        sequence=2,
        evidence=Evidence(value=0.54, numerator=26.0, denominator=48.0),
        known=True,
        strands={Severity.CRITICAL: Strand(state=AlertState.FIRING)},
        active_at=EPOCH - timedelta(minutes=11),
        fired_at=EPOCH - timedelta(minutes=10),
        told=Severity.CRITICAL,
        heard={"oncall/webhook": Hearing(at=EPOCH)},
    )
    return replace(alert, **more)


def a_source(source: str = "queues", *, org: str = "acme", **more: Any) -> SourceState:
    """Return a source that answered three seconds ago."""
    at = EPOCH - timedelta(seconds=3)
    state = SourceState(
        org=org, source=source, up=True, error="", observed_at=at, age=3.0, limit=30.0, stale=False
    )
    return replace(state, **more)


@dataclass
class Past:
    """A journal. With `broken` it does not answer."""

    kept: list[History] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    broken: bool = False

    async def history(self, wanted: Wanted) -> list[History]:
        self.wanted.append(wanted)
        if self.broken:
            raise StoreError("disk I/O error")
        return self.kept

    async def forget(self, *, before: object) -> int:
        raise NotImplementedError


class Site:
    """The pages over what a test lays down; `scopes` is what whoever asks may do."""

    def __init__(self, *lines: QueueLine, alerts: Sequence[Alert] = (), name: str = "") -> None:
        self.lines: Sequence[QueueLine] = lines
        self.alerts = list(alerts)
        self.rules: Sequence[Rule] = (LOW, HIGH)
        self.sources: Sequence[SourceState] = (a_source(), a_source("service_level"))
        self.silences: list[Silence] = []
        self.backlog: list[Backlog] = []
        self.disabled: set[str] = set()
        self.journal = Past()
        self.clock = FixedClock()
        self.live = Live()
        self.principal = Principal(name=name, scopes=frozenset({May.READ}))
        self.pages = Pages(
            instance="desk",
            live=self.live,
            clock=self.clock,
            journal=self.journal,
            lines=lambda: self.lines,
            alerts=lambda: self.alerts,
            rules=lambda: self.rules,
            explain=self._explain,
            sources=lambda: self.sources,
            silences=lambda: self.silences,
            backlog=lambda: self.backlog,
            disabled=lambda: self.disabled,
        )

    def may_operate(self) -> None:
        """Let whoever asks change things."""
        self.principal = replace(self.principal, scopes=frozenset({May.READ, May.OPERATE}))

    async def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Send one request."""
        transport = httpx.ASGITransport(self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://site:9877") as client:
            given = {name.replace("_", "-"): text for name, text in headers.items()}
            return await client.request(method, path, headers=given)

    async def show(self, path: str = "/") -> Document:
        """Return a page as a browser reads it."""
        answer = await self.ask(path)
        return read(answer.text)

    def request(self, path: str, query: str = "") -> Request:
        """Return a request as an address gets it."""
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [],
            PRINCIPAL: self.principal,
        }
        return Request(scope)

    def _explain(self, alert: Alert) -> Mapping[str, object]:
        rule = {one.name: one for one in self.rules}.get(alert.rule, Rule(name=alert.rule))
        return explain(alert, rule, self.clock.now())

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = Starlette(routes=routes(self.pages.addresses()))
        await app({**scope, PRINCIPAL: self.principal}, receive, send)


_EMPTY = frozenset({"meta", "link", "img", "input", "br"})


@dataclass(eq=False)
class Element:
    """One element: its attributes, and everything in it."""

    tag: str
    attributes: Mapping[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of its text, with single spaces."""
        parts = (one if isinstance(one, str) else one.text for one in self.inside)
        return " ".join(" ".join(parts).split())

    @property
    def classes(self) -> set[str]:
        """The names of its classes."""
        return set(self.attributes.get("class", "").split())

    def walk(self) -> Iterator[Element]:
        """Yield it and every element in it, in the order of the document."""
        yield self
        for one in self.inside:
            if isinstance(one, Element):
                yield from one.walk()

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Return the elements in it of a tag and with these attributes; `data_x` is `data-x`."""
        wanted = {name.rstrip("_").replace("_", "-"): text for name, text in attributes.items()}
        return [
            one
            for one in self.walk()
            if (not tag or one.tag == tag)
            and all(one.attributes.get(name) == text for name, text in wanted.items())
        ]

    def one(self, tag: str = "", **attributes: str) -> Element:
        """Return the only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of {tag} {attributes}"
        return found[0]


Document = Element
"""A page: the element around everything."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: text or "" for name, text in attrs})
        self.open[-1].inside.append(element)
        if tag not in _EMPTY:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Element(tag, {name: text or "" for name, text in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(html: str) -> Document:
    """Return the page; every element that is opened has to be closed."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root]
    return reader.root
