"""What events and their fields mean, in words: kinds, the attributes of CloudEvents, the data."""

from __future__ import annotations

from monitor.model.alert import EventKind

KINDS = {
    EventKind.FIRED: "A rule's level has been breached for long enough, and nobody was told yet.",
    EventKind.LEVEL_CHANGED: (
        "It became worse or better within the same episode: `severity` is the new level, "
        "`previous_severity` the one told before."
    ),
    EventKind.REMINDED: (
        "It still fires and nobody has acknowledged: told again (`reason` is `repeated`), or to somebody "
        "who is told later (`escalated`)."
    ),
    EventKind.ACKNOWLEDGED: "Somebody has it: `owner` and `note`. To everybody who heard of it.",
    EventKind.FLAPPING: "It comes and goes. What fires meanwhile is kept back until it is steady.",
    EventKind.STEADY: "It comes and goes no more.",
    EventKind.RESOLVED: "It is over. To everybody who heard of it, the same way.",
    EventKind.UNKNOWN: (
        "A source has no answers (`SourceDown`): what it watches is not known. Neither good nor bad."
    ),
    EventKind.KNOWN: "The source answers again.",
    EventKind.HEARTBEAT: (
        "Everything is judged in time. When it stops, let somebody else raise the alarm. It expires after "
        "two periods; `data.value` is the period in seconds."
    ),
    EventKind.GROUPED: (
        "Several alerts told as one, where a route has a `group`: the members are in `data.alerts`, also "
        "where it is only one."
    ),
}
"""When each kind is sent."""

ATTRIBUTES = {
    "specversion": "CloudEvents 1.0.",
    "id": (
        "The same on every retry and after every restart: drop what you have seen. `evt_…`; a group's is "
        "`fld_…`."
    ),
    "source": "`/orgs/` and the org's name.",
    "type": "What kind of event it is; see above.",
    "subject": "The rule and the key of what it is about.",
    "time": "When it happened: UTC, milliseconds.",
    "datacontenttype": "The data is JSON.",
    "sequence": (
        "Grows with every event of one alert, padded with zeros so that texts sort: drop what is not newer."
    ),
    "data": "The event itself; see below.",
}
"""The attributes of every event."""

DATA = {
    "kind": "What happened, as in `type`; a heartbeat is `heartbeat`.",
    "state": "`inactive`, `pending` or `firing`, after the event.",
    "reason": (
        "Why, in a word: `threshold`, `cleared`, `idle`, `repeated`, `escalated`; of a source `error`, "
        "`stale`, `answered`; or what is not there any more, such as `queue_removed`."
    ),
    "org": "The organisation; `queuewatch` for what is about ourselves.",
    "rule": "The rule; `SourceDown`, `DestinationGone`, `Watchdog` and `Drill` are built in.",
    "severity": "`warning` or `critical`. Where it is over, the one told last.",
    "previous_severity": "The one told before, where it differs.",
    "entity": "What it is about: its labels, and `key`, which identifies it within the rule.",
    "metric": "What was judged: a metric, or the rule's expression.",
    "value": "The value judged. Null where there is none.",
    "numerator": "Of a ratio, its upper part.",
    "denominator": "Of a ratio, its lower part.",
    "operator": (
        "How the value stands to the threshold: `<`, `>`, `<=`, `>=`, `true`, `false`; empty without one."
    ),
    "threshold": "The edge that the event is about: of entering, or of clearing.",
    "episode": "Counts the lives of an alert, each from pending to resolved.",
    "sequence": "The running number of the alert's events; it never repeats or falls.",
    "started_at": "When the breach began.",
    "fired_at": "When it fired.",
    "resolved_at": "When it was over.",
    "observed_at": "When the platform's answer was in that this was judged by.",
    "data_age_seconds": "How old that answer was.",
    "owner": "Who acknowledged.",
    "note": "What they said.",
    "labels": "The rule's own labels.",
    "annotations": "The rule's annotations, filled in.",
    "links": (
        "`page`, the alert's page, where `web.external_url` is set; `runbook`, of the annotation of that "
        "name."
    ),
    "drill": "Only a trial: nothing has happened.",
}
"""The fields of `data`."""

GROUP = {
    "group": "The group's key.",
    "labels": "The labels that its members share by grouping.",
    "count": "How many members there are.",
    "firing": "How many of them fire.",
    "resolved": "How many are over.",
    "skipped": "How many older events the members took the place of.",
    "truncated": "How many members there was no room for; they come with the next message.",
    "alerts": "The members: the `data` of each, with its own `id` and `occurred_at`.",
}
"""The fields of a group's `data`."""

HEADERS = {
    "content-type": (
        "What the body is: `application/cloudevents+json`; `application/cloudevents-batch+json` for a "
        "batch; `application/json` for other forms."
    ),
    "webhook-id": "The event's id, the same on every try. A batch has one of its own, `bat_…`.",
    "webhook-timestamp": "When this try was made, in seconds since 1970.",
    "webhook-signature": (
        "With a `secret`: `v1,` and the HMAC-SHA256 over `id.timestamp.body`; two, with a space between "
        "them, while there is a `previous_secret`."
    ),
    "queuewatch-skipped": "With `coalesce`: how many older events this one took the place of.",
}
"""The headers of a webhook."""

FORMS = {
    "Alertmanager's webhook": "`format: alertmanager-v4`: what Alertmanager would post (version 4).",
    "Alertmanager": (
        "`alertmanager:`, `POST /api/v2/alerts`. What fires is sent with an end a little ahead, and again "
        "every minute; what is over, with its end."
    ),
    "PagerDuty": (
        "`pagerduty:`, Events API v2; `routing_key` is added as it is sent. One incident per episode: "
        "`dedup_key`."
    ),
    "Slack": "`slack:`, or `format: slack`.",
    "Teams": "`teams:`, or `format: teams`: an Adaptive Card for a Workflow.",
    "Mail": "`email:`. All mails of an episode are one thread.",
}
"""The other forms, and how they are asked for."""
