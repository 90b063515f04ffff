"""What destinations want an event, or a group of events, to look like: one module per form. Pure.

In: a notice (events in their canonical form), a destination's settings. Out: bytes and their content type,
the same for the same notice, bounded in size, built as data and never pasted together. Forbidden here: any
look at a clock or at anything but the notice, and secrets: what is made here is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from monitor.model.settings import (
    AlertmanagerSettings,
    DestinationSettings,
    EmailSettings,
    FormName,
    LogSinkSettings,
    MqttSettings,
    PagerDutySettings,
    PingSettings,
    WebhookSettings,
)
from monitor.outbox.forms import alertmanager, cloudevents, mail, pagerduty, slack, teams
from monitor.outbox.forms.custom import custom
from monitor.outbox.notice import Notice


def _all(notice: Notice) -> int:
    """Return that every event is told of: what there is no room for is counted, in words for people."""
    return len(notice.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a body is made, whether a group's events may become one, and of how many the body then tells.

    An empty body says that there is nothing to send. `fit` is the number of leading events, one at least; a
    body for people tells of all, since it counts those it does not name.
    """

    content_type: str
    encode: Callable[[Notice], bytes]
    folds: bool = True
    fit: Callable[[Notice], int] = _all


PLAIN = Form(content_type=cloudevents.CONTENT_TYPE, encode=cloudevents.encode, fit=cloudevents.fit)
"""An event as it is kept."""

_SINGLE = Form(content_type=cloudevents.CONTENT_TYPE, encode=cloudevents.encode, folds=False)

_NAMED: dict[FormName, Form] = {
    "cloudevents": PLAIN,
    "alertmanager-v4": Form(
        content_type=alertmanager.CONTENT_TYPE, encode=alertmanager.webhook, fit=alertmanager.fit
    ),
    "pagerduty-v2": Form(content_type=pagerduty.CONTENT_TYPE, encode=pagerduty.encoder(None)),
    "slack": Form(content_type=slack.CONTENT_TYPE, encode=slack.encode),
    "teams": Form(content_type=teams.CONTENT_TYPE, encode=teams.encode),
}

_CHANNELS: Mapping[FormName, Callable[[str], bytes]] = {"slack": slack.plain, "teams": teams.plain}
"""Chats, which take JSON only: what they are sent of a user's text."""


def form(settings: DestinationSettings) -> Form:
    """Return the form of the bodies this destination gets.

    Raises:
        TemplateProblem: a text of the settings is no template.
    """
    match settings:
        case WebhookSettings(body=None):
            return _NAMED[settings.form]
        case WebhookSettings():
            made = custom(settings.body, _CHANNELS.get(settings.form))
            return Form(content_type=made.content_type, encode=made.encode)
        case PagerDutySettings():
            return Form(content_type=pagerduty.CONTENT_TYPE, encode=pagerduty.encoder(settings.summary))
        case EmailSettings():
            return Form(content_type=mail.CONTENT_TYPE, encode=mail.encoder(settings.subject, settings.body))
        case AlertmanagerSettings():
            return Form(content_type=alertmanager.CONTENT_TYPE, encode=alertmanager.push, folds=False)
        case PingSettings():
            return Form(content_type="text/plain; charset=utf-8", encode=lambda _: b"", folds=False)
        case MqttSettings() | LogSinkSettings():
            return _SINGLE
