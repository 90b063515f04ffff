"""Bodies as users write them."""

import json
from typing import Any

import pytest

from monitor.model.alert import Entity, alert_id
from monitor.model.naming import EVENT_NAMES
from monitor.model.settings import Body
from monitor.outbox.envelope import BODY_LIMIT
from monitor.outbox.forms.custom import custom
from monitor.outbox.notice import Notice
from tests.outbox.forms.notices import EVENTS, NOTICES, fired, group, level_changed, notice, resolved, storm
from tests.outbox.making import an_entity

LINK = f"https://watch.example/alerts/{alert_id('acme', 'ServiceLevelLow', an_entity().key)}"


def made(body: Body, said: Notice) -> Any:
    """What a receiver reads."""
    form = custom(body)
    assert form.content_type == "application/json"
    return json.loads(form.encode(said), parse_constant=pytest.fail)


def said(body: str, what: Notice) -> str:
    """What a receiver of texts reads."""
    form = custom(body)
    assert form.content_type == "text/plain; charset=utf-8"
    return form.encode(what).decode("utf-8")


def test_a_structure_keeps_its_types():
    """A whole `{{ }}` is its value, any other text a text, everything else as it is written."""
    body: Body = {
        "title": "{{rule}} is {{state}}",
        "value": "{{value}}",
        "threshold": "{{threshold}}",
        "drill": "{{drill}}",
        "labels": "{{labels}}",
        "ended": "{{resolved_at}}",
        "priority": 3.0,
        "urgent": True,
        "nothing": None,
        "list": ("{{queue}}", {"deep": "{{links.page}}"}),
        "{{literal}}": "key",
    }
    event = fired()
    assert made(body, notice(event)) == {
        "title": "ServiceLevelLow is firing",
        "value": pytest.approx(27 / 41),
        "threshold": 0.8,
        "drill": False,
        "labels": {"team": "support"},
        "ended": None,
        "priority": 3.0,
        "urgent": True,
        "nothing": None,
        "list": ["Support 0", {"deep": LINK}],
        "{{literal}}": "key",
    }


def test_no_name_leaves_its_place():
    """Quotes, braces and commas in a name are characters of one text."""
    name = '", "severity": "none", "x": "\\'
    event = fired(entity=Entity(key="k", labels={"queue": name}))
    assert made({"queue": "{{queue}}", "all": "<{{queue}}>"}, notice(event)) == {
        "queue": name,
        "all": f"<{name}>",
    }


def test_numbers_json_lacks_are_null():
    """In the structure itself as in what a template gives."""
    assert made({"a": float("nan"), "b": (float("inf"),)}, notice(fired())) == {"a": None, "b": [None]}


def test_what_a_group_has():
    """Its own names, and those of its worst member where it has none."""
    body = {
        "id": "{{id}}",
        "worst": "{{severity}}",
        "counts": "{{firing}} of {{count}}, {{resolved}} over",
        "group": "{{group.team}}",
        "all": "{% for a in alerts %}{{a.kind}} {% endfor %}",
    }
    assert made(body, group(level_changed(), fired(1), resolved())) == {
        "id": "fld_abc",
        "worst": "critical",
        "counts": "2 of 3, 1 over",
        "group": "support",
        "all": "level_changed fired resolved ",
    }
    assert made(body, notice(fired()))["counts"] == "1 of 1, 0 over"


@pytest.mark.parametrize("what", [storm(300), NOTICES["hostile group"]], ids=["storm", "hostile"])
def test_a_structure_is_shortened_to_fit(what: Notice):
    """Texts and lists get shorter, and it stays the structure it was."""
    body: Body = {
        "all": "{{alerts}}",
        "text": "{% for a in alerts %}{{a.annotations.summary}} {% endfor %}",
        "n": 1.0,
    }
    found = made(body, what)
    assert found.keys() == {"all", "text", "n"}
    assert found["all"]
    assert len(custom(body).encode(what)) <= BODY_LIMIT


def test_a_structure_without_room_says_the_least():
    """One whose own keys fill it could say nothing."""
    body: dict[str, Body] = {"k" * 2000 + str(number): "{{rule}}" for number in range(9)}
    assert made(body, notice(fired())) == {
        "id": fired().id,
        "text": "Warning: ServiceLevelLow – Support 0 (voice) at 65.9 %, below 80 % (27 of 41)",
    }


def test_a_text_is_a_text():
    """Lines and tabs stay; what clears a terminal or turns the reading order does not."""
    event = fired(entity=Entity(key="k", labels={"queue": "a\x1b[2J\u202eb\x00"}))
    assert said("{{queue}}\n\t{{value|percent}}\n", notice(event)) == "a[2Jb\n\t65.9 %\n"


def test_a_text_ends_somewhere():
    """Four thousand characters, however many alerts there are."""
    text = said("{% for a in alerts %}{{a.rule}} {{a.queue}}\n{% endfor %}", storm(300))
    assert len(text) == 4000
    assert text.endswith("…")


@pytest.mark.parametrize("name", EVENTS)
def test_every_kind_fills_every_name(name: str):
    """No name is missing for any kind of event: what it has not is a dash."""
    body: dict[str, Body] = {one: f"{{{{ {one} }}}}" for one in EVENT_NAMES if one != "alerts"}
    found = made(body, notice(EVENTS[name]))
    assert found.keys() == body.keys()
    assert found["count"] == 1
    assert found["id"] == EVENTS[name].id
