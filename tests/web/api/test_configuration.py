"""`/api/v1/config`: everything that is set, nothing that is secret."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import get_type_hints
from zoneinfo import ZoneInfo

import pytest

from monitor.config import load
from monitor.kit.secrets import Secret
from monitor.model import settings as nouns
from monitor.model.calendars import Calendar, Dated, Hours, Weekly
from monitor.model.rule import Rule
from monitor.model.settings import (
    AlertmanagerSettings,
    CommandSettings,
    Credential,
    EmailSettings,
    MqttSettings,
    OrgSettings,
    PagerDutySettings,
    PingSettings,
    Settings,
    StrategiesSettings,
    WebAccess,
    WebhookSettings,
    WebSettings,
)
from monitor.web.api.configuration import Configuration, redacted
from tests.web.api.desk import refusal
from tests.web.api.figures import get

CANARY = "c4n4ry"
"""What must not be found in any answer."""
CONFIG = Path(__file__).parents[3] / "config"


def secret() -> Secret:
    """Return a secret."""
    return Secret(f"https://{CANARY}:{CANARY}@host/{CANARY}")


WORK = Calendar(
    name="work",
    zone=ZoneInfo("Europe/Dublin"),
    weekly=(Weekly(first=0, last=4, hours=(Hours(start=480, end=720), Hours(start=780, end=1080))),),
    exceptions=(Dated(first=date(2026, 12, 25), last=date(2026, 12, 26)),),
)
ORG = OrgSettings(
    name="acme",
    api_url=f"https://{CANARY}:x@api.example.com/v2?token={CANARY}",
    login_url="https://login.example.com",
    client_id=secret(),
    client_secret=secret(),
    strategies=StrategiesSettings(webhook=secret()),
)
DESTINATIONS = (
    WebhookSettings(
        name="hook",
        url=secret(),
        secrets=(secret(), secret()),
        headers={"Authorization": secret()},
        body={"token": CANARY, "text": ("{{ rule }}", CANARY)},
        proxy=secret(),
    ),
    PagerDutySettings(name="pager", routing_key=secret(), url=f"https://events.example.com/?k={CANARY}"),
    AlertmanagerSettings(name="am", url=secret(), headers={"X-Token": secret()}),
    EmailSettings(name="mail", host="h", port=25, sender="a", recipients=("b",), password=secret()),
    PingSettings(name="ping", url=secret()),
    MqttSettings(
        name="mqtt", host="h", port=1883, password=secret(), commands=CommandSettings(secret=secret())
    ),
)
WEB = WebSettings(
    external_url=f"https://{CANARY}@page.example.com/",
    access=WebAccess(
        users=(Credential(name="kim", hash=secret(), scopes=("read",)),),
        tokens=(Credential(name="ci", hash=secret(), scopes=("metrics",)),),
        headers={"X-Site": "one"},
    ),
)
RULE = Rule(
    name="R",
    metric="queue_waiting",
    during=(WORK,),
    annotations={"runbook": f"see https://wiki.example.com/{{{{ queue }}}}?auth={CANARY} and ask"},
)
SETTINGS = Settings(
    instance="main",
    orgs=(ORG,),
    rules=(RULE,),
    destinations=DESTINATIONS,
    store_path="q.db",
    web=WEB,
    calendars={"work": WORK},
)


async def test_nothing_secret_is_in_it() -> None:
    """Not a secret, not what stands in a URL before the host or behind the path, not a webhook's body."""
    answer = await get(Configuration(settings=lambda: SETTINGS), "config")
    assert answer.status_code == 200
    assert CANARY not in answer.text


async def test_every_secret_there_can_be_was_tried() -> None:
    """No noun of the settings with a secret in it was left out of the settings above."""

    def kinds(value: object) -> set[str]:
        if is_dataclass(value):
            inner = [getattr(value, one.name) for one in fields(value)]
            return {type(value).__name__}.union(*map(kinds, inner))
        if isinstance(value, tuple):
            return set().union(*map(kinds, value))
        return set()

    secretive = {
        name
        for name, noun in vars(nouns).items()
        if is_dataclass(noun) and any("secrets.Secret" in str(hint) for hint in get_type_hints(noun).values())
    }
    assert {"OrgSettings", "Credential", "CommandSettings"} <= secretive
    assert secretive <= kinds(SETTINGS)


async def test_settings_stand_under_their_own_names() -> None:
    """What is no secret is there, and what a secret is hidden by says that there is one."""
    shown = (await get(Configuration(settings=lambda: SETTINGS), "config")).json()["config"]
    (org,) = shown["orgs"]
    assert (org["name"], org["api_url"], org["client_id"]) == ("acme", "https://api.example.com/v2", "***")
    hook, pager, _am, mail, *_ = shown["destinations"]
    assert (hook["headers"], hook["secrets"], hook["body"]) == (
        {"Authorization": "***"},
        ["***", "***"],
        "***",
    )
    assert (pager["url"], mail["recipients"], mail["username"]) == (
        "https://events.example.com/",
        ["b"],
        None,
    )
    assert shown["web"]["access"]["users"] == [{"name": "kim", "hash": "***", "scopes": ["read"]}]
    assert shown["rules"][0]["annotations"]["runbook"] == "see https://wiki.example.com/{{ queue }} and ask"


async def test_a_calendar_is_shown_once() -> None:
    """In words among the calendars, by its name wherever it is meant."""
    shown = (await get(Configuration(settings=lambda: SETTINGS), "config")).json()["config"]
    assert shown["rules"][0]["during"] == ["work"]
    assert shown["calendars"] == {
        "work": {
            "zone": "Europe/Dublin",
            "hours": ["mon-fri 08:00-12:00, 13:00-18:00", "exception 2026-12-25 to 2026-12-26 closed"],
        }
    }


@pytest.mark.parametrize("name", ["queuewatch.yaml", "demo.yaml", "demo-all.yaml"])
async def test_whatever_can_be_configured_can_be_shown(name: str) -> None:
    """The configurations of the repository go through."""
    settings = load(CONFIG / name, {}, require_secrets=False)
    answer = await get(Configuration(settings=lambda: settings), "config")
    assert answer.json()["config"]["instance"] == settings.instance


def test_a_stranger_among_settings_is_not_guessed_at() -> None:
    """What nobody said how to show raises, in a test rather than in an answer."""
    with pytest.raises(TypeError, match="a setting is a object"):
        redacted(object())


def test_odd_values_become_json() -> None:
    """Sets are sorted; no number is one that JSON has not."""
    assert redacted({"a": {"y", "x"}, "b": (float("inf"), 1, True, None)}) == {
        "a": ["x", "y"],
        "b": [None, 1, True, None],
    }


async def test_nothing_is_sent_again_while_nothing_changes() -> None:
    """304 to who has it; there are no parameters."""
    of = Configuration(settings=lambda: SETTINGS)
    etag = (await get(of, "config")).headers["etag"]
    assert (await get(of, "config", if_none_match=etag)).status_code == 304
    assert refusal(await get(of, "config?secrets=true"))[0] == 400
