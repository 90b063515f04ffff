"""The HTTP door: deadlines, caps, and a pool that survives cancellation."""

from __future__ import annotations

import asyncio
import gzip
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from monitor.kit.http import Answer, Broken, Http, HttpError, Refused, TimedOut, TooLarge
from tests.builders import loop_time

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Talk], Awaitable[str]]]:
    """A maker of raw TCP servers on loopback; returns the URL."""
    servers: list[asyncio.Server] = []

    async def start(talk: Talk) -> str:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await talk(reader, writer)
            except (asyncio.IncompleteReadError, ConnectionError):
                return
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()


def answering(body: bytes, *headers: str) -> Talk:
    """Return a server that sends one whole answer."""

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = ["HTTP/1.1 200 OK", f"content-length: {len(body)}", "connection: close", *headers]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return talk


async def get(url: str, *, seconds: float = 2.0, cap: int = 1000) -> bytes:
    """Fetch `url` with a client of its own."""
    http = Http("tests")
    try:
        return (await http.send("GET", url, deadline=loop_time() + seconds, cap=cap)).body
    finally:
        await http.aclose()


@pytest.mark.parametrize(
    "start", [b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b"HTTP/1.1 200 OK\r\nx-"]
)
async def test_a_slow_drip_ends_at_the_deadline(
    serve: Callable[[Talk], Awaitable[str]], start: bytes
) -> None:
    """A body or header that comes byte by byte is cut at the deadline; read timeouts never would."""

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    url = await serve(drip)
    started = loop_time()
    with pytest.raises(TimedOut, match="still coming at the deadline"):
        await get(url, seconds=0.4)
    assert loop_time() - started < 0.8


async def test_a_gzip_bomb_is_stopped_early(serve: Callable[[Talk], Awaitable[str]]) -> None:
    """200 MB that arrive as 200 kB of gzip are refused at the cap."""
    bomb = gzip.compress(bytes(200 * 1024 * 1024), compresslevel=1)
    with pytest.raises(TooLarge):
        await get(await serve(answering(bomb, "content-encoding: gzip")), cap=1024 * 1024)


@pytest.mark.parametrize("length", [1000, 1001])
async def test_the_cap_is_exact(serve: Callable[[Talk], Awaitable[str]], length: int) -> None:
    """A body as long as the cap passes, one byte more does not, compressed or not."""
    for talk in (
        answering(b"x" * length),
        answering(gzip.compress(b"x" * length), "content-encoding: gzip"),
    ):
        url = await serve(talk)
        if length == 1000:
            assert await get(url) == b"x" * 1000
        else:
            with pytest.raises(TooLarge):
                await get(url)


@pytest.mark.parametrize("damage", [lambda body: body[:-9], lambda body: b"junk" + body])
async def test_damaged_gzip_is_broken(
    serve: Callable[[Talk], Awaitable[str]], damage: Callable[[bytes], bytes]
) -> None:
    """Compressed bytes that end early or are no gzip are no answer."""
    body = damage(gzip.compress(b"x" * 500))
    with pytest.raises(Broken):
        await get(await serve(answering(body, "content-encoding: gzip")))


async def test_a_cut_body_is_broken(serve: Callable[[Talk], Awaitable[str]]) -> None:
    """A connection that ends before the announced length is no answer."""

    async def cut(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this")
        await writer.drain()

    with pytest.raises(Broken):
        await get(await serve(cut))


async def test_a_refused_connection_says_so() -> None:
    """A port where nobody listens is `refused`."""
    with pytest.raises(Refused):
        await get("http://127.0.0.1:1/")


async def test_no_request_starts_after_its_deadline() -> None:
    """A deadline that has passed fails before anything is sent."""
    with pytest.raises(TimedOut, match="before the request was sent"):
        await get("http://127.0.0.1:1/", seconds=-1)


async def test_errors_do_not_show_the_address() -> None:
    """An error's text never holds the URL: its path may be a secret."""
    with pytest.raises(HttpError) as caught:
        await get("http://127.0.0.1:1/services/T0SECRET")
    assert "T0SECRET" not in str(caught.value)


async def _storm(send: Callable[[], Awaitable[object]], *, tasks: int = 40, rounds: int = 6) -> None:
    """Send many requests at once, each cancelled from outside at a different early moment."""

    async def one(number: int) -> None:
        for turn in range(rounds):
            try:
                async with asyncio.timeout(0.0005 * ((number + turn) % 12)):
                    await send()
            except (TimeoutError, httpx.HTTPError, HttpError):
                continue

    async with asyncio.TaskGroup() as group:
        for number in range(tasks):
            group.create_task(one(number))


@pytest.mark.parametrize("ours", [False, True])
async def test_cancellation_while_connecting_does_not_poison_us(
    serve: Callable[[Talk], Awaitable[str]], ours: bool
) -> None:
    """A bare httpx pool is dead after requests were cancelled as they connected; ours still answers."""
    url = await serve(answering(b"fine"))
    if ours:
        http = Http("tests")
        await _storm(lambda: http.send("GET", url, deadline=loop_time() + 2))
        assert (await http.send("GET", url, deadline=loop_time() + 2)).body == b"fine"
        assert http.rebuilt > 0
        await http.aclose()
        return
    limits = httpx.Limits(max_connections=4)
    async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(2, pool=0.3)) as bare:
        await _storm(lambda: bare.get(url))
        with pytest.raises(httpx.PoolTimeout):
            await bare.get(url)


