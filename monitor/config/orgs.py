"""Organisations: where each is, what it may ask, and whether its cadence fits."""

from __future__ import annotations

import math
from collections.abc import Callable

from monitor.config import places
from monitor.config.credentials import Vault
from monitor.config.questions import SourcesPart
from monitor.config.report import Report, Trail
from monitor.config.schema import OrgPart
from monitor.config.sources import Sources
from monitor.kit import durations
from monitor.kit.secrets import Secret
from monitor.model.cadence import MINUTE, Cost, costs, named
from monitor.model.settings import DEFAULT_LIMIT, OrgSettings

LONGEST = 3600
"""Seconds of the longest interval that is suggested: every question may be asked so rarely."""


def org(
    name: str, part: OrgPart, shared: SourcesPart, vault: Vault, audit: Callable[[str | None], str]
) -> OrgSettings:
    """Return the settings of one org; `shared` is what every org's sources start from.

    `audit` makes the path of an audit file.
    """
    trail: Trail = ("orgs", name)
    api_url, login_url = _place(trail, part, vault.report)
    sources = Sources(name, part, shared, vault, audit)
    settings = OrgSettings(
        name=name,
        dialect=part.dialect,
        api_url=api_url,
        login_url=login_url,
        client_id=_credential(trail, "client_id", part.client_id, part.client_id_file, vault),
        client_secret=_credential(trail, "client_secret", part.client_secret, part.client_secret_file, vault),
        limit=part.requests_per_minute,
        budget_share=part.budget_share,
        zone=part.timezone,
        trusted_hosts=_trusted((*trail, "trusted_hosts"), part, vault.report),
        directory=sources.directory(),
        queues=sources.queues(),
        service_level=sources.service_level(),
        agents=sources.agents(),
        workitems=sources.workitems(),
        strategies=sources.strategies(),
    )
    _fits(settings, sources, vault.report)
    return settings


def _credential(trail: Trail, key: str, value: str | None, file: str | None, vault: Vault) -> Secret:
    return vault.secret((*trail, key), value, file, needed=True) or Secret("")


def _place(trail: Trail, part: OrgPart, report: Report) -> tuple[str, str]:
    """Return API and login URL, from the region or as written; the environment's word beats the file's."""
    given = [key for key in ("api_url", "login_url") if getattr(part, key) is not None]
    region_set = report.variable((*trail, "region")) is not None
    urls_set = len(given) == 2 and all(report.variable((*trail, key)) for key in given)
    if part.region and given and region_set != urls_set:
        return places.urls(part.region) if region_set else _written(part)
    if part.region and given:
        report.add((*trail, given[0]), "cannot stand beside region", "keep region, or api_url and login_url")
    elif part.region:
        return places.urls(part.region)
    elif not given:
        report.add((*trail, "region"), "is missing", "such as region: eu-west-1, or api_url and login_url")
    elif len(given) == 1 and not (part.dialect == "guides" and part.api_url):
        missing = "login_url" if given == ["api_url"] else "api_url"
        report.add((*trail, missing), f"is missing beside {given[0]}")
    return _written(part)


def _written(part: OrgPart) -> tuple[str, str]:
    """Return the URLs as written; with the guides, tokens come from the API's own host."""
    login = part.login_url or (part.api_url if part.dialect == "guides" else None)
    return (part.api_url or "").rstrip("/"), (login or "").rstrip("/")


def _trusted(trail: Trail, part: OrgPart, report: Report) -> tuple[str, ...]:
    """Return the hosts whose chunk URLs may get our token."""
    if part.trusted_hosts and part.dialect != "guides":
        report.add(trail, "are for the dialect guides", "the platform sends nobody to other hosts: remove it")
    return tuple(dict.fromkeys(host.lower() for host in part.trusted_hosts))


def _fits(org: OrgSettings, sources: Sources, report: Report) -> None:
    """Refuse a cadence that cannot keep within the org's budget even with the fewest queues there may be."""
    each = costs(org, named(org))
    total = math.fsum(cost.per_minute for cost in each)
    if total <= org.budget:
        return
    worst = max(each, key=lambda cost: cost.per_minute)
    report.add(
        sources.where(worst.question, "interval"),
        f"is too short: {org.name} would send {total:.1f} requests a minute, "
        f"{worst.per_minute:.1f} of them for {worst.question}, and may send {org.budget} "
        f"({org.budget_share:g} of {org.limit or DEFAULT_LIMIT})",
        _cure(worst, org.budget - (total - worst.per_minute)),
    )


def _cure(worst: Cost, spare: float) -> str:
    """Say which interval would keep the costliest question within `spare` requests a minute."""
    others = "raise requests_per_minute or budget_share"
    seconds = math.ceil(worst.requests * MINUTE / spare) if spare > MINUTE / LONGEST else LONGEST + 1
    if seconds > LONGEST:
        return f"{others}, or ask less: no interval of this question alone would fit"
    return f"write {durations.show(seconds)} or longer, or {others}"
