"""Mail: what is in the subject, what is in the text, what threads belong together."""

import json

import pytest

from monitor.model.alert import alert_id
from monitor.outbox.forms import mail
from monitor.outbox.notice import Notice
from tests.outbox.forms.notices import NOTICES, fired, group, level_changed, notice, resolved, storm
from tests.outbox.making import an_entity

LINK = f"https://watch.example/alerts/{alert_id('acme', 'ServiceLevelLow', an_entity().key)}"


def mailed(said: Notice, subject: str | None = None, body: str | None = None) -> dict[str, str]:
    """What the sink makes a message of."""
    found: dict[str, str] = json.loads(mail.encoder(subject, body)(said))
    return found


def test_a_mail_says_everything():
    """Line by line, as it is read."""
    event = fired()
    found = mailed(notice(event))
    assert found["subject"] == "Warning: ServiceLevelLow – Support 0 (voice) at 65.9 %, below 80 % (27 of 41)"
    assert found["text"].splitlines() == [
        found["subject"],
        "",
        "Support at 71 %",
        "",
        "Queue: Support 0 (voice)",
        "Value: 65.9 %, below 80 % (27 of 41)",
        "Since: 2026-11-21 08:58 UTC (2 m)",
        "Org: acme",
        "Labels: team=support",
        "",
        "Runbook: https://wiki.example/sla",
        f"Open in queuewatch: {LINK}",
        "",
        "-- ",
        f"queuewatch, to ops: {event.id}",
    ]


def test_one_episode_is_one_thread():
    """From the fire to the end; a group's mails are one thread, too."""
    threads = {mailed(notice(event))["thread"] for event in (fired(), level_changed(), resolved())}
    assert len(threads) == 1
    assert mailed(notice(fired(episode=2)))["thread"] not in threads
    assert mailed(group(fired()))["thread"] == mailed(group(resolved(), fired(1)))["thread"]


def test_a_group_is_a_list():
    """The worst first; of a storm as many as fit, the others counted."""
    text = mailed(NOTICES["group"])["text"]
    assert text.startswith("2 of 3 alerts firing, 1 critical – team=support\n\n* Critical, was warning: ")
    assert "Open in queuewatch: https://watch.example\n" in text
    lines = mailed(storm(300))["text"].splitlines()
    shown = sum(line.startswith("* ") for line in lines)
    assert shown > 50
    assert f"and {300 - shown} more" in lines


@pytest.mark.parametrize("said", NOTICES.values(), ids=NOTICES)
def test_a_subject_is_one_line(said: Notice):
    """No name in it begins another header."""
    subject = mailed(said, "{{queue}}: {{rule}}\n{{note}}")["subject"]
    assert subject.isprintable()
    assert 1 <= len(subject) <= mail.SUBJECT_LIMIT
    assert mailed(said)["subject"].isprintable()


def test_a_users_own_words():
    """Subject and text are templates; lines stay, what terminals stumble over does not."""
    found = mailed(
        notice(fired(note="a\x1b[2Jb")),
        "{{severity|upper}} {{queue}}",
        "{% for a in alerts %}\n{{a.queue}}: {{a.value|percent}}\n{% endfor %}\n{{note}}",
    )
    assert found["subject"] == "WARNING Support 0"
    assert found["text"] == "Support 0: 65.9 %\na[2Jb"


def test_an_empty_subject_is_none():
    """A mail without a subject is taken for junk."""
    assert mailed(notice(fired()), "{% if queue == 'x' %}{% endif %}")["subject"] == "queuewatch"
