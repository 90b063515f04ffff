"""PagerDuty, Alertmanager, and pings: who is made for alerts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from monitor.config import places, posting
from monitor.config.credentials import Vault
from monitor.config.report import Trail
from monitor.config.ways import AlertmanagerPart, PagerDutyPart, PingPart
from monitor.config.wording import text
from monitor.kit.secrets import Secret
from monitor.model.naming import EVENT_NAMES
from monitor.model.settings import AlertmanagerSettings, PagerDutySettings, PingSettings

REGIONS = {
    "us": "https://events.pagerduty.com/v2/enqueue",
    "eu": "https://events.eu.pagerduty.com/v2/enqueue",
}
"""Where PagerDuty takes events (developer.pagerduty.com/docs/send-alert-event)."""

_KEY = re.compile(r"[A-Za-z0-9]{32}")
"""An integration key of PagerDuty's Events API v2."""

_PEERS = 16
"""Alertmanagers of one receiver; a cluster has three."""


def pagerduty(name: str, trail: Trail, part: PagerDutyPart, vault: Vault) -> PagerDutySettings:
    """Return the settings of a service of PagerDuty."""
    key = vault.secret((*trail, "routing_key"), part.routing_key, part.routing_key_file, needed=True)
    if key and part.url is None and not _KEY.fullmatch(key.reveal()):
        place = posting.origin(trail, "routing_key", part.routing_key)
        vault.report.add(place, "should be 32 letters and digits", "the integration key of an Events API v2")
    if part.url is not None and part.region is not None:
        vault.report.add((*trail, "url"), "cannot stand beside region", "keep one")
    if part.summary is not None:
        text((*trail, "summary"), part.summary, EVENT_NAMES, vault.report)
    return PagerDutySettings(
        name=name,
        routing_key=key or Secret(""),
        url=part.url or REGIONS[part.region or "us"],
        summary=part.summary,
        timeout=part.timeout,
        coalesce=part.coalesce,
    )


def alertmanagers(
    name: str, trail: Trail, part: AlertmanagerPart, vault: Vault
) -> Iterator[AlertmanagerSettings]:
    """Yield the settings of every peer: each gets the same alerts, as the peers expect."""
    headers = posting.headers(trail, part, vault)
    tls = posting.tls((*trail, "tls"), part.tls, vault)
    for number, url in enumerate(_urls(trail, part, vault), start=1):
        yield AlertmanagerSettings(
            name=name if number == 1 else f"{name}-{number}",
            url=Secret(url.reveal().rstrip("/")),
            headers=headers,
            timeout=part.timeout,
            tls=tls,
        )


def _urls(trail: Trail, part: AlertmanagerPart, vault: Vault) -> list[Secret]:
    if not part.urls:
        url = posting.url(trail, part, vault, allow_http=part.allow_http)
        posting.check(posting.origin(trail, "url", part.url), url, vault, _base)
        return [url]
    if part.url is not None or part.url_file is not None:
        vault.report.add((*trail, "urls"), "cannot stand beside url", "keep one")
    if len(part.urls) > _PEERS:
        vault.report.add((*trail, "urls"), f"should hold at most {_PEERS} peers")
    for number, peer in enumerate(part.urls):
        place = (*trail, "urls", number)
        if peer.rstrip("/") in {other.rstrip("/") for other in part.urls[:number]}:
            vault.report.add(place, "is given twice", "each peer has its own")
        posting.check(place, Secret(peer), vault, partial(places.webhook, allow_http=part.allow_http))
        posting.check(place, Secret(peer), vault, _base)
    return [Secret(peer) for peer in part.urls]


def _base(url: str) -> None:
    """Refuse a URL that is more than what the API's paths are put behind."""
    if "?" in url:
        raise places.Unusable("should have no query (?…)", "write what stands before /api/v2/alerts")
    if "/api/v" in url:
        raise places.Unusable("should be the base URL", "write what stands before /api/v2/alerts")


def ping(name: str, trail: Trail, part: PingPart, vault: Vault) -> PingSettings:
    """Return the settings of a dead man's switch."""
    url = posting.url(trail, part, vault, allow_http=part.allow_http)
    return PingSettings(name=name, url=url, timeout=part.timeout)
