r"""Pure: what somebody asks for over MQTT, taken apart and checked before anybody acts on it.

A command is a JSON object:

    {"command": "acknowledge", "rule": "ServiceLevelLow", "entity": "5f2c…/voice", "owner": "kim",
     "note": "on it", "for": "30m", "org": "acme", "id": "c81f", "at": "2026-11-21T09:00:00Z"}

`silence` has `matchers` instead of rule and entity, and `until` or `for`; `unsilence` has `silence`, the id
of the command that asked for it. Where a secret is configured the object is a text in a field, signed in the
manner of Standard Webhooks (HMAC-SHA256 over `id.timestamp.payload`), and has to name its org:

    {"id": "c81f", "timestamp": 1795251600, "payload": "{\"command\": …}", "signature": "v1,5zR3…"}

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import hmac
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from monitor.kit import durations
from monitor.kit.secrets import Secret
from monitor.sinks import signature

SIZE_LIMIT = 16 * 1024
"""Bytes of a message."""
TOLERANCE = 300
"""Seconds a command may be old: Standard Webhooks' own choice."""
AHEAD = 5
"""Seconds its sender's clock may be ahead: for so long it could be done once more after a restart."""
LONGEST = 366 * 86400.0
"""Seconds ahead that anything may be asked for."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TEXT = 1000
"""Characters of a text."""
_UNSOUND = frozenset({"Cc", "Cs"})
"""Categories of characters that no text has: controls, and surrogates, which cannot be encoded."""
_PLACE = frozenset({"rule", "entity"})
_UNTIL = frozenset({"until", "for"})
_FIELDS = {
    "acknowledge": _PLACE | _UNTIL,
    "silence": {"matchers"} | _UNTIL,
    "unsilence": {"silence"},
}
_EVERY = frozenset({"command", "owner", "note", "org", "id", "at"})
_SIGNED = {"id", "timestamp", "payload", "signature"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What `owner` asks for: `action` is acknowledge, silence or unsilence.

    `id` names the command, and the silence it makes; `silence` is the id of the one to end. Matchers are
    label → value, as the sender wrote them. `until` is when it ends; None: never by itself.
    """

    id: str
    org: str
    action: str
    owner: str
    note: str = ""
    rule: str = ""
    entity: str = ""
    until: datetime | None = None
    matchers: Mapping[str, str] = field(default_factory=dict)
    silence: str = ""


class Refused(Exception):
    """It is not done; the text says why, `id` names it where it could be read.

    `authentic` is whether it is known to come from somebody who may ask: nobody else is answered.
    """

    def __init__(self, problem: str, id: str = "", *, authentic: bool = True) -> None:
        super().__init__(problem)
        self.id = id
        self.authentic = authentic


def read(message: bytes, org: str, *, secret: Secret | None, now: datetime) -> tuple[datetime, Command]:
    """Return when a command was given and what it is. Raises Refused, and nothing else."""
    id, authentic = "", secret is None
    try:
        if len(message) > SIZE_LIMIT:
            raise Refused(f"is longer than {SIZE_LIMIT} bytes")  # noqa: TRY301
        outer = _object(message)
        id = _id(outer)
        at, payload = (_date(outer, "at"), None) if secret is None else _opened(outer, id, secret)
        authentic = True
        fields = outer if payload is None else _signed_for(payload, id, org)
        if not -AHEAD <= (now - at).total_seconds() <= TOLERANCE:
            raise Refused(  # noqa: TRY301
                f"was not given within {TOLERANCE} s before now, or {AHEAD} s after it: look at the clocks"
            )
        return at, _command(fields, id, org, now)
    except Refused as error:
        raise Refused(str(error), id, authentic=authentic) from error


