"""Proxies: plain and CONNECT, given and from the environment, and that their passwords never show."""

import asyncio
import base64
import contextlib
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from monitor.kit import tls
from monitor.kit.http import Http, HttpError, Refused
from monitor.kit.secrets import Secret
from tests.builders import loop_time
from tests.kit.authority import Authority, serving
from tests.kit.peers import Peer, Reader, Writer, peer, request_of, saying

CREDENTIALS = "Basic " + base64.b64encode(b"user:pr0xypass").decode()


async def pump(reader: Reader, writer: Writer) -> None:
    """Pass on whatever comes."""
    with contextlib.suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def tunnel(status: str = "200 OK") -> AsyncIterator[Peer]:
    """A proxy that connects wherever it is asked to, or refuses."""
    found: list[Peer] = []

    async def talk(reader: Reader, writer: Writer) -> None:
        request = await request_of(reader)
        found[0].requests.append(request)
        if not status.startswith("200"):
            writer.write(saying(status))
            return
        host, port = request.line.split()[1].split(":")
        there, back = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        async with asyncio.TaskGroup() as group:
            group.create_task(pump(reader, back))
            group.create_task(pump(there, writer))

    async with peer(talk) as proxy:
        found.append(proxy)
        yield proxy


async def test_a_plain_request_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch):
    """The proxy is given the whole URL and its credentials; NO_PROXY does not undo what was configured."""
    monkeypatch.setenv("NO_PROXY", "*")
    async with peer(saying("202 Accepted")) as proxy:
        http = Http("tests", proxy=Secret(f"http://user:pr0xypass@127.0.0.1:{proxy.port}"))
        answer = await http.send("POST", "http://receiver.invalid/hook", deadline=loop_time() + 2)
        await http.aclose()
    assert answer.status == 202
    (request,) = proxy.requests
    assert request.line == "POST http://receiver.invalid/hook HTTP/1.1"
    assert request.headers["proxy-authorization"] == CREDENTIALS


async def test_an_encrypted_request_is_tunnelled(tmp_path: Path):
    """The proxy sees a host and a port; the certificate that counts is the receiver's."""
    authority = Authority(tmp_path)
    context = tls.context(authority.file, None, None)
    async with (
        peer(tls=serving(authority.issue("receiver"))) as receiver,
        tunnel() as proxy,
    ):
        http = Http("tests", tls=context, proxy=Secret(f"http://user:pr0xypass@127.0.0.1:{proxy.port}"))
        answer = await http.send(
            "POST", f"https://localhost:{receiver.port}/s3cr3t", content=b"x", deadline=loop_time() + 2
        )
        await http.aclose()
    assert answer.status == 204
    (asked,) = proxy.requests
    assert asked.line == f"CONNECT localhost:{receiver.port} HTTP/1.1"
    assert asked.headers["proxy-authorization"] == CREDENTIALS
    (request,) = receiver.requests
    assert request.line == "POST /s3cr3t HTTP/1.1"
    assert "proxy-authorization" not in request.headers


async def test_an_environment_s_proxy_is_used(monkeypatch: pytest.MonkeyPatch):
    """Unless another was given, and but for NO_PROXY."""
    async with peer(saying("200 OK")) as theirs, peer(saying("202 Accepted")) as ours:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{theirs.port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for http, expected in (
            (Http("tests"), 200),
            (Http("tests", proxy=Secret(f"http://127.0.0.1:{ours.port}")), 202),
        ):
            answer = await http.send("GET", "http://receiver.invalid/", deadline=loop_time() + 2)
            assert answer.status == expected
            await http.aclose()
        http = Http("tests")
        async with peer() as receiver:
            url = f"http://127.0.0.1:{receiver.port}/"
            assert (await http.send("GET", url, deadline=loop_time() + 2)).status == 204
        await http.aclose()
    assert (theirs.connections, ours.connections) == (1, 1)


async def failing(http: Http, url: str) -> str:
    """The text and trace of the failure, which must be ours."""
    with pytest.raises(HttpError) as caught:
        await http.send("GET", url, deadline=loop_time() + 2)
    await http.aclose()
    assert isinstance(caught.value, Refused)
    return "".join(traceback.format_exception(caught.value))


async def test_a_proxy_that_refuses_says_so():
    """A tunnel refused is no connection; the proxy's own words are not repeated."""
    async with tunnel("407 pr0xypass is wrong") as proxy:
        http = Http("tests", proxy=Secret(f"http://user:pr0xypass@127.0.0.1:{proxy.port}"))
        with pytest.raises(Refused, match=r"^the proxy answered 407$"):
            await http.send("GET", "https://receiver.invalid/", deadline=loop_time() + 2)
        await http.aclose()


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://user:pr0xypass@127.0.0.1:1",
        "ftp://user:pr0xypass@127.0.0.1:1",
        "user:pr0xypass@127.0.0.1:1",
        "http://user:pr0xypass@127.0.0.1:port",
        "http://user:pr0xypass@127.0.0.1:1",
        "http://user:pr0xypass@proxy.invalid:1",
        "",
    ],
)
@pytest.mark.parametrize("url", ["http://receiver.invalid/", "https://receiver.invalid/"])
async def test_a_proxy_that_cannot_be_used_keeps_its_password(proxy: str, url: str):
    """Of another kind, not an address, not there: refused, in words without its URL."""
    assert "pr0xypass" not in await failing(Http("tests", proxy=Secret(proxy)), url)


@pytest.mark.parametrize("proxy", ["socks5://user:pr0xypass@127.0.0.1:1", "ftp://user:pr0xypass@127.0.0.1:1"])
async def test_a_bad_proxy_in_the_environment_ends_nothing(monkeypatch: pytest.MonkeyPatch, proxy: str):
    """It is a failure like any other, in words without its URL."""
    monkeypatch.setenv("ALL_PROXY", proxy)
    text = await failing(Http("tests"), "http://receiver.invalid/")
    assert "the proxy's address cannot be used" in text
    assert "pr0xypass" not in text
