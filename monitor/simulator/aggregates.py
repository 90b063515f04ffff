"""Conversation aggregates: what happened over a span, out of the ledger. Pure.

In: a world and a parsed query. Out: the documents of `results`. Metrics, views and groups without events are
missing, as on the platform. Known metrics that are not simulated are groups' metrics without events; known
dimensions that are not simulated belong to no group.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import attrgetter

from monitor.simulator.aggregation import AggregateQuery, View, Vocabulary, period
from monitor.simulator.centre import Centre
from monitor.simulator.ledger import Entry
from monitor.simulator.settings import Settings
from monitor.simulator.vocabulary import CONVERSATION_DIMENSIONS, CONVERSATION_METRICS
from monitor.simulator.world import World

Document = dict[str, object]

WORDS = Vocabulary(kind="Conversation", metrics=CONVERSATION_METRICS, dimensions=CONVERSATION_DIMENSIONS)
"""What may be asked for."""

_FIELDS = {"queueId": "queue_id", "mediaType": "media", "userId": "agent_id", "usedRouting": "routing"}
_LEVEL = ("tAnswered", "nOverSla", "tAbandon", "tShortAbandon", "tFlowOut")

Values = dict[str, list[int]]
"""The milliseconds of every emission, by metric; plain counts hold zeros."""
Key = tuple[str | None, ...]
Targets = Mapping[Key, float | None]


def aggregates(world: World, query: AggregateQuery, settings: Settings) -> list[Document]:
    """One document for each group, with its buckets in order of time."""
    derived = any(metric in ("oServiceLevel", "oServiceTarget") for metric in query.metrics)
    needed = {*query.metrics, *(view.target for view in query.views), *(_LEVEL if derived else ())}
    targets = _targets(world.centre)
    found: dict[Key, list[Document]] = {}
    names = [name for name in query.group_by if name in _FIELDS]
    for start, end in query.buckets():
        interval = period(start, end)
        entries = (entry for entry in world.ledger.span(start, end) if entry.metric in needed)
        for key, values in _sorted(entries, names, query).items():
            target = targets[_of_target(names, key)]
            data = _bucket(query, values, target, settings)
            if data:
                found.setdefault(key, []).append({"interval": interval, **data})
    return [{"group": _group(names, key), "data": data} for key, data in found.items()]


def statistics(values: Sequence[int]) -> dict[str, int]:
    """The statistics of a timer metric, in milliseconds; `values` are not empty."""
    return {"max": max(values), "min": min(values), "count": len(values), "sum": sum(values)}


def _sorted(entries: Iterable[Entry], names: Sequence[str], query: AggregateQuery) -> dict[Key, Values]:
    """The entries the filter accepts, by group and metric; every combination meets the filter but once."""
    asked = {predicate.dimension for predicate in query.filter.predicates()}
    every = [*names, *(name for name in _FIELDS if name in asked and name not in names)]
    identify = _identifier(every)
    groups: dict[Key, Values] = {}
    places: dict[Key, Values | None] = {}
    for entry in entries:
        full = identify(entry)
        if full not in places:
            key = full[: len(names)]
            accepted = query.filter.accepts(_group(every, full))
            places[full] = groups.setdefault(key, defaultdict(list)) if accepted else None
        values = places[full]
        if values is not None:
            values[entry.metric].append(entry.milliseconds or 0)
    return groups


def _identifier(names: Sequence[str]) -> Callable[[Entry], Key]:
    fields = [_FIELDS[name] for name in names]
    if len(fields) > 1:
        return attrgetter(*fields)  # gives a tuple only when asked for several, and is twice as fast as ours
    return partial(_identified, fields)


def _identified(fields: Sequence[str], entry: Entry) -> Key:
    return tuple(getattr(entry, field) for field in fields)


def _group(names: Sequence[str], key: Key) -> dict[str, str]:
    """The group of a key; what nobody answered has no userId."""
    return {name: value for name, value in zip(names, key, strict=True) if value is not None}


def _bucket(query: AggregateQuery, values: Values, target: float | None, settings: Settings) -> Document:
    """Metrics and views of one group and bucket, as far as there are any."""
    found = ((name, _stats(name, values, target, settings)) for name in query.metrics)
    metrics = [{"metric": name, "stats": stats} for name, stats in found if stats]
    views = [view for view in (_view(view, values) for view in query.views) if view]
    data: Document = {"metrics": metrics} if metrics or views else {}
    return {**data, "views": views} if views else data


def _stats(name: str, values: Values, target: float | None, settings: Settings) -> Mapping[str, float] | None:
    if name in values:
        own = values[name]
        return statistics(own) if name.startswith("t") else {"count": len(own)}
    if name == "oServiceLevel":
        level = service_level(values, settings)
        return level if level is None or target is None else {**level, "target": target}
    return {"current": target} if name == "oServiceTarget" and target is not None else None


def service_level(values: Mapping[str, Sequence[int]], settings: Settings) -> dict[str, float] | None:
    """Ratio, numerator and denominator, by the organization's options; None where nothing counts."""
    answered, over, abandoned, short, flowed = (len(values.get(name, ())) for name in _LEVEL)
    counted = answered + (flowed if settings.level_flow_outs else 0)
    if settings.level_abandons:
        counted += abandoned if settings.level_short_abandons else abandoned - short
    if counted == 0:
        return None
    return {"ratio": (answered - over) / counted, "numerator": answered - over, "denominator": counted}


def _view(view: View, values: Values) -> Document | None:
    within = [value for value in values.get(view.target, ()) if view.gte <= value < view.lt]
    return {"name": view.name, "stats": statistics(within)} if within else None


def _targets(centre: Centre) -> Targets:
    """The target share by queue id and media, either of them None for all; None where targets differ."""
    found: dict[Key, set[float]] = defaultdict(set)
    for queue in centre.queues:
        for stream in queue.streams:
            for queue_id in (queue.id, None):
                for media in (stream.media, None):
                    found[queue_id, media].add(stream.target)
    return {key: shares.pop() if len(shares) == 1 else None for key, shares in found.items()}


def _of_target(names: Sequence[str], key: Key) -> Key:
    group = dict(zip(names, key, strict=True))
    return group.get("queueId"), group.get("mediaType")
