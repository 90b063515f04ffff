"""The page of every event: kinds, fields, examples in every form, headers and topics. Pure.

In: the code that makes bodies, with fixed events. Out: Markdown. What may not happen: an example that was
typed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from types import NoneType, UnionType
from typing import get_args, get_origin, get_type_hints

from docs.generating import moments
from docs.generating.describing import described
from docs.generating.markdown import block, code, pretty, table
from docs.generating.markdown import page as whole
from docs.generating.meanings import ATTRIBUTES, DATA, FORMS, GROUP, HEADERS, KINDS
from monitor.kit.secrets import Secret
from monitor.model.alert import AlertEvent, EventKind
from monitor.model.settings import (
    AlertmanagerSettings,
    DestinationSettings,
    EmailSettings,
    FormName,
    PagerDutySettings,
    WebhookSettings,
)
from monitor.outbox import envelope
from monitor.outbox.forms import cloudevents, form
from monitor.sinks import signature, topics
from monitor.sinks.webhook import SKIPPED

_ABOUT = """\
What queuewatch sends, field by field. [Delivery](../delivery.md) says to whom, when and how often. Every
example is made by the code that makes the real ones."""

_EVENT = "CloudEvents 1.0, structured JSON. At most 16 kB: over-long texts and surplus labels are cut."

_KEY = Secret("whsec_" + "cXVldWV3YXRjaC1leGFtcGxlLWtleS1vZi0zMi1ieXRlcw==")
"""Of the example alone: base64 of the words queuewatch-example-key-of-32-bytes."""

_HIDDEN = Secret("https://hooks.example.com/services/…")


def page() -> str:
    """Return the page."""
    return whole(
        "Event reference",
        _ABOUT,
        "## Kinds\n\n" + _kinds(),
        f"## An event\n\n{_EVENT}",
        _json(moments.body(moments.story()[EventKind.LEVEL_CHANGED])),
        "### Attributes\n\n" + _fields(envelope.CloudEvent, ATTRIBUTES),
        "### Data\n\n" + _fields(envelope.Data, DATA),
        "## A group\n\n" + _group(),
        "## Every kind by example\n\n" + _examples(),
        "## Webhooks\n\n" + _webhooks(),
        "## MQTT\n\n" + _mqtt(),
        "## Other forms\n\n" + _forms(),
    )


def kinds() -> dict[EventKind, str]:
    """Return the type of every kind of event."""
    found = {kind: envelope.decode(moments.body(event)).type for kind, event in moments.story().items()}
    return {**found, EventKind.GROUPED: cloudevents.TYPE}


def _kinds() -> str:
    rows = ((code(type_), described(KINDS, kind, "meanings")) for kind, type_ in kinds().items())
    return (
        table(("type", "sent when"), rows)
        + "\n\nFields may be added to a type; what a reader could stumble over becomes `v2`."
    )


def _fields(struct: type[object], about: Mapping[str, str]) -> str:
    rows = (
        (code(name), _type(hint), described(about, name, "meanings"))
        for name, hint in get_type_hints(struct).items()
    )
    return table(("field", "type", "meaning"), rows)


def _type(hint: object) -> str:
    """Return a field's type in words."""
    if get_origin(hint) is UnionType:
        return " or ".join(_type(one) for one in get_args(hint))
    if get_origin(hint) is dict:
        return "mapping of texts"
    if get_origin(hint) is list:
        return "list"
    names: dict[object, str] = {
        str: "text",
        float: "number",
        int: "whole number",
        bool: "true or false",
        NoneType: "null",
    }
    return names.get(hint, "mapping")


def _group() -> str:
    return "\n\n".join(
        [
            "One event for several alerts. It has the attributes of an event but `sequence`; its `data` is:",
            _fields(cloudevents.Group, GROUP),
            _example("A group of two", cloudevents.encode(moments.together())),
        ]
    )


def _examples() -> str:
    shown = [_example(kind.value, moments.body(event)) for kind, event in moments.story().items()]
    return "\n\n".join(
        [*shown, _example("A drill: `queuewatch notify test oncall`", moments.body(moments.trial()))]
    )


def _example(title: str, body: bytes) -> str:
    """Return an example that is folded away, in mkdocs as on a forge."""
    plain = title.replace("`", "")
    return f'<details markdown="1">\n<summary>{plain}</summary>\n\n{_json(body)}\n\n</details>'


def _json(body: bytes) -> str:
    return pretty(json.loads(body))


def _webhooks() -> str:
    event = moments.story()[EventKind.LEVEL_CHANGED]
    sent_at = event.occurred_at + timedelta(seconds=1)
    made = signature.headers(event.id, moments.body(event), [_KEY], sent_at)
    sent = "\n".join(f"{name}: {value}" for name, value in {"content-type": moments.TYPE, **made}.items())
    rows = ((code(name), described(HEADERS, name, "meanings")) for name in ("content-type", *made, SKIPPED))
    about = f"Signed with the secret `{_KEY.reveal()}`, the event above has these headers:"
    return "\n\n".join([table(("header", "holds"), rows), about, block(sent, "http")])


def _mqtt() -> str:
    event = moments.story()[EventKind.LEVEL_CHANGED]
    prefix, org = "queuewatch", moments.ORG
    state = topics.state(prefix, org, event.rule, event.entity.key)
    rows = (
        (topics.event(prefix, org), "no", "every event of the org"),
        (state, "yes", "the newest event of one alert; emptied when it can be about nothing any more"),
        (topics.availability(prefix, moments.INSTANCE), "yes", "`online`; `offline` by last will"),
        (topics.heartbeat(prefix, moments.INSTANCE), "no", "the heartbeat; expires after two periods"),
        (topics.command(prefix, org), "no", "commands to queuewatch"),
        (topics.answer(prefix, org), "no", "their answers"),
    )
    headings = ("holds", "retained", "topic, as an example")
    listed = table(headings, ((what, kept, code(topic)) for topic, kept, what in rows))
    about = (
        "QoS 1. Names in topics are percent-encoded, one level each. With MQTT 5 every event has the content "
        f"type {code(moments.TYPE)}, the user properties `id` and `sequence`, and with `coalesce` `skipped`."
    )
    return f"{about}\n\n{listed}"


def _forms() -> str:
    told = moments.story()
    settings: Mapping[str, tuple[DestinationSettings, EventKind]] = {
        "Alertmanager's webhook": (_hook("alertmanager-v4"), EventKind.FIRED),
        "Alertmanager": (AlertmanagerSettings(name="a", url=_HIDDEN), EventKind.RESOLVED),
        "PagerDuty": (PagerDutySettings(name="p", routing_key=_HIDDEN), EventKind.FIRED),
        "Slack": (_hook("slack"), EventKind.FIRED),
        "Teams": (_hook("teams"), EventKind.FIRED),
    }
    parts = [
        f"### {title}\n\n{FORMS[title]}\n\n" + _example(title, form(one).encode(moments.alone(told[kind])))
        for title, (one, kind) in settings.items()
    ]
    return "\n\n".join([*parts, _mail(told[EventKind.FIRED])])


def _hook(name: FormName) -> WebhookSettings:
    return WebhookSettings(name="w", url=_HIDDEN, form=name)


def _mail(event: AlertEvent) -> str:
    settings = EmailSettings(
        name="m",
        host="smtp.example.com",
        port=587,
        sender="queuewatch@example.com",
        recipients=("desk@example.com",),
    )
    said = json.loads(form(settings).encode(moments.alone(event)))
    return (
        f"### Mail\n\n{FORMS['Mail']}\n\n{block('Subject: ' + said['subject'] + chr(10) * 2 + said['text'])}"
    )
