"""What a client may not do to the listener, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from monitor.kit.serving import Limits
from monitor.kit.serving.connection import PIECE
from tests.kit.knocking import BRIEF, HELLO, Knock, Site, site

TWICE = b"content-length: 3\r\ntransfer-encoding: chunked\r\n"
"""Two lengths: whichever of them a proxy believes, the other hides a request."""


async def met(holds: Callable[[], bool], within: float = 5.0) -> None:
    """Wait for something to come true."""
    async with asyncio.timeout(within):
        while not holds():
            await asyncio.sleep(0.01)


async def polite(one: Site) -> bool:
    """Whether somebody who asks as one should is answered."""
    knock = await (await Knock.at(one)).say(HELLO)
    status, _, body = await knock.answer()
    await knock.close()
    return (status, body) == (200, b"hello stranger")


async def test_a_connection_serves_one_request_after_another() -> None:
    """It stays open between them, for longer than a head may take."""
    async with site() as one:
        knock = await Knock.at(one)
        for _ in range(3):
            assert (await (await knock.say(HELLO)).answer())[0] == 200
            await asyncio.sleep(BRIEF.head * 1.2)
        await knock.close()


async def test_requests_sent_ahead_are_answered_in_turn() -> None:
    """Three at once give three answers."""
    async with site() as one:
        knock = await (await Knock.at(one)).say(HELLO * 3)
        assert [(await knock.answer())[0] for _ in range(3)] == [200, 200, 200]
        await knock.close()


async def test_nobody_may_send_much_ahead() -> None:
    """Beyond a head's limit, what waits for its turn ends the connection."""
    async with site() as one:
        knock = await (await Knock.at(one)).say(HELLO.replace(b"hello", b"wait"))
        await asyncio.sleep(0.05)
        await knock.say(HELLO * 1000)
        assert await knock.ended() < 1
        await knock.close()


async def test_a_connection_that_says_nothing_is_ended() -> None:
    """After the time for a head, without a word."""
    async with site() as one:
        knock = await Knock.at(one)
        assert 0.2 < await knock.ended() < 2
        await knock.close()


@pytest.mark.parametrize("before", [b"", HELLO])
async def test_half_a_head_is_ended(before: bytes) -> None:
    """Also as the second request of a connection, and however steadily it drips."""
    async with site() as one:
        knock = await Knock.at(one)
        if before:
            await (await knock.say(before)).answer()

        async def drip() -> None:
            for byte in HELLO[:-1]:
                await knock.say(bytes([byte]))
                await asyncio.sleep(0.05)

        async with asyncio.TaskGroup() as group:
            dripping = group.create_task(drip())
            status, headers, body = await knock.answer()
            dripping.cancel()
        assert (status, headers["connection"]) == (408, "close")
        assert json.loads(body)["title"] == "Request Timeout"
        assert await knock.ended() < 2
        await knock.close()


async def test_half_a_body_is_ended() -> None:
    """The app that waits for the rest learns of it at once."""
    async with site(replace(BRIEF, linger=1.0)) as one:
        knock = await (await Knock.at(one)).say(
            b"POST /body HTTP/1.1\r\nhost: us\r\ncontent-length: 9\r\n\r\nhalf"
        )
        assert (await knock.answer())[0] == 408
        await met(lambda: one.early == 1, within=0.5)
        assert await knock.ended() < 2
        await knock.close()


async def test_a_whole_body_is_read() -> None:
    """Whatever its parts."""
    async with site() as one:
        knock = await (await Knock.at(one)).say(
            b"POST /body HTTP/1.1\r\nhost: us\r\ncontent-length: 9\r\n\r\n"
        )
        await knock.say(b"half")
        await knock.say(b"-half")
        assert (await knock.answer())[2] == b"9"
        await knock.close()