@pytest.mark.parametrize("value", ["Bearer SECRET\n", "Bearer SECRET ", "Bearer SECRET\u20ac"])
async def test_a_header_that_cannot_be_sent_is_not_shown(
    serve: Callable[[Talk], Awaitable[str]], value: str
) -> None:
    """The library's text shows the header and its error keeps it: neither the text nor the error goes on."""
    http = Http("tests")
    with pytest.raises(Broken, match="was not sent") as caught:
        await http.send(
            "GET",
            await serve(answering(b"fine")),
            headers={"authorization": value},
            deadline=loop_time() + 2,
        )
    await http.aclose()
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


async def test_a_hang_does_not_cost_the_pool(serve: Callable[[Talk], Awaitable[str]]) -> None:
    """A peer that reads and says nothing is given up in time, by httpx itself: its pool stays sound."""

    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    http = Http("tests")
    started = loop_time()
    with pytest.raises(TimedOut, match="no answer in time"):
        await http.send("GET", await serve(hang), deadline=started + 1.5)
    assert loop_time() - started < 1.5
    assert http.rebuilt == 0
    await http.aclose()


async def test_a_drip_costs_the_pool(serve: Callable[[Talk], Awaitable[str]]) -> None:
    """Only cancelling ends a drip, which may poison the pool: the next request has a new one."""

    async def drip(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    http = Http("tests")
    with pytest.raises(TimedOut):
        await http.send("GET", await serve(drip), deadline=loop_time() + 0.2)
    assert http.rebuilt == 1
    assert (await http.send("GET", await serve(answering(b"fine")), deadline=loop_time() + 2)).body == b"fine"
    await http.aclose()


async def tell(url: str, *, seconds: float = 5.0) -> Answer:
    """Tell `url` something with a client of its own."""
    http = Http("tests")
    try:
        return await http.tell("POST", url, deadline=loop_time() + seconds, cap=1000)
    finally:
        assert http.rebuilt == 0
        await http.aclose()


@pytest.mark.parametrize(
    "head_and_body",
    [
        b"content-encoding: br\r\ncontent-length: 3\r\n\r\nabc",
        b"content-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc",
        b"content-length: 1001\r\n\r\n" + b"x" * 1001,
        b"content-length: 100\r\n\r\nonly this",
        b"transfer-encoding: chunked\r\n\r\nno chunk\r\n",
    ],
    ids=["brotli", "damaged", "too long", "cut", "not HTTP"],
)
async def test_who_is_told_something_has_answered_with_the_head(
    serve: Callable[[Talk], Awaitable[str]], head_and_body: bytes
) -> None:
    """A status that is in counts, whatever is wrong with the body; the same is no answer to `send`."""

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 410 Gone\r\nRetry-After: 7\r\n" + head_and_body)
        await writer.drain()

    url = await serve(talk)
    answer = await tell(url)
    assert (answer.status, answer.headers["retry-after"], answer.body) == (410, "7", b"")
    with pytest.raises(HttpError):
        await get(url)


async def test_a_body_that_is_in_order_is_told(serve: Callable[[Talk], Awaitable[str]]) -> None:
    """It may say why something is refused."""
    assert (await tell(await serve(answering(b"because")))).body == b"because"


async def test_a_body_without_end_costs_neither_time_nor_the_pool(
    serve: Callable[[Talk], Awaitable[str]],
) -> None:
    """Two hundred answers whose bodies never end: each is over soon, and more than the pool can hold pass."""

    async def open_ended(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n")
        await writer.drain()
        await reader.read()

    url, http, started = await serve(open_ended), Http("tests"), loop_time()
    for _ in range(2):
        async with asyncio.TaskGroup() as group:
            told = [group.create_task(http.tell("POST", url, deadline=started + 9.0)) for _ in range(100)]
        assert [one.result().status for one in told] == [200] * 100
    assert loop_time() - started < 8.0
    assert http.rebuilt == 0
    await http.aclose()


async def test_a_head_that_does_not_come_is_no_answer(serve: Callable[[Talk], Awaitable[str]]) -> None:
    """There is no status to go by."""

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    with pytest.raises(TimedOut):
        await tell(await serve(silent), seconds=0.4)
    with pytest.raises(Refused):
        await tell("http://127.0.0.1:1/")
