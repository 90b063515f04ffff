"""From an alert event to bytes: CloudEvents, deterministic, bounded, never with a number that is none."""

import json
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.alert import EVERYBODY, Entity, event_id
from monitor.outbox import envelope, routing
from tests.outbox.making import NOW, QUEUE, an_entity, an_event


def decoded(event) -> Any:
    """Return the body of `event` as plain data."""
    return json.loads(envelope.encode(event))


def test_a_fired_event_says_everything():
    """The whole body, literally: a consumer's contract."""
    assert decoded(an_event()) == {
        "specversion": "1.0",
        "id": event_id("acme", "ServiceLevelLow", f"{QUEUE[:-4]}0000/voice", 1, 1),
        "source": "/orgs/acme",
        "type": "io.queuewatch.alert.fired.v1",
        "subject": f"ServiceLevelLow/{QUEUE[:-4]}0000/voice",
        "time": "2026-11-21T09:00:00.000Z",
        "datacontenttype": "application/json",
        "sequence": "1",
        "data": {
            "kind": "fired",
            "state": "firing",
            "reason": "threshold",
            "org": "acme",
            "rule": "ServiceLevelLow",
            "severity": "warning",
            "previous_severity": None,
            "entity": {
                "key": f"{QUEUE[:-4]}0000/voice",
                "queue_id": f"{QUEUE[:-4]}0000",
                "queue": "Support 0",
                "media": "voice",
            },
            "metric": "service_level_ratio",
            "value": 0.71,
            "numerator": None,
            "denominator": None,
            "operator": "<",
            "threshold": 0.8,
            "episode": 1,
            "sequence": 1,
            "started_at": "2026-11-21T08:58:00.000Z",
            "fired_at": "2026-11-21T09:00:00.000Z",
            "resolved_at": None,
            "observed_at": "2026-11-21T08:59:55.750Z",
            "data_age_seconds": 4.25,
            "owner": "",
            "note": "",
            "labels": {"team": "support"},
            "annotations": {"summary": "Support at 71 %", "runbook": "https://wiki.example/sla"},
            "links": {"runbook": "https://wiki.example/sla"},
        },
    }


def test_a_resolved_event_is_inactive():
    """`resolved` is what happened, `inactive` is where the alert is now."""
    body = decoded(an_event(0, 2, operator="<=", annotations={}))
    assert body["type"] == "io.queuewatch.alert.resolved.v1"
    assert (body["data"]["state"], body["data"]["operator"]) == ("inactive", "<=")
    assert body["data"]["links"] == {}


def test_equal_events_have_equal_bytes():
    """Neither the order of labels nor the zone of a date shows."""
    labels = {"b": "2", "a": "1"}
    east = NOW.astimezone(timezone(timedelta(hours=5)))
    one = an_event(labels=labels, occurred_at=east)
    other = an_event(labels=dict(reversed(labels.items())))
    assert envelope.encode(one) == envelope.encode(other)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), None])
def test_no_value_is_null(number: float | None):
    """A number JSON does not have never reaches a consumer."""
    body = envelope.encode(an_event(value=number, threshold=float("nan")))
    assert json.loads(body, parse_constant=pytest.fail)["data"]["value"] is None


def test_data_is_never_from_the_future():
    """A platform clock ahead of ours makes an age of 0, not a negative one."""
    body = decoded(an_event(observed_at=NOW + timedelta(seconds=9)))
    assert body["data"]["data_age_seconds"] == 0.0


@given(
    text=st.text(st.characters(), min_size=1, max_size=40),
    repeat=st.integers(1, 600),
    entries=st.integers(1, 120),
)
def test_whatever_is_in_the_names_the_body_is_short_and_sound(text: str, repeat: int, entries: int):
    """Controls, surrogates, megabytes of label: still JSON, still below the limit, still the same id."""
    long = text * repeat
    mapping = {f"{number}{text}": long for number in range(entries)}
    event = an_event(
        rule=long,
        reason=long,
        metric=long,
        org=long,
        entity=Entity(key=long, labels=mapping),
        labels=mapping,
        annotations={**mapping, "runbook": long},
    )
    body = envelope.encode(event)
    assert len(body) <= envelope.BODY_LIMIT
    assert json.loads(body.decode("utf-8"))["id"] == event.id


def test_an_id_is_the_same_everywhere_and_of_one_event_only():
    """Deterministic, shaped for Standard Webhooks, and sensitive to where one field ends."""
    one = event_id("acme", "Low", "q/voice", 1, 2)
    assert one == "evt_" + one[4:].lower()
    assert len(one) == 30
    assert one[4:].isalnum()
    others = [
        event_id("acme", "Low", "q/voice", 2, 1),
        event_id("acmeL", "ow", "q/voice", 1, 2),
        event_id("acme", "Low", "q/voice", 1, 22),
        event_id("acme", "Low \ud800", "q/voice", 1, 2),
    ]
    assert len({one, *others}) == 5


def test_a_transition_commits_one_state_and_an_envelope_per_destination():
    """The same bytes for each, addressed once even if named twice, ordered by rule and entity."""
    event = an_event()
    state, envelopes = routing.prepare(event, ["andon", "hook", "andon"])
    assert [one.destination for one in envelopes] == ["andon", "hook"]
    assert {one.body for one in envelopes} == {state.body} == {envelope.encode(event)}
    assert {one.key for one in envelopes} == {f"acme/ServiceLevelLow/{an_entity().key}"}
    assert (state.sequence, state.event_id, state.entity) == (1, event.id, an_entity().key)
    assert envelopes[0].created_at == event.occurred_at
    assert routing.prepare(replace(event, rule="Other"), ["hook"])[1][0].key != envelopes[0].key


@pytest.mark.parametrize(
    ("audience", "reached"),
    [
        (None, ["hook", "lamp"]),
        (EVERYBODY, ["hook", "lamp"]),
        (("lamp", "lamp", "gone"), ["lamp"]),
        ((), []),
    ],
)
def test_an_event_goes_to_its_audience(audience, reached):
    """Named destinations that are still there, each once; everybody where nobody is named."""
    _, envelopes = routing.prepare(an_event(audience=audience), ["hook", "lamp"])
    assert [one.destination for one in envelopes] == reached