async def test_a_long_head_is_refused() -> None:
    """431, however it is cut; one that fits is taken."""
    async with site() as one:
        for size, expected in ((200_000, 431), (17_000, 431), (15_000, 200)):
            knock = await (await Knock.at(one)).say(HELLO[:-2] + b"x: " + b"y" * size + b"\r\n\r\n")
            assert (await knock.answer())[0] == expected
            await knock.close()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"G@T / HTTP/1.1\r\nhost: us\r\n\r\n", 400),
        (b"GET /hello HTTP/1.1\r\n\r\n", 400),
        (b"GET /hello HTTP/1.1\r\nhost: us\r\nhost: them\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"POST /body HTTP/1.1\r\nhost: us\r\ncontent-length: -1\r\n\r\n", 400),
        (b"POST /body HTTP/1.1\r\nhost: us\r\n" + TWICE + b"\r\n0\r\n\r\n", 400),
        (b"POST /body HTTP/1.1\r\nhost: us\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST /body HTTP/1.1\r\nhost: us\r\ntransfer-encoding: gzip, chunked\r\n\r\n", 501),
        (b"GET /../../etc/passwd HTTP/1.1\r\nhost: us\r\n\r\n", 404),
        (b"BREW /hello HTTP/1.1\r\nhost: us\r\n\r\n", 405),
    ],
)
async def test_what_is_no_request_is_refused(said: bytes, expected: int) -> None:
    """And the next client is served."""
    async with site() as one:
        knock = await (await Knock.at(one)).say(said)
        assert (await knock.answer())[0] == expected
        await knock.close()
        assert await polite(one)


async def test_a_body_that_nobody_wants_is_not_read_on() -> None:
    """The answer comes while it is being sent; then a little is thrown away, and no more."""
    async with site(replace(BRIEF, linger=1.0), linger_bytes=100_000) as one:
        knock = await Knock.at(one)
        await knock.say(b"POST /nowhere HTTP/1.1\r\nhost: us\r\ncontent-length: 1000000000\r\n\r\n")
        sent = 0

        async def pour() -> None:
            nonlocal sent
            while not knock.writer.transport.is_closing() and sent < 1_000_000_000:
                await knock.say(bytes(65536))
                sent += 65536

        async with asyncio.TaskGroup() as group:
            pouring = group.create_task(pour())
            assert (await knock.answer())[0] == 404
            await asyncio.wait({pouring}, timeout=1.5)
            pouring.cancel()
        assert sent < 10_000_000
        await knock.close()


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    """Eight megabytes are not kept for it for ever."""
    async with site() as one:
        knock = await Knock.at(one)
        knock.deaf()
        await knock.say(HELLO.replace(b"hello", b"much"))
        await asyncio.sleep(0.1)
        others = [name for name in asyncio.all_tasks() if "run_asgi" in str(name.get_coro())]
        await asyncio.sleep(BRIEF.stall * 2)
        assert await knock.hear().rest() < 8_000_000
        assert all(task.done() for task in others)
        await knock.close()


async def test_a_slow_reader_is_served() -> None:
    """As long as it reads on, it may take many times the stall."""
    async with site(stall_bytes=1000) as one:
        knock = await (await Knock.at(one)).say(HELLO.replace(b"hello", b"much"))
        received = 0
        async with asyncio.timeout(20):
            while received < 8_000_000:
                part = await knock.reader.read(300_000)
                assert part
                received += len(part)
                await asyncio.sleep(0.03)
        await knock.close()


async def _nothing(_knock: Knock) -> None:
    pass


async def _part_of_a_head(knock: Knock) -> None:
    await knock.say(HELLO[:9])


async def _a_request(knock: Knock) -> None:
    await (await knock.say(HELLO)).answer()


async def _part_of_a_body(knock: Knock) -> None:
    await knock.say(b"POST /body HTTP/1.1\r\nhost: us\r\ncontent-length: 9\r\n\r\nhalf")


