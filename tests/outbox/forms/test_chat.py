"""Slack and Teams: colour, words, limits, and nothing in a name that means anything to them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from monitor.kit.secrets import Secret
from monitor.model.alert import Entity
from monitor.model.settings import FormName, WebhookSettings
from monitor.outbox.forms import form, slack, teams
from monitor.outbox.notice import Notice
from tests.outbox.forms.notices import NOTICES, fired, group, notice, storm


def message(said: Notice) -> dict[str, Any]:
    """What Slack reads."""
    found: dict[str, Any] = json.loads(slack.encode(said))
    return found


def card(said: Notice) -> dict[str, Any]:
    """The card that Teams shows."""
    (attachment,) = json.loads(teams.encode(said))["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    found: dict[str, Any] = attachment["content"]
    return found


def texts(part: object) -> Iterator[str]:
    """Every text that somebody sees."""
    if isinstance(part, dict):
        for name, one in part.items():
            if name in {"text", "value", "title"} and isinstance(one, str):
                yield one
            else:
                yield from texts(one)
    elif isinstance(part, list):
        for one in part:
            yield from texts(one)


@pytest.mark.parametrize(
    ("name", "colour", "tone"),
    [
        ("fired", "#f9a825", "Warning"),
        ("level_changed", "#c62828", "Attention"),
        ("resolved", "#2e7d32", "Good"),
        ("acknowledged", "#607d8b", "Accent"),
        ("unknown", "#c62828", "Attention"),
        ("heartbeat", "#607d8b", "Accent"),
        ("group", "#c62828", "Attention"),
        ("group that is over", "#2e7d32", "Good"),
    ],
)
def test_colours_say_how_bad_it_is(name: str, colour: str, tone: str):
    """Besides the words, never instead of them."""
    (attachment,) = message(NOTICES[name])["attachments"]
    assert attachment["color"] == colour
    assert card(NOTICES[name])["body"][0]["color"] == tone


def test_a_message_to_slack():
    """The line first, the author's words, the facts, the links."""
    body = message(notice(fired()))
    (attachment,) = body["attachments"]
    said, facts, links = attachment["blocks"]
    assert body["text"] == "Warning: ServiceLevelLow – Support 0 (voice) at 65.9 %, below 80 % (27 of 41)"
    assert said["text"]["text"] == "Support at 71 %"
    assert facts["fields"][1] == {
        "type": "mrkdwn",
        "text": "*Value*\n65.9 %, below 80 % (27 of 41)",
        "verbatim": True,
    }
    assert links["elements"][0]["text"] == "<https://wiki.example/sla|Runbook>"


def test_a_message_to_teams():
    """The same in a card, with its links as buttons."""
    shown = card(notice(fired()))
    title, said, facts = shown["body"]
    assert (shown["type"], shown["version"]) == ("AdaptiveCard", "1.4")
    assert title["text"] == "Warning: ServiceLevelLow – Support 0 (voice) at 65.9 %, below 80 % (27 of 41)"
    assert said["text"] == "Support at 71 %"
    assert facts["facts"][0] == {"title": "Queue", "value": "Support 0 (voice)"}
    assert [action["title"] for action in shown["actions"]] == ["Runbook", "Open in queuewatch"]


def test_no_name_is_a_mention_or_a_link():
    """What Slack would take for markup is escaped, what a card would take for a link is not one."""
    hostile = NOTICES["hostile"]
    for text in texts(message(hostile)):
        assert "<!channel>" not in text
        assert "<@U1>" not in text
        assert "<script>" not in text
    assert any("&lt;!channel&gt; &amp;amp;" in text for text in texts(message(hostile)))
    for text in texts(card(hostile)):
        assert "](" not in text


def test_a_link_cannot_be_broken_out_of():
    """A runbook's URL may hold what ends a link in Slack's notation."""
    event = fired(annotations={"runbook": "https://wiki.example/a|b>c<!here>&d"})
    *_, links = message(notice(event))["attachments"][0]["blocks"]
    assert links["elements"][0]["text"] == "<https://wiki.example/a%7Cb%3Ec%3C!here%3E&amp;d|Runbook>"


@pytest.mark.parametrize("said", NOTICES.values(), ids=NOTICES)
def test_slack_takes_it(said: Notice):
    """Its documented limits: 50 blocks, texts of 3000 characters, 10 fields of 2000, 10 elements."""
    body = message(said)
    (attachment,) = body["attachments"]
    blocks = attachment["blocks"]
    assert 1 <= len(blocks) <= 50
    assert 1 <= len(body["text"]) <= 4000
    for block in blocks:
        assert 1 <= len(block.get("text", {"text": "x"})["text"]) <= 3000
        assert 1 <= len(block.get("fields", "x")) <= 10
        assert all(1 <= len(field["text"]) <= 2000 for field in block.get("fields", ()))
        assert 1 <= len(block.get("elements", "x")) <= 10


