"""Mail: subject, text, and what keeps the mails of one alert together; the sink makes MIME of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from monitor.kit import templates
from monitor.kit.text import clean
from monitor.model.naming import EVENT_NAMES
from monitor.outbox import envelope
from monitor.outbox.envelope import BODY_LIMIT, CloudEvent
from monitor.outbox.forms import standing, wording
from monitor.outbox.forms.context import context
from monitor.outbox.forms.custom import readable
from monitor.outbox.forms.fitting import fitted
from monitor.outbox.notice import Notice

CONTENT_TYPE = "application/json"

SUBJECT_LIMIT = 200
"""Characters of a subject: RFC 5322 wants lines of 78, programs show about as many, archives take more."""

TEXT_LIMIT = 3500
"""Characters of a text the user's template makes: four bytes each, and room for the rest."""


def encoder(subject: str | None, body: str | None) -> Callable[[Notice], bytes]:
    """Return what makes `{"subject": …, "text": …, "thread": …}`; both arguments are templates.

    Raises:
        TemplateProblem: one of them is none.
    """
    heading = None if subject is None else templates.compile(subject, EVENT_NAMES)
    content = None if body is None else templates.compile(body, EVENT_NAMES)

    def encode(notice: Notice) -> bytes:
        title = wording.title(notice) if heading is None else heading.render(context(notice))
        text = None if content is None else readable(content.render(context(notice), TEXT_LIMIT))

        def made(kept: int) -> bytes:
            said = {
                "subject": clean(title, SUBJECT_LIMIT) or "queuewatch",
                "text": _text(notice, kept) if text is None else text,
                "thread": standing.identity(notice),
            }
            return envelope.pack(said)

        return fitted(made, len(notice.events), BODY_LIMIT)

    return encode


def _text(notice: Notice, kept: int) -> str:
    lines = _members(notice, kept) if standing.grouped(notice) else _details(notice.events[0])
    foot = f"queuewatch, to {clean(notice.receiver)}: {notice.id}"
    return "\n".join([wording.title(notice), "", *lines, "", "-- ", foot, ""])


def _details(event: CloudEvent) -> Iterator[str]:
    for text in wording.texts(event).values():
        yield text
        yield ""
    for name, fact in wording.facts(event):
        yield f"{name}: {fact}"
    yield from _links(event)


def _members(notice: Notice, kept: int) -> Iterator[str]:
    for event in notice.events[:kept]:
        yield f"* {wording.headline(event)}"
    if kept < len(notice.events):
        yield wording.more(len(notice.events) - kept)
    if notice.page:
        yield ""
        yield f"{wording.OPEN}: {notice.page}"


def _links(event: CloudEvent) -> Iterator[str]:
    found = wording.links(event)
    if found:
        yield ""
    for title, link in found:
        yield f"{title}: {link}"
