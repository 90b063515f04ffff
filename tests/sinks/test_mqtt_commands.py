"""Commands taken apart: what is done, what is refused and why, and that nothing else ever happens."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from monitor.kit.secrets import Secret
from monitor.sinks.mqtt.commands import LONGEST, SIZE_LIMIT, Command, Refused, read
from tests.builders import EPOCH

SECRET = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
FIELDS = {
    "id": "c1",
    "at": "2026-11-21T09:00:00Z",
    "command": "acknowledge",
    "rule": "ServiceLevelLow",
    "entity": "5f2c/voice",
    "owner": "kim",
}
SILENCE = {"command": "silence", "matchers": {"queue": "Support*"}, "rule": None, "entity": None}


def fields(**changes: Any) -> dict[str, Any]:
    """An acknowledgement, changed; None leaves a field out."""
    return {name: value for name, value in {**FIELDS, **changes}.items() if value is not None}


def parsed(message: Any, secret: Secret | None = None, org: str = "acme") -> Command:
    """What is read of it."""
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return read(body, org, secret=secret, now=EPOCH)[1]


def signed(inner: dict[str, Any] | str, *, id: str = "c1", at: datetime = EPOCH, **changes: Any) -> bytes:
    """A signed message, as the independent library signs."""
    text = inner if isinstance(inner, str) else json.dumps(inner)
    signature = Webhook(SECRET.reveal()).sign(id, at, text)
    outer = {"id": id, "timestamp": int(at.timestamp()), "payload": text, "signature": signature}
    return json.dumps({**outer, **changes}).encode()


def test_an_acknowledgement():
    """Who, what, and until when if that was said."""
    command = parsed(fields(note="on it\nnow", **{"for": "30m"}))
    assert command == Command(
        id="c1",
        org="acme",
        action="acknowledge",
        owner="kim",
        note="on it\nnow",
        rule="ServiceLevelLow",
        entity="5f2c/voice",
        until=EPOCH + timedelta(minutes=30),
    )
    assert parsed(fields()).until is None


def test_a_silence_and_its_end():
    """By labels, and always with an end; ended by the id of the command that asked for it."""
    until = EPOCH + timedelta(hours=1)
    command = parsed(fields(**SILENCE, until="2026-11-21T11:00:00+01:00"))
    assert (command.matchers, command.until) == ({"queue": "Support*"}, until)
    assert parsed(fields(**SILENCE, **{"for": 3600})).until == until
    ended = parsed(fields(command="unsilence", silence="c1", rule=None, entity=None, id="c2"))
    assert (ended.action, ended.silence, ended.id) == ("unsilence", "c1", "c2")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"owner": None}, "owner is required|owner should be a text"),
        ({"owner": "  "}, "owner is required"),
        ({"owner": 7}, "owner should be a text"),
        ({"owner": "k" * 1001}, "longer than 1000"),
        ({"owner": "a\0b"}, "control characters"),
        ({"note": "\ud800"}, "control characters"),
        ({"command": "resolve"}, "command should be"),
        ({"command": None}, "command should be a text"),
        ({"rule": None}, "rule should be a text"),
        ({"entity": ""}, "entity is required"),
        ({"matchers": {"queue": "x"}}, "no field 'matchers'"),
        ({"surprise": 1}, "no field 'surprise'"),
        ({"org": "other"}, "org is not the topic's"),
        ({"until": "2026-11-21T10:00:00"}, "with its zone"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "with its zone"),
        ({"until": "soon"}, "with its zone"),
        ({"until": "2026-11-21T08:59:59Z"}, "should end within"),
        ({"for": "1m", "until": "2026-11-21T10:00:00Z"}, "both until and for"),
        ({"for": 0}, "should end within"),
        ({"for": LONGEST + 1}, "should end within"),
        ({"for": -(10**400)}, "should end within"),
        ({"for": True}, "for should be seconds"),
        ({"for": "a while"}, "for should be seconds"),
        ({"for": []}, "for should be seconds"),
        ({**SILENCE}, "needs until or for"),
        ({**SILENCE, "for": 60, "matchers": {}}, "at least one"),
        ({**SILENCE, "for": 60, "matchers": ["queue"]}, "at least one"),
        ({**SILENCE, "for": 60, "matchers": {"queue": 1}}, "queue should be a text"),
        ({**SILENCE, "for": 60, "matchers": {"queue": ""}}, "queue is required"),
        ({"command": "unsilence", "rule": None, "entity": None}, "silence should be a text"),
        ({"at": None}, "at should be a text"),
        ({"at": "2026-11-21T08:54:59Z"}, "look at the clocks"),
        ({"at": "2026-11-21T09:05:01Z"}, "look at the clocks"),
        ({"id": None}, "id should be"),
        ({"id": "a.b"}, "id should be"),
        ({"id": "x" * 65}, "id should be"),
        ({"id": "c1\n"}, "id should be"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], problem: str):
    """Each with a sentence that says what is wrong."""
    with pytest.raises(Refused, match=problem):
        parsed(fields(**changes))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"ack",
        b"[]",
        b"null",
        b"\xff",
        b'{"id": NaN}',
        b"[" * SIZE_LIMIT,
        b'{"id":"a","id":"b"}',
        b"9" * 5000,
    ],
)
def test_what_is_no_object_is_refused(message: bytes):
    """Whatever the parser thinks of it."""
    with pytest.raises(Refused, match=r"is not JSON|should be a JSON object"):
        parsed(message)


def test_too_long_is_refused():
    """Before anybody looks into it."""
    with pytest.raises(Refused, match="longer than 16384 bytes"):
        parsed(b" " * (SIZE_LIMIT + 1))


def test_a_signed_command_is_done():
    """Signed by an independent library; one good signature among several is enough."""
    inner = fields(org="acme", at=None, id=None)
    assert parsed(signed(inner), SECRET).owner == "kim"
    given = json.loads(signed(inner))["signature"]
    assert parsed(signed(inner, signature=f"v1,AAAA {given}"), SECRET).owner == "kim"


INNER = fields(org="acme")


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (json.dumps(INNER).encode(), "must be signed"),
        (signed(INNER, surprise=1), "must be signed"),
        (signed(INNER, signature="v1,AAAA"), "signature is wrong"),
        (signed(INNER, signature="é"), "signature is wrong"),
        (signed(INNER, signature=" "), "signature is required"),
        (signed(INNER, payload=json.dumps({**INNER, "owner": "eve"})), "signature is wrong"),
        (signed(INNER, timestamp=int(EPOCH.timestamp()) + 1), "signature is wrong"),
        (signed(INNER, timestamp=True), "Unix seconds"),
        (signed(INNER, timestamp=10**30), "Unix seconds"),
        (signed(INNER, id="c2"), "another org or id"),
        (signed(INNER, at=EPOCH - timedelta(seconds=301)), "look at the clocks"),
        (signed(INNER, at=EPOCH + timedelta(seconds=301)), "look at the clocks"),
        (signed({**INNER, "org": "other"}), "another org or id"),
        (signed(fields()), "org should be a text"),
        (signed("[]"), "should be a JSON object"),
        (signed(INNER, payload="\ud800"), "control characters"),
    ],
)
def test_what_is_not_proved_is_refused(message: bytes, problem: str):
    """A changed text, another org, another time: the signature covers all of it."""
    with pytest.raises(Refused, match=problem):
        parsed(message, SECRET)


def test_a_refusal_names_the_command():
    """Where its id could be read, so that the sender can tell which one was refused."""
    with pytest.raises(Refused) as caught:
        parsed(fields(owner=""))
    assert caught.value.id == "c1"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from([*FIELDS, "until", "for", "matchers", "silence", "note", "org"])


@given(
    st.binary()
    | st.dictionaries(NAMES, VALUES | st.datetimes().map(str) | st.sampled_from(["silence", "c1"]))
)
def test_anything_is_read_or_refused(message: bytes | dict[str, Any]):
    """No message whatsoever makes it raise anything else."""
    body = message if isinstance(message, bytes) else {**FIELDS, **message}
    for secret in (None, SECRET):
        try:
            command = parsed(body, secret)
        except Refused:
            continue
        assert command.owner
        assert command.until is None or command.until.tzinfo is UTC
