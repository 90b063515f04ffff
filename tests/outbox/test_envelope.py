"""From an alert event to bytes: CloudEvents, deterministic, bounded, never with a number that is none."""

import json
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.alert import Entity, EventKind, Evidence, alert_id, event_id
from monitor.outbox import envelope
from tests.outbox.making import NOW, QUEUE, an_event


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
        "sequence": "0000000000000001",
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
            "drill": False,
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


def test_annotations_are_filled_in():
    """Templates of a rule say what its event is about, and its runbook's link is the filled-in one."""
    event = an_event(
        annotations={
            "summary": "{{queue}} at {{value | percent}} ({{numerator}} of {{denominator}})",
            "runbook": "https://wiki.example/{{ rule | lower }}",
        },
        evidence=Evidence(value=0.7142857, numerator=30.0, denominator=42.0),
    )
    data = decoded(event)["data"]
    assert data["annotations"]["summary"] == "Support 0 at 71.4 % (30 of 42)"
    assert data["links"] == {"runbook": "https://wiki.example/servicelevellow"}


def test_names_are_never_templates():
    """What a queue is called is shown and not evaluated, in an annotation as elsewhere."""
    entity = Entity(key="k", labels={"queue": "{{7*7}}{% for a in alerts %}"})
    data = decoded(an_event(entity=entity, annotations={"summary": "at {{queue}}"}))["data"]
    assert data["annotations"]["summary"] == "at {{7*7}}{% for a in alerts %}"


@pytest.mark.parametrize(
    "text", ["{{ nobody }}", "{{", "{% for a in alerts %}{% endfor %}", "{{ annotations }}"]
)
def test_an_annotation_that_is_no_template_is_told_as_it_is(text: str):
    """Nothing is lost because of a text that the configuration should have refused."""
    assert decoded(an_event(annotations={"summary": text}))["data"]["annotations"]["summary"] == text


def test_an_annotation_cannot_grow_without_end():
    """A thousand short templates of long names stay below the limit."""
    long = Entity(key="k" * 900, labels={"queue": "q" * 900})
    annotations = {f"a{number}": "{{queue}}{{entity}}" * 50 for number in range(60)}
    assert len(envelope.encode(an_event(entity=long, annotations=annotations))) <= envelope.BODY_LIMIT


def test_an_event_leads_to_its_alert():
    """Where people reach us, its link is the alert's page; a link that would be cut is left out."""
    event = an_event(
        rule="Low \ud800",
        entity=Entity(key="q ü/voice", labels={}),
        annotations={"runbook": "https://wiki.example/" + "x" * envelope.LINK_LIMIT},
    )
    body = json.loads(envelope.encode(event, page="https://watch.example/"))
    here = alert_id(event.org, event.rule, event.entity.key)
    assert body["data"]["links"] == {"page": f"https://watch.example/alerts/{here}"}


@pytest.mark.parametrize(
    "changes", [{"kind": EventKind.HEARTBEAT}, {"kind": EventKind.GROUPED}, {"drill": True}]
)
def test_what_is_no_alert_leads_to_our_page(changes: dict[str, Any]):
    """There is nothing to explain."""
    body = json.loads(envelope.encode(an_event(annotations={}, **changes), page="https://watch.example/"))
    assert body["data"]["links"] == {"page": "https://watch.example"}


def test_sequences_sort_as_texts():
    """As CloudEvents' extension wants it; in the data it is a number."""
    bodies = [decoded(an_event(sequence=number)) for number in (9, 10, 1_795_251_600_000)]
    texts = [body["sequence"] for body in bodies]
    assert texts == sorted(texts)
    assert [int(one) for one in texts] == [body["data"]["sequence"] for body in bodies]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"destination": "own/webhook"}, "own/webhook"),
        ({"queue": "Support", "media": "voice"}, "media=voice, queue=Support, key=k"),
    ],
)
def test_an_entity_with_one_name_is_shown_as_that(labels: dict[str, str], said: str):
    """A destination, a source, a drill; its entries are reached as ever."""
    event = an_event(
        entity=Entity(key="k", labels=labels), annotations={"summary": "{{entity}}", "key": "{{entity.key}}"}
    )
    assert decoded(event)["data"]["annotations"] == {"summary": said, "key": "k"}


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (EventKind.REMINDED, "io.queuewatch.alert.reminded.v1"),
        (EventKind.HEARTBEAT, "io.queuewatch.heartbeat.v1"),
        (EventKind.GROUPED, "io.queuewatch.group.v1"),
        (EventKind.UNKNOWN, "io.queuewatch.alert.unknown.v1"),
    ],
)
def test_every_kind_has_its_type(kind: EventKind, type_: str):
    """A heartbeat and a group are no alerts."""
    assert decoded(an_event(kind=kind))["type"] == type_


def test_a_drill_says_so():
    """Whoever reads the data sees that nothing has happened."""
    assert decoded(an_event(drill=True))["data"]["drill"] is True


def test_what_is_decoded_becomes_the_same_bytes():
    """A body that goes through its own form and back has changed in nothing."""
    body = envelope.encode(an_event(entity=Entity(key="é\ud800", labels={"b": "2", "a": "\n"})))
    assert envelope.pack(envelope.decode(body)) == body


def test_a_body_of_before_is_read():
    """One that was kept before drills were known is none."""
    body = decoded(an_event())
    del body["data"]["drill"]
    assert not envelope.decode(json.dumps(body).encode()).data.drill


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"specversion":"1.0"}'])
def test_what_is_no_event_is_refused(body: bytes):
    """Bytes that are none of ours are a ValueError, whatever the decoder calls it."""
    with pytest.raises(ValueError):
        envelope.decode(body)