@pytest.mark.parametrize("before", [_nothing, _part_of_a_head, _a_request, _part_of_a_body])
async def test_who_asks_nothing_makes_room(before: Callable[[Knock], Awaitable[None]]) -> None:
    """With every connection taken the next client is served, and the oldest of the others is gone."""
    async with site(Limits(), connections=5) as one:
        others = [await Knock.at(one) for _ in range(5)]
        for other in others:
            await before(other)
        await asyncio.sleep(0.05)
        assert await polite(one)
        assert await others[0].ended() < 1
        for other in others:
            await other.close()


async def test_who_is_being_served_makes_no_room() -> None:
    """The next one is told that there is none, and served once there is."""
    async with site(Limits(), connections=3) as one:
        others = [await (await Knock.at(one)).say(HELLO.replace(b"hello", b"wait")) for _ in range(3)]
        await asyncio.sleep(0.05)
        late = await Knock.at(one)
        assert (await late.answer())[0] == 503
        await late.close()
        one.gate.set()
        assert [(await other.answer())[2] for other in others] == [b"waited"] * 3
        assert await polite(one)
        for other in others:
            await other.close()


async def test_readers_that_sip_make_room() -> None:
    """Each reads just enough not to be cut off; whoever comes is served in the place of the slowest."""
    async with site(Limits(), connections=4) as one:
        sipping = [(await Knock.at(one)).deaf() for _ in range(4)]
        for knock in sipping:
            await knock.say(HELLO.replace(b"hello", b"much"))
        await asyncio.sleep(0.1)
        late = await Knock.at(one)
        assert (await late.answer())[0] == 503
        await late.close()
        await asyncio.sleep(1.1)
        assert await polite(one)
        for knock in sipping:
            await knock.close()


async def test_little_is_kept_for_a_client_that_does_not_read() -> None:
    """A piece or two of eight megabytes; the rest is made, or copied, once it reads on."""
    async with site(Limits()) as one:
        knock = (await Knock.at(one)).deaf()
        await knock.say(HELLO.replace(b"hello", b"much"))
        await asyncio.sleep(0.2)
        assert 0 < one.server.waiting() <= 2 * PIECE
        assert await knock.hear().rest(8_000_000) >= 8_000_000
        await knock.close()


async def test_five_hundred_slow_clients_keep_nobody_out() -> None:
    """Each holds a piece of a head; a polite client is served at once, again and again."""
    async with site(Limits()) as one:
        loop = asyncio.get_running_loop()
        slow = [await (await Knock.at(one)).say(HELLO[:7]) for _ in range(500)]
        started = loop.time()
        for _ in range(20):
            assert await polite(one)
        assert loop.time() - started < 2
        for knock in slow:
            await knock.close()


async def test_the_end_waits_for_nobody() -> None:
    """Half a head, half a body, an idle client, a reader that does not read and a stream: all are ended."""
    loop = asyncio.get_running_loop()
    async with site(Limits()) as one:
        knocks = [await Knock.at(one) for _ in range(6)]
        await knocks[1].say(HELLO[:9])
        await _part_of_a_body(knocks[2])
        await _a_request(knocks[3])
        await knocks[4].say(HELLO.replace(b"hello", b"stream"))
        knocks[5].deaf()
        await knocks[5].say(HELLO.replace(b"hello", b"much"))
        await met(lambda: one.streaming == 1)
        started = loop.time()
    assert loop.time() - started < 1.5
    assert one.streaming == 0
    assert await knocks[5].hear().rest() < 8_000_000
    for knock in knocks:
        assert await knock.ended() < 1
        await knock.close()


async def test_the_end_lets_an_answer_finish() -> None:
    """What is being answered as it begins is answered; it waits for nothing else."""
    loop = asyncio.get_running_loop()
    async with site(Limits(), grace=5) as one:
        knock = await (await Knock.at(one)).say(HELLO.replace(b"hello", b"wait"))
        idle = await Knock.at(one)
        await _a_request(idle)
        await asyncio.sleep(0.05)
        loop.call_later(0.1, one.gate.set)
        started = loop.time()
    assert loop.time() - started < 2
    await idle.close()
    assert (await knock.answer())[2] == b"waited"
    await knock.close()
