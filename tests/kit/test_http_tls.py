"""TLS over real sockets: who is believed, and what is said of who is not."""

import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.kit import tls
from monitor.kit.http import Http, HttpError, Refused
from tests.builders import loop_time
from tests.kit.authority import Authority, serving
from tests.kit.peers import Peer, peer


async def asked(receiver: Peer, context: ssl.SSLContext | None, host: str = "localhost") -> int:
    """The status of a request to this receiver."""
    http = Http("tests", tls=context)
    try:
        url = f"https://{host}:{receiver.port}/s3cr3t"
        return (await http.send("POST", url, content=b"x", deadline=loop_time() + 5)).status
    finally:
        await http.aclose()


async def test_a_certificate_in_order_is_believed(tmp_path: Path):
    """By name and by address, when its authority is trusted."""
    authority = Authority(tmp_path)
    context = tls.context(authority.file, None, None)
    async with peer(tls=serving(authority.issue("receiver"))) as receiver:
        assert await asked(receiver, context) == 204
        assert await asked(receiver, context, host="127.0.0.1") == 204


@pytest.mark.parametrize(
    ("hosts", "days", "trusted", "reason"),
    [
        ("DNS:localhost", -1, "authority", "certificate has expired"),
        ("DNS:receiver.example", 2, "authority", "Hostname mismatch"),
        ("DNS:localhost", 2, "another", "unable to get local issuer certificate"),
        ("DNS:localhost", 2, None, "unable to get local issuer certificate"),
    ],
)
async def test_a_certificate_out_of_order_is_refused(
    tmp_path: Path, hosts: str, days: int, trusted: str | None, reason: str
):
    """Expired, for another host, of an unknown authority: no request is sent, and the text says why."""
    authorities = {name: Authority(tmp_path, name) for name in ("authority", "another")}
    context = None if trusted is None else tls.context(authorities[trusted].file, None, None)
    identity = authorities["authority"].issue("receiver", hosts=hosts, days=days)
    async with peer(tls=serving(identity)) as receiver:
        with pytest.raises(Refused, match=reason) as caught:
            await asked(receiver, context)
    assert "s3cr3t" not in str(caught.value)
    assert receiver.requests == []


async def test_an_old_protocol_is_refused(tmp_path: Path):
    """Nothing below TLS 1.2, whatever the server would take."""
    authority = Authority(tmp_path)
    server = serving(authority.issue("receiver"))
    server.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        server.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1 is deprecated"):
        server.maximum_version = ssl.TLSVersion.TLSv1_1
    async with peer(tls=server) as receiver:
        with pytest.raises(Refused, match=r"(?i)protocol"):
            await asked(receiver, tls.context(authority.file, None, None))
    assert receiver.requests == []


async def test_our_certificate_is_shown(tmp_path: Path):
    """A receiver that wants one gets it; without it, or with a stranger's, nothing is taken."""
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    ours, theirs = (one.issue("us", usage="clientAuth") for one in (authority, stranger))
    server = serving(authority.issue("receiver"), clients=authority.file)
    async with peer(tls=server) as receiver:
        assert await asked(receiver, tls.context(authority.file, ours.certificate, ours.key)) == 204
        assert len(receiver.requests) == 1
        for context in (
            tls.context(authority.file, None, None),
            tls.context(authority.file, theirs.certificate, theirs.key),
        ):
            with pytest.raises(HttpError):
                await asked(receiver, context)
        assert len(receiver.requests) == 1


WITHOUT_A_STORE = """
import asyncio
from monitor.kit.http import Http, Refused

async def main():
    soon = asyncio.get_running_loop().time() + 1
    try:
        await Http("tests").send("GET", "https://127.0.0.1:1/", deadline=soon)
    except Refused as error:
        print(error)

asyncio.run(main())
"""


def test_a_trust_store_that_is_not_there_ends_nothing():
    """The environment may name one: what is wrong with it is a failure like any other."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_STORE],
        env={"SSL_CERT_FILE": "/missing.pem"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("the trust store cannot be read")
