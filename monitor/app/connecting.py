"""Joins one org to its platform, in the dialect it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from monitor import __version__
from monitor.clients.budget import Budget
from monitor.clients.guides.asking import RETRYING, GuidesDialect
from monitor.clients.guides.endpoints import SCOPES
from monitor.clients.platform.asking import PlatformDialect
from monitor.clients.tokens import Tokens
from monitor.clients.transport import Transport
from monitor.kit.http import Http
from monitor.model.settings import OrgSettings
from monitor.ports import Clock, Platform, Telemetry

USER_AGENT = f"queuewatch/{__version__}"


@dataclass(frozen=True, slots=True)
class Connection:
    """One org's platform, and what meters the requests to it."""

    org: OrgSettings
    platform: Platform
    budget: Budget
    transport: Transport


def connect(org: OrgSettings, http: Http, clock: Clock, telemetry: Telemetry, random: Random) -> Connection:
    """Return the connection to `org`; nothing is asked yet."""
    guides = org.dialect == "guides"
    tokens = Tokens(
        org.name, org.login_url, org.client_id, org.client_secret, http, telemetry, random,
        style="form" if guides else "basic", scope=_scope(org) if guides else "",
    )  # fmt: skip
    budget = Budget(org.name, org.budget, telemetry)
    transport = Transport(org.name, org.api_url, http, tokens, budget, clock, telemetry, random)
    if guides:
        transport.retrying = RETRYING
        transport.trusted_hosts = frozenset(org.trusted_hosts)
        return Connection(org, GuidesDialect(transport), budget, transport)
    return Connection(org, PlatformDialect(transport, clock), budget, transport)


def _scope(org: OrgSettings) -> str:
    """Return the OAuth scopes of the questions this org is asked; of all where it is asked none."""
    asked = [question for question in SCOPES if getattr(org, question) is not None] or list(SCOPES)
    return " ".join(dict.fromkeys(" ".join(SCOPES[question] for question in asked).split()))
