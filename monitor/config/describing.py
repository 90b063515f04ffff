"""Settings in a few lines, for `queuewatch check`. No secret is in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from monitor.config.environment import variable
from monitor.config.summary import summary
from monitor.config.telling import audience, destination, host
from monitor.kit import durations
from monitor.model.cadence import BATCH, Cost, capacity, costs, named
from monitor.model.settings import (
    DEFAULT_LIMIT,
    OrgSettings,
    Settings,
    StrategiesSettings,
    WebSettings,
)

QUESTIONS = ("queues", "service_level", "agents", "workitems", "strategies")


def describe(settings: Settings) -> list[str]:
    """Return what the configuration comes to: orgs with their arithmetic, rules, destinations, notes."""
    lines = [f"{org.name}: {line}" for org in settings.orgs for line in _org(org)]
    count = len(settings.rules)
    lines.append(f"{count} rule{'' if count == 1 else 's'}" + (":" if count else ""))
    lines.extend(f"  {summary(rule)}" for rule in settings.rules)
    lines.extend(destination(one) for one in settings.destinations)
    lines.extend(audience(settings))
    lines.extend(_own(settings))
    return lines


def _org(org: OrgSettings) -> Iterator[str]:
    yield f"{org.api_url}, dialect {org.dialect}, days begin in {org.zone}"
    yield from _arithmetic(org)
    silent = [question for question in QUESTIONS if getattr(org, question) is None]
    if silent:
        yield f"not asked: {', '.join(silent)}"
    if org.strategies is not None:
        yield _evaluations(org.strategies)
    missing = [key for key in ("client_id", "client_secret") if not getattr(org, key)]
    if missing:
        names = " and ".join(variable(("orgs", org.name, key)) for key in missing)
        yield f"no credentials here; at run time they come from {names}, or from the files named"


def _arithmetic(org: OrgSettings) -> Iterator[str]:
    """Say what asking costs, question by question, and how many queues the budget is enough for."""
    known = named(org)
    each = costs(org, known or BATCH)
    yield from map(_cost, each)
    total = math.fsum(cost.per_minute for cost in each)
    limit = f"{org.limit}" if org.limit else f"{DEFAULT_LIMIT}, until the platform tells its limit"
    yield (
        f"together {total:.3g} of {org.budget} requests/min ({org.budget_share:g} of {limit}) "
        + (f"for {known} named queue{'' if known == 1 else 's'}" if known else f"for {BATCH} queues")
    )
    if not known and total > org.budget:
        yield f"fewer than {BATCH} queues fit"
    elif not known:
        yield f"at most about {capacity(org)} queues fit"


def _cost(cost: Cost) -> str:
    plural = "" if cost.requests == 1 else "s"
    return (
        f"{cost.question}: {cost.requests} request{plural} every {durations.show(cost.interval)} "
        f"= {cost.per_minute:.3g} requests/min"
    )


def _evaluations(strategies: StrategiesSettings) -> str:
    where = "" if strategies.webhook is None else f"to {host(strategies.webhook)} and "
    return f"evaluations go {where}into {strategies.audit_path}"


def _door(web: WebSettings) -> str:
    """Return who may ask, and how; not as if it were so where a certificate or key is still to come."""
    tls = web.access.tls
    if tls is None:
        return f": {_guests(web)}"
    named = (tls.cert_file, tls.key_file, tls.ca_file)
    missing = [name for name in named if name is not None and not Path(name).is_file()]
    if missing:
        return f" once there {'is' if len(missing) == 1 else 'are'} {' and '.join(missing)}, not before"
    return f" with TLS: {_guests(web)}"


def _guests(web: WebSettings) -> str:
    """Return who may ask."""
    access = web.access
    if access.users or access.tokens:
        return f"{_counted(len(access.users), 'user')} and {_counted(len(access.tokens), 'token')} may ask"
    if access.guarded:
        return "whoever has a certificate may ask"
    changed = ", and change what they like" if web.operate else ""
    return f"whoever reaches it may ask{changed}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _own(settings: Settings) -> Iterator[str]:
    web = settings.web
    yield f"listens on {web.host}:{web.port}{_door(web)}"
    if web.external_url:
        yield f"links lead to {web.external_url}"
    yield f"keeps its state in {settings.store_path}, what was told for {durations.show(settings.retention)}"
