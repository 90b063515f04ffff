"""The platform dialect's answers: from a world to what the Platform API v2 would say. Pure.

In: a centre or world, and parsed questions. Out: dictionaries ready for JSON. Flawed questions raise
`Refusal`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial

from monitor.simulator.centre import PRESENCES, Centre, Division, Queue, identity, stream
from monitor.simulator.floor import LaneState, QueueState
from monitor.simulator.paging import Document, Listing, listing, page
from monitor.simulator.query import AGENT_METRICS, INTERACTION_METRICS, ObservationQuery
from monitor.simulator.refusal import refusal
from monitor.simulator.settings import Settings
from monitor.simulator.world import World

__all__ = [
    "division_entity",
    "limits",
    "listing",
    "milliseconds",
    "observations",
    "organization",
    "presences",
    "queue_entity",
    "queue_page",
    "single_queue",
    "token_info",
]

_QUEUES = "/api/v2/routing/queues"
# Voice is called call in a queue's settings and voice everywhere else.
_SETTINGS = ("call", "callback", "chat", "email", "message")
# alertingTimeoutSeconds of the published examples.
_ALERTING_SECONDS = {"call": 8, "callback": 30, "chat": 30, "email": 300, "message": 30}
_NAMESPACES = ("platform.api", "analytics", "analytics.realtime", "notifications", "auth.api")


def queue_page(centre: Centre, asked: Listing) -> Document:
    """One page of the queues asked for, in order of name; a page past the end is empty."""
    found = sorted((queue for queue in centre.queues if _wanted(queue, asked)), key=lambda queue: queue.name)
    return page(found, asked, _QUEUES, partial(queue_entity, centre))


def single_queue(centre: Centre, queue_id: str) -> Document:
    """One queue; raises Refusal (404) for an unknown id."""
    found = centre.by_id.get(queue_id)
    if found is None:
        raise refusal(404)
    return queue_entity(centre, found)


def queue_entity(centre: Centre, queue: Queue) -> Document:
    """A queue as the routing endpoints describe it."""
    members = centre.members[queue.id]
    return {
        "id": queue.id,
        "name": queue.name,
        "division": division_entity(queue.division),
        "dateCreated": "2025-01-10T10:00:00.000Z",
        "dateModified": "2026-09-01T10:00:00.000Z",
        "memberCount": len(members),
        "userMemberCount": len(members),
        "joinedMemberCount": sum(queue.id in agent.joined for agent in members),
        "mediaSettings": _media_settings(queue),
        "scoringMethod": "TimestampAndPriority",
        "skillEvaluationMethod": "ALL",
        "autoAnswerOnly": True,
        "selfUri": f"{_QUEUES}/{queue.id}",
    }


def division_entity(division: Division) -> Document:
    """A division as other entities refer to it."""
    return {
        "id": division.id,
        "name": division.name,
        "selfUri": f"/api/v2/authorization/divisions/{division.id}",
    }


def observations(world: World, query: ObservationQuery) -> Document:
    """The answer to an observation query; ids the centre does not know are missing, as on the platform."""
    known = world.centre.by_id
    bound = query.filter.bound()
    ids = known if bound is None else [queue_id for queue_id in known if queue_id in bound]
    results = [group for queue_id in ids for group in _groups(world.observe(queue_id), query)]
    return {
        "systemToOrganizationMappings": presences(),
        "results": results,
    }


def presences() -> Document:
    """The organization presences filed under each system presence."""
    return {system: list(ids) for system, ids in PRESENCES.items()}


def token_info(settings: Settings) -> Document:
    """What a client-credentials token is good for."""
    organization = _named_organization(settings)
    return {
        "organization": organization,
        "homeOrganization": organization,
        "authorizedScope": [],
        "OAuthClient": {
            "id": identity("client", settings.client_id),
            "name": settings.client_id,
            "authorizedGrantType": "CLIENT-CREDENTIALS",
            "organization": organization,
        },
    }


def organization(settings: Settings) -> Document:
    """The organization itself."""
    short = re.sub(r"\W", "", settings.organization).lower()
    return {
        **_named_organization(settings),
        "defaultLanguage": "en-us",
        "defaultCountryCode": "GB",
        "thirdPartyOrgName": short,
        "domain": short,
        "version": 12,
        "state": "active",
        "productPlatform": "GenesysCloud",
        "features": {"contactCenter": True},
        "selfUri": "/api/v2/organizations/me",
    }


def limits(settings: Settings, namespace: str) -> Document:
    """The effective limits of a namespace; raises Refusal (404) for one not served here."""
    if namespace not in _NAMESPACES:
        raise refusal(404)
    keys = ("client.credentials.token.rate.per.minute", "token.rate.per.minute")
    values = keys if namespace == "platform.api" else ()
    return {
        "entities": [
            {"key": key, "namespace": namespace, "value": settings.requests_per_minute} for key in values
        ]
    }


def _wanted(queue: Queue, asked: Listing) -> bool:
    return (
        (not asked.ids or queue.id in asked.ids)
        and (not asked.divisions or queue.division.id in asked.divisions)
        and (not asked.name or _matches(asked.name, queue.name))
    )


def _matches(pattern: str, name: str) -> bool:
    """Whether a name fits a pattern in which * stands for anything, whatever the case."""
    parts = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(parts, name, re.IGNORECASE) is not None


def _media_settings(queue: Queue) -> Document:
    # The platform shows settings for every media type, used or not.
    streams = {own.media: own for own in queue.streams}
    found: Document = {}
    for setting in _SETTINGS:
        media = "voice" if setting == "call" else setting
        shown = streams.get(media) or stream(media, 0)
        found[setting] = {
            "alertingTimeoutSeconds": _ALERTING_SECONDS[setting],
            "serviceLevel": {"percentage": shown.target, "durationMs": round(shown.within * 1000)},
        }
    return found


def _groups(state: QueueState, query: ObservationQuery) -> Iterator[Document]:
    """Interaction metrics grouped by queue and media type, agent metrics by queue alone."""
    for media, lane in state.lanes.items():
        group = {"queueId": state.queue_id, "mediaType": media}
        data = [_lane_metric(lane, name) for name in query.metrics if name in INTERACTION_METRICS]
        if data and query.filter.accepts(group):
            yield {"group": group, "data": [entry for entry in data if entry is not None]}
    group = {"queueId": state.queue_id}
    wanted = [name for name in query.metrics if name in AGENT_METRICS]
    if wanted and query.filter.accepts(group):
        yield {"group": group, "data": [entry for name in wanted for entry in _agent_metric(state, name)]}


def _lane_metric(lane: LaneState, name: str) -> Document | None:
    """One interaction metric; the longest ones give the oldest start in epoch ms, or nothing when idle."""
    oldest = {"oLongestWaiting": lane.oldest_wait, "oLongestInteracting": lane.oldest_interaction}
    if name in oldest:
        start = oldest[name]
        value = None if start is None else milliseconds(start)
        return None if value is None else {"metric": name, "stats": {"calculatedMetricValue": value}}
    counts = {"oWaiting": lane.waiting, "oAlerting": lane.alerting, "oInteracting": lane.interacting}
    return {"metric": name, "stats": {"count": counts[name]}}


def _agent_metric(state: QueueState, name: str) -> Iterator[Document]:
    """One agent metric: a plain count, or a count for each qualifier that anybody has."""
    plain = {"oMemberUsers": state.members, "oActiveUsers": state.active}
    if name in plain:
        yield {"metric": name, "stats": {"count": plain[name]}}
        return
    qualified: Mapping[str, Mapping[str, int]] = {
        "oOnQueueUsers": {str(status): count for status, count in state.on_queue.items()},
        "oOffQueueUsers": state.off_queue,
        "oUserRoutingStatuses": {str(status): count for status, count in state.statuses.items()},
        "oUserPresences": state.presences,
    }
    for qualifier, count in qualified[name].items():
        yield {"metric": name, "qualifier": qualifier, "stats": {"count": count}}


def milliseconds(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return round(moment.timestamp() * 1000)


def _named_organization(settings: Settings) -> Document:
    return {"id": identity("organization", settings.organization), "name": settings.organization}
