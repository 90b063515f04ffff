"""Under which names we may be asked."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette

from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import PrometheusTelemetry
from monitor.model.settings import WebAccess
from monitor.web.answers import PROBLEM
from monitor.web.authenticating import Doorkeeper
from monitor.web.hosts import names, ours
from monitor.web.routes import Routes
from tests.web.keys import a_token, bearer
from tests.web.making import Site, a_letter

REBOUND = "evil.example:9877"
"""A name that somebody made to lead to us."""


@pytest.mark.parametrize(
    ("host", "listen", "external"),
    [
        ("localhost:9877", "127.0.0.1", ""),
        ("LOCALHOST.", "127.0.0.1", ""),
        ("127.0.0.1", "127.0.0.1", ""),
        ("127.9.9.9:1", "10.0.0.5", ""),
        ("[::1]:9877", "127.0.0.1", ""),
        ("10.0.0.5:9877", "10.0.0.5", ""),
        ("watch.local:9877", "Watch.local", ""),
        ("queuewatch.example.com", "127.0.0.1", "https://Queuewatch.example.com/q"),
        ("queuewatch.example.com.:443", "127.0.0.1", "https://queuewatch.example.com:8443"),
        ("192.0.2.9:9877", "0.0.0.0", ""),
        ("[2001:db8::9]:9877", "::", ""),
    ],
)
def test_our_names(host: str, listen: str, external: str) -> None:
    """This machine, the address that is listened on, or all of them, and where people reach us."""
    assert ours(host, names(listen, external))


@pytest.mark.parametrize(
    "host",
    [
        REBOUND,
        "",
        ":9877",
        "localhost.evil.example",
        "evil.example@localhost.evil",
        "127.0.0.1.evil.example",
        "10.0.0.6",
        "192.0.2.9",
        "[",
        "[::2]",
        "0.0.0.0.evil",
        "evil.example@localhost",
        "localhost/evil.example",
        "localhost#evil.example",
    ],
)
def test_names_of_others(host: str) -> None:
    """A name that only leads to us, an address that is not listened on, and what is no name."""
    assert not ours(host, names("10.0.0.5", "https://queuewatch.example.com"))


def test_a_name_is_none_although_every_address_is_listened_on() -> None:
    """Names can be led anywhere; addresses cannot."""
    assert not ours(REBOUND, names("0.0.0.0", ""))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/outbox", None),
        ("GET", "/api/v1/outbox/1", None),
        ("GET", "/api/v1/history", None),
        ("GET", "/api/v1/explain?alert=x", None),
        ("GET", "/api/v1/nothing", None),
        ("POST", "/api/v1/outbox/retry", {"rows": [1]}),
        ("POST", "/api/v1/outbox/drop", {"rows": [1]}),
        ("POST", "/api/v1/drill", {"receiver": "oncall"}),
    ],
)
async def test_a_page_that_was_led_to_us_learns_and_does_nothing(
    method: str, path: str, body: object
) -> None:
    """421 for all of the API, although origin and host agree; nothing is looked at."""
    site = Site(a_letter(1))
    headers = {"host": REBOUND, "origin": f"http://{REBOUND}"}
    answer = await site.ask(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (421, PROBLEM)
    assert answer.json()["detail"].startswith("'evil.example:9877' is none of queuewatch's names")
    assert (site.letters.asked, site.letters.revived, list(site.letters.kept)) == ([], [], [1])
    assert (site.drills, site.journal.wanted) == ([], [])


async def test_the_page_is_ours_too() -> None:
    """What a page shows under another's name is for that name's scripts to read."""
    for path in ("/", "/alerts/alr_1", "/live", "/static/page.js", "/-/reload", "/metrics/", "//metrics"):
        assert (await Site().ask("GET", path, headers={"host": REBOUND})).status_code == 421


def routes(door: Doorkeeper) -> Starlette:
    """Return the daemon's own addresses, behind this door."""
    telemetry = PrometheusTelemetry("0.1.0")
    snapshot = Snapshot({("acme", "queues"): 30.0}, queue_name=True, series_cap=9, dropped=telemetry.dropped)

    async def writable() -> bool:
        return True

    return Routes(
        snapshot=snapshot, telemetry=telemetry, writable=writable, door=door, hosts=names("10.0.0.5", "")
    ).app()


async def asked(door: Doorkeeper, server: str, path: str, host: str, **headers: str) -> httpx.Response:
    """Ask over a connection that came in at `server`, under the name `host`."""
    transport = httpx.ASGITransport(routes(door))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{server}:9877") as client:
        return await client.get(path, headers={"host": host, **headers})


TOKEN, SCRAPER = a_token("scraper", "metrics")


@pytest.mark.parametrize(
    ("door", "server", "host", "expected"),
    [
        (Doorkeeper(), "127.0.0.1", "localhost:9877", 200),
        (Doorkeeper(), "127.0.0.1", REBOUND, 421),
        (Doorkeeper(), "[::1]", REBOUND, 421),
        (Doorkeeper(), "somewhere", REBOUND, 421),
        (Doorkeeper(), "10.0.0.5", REBOUND, 200),
        (Doorkeeper(WebAccess(tokens=(SCRAPER,))), "127.0.0.1", REBOUND, 200),
    ],
)
async def test_metrics_are_read_under_any_name_but_by_a_page_on_this_machine(
    door: Doorkeeper, server: str, host: str, expected: int
) -> None:
    """Scrapers go by names we do not know; on the loopback, with no password, it may be a browser."""
    assert (await asked(door, server, "/metrics", host, **bearer(TOKEN))).status_code == expected


async def test_probes_need_no_name_and_learn_less_under_another() -> None:
    """Alive and ready or not; what the sources say is for who asks us by our name."""
    for path in ("/healthz", "/readyz"):
        assert (await asked(Doorkeeper(), "127.0.0.1", path, REBOUND)).status_code in {200, 503}
    assert "sources" in (await asked(Doorkeeper(), "127.0.0.1", "/readyz", "localhost")).json()
    assert (await asked(Doorkeeper(), "127.0.0.1", "/readyz", REBOUND)).json() == {"ready": False}


async def test_nobody_is_sent_on() -> None:
    """An address with one slash more is not there; an answer that names another Host's address is none."""
    answer = await asked(Doorkeeper(), "127.0.0.1", "/readyz/", "localhost")
    assert (answer.status_code, "location" in answer.headers) == (404, False)