def _opened(outer: Mapping[str, object], id: str, secret: Secret) -> tuple[datetime, str]:
    """Return the time and the text that were signed."""
    if set(outer) != _SIGNED:
        raise Refused("must be signed: id, timestamp, payload and signature")
    stamp, payload = outer["timestamp"], _text(outer, "payload", longest=SIZE_LIMIT)
    if type(stamp) is not int or not 0 <= stamp < 2**32:
        raise Refused("timestamp should be Unix seconds")
    at = datetime.fromtimestamp(stamp, UTC)
    expected = signature.headers(id, payload.encode(), [secret], at)["webhook-signature"]
    given = _text(outer, "signature").encode()
    if not any(hmac.compare_digest(one, expected.encode()) for one in given.split()):
        raise Refused("the signature is wrong")
    return at, payload


def _signed_for(payload: str, id: str, org: str) -> dict[str, object]:
    """Return the fields of a signed text, which must be meant for this org and id."""
    fields = _object(payload.encode())
    if _text(fields, "org") != org or fields.get("id", id) != id:
        raise Refused("is signed for another org or id")
    return fields


def _command(fields: Mapping[str, object], id: str, org: str, now: datetime) -> Command:
    action = _text(fields, "command")
    own = _FIELDS.get(action)
    if own is None:
        raise Refused("command should be acknowledge, silence or unsilence")
    if unknown := sorted(set(fields) - own - _EVERY):
        raise Refused(f"{action} has no field {unknown[0]!r}")
    if fields.get("org", org) != org:
        raise Refused("org is not the topic's")
    until = _until(fields, now)
    if action == "silence" and until is None:
        raise Refused("a silence needs until or for")
    return Command(
        id=id,
        org=org,
        action=action,
        owner=_text(fields, "owner"),
        note=_text(fields, "note", default=""),
        rule=_text(fields, "rule") if "rule" in own else "",
        entity=_text(fields, "entity") if "entity" in own else "",
        until=until,
        matchers=_matchers(fields) if "matchers" in own else {},
        silence=_text(fields, "silence") if "silence" in own else "",
    )


def _until(fields: Mapping[str, object], now: datetime) -> datetime | None:
    if "until" in fields and "for" in fields:
        raise Refused("has both until and for")
    if "until" in fields:
        ahead = _date(fields, "until").timestamp() - now.timestamp()
    elif "for" in fields:
        ahead = _seconds(fields["for"])
    else:
        return None
    if not 0 < ahead <= LONGEST:
        raise Refused(f"should end within the next {durations.show(LONGEST)}")
    return now + timedelta(seconds=ahead)


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(max(0, min(value, 2 * LONGEST)))  # an integer may be too large for a float
    try:
        return durations.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise Refused("for should be seconds, or text such as 30m") from None


def _matchers(fields: Mapping[str, object]) -> dict[str, str]:
    found = fields.get("matchers")
    if not isinstance(found, dict) or not found:
        raise Refused("matchers should be an object of labels and values, at least one")
    return {_sound(name, "a label"): _text(found, name) for name in found}


def _date(fields: Mapping[str, object], name: str) -> datetime:
    try:
        date = datetime.fromisoformat(_text(fields, name))
        if date.tzinfo is not None:
            date.timestamp()  # the first and last days there are cannot be told in UTC
            return date.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Refused(f"{name} should be a date and time with its zone, such as 2026-11-21T09:00:00Z")


def _id(fields: Mapping[str, object]) -> str:
    found = fields.get("id")
    if not isinstance(found, str) or not _ID.fullmatch(found):
        raise Refused("id should be 1 to 64 letters, digits, - or _")
    return found


def _text(
    fields: Mapping[str, object], name: str, *, default: str | None = None, longest: int = _TEXT
) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise Refused(f"{name} should be a text")
    if default is None and not value.strip():
        raise Refused(f"{name} is required")
    return _sound(value, name, longest)


def _sound(text: str, name: str, longest: int = _TEXT) -> str:
    """Return `text` if it is short, and has nothing that no encoder takes."""
    if len(text) > longest:
        raise Refused(f"{name} is longer than {longest} characters")
    if any(unicodedata.category(one) in _UNSOUND and one not in "\n\r\t" for one in text):
        raise Refused(f"{name} has control characters")
    return text


def _object(text: bytes) -> dict[str, object]:
    try:
        found: object = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused("is not JSON") from None
    if not isinstance(found, dict):
        raise Refused("should be a JSON object")
    return found


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
