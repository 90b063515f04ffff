"""The policy on private addresses: looked at on the connected peer, before it is sent a byte."""

import asyncio

import pytest

from monitor.kit.http import Forbidden, Http, _PublicNetwork
from monitor.kit.secrets import Secret
from tests.builders import loop_time
from tests.kit.peers import Reader, Writer, peer, saying


async def noting(seen: list[bytes], reader: Reader, _writer: Writer) -> None:
    """Keep whatever comes until the connection ends."""
    seen.append(await reader.read())


@pytest.mark.parametrize(
    ("name", "listens"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("[::1]", "::1"),
        ("[::ffff:127.0.0.1]", "127.0.0.1"),
        ("[::ffff:7f00:1]", "127.0.0.1"),
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_private_peer_is_sent_nothing(name: str, listens: str, scheme: str):
    """However its address is written: the connection is made, looked at, and closed without a byte."""
    seen: list[bytes] = []
    http = Http("tests", private=False)
    async with peer(lambda reader, writer: noting(seen, reader, writer), host=listens) as receiver:
        with pytest.raises(Forbidden, match="is not public") as caught:
            await http.send(
                "POST", f"{scheme}://{name}:{receiver.port}/s3cr3t", content=b"x", deadline=loop_time() + 2
            )
        await asyncio.wait_for(receiver.over.wait(), 2)
    await http.aclose()
    assert caught.value.reason == "forbidden"
    assert "s3cr3t" not in str(caught.value)
    assert seen == [b""]


async def test_private_peers_are_allowed_unless_forbidden():
    """Most receivers are in the house."""
    http = Http("tests")
    async with peer() as receiver:
        answer = await http.send("POST", f"http://localhost:{receiver.port}/", deadline=loop_time() + 2)
    await http.aclose()
    assert answer.status == 204
    assert len(receiver.requests) == 1


async def test_a_public_peer_is_spoken_to():
    """A network that takes the peer for public hands out the stream as it is."""
    asked: list[str] = []

    def public(address: str) -> None:
        asked.append(address)

    async with peer() as receiver:
        stream = await _PublicNetwork(public).connect_tcp("localhost", receiver.port)
        await stream.write(b"GET / HTTP/1.1\r\n\r\n")
        assert (await stream.read(1000)).startswith(b"HTTP/1.1 204")
        await stream.aclose()
    assert asked == ["127.0.0.1"]


async def test_the_environment_s_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch):
    """A proxy would connect wherever it is told: with the policy on, none is used that nobody gave."""
    async with peer(saying("200 OK")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        http = Http("tests", private=False)
        async with peer() as receiver:
            with pytest.raises(Forbidden):
                await http.send("GET", f"http://127.0.0.1:{receiver.port}/", deadline=loop_time() + 2)
        await http.aclose()
    assert proxy.connections == 0


def test_a_proxy_and_the_policy_exclude_each_other():
    """Nobody can look at the peer behind a proxy: a promise that cannot be kept is not made."""
    with pytest.raises(ValueError, match="behind a proxy"):
        Http("tests", proxy=Secret("http://proxy.example:3128"), private=False)
