"""Organisations: where each is, what it may ask, and whether its cadence fits."""

from __future__ import annotations

import math

from monitor.config import places
from monitor.config.credentials import Vault
from monitor.config.report import Report, Trail
from monitor.config.schema import OrgPart, QueuesPart, SourcesPart, merged
from monitor.kit import durations
from monitor.kit.secrets import Secret
from monitor.model.org import Selection
from monitor.model.settings import OrgSettings, QueuesSettings

BATCH = 200
"""Queues that one observation query may name (GENESYS.md §4.1)."""

TIMEOUTS = (5.0, 30.0)
"""Seconds within which a poll's default time limit stays, whatever the interval."""

_INTERVAL = ("sources", "queues", "interval")


def org(name: str, part: OrgPart, shared: SourcesPart, vault: Vault) -> OrgSettings:
    """Return the settings of one org; `shared` is what every org's sources start from."""
    trail: Trail = ("orgs", name)
    queues = merged(shared, part.sources).queues
    budget = max(1, math.floor(part.requests_per_minute * part.budget_share))
    api_url, login_url = _place(trail, part, vault.report)
    if queues.enabled:
        own = "queues" in part.sources.model_fields_set and "interval" in part.sources.queues.model_fields_set
        _fits((*trail, *_INTERVAL) if own else _INTERVAL, name, queues, part, vault.report)
    return OrgSettings(
        name=name,
        api_url=api_url,
        login_url=login_url,
        client_id=_credential(trail, "client_id", part.client_id, part.client_id_file, vault),
        client_secret=_credential(trail, "client_secret", part.client_secret, part.client_secret_file, vault),
        budget=budget,
        queues=_queues(queues) if queues.enabled else None,
    )


def demand(queues: QueuesSettings) -> float:
    """Return the least requests a minute: one batch (or the named ids) a poll, one directory page."""
    return _demand(queues.interval, queues.directory_interval, len(queues.select.ids))


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
    elif len(given) == 1:
        missing = "login_url" if given == ["api_url"] else "api_url"
        report.add((*trail, missing), f"is missing beside {given[0]}")
    return _written(part)


def _written(part: OrgPart) -> tuple[str, str]:
    return (part.api_url or "").rstrip("/"), (part.login_url or "").rstrip("/")


def _queues(part: QueuesPart) -> QueuesSettings:
    low, high = TIMEOUTS
    return QueuesSettings(
        interval=part.interval,
        timeout=part.timeout if part.timeout is not None else min(max(part.interval, low), high),
        directory_interval=part.directory_interval,
        select=Selection(
            ids=tuple(dict.fromkeys(part.select.ids)),
            names=tuple(part.select.names),
            divisions=tuple(part.select.divisions),
        ),
    )


def _fits(trail: Trail, name: str, queues: QueuesPart, part: OrgPart, report: Report) -> None:
    """Refuse a cadence that cannot keep within the org's budget even with a single batch of queues."""
    budget = max(1, math.floor(part.requests_per_minute * part.budget_share))
    ids = len(set(queues.select.ids))
    need = _demand(queues.interval, queues.directory_interval, ids)
    if need <= budget:
        return
    spare = budget - 60 / queues.directory_interval
    slowest = math.ceil(60 * _batches(ids) / spare) if spare > 0 else 3600
    report.add(
        trail,
        f"is too short: {name} would send {need:.1f} requests a minute and may send {budget} "
        f"({part.budget_share:g} of {part.requests_per_minute})",
        f"write {durations.show(slowest)} or longer, or raise requests_per_minute or budget_share",
    )


def _demand(interval: float, directory_interval: float, ids: int) -> float:
    return 60 / interval * _batches(ids) + 60 / directory_interval


def _batches(ids: int) -> int:
    return max(1, math.ceil(ids / BATCH))