@pytest.mark.parametrize("said", NOTICES.values(), ids=NOTICES)
def test_teams_takes_it(said: Notice):
    """At most 28 KB, no empty text, no action without an address."""
    assert len(teams.encode(said)) <= 28 * 1024
    shown = card(said)
    assert all(texts(shown["body"]))
    assert all(action["url"].startswith("https://") for action in shown["actions"])


def test_a_group_shows_its_worst_first():
    """Every member a line, how many more there are at the end."""
    said = storm(300)
    (attachment,) = message(said)["attachments"]
    lines = [block["text"]["text"] for block in attachment["blocks"] if block["type"] == "section"]
    assert lines[0].startswith("• Warning: ServiceLevelLow – Support 0 ")
    assert len(lines) == slack.MEMBERS
    assert f"and {300 - len(lines)} more" in slack.encode(said).decode()
    assert f"and {300 - teams.MEMBERS} more" in teams.encode(said).decode()


def test_an_event_of_long_names_fits():
    """Every `&` takes five characters; the message stays below 16 KB and says each fact."""
    name, long = "&" * 80, "&" * 450
    written = {"summary": long, "description": long, "runbook": f"https://x/{'🔥' * 70}"}
    entity = Entity(key="k", labels={"queue": name, "status": name, "window": name, "threshold": name})
    event = fired(rule=name, entity=entity, org=name, owner=name, note=long, reason=name)
    said = notice(replace(event, labels={"l": long}, annotations=written))
    assert len(slack.encode(said)) <= 16 * 1024
    (attachment,) = message(said)["attachments"]
    assert [len(block.get("fields", ())) for block in attachment["blocks"]] == [0, 0, 8, 0]


def test_a_link_that_slack_would_refuse_is_left_out():
    """Escaped, an emoji takes twelve characters; the message is told without the link, not left untold."""
    event = fired(annotations={"runbook": f"https://wiki.example/{'🔥' * 400}"})
    *_, links = message(notice(event))["attachments"][0]["blocks"]
    assert [element["text"].partition("|")[2] for element in links["elements"]] == ["Open in queuewatch>"]


def test_a_card_of_long_names_has_fewer_lines():
    """Emoji take four bytes each; the card stays below what Teams takes."""
    entity = Entity(key="k", labels={"queue": "🔥" * 80, "status": "🔥" * 80})
    body = teams.encode(group(*[fired(entity=entity, rule="🔥" * 80)] * 60))
    assert len(body) <= teams.LIMIT
    assert len(body) > teams.LIMIT - 2000


def test_a_hostile_group_is_cut_to_fit():
    """Fewer members where each is long, and those left out are counted."""
    (attachment,) = message(NOTICES["hostile group"])["attachments"]
    shown = sum(block["type"] == "section" for block in attachment["blocks"])
    more = [text for text in texts(attachment) if text.startswith("and ")]
    assert more == ([f"and {30 - shown} more"] if shown < 30 else [])


def in_channel(form_name: FormName, body: str, said: Notice) -> Any:
    """What a channel gets of a user's text."""
    made = form(WebhookSettings(name="ops", url=Secret("https://chat.example"), form=form_name, body=body))
    assert made.content_type == "application/json"
    return json.loads(made.encode(said))


def test_a_text_of_the_users_is_a_message_in_slack():
    """Slack takes JSON only; no name becomes a mention, and the text stays one."""
    event = fired(entity=Entity(key="k", labels={"queue": "<!channel> & co"}))
    assert in_channel("slack", "{{queue}} is slow\n{{rule}}", notice(event)) == {
        "text": "&lt;!channel&gt; &amp; co is slow\nServiceLevelLow"
    }
    assert in_channel("slack", "{{note}}", notice(fired())) == {"text": "queuewatch"}


def test_a_text_of_the_users_is_a_card_in_teams():
    """A line is a block, and none is cut short; no name becomes a link."""
    event = fired(entity=Entity(key="k", labels={"queue": "[x](https://evil.example)"}), note="long " * 180)
    message = in_channel("teams", "{{queue}} is slow\n\n{{note}}!", notice(event))
    (attachment,) = message["attachments"]
    first, second = attachment["content"]["body"]
    assert (message["type"], first["text"]) == ("message", "[x] (https://evil.example) is slow")
    assert second["text"].endswith("long !")
    assert len(in_channel("teams", "{{note}}", notice(fired()))["attachments"]) == 1


@pytest.mark.parametrize("name", ["slack", "teams"])
def test_a_text_without_end_is_a_message_all_the_same(name: FormName):
    """Within what a chat takes, however it has to be escaped."""
    event = fired(note="&" * 900)
    assert len(json.dumps(in_channel(name, "{{note}}\n" * 300, notice(event)))) <= 24 * 1024
    assert len(json.dumps(in_channel(name, "x\n" * 3000, notice(event)))) <= 24 * 1024
