"""The first line says what is watched, how often, who is told and where to look."""

from __future__ import annotations

from dataclasses import replace

from monitor.app.greeting import greeting
from monitor.kit.secrets import Secret
from monitor.model.settings import (
    LogSinkSettings,
    OrgSettings,
    QueuesSettings,
    ServingTls,
    Settings,
    WebAccess,
    WebSettings,
)

ORG = OrgSettings(
    name="acme",
    api_url="https://api.example",
    login_url="https://login.example",
    client_id=Secret("canary-id"),
    client_secret=Secret("canary-secret"),
    queues=QueuesSettings(interval=5.0),
)
SETTINGS = Settings(
    instance="one",
    orgs=(ORG,),
    rules=(),
    destinations=(LogSinkSettings(name="ops/log"),),
    store_path="queuewatch.db",
)


def test_it_says_what_is_watched_and_how_often():
    """Every source of every org with its interval, and nothing secret."""
    said = greeting(SETTINGS)
    assert said["orgs"] == {"acme": {"directory": "5m", "queues": "5s"}}
    assert said["destinations"] == ["ops/log"]
    assert "canary" not in repr(said)


def test_it_says_where_to_look_and_whether_anybody_may():
    """The listener with its scheme; an address of IPv6 as a URL writes it."""
    assert (greeting(SETTINGS)["listen"], greeting(SETTINGS)["guarded"]) == ("http://127.0.0.1:9877", False)
    access = WebAccess(tls=ServingTls(cert_file="c", key_file="k", client="required"))
    said = greeting(replace(SETTINGS, web=WebSettings(host="::", access=access)))
    assert (said["listen"], said["guarded"]) == ("https://[::]:9877", True)
