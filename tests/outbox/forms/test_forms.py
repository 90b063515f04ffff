"""What is true of every form: bounded, sound, deterministic, harmless, whatever it is made of."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.kit.secrets import Secret
from monitor.kit.templates import TemplateProblem
from monitor.model.alert import Entity
from monitor.model.settings import (
    AlertmanagerSettings,
    DestinationSettings,
    EmailSettings,
    LogSinkSettings,
    MqttSettings,
    PagerDutySettings,
    PingSettings,
    WebhookSettings,
)
from monitor.outbox import envelope
from monitor.outbox.forms import Form, form
from monitor.outbox.notice import Notice
from tests.outbox.forms.notices import NOTICES, fired, group, notice, storm

CUSTOM = {"text": "{{queue}} {{value|percent}}", "value": "{{value}}", "all": ("{{alerts}}", 1.0, None, True)}


def a_webhook(**changes) -> WebhookSettings:
    """A webhook with a form or a body."""
    return WebhookSettings(name="ops", url=Secret("https://hook.example"), **changes)


def a_mail(**changes) -> EmailSettings:
    """A mail server."""
    return EmailSettings(
        name="ops", host="mail", port=25, sender="a@b.example", recipients=("c@d.example",), **changes
    )


SETTINGS: dict[str, DestinationSettings] = {
    "cloudevents": a_webhook(),
    "alertmanager-v4": a_webhook(form="alertmanager-v4"),
    "slack": a_webhook(form="slack"),
    "teams": a_webhook(form="teams"),
    "body": a_webhook(body=CUSTOM),
    "text body": a_webhook(
        body="{{queue}}: {% for a in alerts %}{{a.rule}} {{a.annotations.summary}}\n{% endfor %}"
    ),
    "slack text": a_webhook(form="slack", body="{{queue}} & <{{rule}}>\n{{note}}"),
    "teams text": a_webhook(form="teams", body="{{queue}}\n{{rule}} {{note}}"),
    "pagerduty": PagerDutySettings(name="ops", routing_key=Secret("k" * 32)),
    "alertmanager": AlertmanagerSettings(name="ops", url=Secret("http://am")),
    "email": a_mail(),
    "ping": PingSettings(name="ops", url=Secret("https://hc.example")),
    "mqtt": MqttSettings(name="ops", host="broker", port=1883),
    "log": LogSinkSettings(name="ops"),
}
FORMS: dict[str, Form] = {name: form(one) for name, one in SETTINGS.items()}

LIMITS = {
    "teams": 28 * 1024,
    "teams text": 28 * 1024,
    "pagerduty": 512 * 1024,
    "alertmanager": 10 * 2**20,
    "alertmanager-v4": 100 * 1024,
}
"""What somebody documents, or is known to take; all others 16 KB."""

JSON = {
    "cloudevents",
    "alertmanager-v4",
    "slack",
    "teams",
    "body",
    "slack text",
    "teams text",
    "pagerduty",
    "alertmanager",
    "email",
    "mqtt",
    "log",
}


@pytest.mark.parametrize(
    ("name", "content_type", "folds"),
    [
        ("cloudevents", "application/cloudevents+json", True),
        ("alertmanager-v4", "application/json", True),
        ("slack", "application/json", True),
        ("teams", "application/json", True),
        ("body", "application/json", True),
        ("text body", "text/plain; charset=utf-8", True),
        ("pagerduty", "application/json", True),
        ("alertmanager", "application/json", False),
        ("email", "application/json", True),
        ("ping", "text/plain; charset=utf-8", False),
        ("mqtt", "application/cloudevents+json", False),
        ("log", "application/cloudevents+json", False),
    ],
)
def test_every_destination_has_its_form(name: str, content_type: str, folds: bool):
    """What it is called on the wire, and whether a group may become one of it."""
    assert (FORMS[name].content_type, FORMS[name].folds) == (content_type, folds)


@pytest.mark.parametrize("said", NOTICES.values(), ids=NOTICES)
@pytest.mark.parametrize("name", FORMS)
def test_every_notice_has_a_sound_body(name: str, said: Notice):
    """UTF-8, JSON where it is meant to be, never too long, and the same bytes every time."""
    body = FORMS[name].encode(said)
    assert len(body) <= LIMITS.get(name, 16 * 1024)
    assert body == FORMS[name].encode(said)
    text = body.decode("utf-8")
    if name in JSON and text:
        json.loads(text, parse_constant=pytest.fail)


def test_only_a_ping_and_what_pagerduty_cannot_use_have_no_body():
    """An empty body is not sent, but as a sign of life."""
    empty = {(name, kind) for name in FORMS for kind, said in NOTICES.items() if not FORMS[name].encode(said)}
    assert empty == {
        *(("ping", kind) for kind in NOTICES),
        ("pagerduty", "flapping"),
        ("pagerduty", "steady"),
    }


@pytest.mark.parametrize("name", ["cloudevents", "alertmanager-v4"])
@pytest.mark.parametrize("said", NOTICES.values(), ids=NOTICES)
def test_a_form_for_programs_says_how_many_of_the_first_it_names(name: str, said: Notice):
    """One at least; the others are to be told another time."""
    made = FORMS[name]
    body = json.loads(made.encode(said))
    alerts = body["data"].get("alerts") or [body["data"]] if name == "cloudevents" else body["alerts"]
    assert 1 <= made.fit(said) <= len(said.events)
    if said == NOTICES["storm"]:
        assert made.fit(said) == len(alerts) < len(said.events)
    else:
        assert made.fit(said) == len(said.events) or said == NOTICES["hostile group"]


@pytest.mark.parametrize("name", ["cloudevents", "alertmanager-v4"])
def test_a_storm_costs_what_is_named(name: str):
    """Of ten thousand members as many as fit are looked at closely, and hardly one more fits."""
    said, made = storm(400), FORMS[name]
    long = replace(said, events=said.events * 25)
    assert made.fit(long) == made.fit(said)
    limit = 20_000 if name == "alertmanager-v4" else 16 * 1024
    assert limit - 1500 < len(made.encode(long)) <= limit


@pytest.mark.parametrize("name", ["slack", "teams", "email", "pagerduty", "body", "text body"])
def test_a_form_for_people_tells_of_all(name: str):
    """Those that have no room are counted."""
    assert FORMS[name].fit(NOTICES["storm"]) == 300


@pytest.mark.parametrize("name", sorted(FORMS.keys() - {"ping"}))
def test_names_are_not_evaluated(name: str):
    """A queue called `{{7*7}}` is called so, or shown a little apart, and nowhere 49."""
    event = fired(entity=Entity(key="k", labels={"queue": "{{7*7}}"}), annotations={"summary": "{{queue}}"})
    body = FORMS[name].encode(notice(event)).decode()
    assert "7*7" in body
    assert "49" not in body.replace(event.id, "")


@pytest.mark.parametrize("name", ["slack", "teams", "email", "pagerduty"])
def test_people_read_no_hidden_characters(name: str):
    """Neither what turns the reading order nor what clears a terminal; a link that runs code is none."""
    body = json.loads(FORMS[name].encode(NOTICES["hostile"]))
    if name == "pagerduty":
        assert body["payload"]["custom_details"].pop("data")["kind"] == "fired"
    text = json.dumps(body, ensure_ascii=False)
    assert "<script>" in text or "&lt;script&gt;" in text
    for hidden in ("\u202e", "\\u001b", "\\r", "javascript"):
        assert hidden not in text


@pytest.mark.parametrize("name", ["slack", "teams", "email", "pagerduty", "alertmanager", "alertmanager-v4"])
def test_a_drill_is_marked(name: str):
    """Nobody gets up for it."""
    for said in (NOTICES["drill"], NOTICES["drill_over"]):
        body = FORMS[name].encode(said).decode()
        assert "[DRILL]" in body or '"drill":"true"' in body


def test_a_broken_template_is_refused_at_once():
    """Not when the alarm comes."""
    for settings_ in (
        a_webhook(body="{{ nobody }}"),
        a_webhook(body={"a": ("{{ nobody }}",)}),
        a_mail(subject="{{ nobody }}"),
        a_mail(body="{{ nobody }}"),
        PagerDutySettings(name="p", routing_key=Secret("k"), summary="{{ nobody }}"),
    ):
        with pytest.raises(TemplateProblem):
            form(settings_)


@settings(max_examples=60, deadline=None)
@given(
    text=st.text(st.characters(), min_size=1, max_size=30),
    repeat=st.sampled_from([1, 40, 400]),
    entries=st.integers(0, 80),
)
def test_no_name_breaks_a_form(text: str, repeat: int, entries: int):
    """Controls, surrogates, quotes, kilobytes: a sound body of bounded length from every form."""
    long = text * repeat
    labels = {f"{number}{text}": long for number in range(entries)}
    event = fired(
        org=long,
        rule=long,
        metric=long,
        reason=long,
        owner=long,
        note=long,
        entity=Entity(key=long, labels={"queue": long, **labels}),
        labels=labels,
        annotations={"summary": long, "runbook": f"https://{long}", **labels},
    )
    for said in (notice(event), group(event, event, fired())):
        for name, made in FORMS.items():
            body = made.encode(said)
            assert len(body) <= LIMITS.get(name, 16 * 1024), name
            if name in JSON:
                json.loads(body.decode("utf-8"))
    assert FORMS["cloudevents"].encode(notice(event)) == envelope.encode(event, page="https://watch.example")
