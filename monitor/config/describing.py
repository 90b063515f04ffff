"""Settings in a few lines, for `queuewatch check`. No secret is in them."""

from __future__ import annotations

import math
from urllib.parse import urlsplit

from monitor.config.environment import variable
from monitor.config.orgs import BATCH, demand
from monitor.kit import durations
from monitor.model.settings import DestinationSettings, MqttSettings, OrgSettings, Settings, WebhookSettings


def describe(settings: Settings) -> list[str]:
    """Return what the configuration comes to: orgs with their arithmetic, rules, destinations, notes."""
    lines = [line for org in settings.orgs for line in _org(org)]
    count = len(settings.rules)
    lines.append(f"{count} rule{'' if count == 1 else 's'}")
    lines.extend(_destination(destination) for destination in settings.destinations)
    if not settings.destinations:
        lines.append("no destinations: alerts are shown on /metrics and the page only")
    lines.append(
        f"listens on {settings.web.host}:{settings.web.port}, keeps its state in {settings.store_path}"
    )
    return lines


def _org(org: OrgSettings) -> list[str]:
    lines = [f"{org.name}: {org.api_url}"]
    if org.queues is None:
        lines.append(f"{org.name}: queues are not asked for")
    else:
        lines.append(f"{org.name}: {_arithmetic(org)}")
    missing = [key for key in ("client_id", "client_secret") if not getattr(org, key)]
    if missing:
        names = " and ".join(variable(("orgs", org.name, key)) for key in missing)
        lines.append(
            f"{org.name}: no credentials here; at run time they come from {names}, or from the files named"
        )
    return lines


def _arithmetic(org: OrgSettings) -> str:
    """Say what polling costs, and how many queues the budget is enough for."""
    queues = org.queues
    if queues is None:
        return ""
    each = 60 / queues.interval
    every = f"queues every {durations.show(queues.interval)}"
    if queues.select.ids:
        named = len(queues.select.ids)
        return f"{every} = {demand(queues):.3g} requests/min of {org.budget} for {named} named queues"
    batches = max(1, math.floor((org.budget - 60 / queues.directory_interval) / each))
    steps = [f"{each * count:.3g} for {count * BATCH}" for count in (2, 5) if count < batches]
    more = "".join(f", {step}" for step in steps)
    return (
        f"{every} = {each:.3g} requests/min of {org.budget} for up to {BATCH} queues{more}; "
        f"at most about {batches * BATCH} queues fit; "
        f"the directory every {durations.show(queues.directory_interval)}"
    )


def _destination(destination: DestinationSettings) -> str:
    if isinstance(destination, WebhookSettings):
        host = urlsplit(destination.url.reveal()).hostname or "a URL that comes at run time"
        signed = "signed" if destination.secrets else "not signed"
        return f"{destination.name}: to {host}, {signed}"
    if isinstance(destination, MqttSettings):
        tls = "with TLS" if destination.tls else "without TLS"
        return (
            f"{destination.name}: to {destination.host}:{destination.port} {tls}, below {destination.prefix}/"
        )
    return f"{destination.name}: to the log"
