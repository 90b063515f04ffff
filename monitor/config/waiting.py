"""Rules held against what runs: what one would judge after a restart, and is not asked until then. Pure.

In: a rule, the settings in force, and those it was written for. Out: the names of settings. What may not
happen: a rule taken over whose figures nobody asks for yet, so that what fires by the old one ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from monitor.config.reach import offered, selects, source
from monitor.config.vocabulary import WILD
from monitor.model.catalogue import METRICS
from monitor.model.metric import Metric
from monitor.model.rule import Matcher, Rule
from monitor.model.settings import OrgSettings, Settings
from monitor.model.virtual import PREFIX
from monitor.rules.expression import compiled

_UNITS = {name: metric.unit for name, metric in METRICS.items()}

_SETTINGS = {
    "window": "sources.service_level.windows",
    "threshold": "sources.service_level.thresholds",
    "interval": "sources.agents.bucket",
}
"""The setting of an org that says which values a label has."""


_UNIONS = {"queue_id": PREFIX, "queue": ""}
"""The labels by which a rule can mean a virtual queue, and what stands there before its name."""


def waits(rule: Rule, running: Settings, wanted: Settings) -> tuple[str, ...]:
    """Return what of `wanted` a rule would judge by and `running` has not, by the names of the settings.

    Such as `orgs.acme.sources.service_level.windows`; nothing where it can be judged as it will be after a
    restart. Which queues an org's `select` leaves is not looked at: only the platform knows.
    """
    return tuple(dict.fromkeys((*_orgs(rule, running, wanted), *_unions(rule, running, wanted))))


def _orgs(rule: Rule, running: Settings, wanted: Settings) -> Iterator[str]:
    here = {org.name: org for org in running.orgs}
    chosen = [matcher for matcher in rule.matchers if matcher.label == "org"]
    meant = [org for org in wanted.orgs if all(selects(matcher, org.name) for matcher in chosen)]
    if not any(org.name in here for org in meant):
        yield from (f"orgs.{org.name}" for org in meant)
    for org in meant:
        if org.name in here:
            yield from (f"orgs.{org.name}.{one}" for one in _lacking(rule, here[org.name], org))


def _unions(rule: Rule, running: Settings, wanted: Settings) -> Iterator[str]:
    here = [one.name for one in running.virtual_queues]
    there = [one.name for one in wanted.virtual_queues]
    for matcher in rule.matchers:
        before = _UNIONS.get(matcher.label)
        # What fits nothing at all fits every queue: it does not mean virtual ones.
        if before is None or selects(matcher, ""):
            continue
        if _misses(matcher, [before + name for name in there], [before + name for name in here]):
            new = (name for name in there if name not in here and selects(matcher, before + name))
            yield from (f"virtual_queues.{name}" for name in new)


def _lacking(rule: Rule, running: OrgSettings, wanted: OrgSettings) -> Iterator[str]:
    """Yield what an org is not asked yet; nothing for one that will not be asked it either."""
    metrics = _metrics(rule)
    if not all(_asks(wanted, metric) for metric in metrics):
        return
    for metric in metrics:
        if not _asks(running, metric):
            known = running.dialect in metric.dialects
            yield f"sources.{source(running, metric)}" if known else "dialect"
            return
    for matcher in rule.matchers:
        if matcher.label == "agent" and _names(wanted) and not _names(running):
            yield "sources.agents.include_names"
        there, here = (offered(matcher.label, org, metrics[0]) for org in (wanted, running))
        if _misses(matcher, there, here):
            yield _SETTINGS[matcher.label]
    windows = {window for burn in rule.burns for window in (burn.long, burn.short)}
    there, here = (offered("window", org, metrics[0]) for org in (wanted, running))
    if windows & set(there) - set(here):
        yield _SETTINGS["window"]


def _misses(matcher: Matcher, there: list[str], here: list[str]) -> bool:
    """Return whether a label has a value `there` that the matcher asks for and that is not to be had `here`.

    A pattern misses nothing while it has something; of thresholds it may have the queues' own targets.
    """
    if any(not WILD.search(glob) and glob in there and glob not in here for glob in matcher.globs):
        return True
    if matcher.label == "threshold":
        return False
    return any(selects(matcher, value) for value in there) and not any(
        selects(matcher, value) for value in here
    )


def _metrics(rule: Rule) -> list[Metric]:
    """Return every metric that a rule reads."""
    names = list(compiled(rule.expr, _UNITS).metrics) if rule.expr else [rule.metric]
    if rule.guard is not None and rule.guard.volume is not None:
        names.append(rule.guard.volume)
    return [METRICS[name] for name in names]


def _asks(org: OrgSettings, metric: Metric) -> bool:
    return org.dialect in metric.dialects and getattr(org, source(org, metric)) is not None


def _names(org: OrgSettings) -> bool:
    return org.agents is not None and org.agents.include_names
