"""CloudEvents: the event as it is kept, and groups that the SDK reads."""

import json
from dataclasses import replace

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

from monitor.model.alert import Entity
from monitor.outbox import envelope
from monitor.outbox.envelope import BODY_LIMIT
from monitor.outbox.forms import cloudevents
from monitor.outbox.notice import Notice
from tests.outbox.forms.notices import (
    GROUP,
    NOTICES,
    PAGE,
    fired,
    group,
    level_changed,
    notice,
    resolved,
    storm,
)


def data_of(said: Notice):
    """The data of a group."""
    return json.loads(cloudevents.encode(said))["data"]


def test_one_event_is_told_as_it_is_kept():
    """Byte for byte."""
    assert cloudevents.encode(notice(fired())) == envelope.encode(fired(), page=PAGE)


@pytest.mark.parametrize("said", NOTICES.values(), ids=NOTICES)
def test_the_sdk_reads_it(said: Notice):
    """Whoever uses the SDK sees its attributes; the id is the envelope's."""
    headers = {"content-type": cloudevents.CONTENT_TYPE}
    event = from_http_event(HTTPMessage(headers=headers, body=cloudevents.encode(said)))
    assert event.get_id() == said.id
    assert event.get_specversion() == "1.0"
    assert event.get_source().startswith("/orgs")
    assert event.get_type().startswith("io.queuewatch.")
    assert event.get_time() is not None


def test_a_group_says_how_its_members_stand():
    """How many, how many fire, what they share; each with its own id and time."""
    said = group(level_changed(), fired(1), resolved(), skipped=4)
    body = json.loads(cloudevents.encode(said))
    data = body["data"]
    alerts = data.pop("alerts")
    assert (body["type"], body["source"], body["subject"]) == (
        "io.queuewatch.group.v1",
        "/orgs/acme",
        GROUP.key,
    )
    assert data == {
        "group": "team/support",
        "labels": {"team": "support"},
        "count": 3,
        "firing": 2,
        "resolved": 1,
        "skipped": 4,
        "truncated": 0,
    }
    first = json.loads(envelope.encode(level_changed(), page=PAGE))
    assert alerts[0] == {**first["data"], "id": first["id"], "occurred_at": first["time"]}


def test_a_group_of_several_orgs_is_nobodys():
    """Its source is what they have in common."""
    body = json.loads(cloudevents.encode(group(fired(), fired(1, org="other"))))
    assert body["source"] == "/orgs"


def test_a_large_group_keeps_its_first():
    """What does not fit is counted; the worst, which come first, are there."""
    data = data_of(storm(300))
    assert data["count"] == 300
    assert len(data["alerts"]) + data["truncated"] == 300
    assert len(data["alerts"]) >= 8
    assert data["alerts"][0]["entity"]["queue"] == "Support 0"


def test_a_member_that_is_too_long_by_itself_is_told_in_short():
    """A group is never told without its worst."""
    event = fired(entity=Entity(key="k", labels={}), labels={f"l{n}": "x" * 900 for n in range(16)})
    room = BODY_LIMIT - len(envelope.encode(event, page=PAGE)) - 99
    event = replace(event, labels={**event.labels, "last": "x" * room})
    assert BODY_LIMIT - 99 < len(envelope.encode(event, page=PAGE)) <= BODY_LIMIT
    data = data_of(group(event, fired(1)))
    assert len(data["alerts"]) == 1
    assert (data["count"], data["truncated"]) == (2, 1)
    assert data["alerts"][0]["entity"] == {"key": "k"}
    assert data["alerts"][0]["labels"] == {}
