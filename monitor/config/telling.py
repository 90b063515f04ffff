"""Destinations, routes and the heartbeat in a few lines. No secret is in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from monitor.config.environment import variable
from monitor.config.summary import condition, hours
from monitor.kit import durations
from monitor.kit.secrets import Secret
from monitor.model.route import Grouping, Route
from monitor.model.rule import Severity
from monitor.model.settings import (
    AlertmanagerSettings,
    DestinationSettings,
    EmailSettings,
    LogSinkSettings,
    MqttSettings,
    PagerDutySettings,
    PingSettings,
    Settings,
    WebhookSettings,
)


def destination(settings: DestinationSettings) -> str:
    """Return one destination in a line: where it is, and what is worth knowing of how."""
    return f"{settings.name}: {', '.join(_words(settings))}"


def audience(settings: Settings) -> Iterator[str]:
    """Yield who is told of what."""
    if not settings.destinations:
        yield "no destinations: alerts are shown on /metrics and the page only"
    elif settings.routes:
        yield "alerts go by the first route that takes them:"
        yield from (f"  {line}" for line in tree(settings.routes))
    else:
        yield "every alert goes to every receiver: there are no routes"
    if settings.heartbeat is not None:
        every = durations.show(settings.heartbeat.interval)
        yield f"a heartbeat goes every {every} to {', '.join(settings.heartbeat.destinations)}"
    elif settings.destinations:
        yield "no heartbeat: nobody notices when queuewatch itself stops"


def tree(routes: Sequence[Route], depth: int = 0) -> Iterator[str]:
    """Yield every route in a line, its own ones below it and further in."""
    for route in routes:
        yield f"{'  ' * depth}{route.name}: {_conditions(route)} → {_told(route)}"
        yield from tree(route.routes, depth + 1)


def host(url: Secret) -> str:
    """Return the one part of a webhook's URL that is no secret."""
    return urlsplit(url.reveal()).hostname or "a URL that comes at run time"


def _reached(settings: WebhookSettings | AlertmanagerSettings | PingSettings) -> str:
    """Return where a destination is; where that is not known yet, how to say it."""
    if settings.url:
        return f"to {host(settings.url)}"
    name = variable(("receivers", *settings.name.split("/"), "url"))
    return f"no URL here (set {name} or url_file)"


def _words(settings: DestinationSettings) -> Iterator[str]:
    match settings:
        case WebhookSettings():
            yield from _webhook(settings)
        case PagerDutySettings():
            yield f"to {urlsplit(settings.url).hostname}"
        case AlertmanagerSettings():
            yield f"{_reached(settings)}, again and again while an alert fires"
        case EmailSettings():
            yield from _email(settings)
        case PingSettings():
            yield f"{_reached(settings)}, at every heartbeat"
        case MqttSettings():
            yield from _mqtt(settings)
        case LogSinkSettings():
            yield "to the log"
    if getattr(settings, "coalesce", False):
        yield "of each alert only the newest"


def _webhook(settings: WebhookSettings) -> Iterator[str]:
    yield _reached(settings)
    if settings.form != "cloudevents" or settings.body is not None:
        yield f"as {settings.form}" if settings.body is None else "with a body of its own"
    if settings.secrets or settings.form in {"cloudevents", "alertmanager-v4"}:
        yield ("not signed", "signed", "signed with two secrets")[len(settings.secrets)]
    if settings.proxy is not None:
        yield f"by the proxy {host(settings.proxy)}"
    if settings.batch > 1:
        yield f"up to {settings.batch} events at once"
    if not settings.private:
        yield "never to a private address"


def _email(settings: EmailSettings) -> Iterator[str]:
    people = len(settings.recipients)
    tls = {"starttls": "with STARTTLS", "tls": "with TLS", "none": "without TLS"}[settings.encryption]
    yield f"to {people} address{'' if people == 1 else 'es'} by {settings.host}:{settings.port} {tls}"


def _mqtt(settings: MqttSettings) -> Iterator[str]:
    tls = "with TLS" if settings.tls else "without TLS"
    yield f"to {settings.host}:{settings.port} {tls}"
    if settings.version != "5":
        yield f"MQTT {settings.version}"
    yield f"below {settings.prefix}/"
    if settings.discovery is not None:
        yield f"discovered below {settings.discovery}/"
    if settings.commands is not None:
        able = "has the secret" if settings.commands.secret is not None else "the broker lets publish"
        yield f"takes commands from whoever {able}"


def _conditions(route: Route) -> str:
    words = [*map(condition, route.matchers)]
    if route.minimum is not Severity.WARNING:
        words.append(f"at least {route.minimum}")
    return ", ".join([*words, *hours(route.during, route.not_during)]) or "everything"


def _told(route: Route) -> str:
    names = ", ".join(route.destinations) or "nobody"
    words = [names]
    words += [] if route.grouping is None else [_grouped(route.grouping)]
    words += [] if route.repeat is None else [f"again every {durations.show(route.repeat)}"]
    words += [f"after {durations.show(step.after)} {', '.join(step.destinations)}" for step in route.steps]
    words += ["and goes on"] if route.goes_on else []
    words += ["unless one of these takes it:"] if route.routes else []
    return "; ".join(words)


def _grouped(grouping: Grouping) -> str:
    wait = f"after {durations.show(grouping.wait)}" if grouping.wait else "at once"
    every = durations.show(grouping.interval)
    return f"grouped by {', '.join(grouping.by) or 'nothing'} {wait}, then every {every}"
