"""Addresses the platform hands out: where they may lead, and who sees our token."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from monitor.clients.endpoint import Endpoint
from monitor.clients.transport import Transport
from monitor.model.errors import NotOffered, PermissionDenied, Refused, Throttled, Unintelligible
from tests.builders import a_transport, loop_time

pytestmark = pytest.mark.looptime

CHUNK = Endpoint(name="chunk", method="GET", path="", permission="chunks:view")
LIST = Endpoint(name="list", method="POST", path="/api/v2/list", permission="lists:view")


class Hosts:
    """Answers for every host there is; numbers its tokens and refuses those in `stale` with `status`."""

    def __init__(self, *, stale: tuple[str, ...] = (), status: int = 403) -> None:
        self.stale = stale
        self.status = status
        self.tokens = 0
        self.seen: list[tuple[str, str, str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"t{self.tokens}", "expires_in": 3600})
        bearer = request.headers.get("authorization", "none").removeprefix("Bearer ")
        self.seen.append((request.method, str(request.url), bearer))
        return httpx.Response(self.status if bearer in self.stale else 200, content=b"chunk")


def trusting(hosts: Hosts, *trusted: str) -> Transport:
    """Return a transport that may show its token to these hosts."""
    transport = a_transport(hosts)
    transport.trusted_hosts = frozenset(trusted)
    return transport


@pytest.mark.parametrize(
    ("link", "url", "bearer"),
    [
        ("/files/1?sig=x", "https://api.example.org/files/1?sig=x", "t1"),
        ("files/1", "https://api.example.org/files/1", "t1"),
        ("https://api.example.org:443/files/1", "https://api.example.org/files/1", "t1"),
        ("https://API.example.org/files/1", "https://api.example.org/files/1", "t1"),
        ("https://files.example.net/1", "https://files.example.net/1", "t1"),
        ("https://files.example.net:8443/1", "https://files.example.net:8443/1", "none"),
        ("https://ports.example.net:8443/1", "https://ports.example.net:8443/1", "t1"),
        ("https://ports.example.net/1", "https://ports.example.net/1", "none"),
        ("https://api.example.org:8443/1", "https://api.example.org:8443/1", "none"),
        ("https://api.example.org.evil.example/1", "https://api.example.org.evil.example/1", "none"),
        ("//evil.example/1", "https://evil.example/1", "none"),
    ],
)
async def test_only_trusted_hosts_see_the_token(link: str, url: str, bearer: str) -> None:
    """A download sends our token to the API's own host and to those allow-listed, to no other."""
    hosts = Hosts()
    transport = trusting(hosts, "files.example.net", "ports.example.net:8443")
    assert await transport.download(CHUNK, link, deadline=loop_time() + 10) == b"chunk"
    assert hosts.seen == [("GET", url, bearer)]


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://api.example.org/1",
        "http://files.example.net/1",
        "ftp://files.example.net/1",
        "file:///etc/passwd",
        "https://user:pw@files.example.net/1",
        "https://api.example.org\\@evil.example/1",
        "https://evil.example\\.api.example.org/1",
        "https://[::1/1",
        "https://files.example.net:99999/1",
        "https://files.example.net/a b",
        "https://files.example.net/\n1",
        "https://fil\u00e9s.example.net/1",
    ],
)
async def test_odd_addresses_are_refused(link: str) -> None:
    """An address that is none, is in the clear, or that readers may split differently is not asked."""
    hosts = Hosts()
    transport = trusting(hosts, "files.example.net", "evil.example")
    with pytest.raises(Unintelligible, match="chunk names an address"):
        await transport.download(CHUNK, link, deadline=loop_time() + 10)
    assert hosts.seen == []


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_chunk_gets_one_new_token(status: int) -> None:
    """A 403 on a chunk means an expired token: it is renewed once, and the chunk is there."""
    hosts = Hosts(stale=("t1",), status=status)
    assert await trusting(hosts).download(CHUNK, "/1", deadline=loop_time() + 10) == b"chunk"
    assert [bearer for *_, bearer in hosts.seen] == ["t1", "t2"]


async def test_a_chunk_refused_twice_is_an_error() -> None:
    """A second 403 with a new token is a missing permission, and no third token is asked for."""
    hosts = Hosts(stale=("t1", "t2"))
    with pytest.raises(PermissionDenied, match=r"GET of chunk at api\.example\.org answers 403.*chunks:view"):
        await trusting(hosts).download(CHUNK, "/1?sig=s3cr3t", deadline=loop_time() + 10)
    assert hosts.tokens == 2


async def test_a_call_is_not_renewed_on_403() -> None:
    """For a call, a 403 is a missing permission at once."""
    hosts = Hosts(stale=("t1",))
    with pytest.raises(PermissionDenied):
        await trusting(hosts).call(LIST, deadline=loop_time() + 10)
    assert hosts.tokens == 1


async def test_a_stranger_that_refuses_is_no_missing_permission() -> None:
    """A 403 of a host that never saw our token says so, and asks for no new one."""
    hosts = Hosts(stale=("none",))
    with pytest.raises(Refused, match="our token was not sent"):
        await trusting(hosts).download(CHUNK, "https://files.example.net/1", deadline=loop_time() + 10)
    assert hosts.tokens == 0


async def test_a_stranger_does_not_pause_our_budget() -> None:
    """A 429 of a file host holds back its own retry, not the requests to our platform."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        busy = request.url.host == "files.example.net"
        return httpx.Response(429 if busy else 200, headers={"retry-after": "3600"}, content=b"fine")

    transport = a_transport(answer)
    with pytest.raises(Throttled, match="answers 429"):
        await transport.download(CHUNK, "https://files.example.net/1", deadline=loop_time() + 10)
    assert await transport.call(LIST, deadline=loop_time() + 10) == b"fine"


async def test_a_chunk_that_is_not_there_is_told_apart() -> None:
    """A 404 is NotOffered, and its text does not show the address, which may hold a signature."""
    hosts = Hosts(stale=("none",), status=404)
    with pytest.raises(NotOffered) as caught:
        await trusting(hosts).download(
            CHUNK, "https://files.example.net/x?sig=s3cr3t", deadline=loop_time() + 10
        )
    assert "s3cr3t" not in str(caught.value)


async def test_the_next_page_is_fetched_from_our_host() -> None:
    """A next link is a GET with our token, whatever the method of the list."""
    hosts = Hosts()
    await trusting(hosts).follow(LIST, "/api/v2/list?page=2", deadline=loop_time() + 10)
    assert hosts.seen == [("GET", "https://api.example.org/api/v2/list?page=2", "t1")]


@pytest.mark.parametrize(
    "link", ["https://files.example.net/2", "//evil.example/2", "https://api.example.org:444/2"]
)
async def test_the_next_page_is_on_no_other_host(link: str) -> None:
    """A next link to another host, even a trusted one, or another port is refused before anything is sent."""
    hosts = Hosts()
    with pytest.raises(Unintelligible, match="leads to another host"):
        await trusting(hosts, "files.example.net").follow(LIST, link, deadline=loop_time() + 10)
    assert hosts.seen == []


async def test_a_chunk_refused_for_good_costs_few_tokens() -> None:
    """Chunks that are refused every half minute for an hour do not mean a new token each time."""
    hosts = Hosts(stale=tuple(f"t{number}" for number in range(1000)))
    transport = trusting(hosts)
    for _ in range(120):
        with pytest.raises(PermissionDenied):
            await transport.download(CHUNK, "/1", deadline=loop_time() + 10)
        await asyncio.sleep(30)
    assert 12 <= hosts.tokens <= 40
