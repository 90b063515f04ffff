"""What every label on `/metrics` means."""

from __future__ import annotations

LABELS = {
    "org": "The organisation, as it is called in the configuration.",
    "queue_id": "The queue's id on the platform. It never changes.",
    "queue": (
        "The queue's name. It may change, and two queues may share it. Left out with `web.queue_name: false`."
    ),
    "media": (
        "The media type: `voice`, `callback`, `chat`, `email`, `message`, …; `all` where they are not told "
        "apart."
    ),
    "status": (
        "The agents' routing status: `IDLE`, `INTERACTING`, `COMMUNICATING`, `NOT_RESPONDING`, `OFF_QUEUE`. "
        "On `queuewatch_api_requests_total` the HTTP status, or a word where no answer came."
    ),
    "presence": "The agents' system presence: `AVAILABLE`, `AWAY`, `MEAL`, `ON_QUEUE`, ….",
    "division": "The name of the queue's division.",
    "division_id": "The division's id.",
    "window": (
        "The length of the window, such as `15m`; `recent` for the guides' own averages, whose window they "
        "do not tell."
    ),
    "threshold": "The time within which an answer counts, such as `20s`. 60 seconds is `1m`, 90 are `1m30s`.",
    "definition": (
        "What the denominator is: `genesys` as the platform takes it, by the org's formula; `answered` only "
        "what was answered."
    ),
    "agent_id": "The agent's user id.",
    "agent": "The agent's name; only with `sources.agents.include_names`.",
    "interval": (
        "The length of the interval that the figures are about, such as `30m`: the newest that has ended."
    ),
    "strategy": "The routing strategy.",
    "source": "One of the questions, or `directory`.",
    "outcome": (
        "What became of it: of polls `ok` or why not; of deliveries `delivered`, `retried`, `rejected`, "
        "`gone`."
    ),
    "endpoint": "Which endpoint of the platform was asked.",
    "field": "The field of the answer.",
    "reason": "Why, in a word. Of deliveries empty where all went well.",
    "job": "Which kind of asynchronous query.",
    "state": "The state: of alerts `inactive`, `pending`, `firing`; of jobs the one entered.",
    "rule": "The rule's name.",
    "severity": "`warning` or `critical`.",
    "destination": "A receiver and its way, such as `oncall/webhook`.",
    "task": "The loop that crashed.",
    "version": "The version of queuewatch.",
    "le": "The bucket's upper bound, in seconds.",
}
"""Each in a sentence, as Markdown. One label may mean different things on different metrics."""
