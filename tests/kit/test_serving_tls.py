"""TLS at the listener: who is let in, and certificates that change while it runs."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.kit.serving import Limits, Tls, tls
from monitor.kit.serving.connection import PIECE
from monitor.kit.serving.handshake import SHARE, Turnstile
from tests.kit.authority import Authority, Identity
from tests.kit.knocking import BRIEF, HELLO, Knock, Site, site


def client(authority: Authority, identity: Identity | None = None) -> ssl.SSLContext:
    """Return a client's side that trusts this authority, and may show a certificate."""
    context = ssl.create_default_context(cafile=authority.file)
    if identity is not None:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


async def hello(one: Site, context: ssl.SSLContext | None) -> tuple[int, bytes]:
    """Ask, and return status and body: 0 where there was no answer at all."""
    try:
        knock = await (await Knock.at(one, context)).say(HELLO)
    except (ssl.SSLError, ConnectionError):
        return 0, b""
    status, _, body = await knock.answer()
    await knock.close()
    return status, body


def names(knock: Knock) -> set[str]:
    """Return the alternative names of the server's certificate."""
    certificate = knock.writer.get_extra_info("ssl_object").getpeercert()
    return {value for _, value in certificate["subjectAltName"]}


async def test_a_request_over_tls(tmp_path: Path) -> None:
    """It is answered, and in plain text it is not."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    async with site(tls=tls(ours.certificate, ours.key)) as one:
        assert await hello(one, client(authority)) == (200, b"hello stranger")
        assert (await hello(one, None))[0] == 0


async def test_certificates_are_exchanged_without_losing_an_answer(tmp_path: Path) -> None:
    """New ones meet the new certificate; older ones get one more answer, and close."""
    authority = Authority(tmp_path)
    old = authority.issue("old", hosts="DNS:localhost,DNS:old.example")
    new = authority.issue("new", hosts="DNS:localhost,DNS:new.example")
    async with site(Limits(), tls=tls(old.certificate, old.key)) as one:
        idle = await Knock.at(one, client(authority))
        assert (await (await idle.say(HELLO)).answer())[1].get("connection") is None
        waiting = await (await Knock.at(one, client(authority))).say(HELLO.replace(b"hello", b"wait"))
        await asyncio.sleep(0.05)
        one.server.renew(tls(new.certificate, new.key))
        fresh = await Knock.at(one, client(authority))
        assert "old.example" in names(idle)
        assert "new.example" in names(fresh)
        one.gate.set()
        status, headers, body = await waiting.answer()
        assert (status, headers["connection"], body) == (200, "close", b"waited")
        assert await waiting.ended() < 1
        status, headers, _ = await (await idle.say(HELLO)).answer()
        assert (status, headers["connection"]) == (200, "close")
        assert await idle.ended() < 1
        assert (await (await fresh.say(HELLO)).answer())[0] == 200
        for knock in (idle, waiting, fresh):
            await knock.close()


async def test_who_was_let_in_by_other_rules_is_served_no_more(tmp_path: Path) -> None:
    """Neither a request in the same moment, nor a second one behind the answer, nor a handshake under way."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    friend = authority.issue("friend", usage="clientAuth")
    async with site(Limits(), tls=tls(ours.certificate, ours.key)) as one:
        idle, silent = [await Knock.at(one, client(authority)) for _ in range(2)]
        waiting = await (await Knock.at(one, client(authority))).say(HELLO.replace(b"hello", b"wait"))
        shaking = asyncio.create_task(Knock.at(one, client(authority)))
        await asyncio.sleep(0.002)
        strict = tls(ours.certificate, ours.key, ca_file=authority.file, client="required")
        one.server.renew(strict)
        await idle.say(HELLO)
        await waiting.say(HELLO)
        assert (await idle.answer())[0] == 0
        assert await silent.ended() < 1
        one.gate.set()
        assert (await waiting.answer())[0] == 200
        assert (await waiting.answer())[0] == 0
        with suppress(OSError, asyncio.IncompleteReadError):
            late = await shaking
            assert (await (await late.say(HELLO)).answer())[0] == 0
            await late.close()
        assert (await hello(one, client(authority, friend)))[0] == 200
        for knock in (idle, silent, waiting):
            await knock.close()


async def test_a_hundred_exchanges_under_load_lose_nothing(tmp_path: Path) -> None:
    """Clients that ask all the while get every answer."""
    authority = Authority(tmp_path)
    contexts = [tls(one.certificate, one.key) for one in (authority.issue("old"), authority.issue("new"))]
    context = client(authority)
    done: list[int] = []
    async with site(Limits(), tls=contexts[0]) as one:

        async def ask() -> None:
            done.extend([(await hello(one, context))[0] for _ in range(25)])

        async with asyncio.TaskGroup() as group:
            for _ in range(4):
                group.create_task(ask())
            for turn in range(100):
                one.server.renew(contexts[turn % 2])
                await asyncio.sleep(0.01)
    assert done == [200] * 100


async def test_tls_can_be_turned_on_and_off(tmp_path: Path) -> None:
    """The next connection is as the newest word says."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    async with site() as one:
        assert (await hello(one, None))[0] == 200
        one.server.renew(tls(ours.certificate, ours.key))
        assert (await hello(one, None))[0] == 0
        assert (await hello(one, client(authority)))[0] == 200
        one.server.renew(None)
        assert (await hello(one, None))[0] == 200


async def test_clients_show_certificates(tmp_path: Path) -> None:
    """Required: only whom the authority knows. Optional: nobody has to, but who shows a bad one is out."""
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    ours = authority.issue("us")
    friend = authority.issue("friend", usage="clientAuth", hosts="DNS:friend.example")
    foe = stranger.issue("foe", usage="clientAuth")

    def asking(how: str) -> Tls:
        return tls(ours.certificate, ours.key, ca_file=authority.file, client=how)  # type: ignore[arg-type]

    async with site(tls=asking("required")) as one:
        assert await hello(one, client(authority, friend)) == (200, b"hello friend")
        assert (await hello(one, client(authority)))[0] == 0
        assert (await hello(one, client(authority, foe)))[0] == 0
        one.server.renew(asking("optional"))
        assert await hello(one, client(authority, friend)) == (200, b"hello friend")
        assert await hello(one, client(authority)) == (200, b"hello stranger")
        assert (await hello(one, client(authority, foe)))[0] == 0


@pytest.mark.parametrize(
    ("hosts", "wanted", "expected"),
    [
        ("DNS:a.example,DNS:b.example", "b.example", 200),
        ("IP:::1", "0:0:0:0:0:0:0:1", 200),
        ("IP:2001:db8::9", "2001:DB8::9", 200),
        ("URI:spiffe://acme/prometheus", "spiffe://acme/prometheus", 200),
        ("email:scraper@example.com", "scraper@example.com", 200),
        ("DNS:a.example", "b.example", 403),
        ("DNS:sub.b.example", "b.example", 403),
    ],
)
async def test_a_certificate_needs_one_of_the_names(
    tmp_path: Path, hosts: str, wanted: str, expected: int
) -> None:
    """Of any kind, compared whole; without it there is one answer, and no request is looked at."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    theirs = authority.issue("them", usage="clientAuth", hosts=hosts)
    required = tls(ours.certificate, ours.key, ca_file=authority.file, client="required", names=(wanted,))
    async with site(tls=required) as one:
        status, body = await hello(one, client(authority, theirs))
        assert status == expected
        assert (b"hello" in body) is (expected == 200)


@pytest.mark.parametrize(
    ("oldest", "newest", "offered", "expected"),
    [
        ("TLS12", "TLS13", ssl.TLSVersion.TLSv1_2, 200),
        ("TLS13", "TLS13", ssl.TLSVersion.TLSv1_2, 0),
        ("TLS12", "TLS12", ssl.TLSVersion.TLSv1_2, 200),
    ],
)
async def test_versions_hold(
    tmp_path: Path, oldest: str, newest: str, offered: ssl.TLSVersion, expected: int
) -> None:
    """An older one than asked for is not spoken."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    context = client(authority)
    context.maximum_version = offered
    made = tls(ours.certificate, ours.key, oldest=oldest, newest=newest)  # type: ignore[arg-type]
    async with site(tls=made) as one:
        assert (await hello(one, context))[0] == expected


async def test_ciphers_hold(tmp_path: Path) -> None:
    """Of TLS 1.2 only those that are named."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    made = tls(ours.certificate, ours.key, newest="TLS12", ciphers=("ECDHE-ECDSA-CHACHA20-POLY1305",))
    async with site(tls=made) as one:
        knock = await Knock.at(one, client(authority))
        assert knock.writer.get_extra_info("cipher")[0] == "ECDHE-ECDSA-CHACHA20-POLY1305"
        await knock.close()


async def test_a_handshake_takes_its_time_or_none() -> None:
    """A client that does not shake hands is ended, and counted like any other."""
    async with site(tls=Tls(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))) as one:
        knock = await Knock.at(one)
        assert 0.2 < await knock.ended() < 2
        await knock.close()


async def test_who_does_not_shake_hands_makes_room(tmp_path: Path) -> None:
    """Three hundred that connect and say nothing keep nobody out, and do not put off the end."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    loop = asyncio.get_running_loop()
    async with site(Limits(), tls=tls(ours.certificate, ours.key)) as one:
        silent = [await Knock.at(one) for _ in range(300)]
        await asyncio.sleep(0.1)
        assert (await hello(one, client(authority)))[0] == 200
        gone = [knock for knock in silent if knock.reader.at_eof() or knock.reader.exception()]
        assert len(gone) >= 200
        started = loop.time()
    assert loop.time() - started < 1
    for knock in silent:
        await knock.close()


def slow(one: Site, context: ssl.SSLContext) -> int:
    """Ask for much, read nothing for a while, and return how much came after all; in a thread."""
    with (
        socket.create_connection(("127.0.0.1", one.port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.settimeout(5)
        secure.sendall(HELLO.replace(b"hello", b"much").replace(b"host", b"connection: close\r\nhost"))
        time.sleep(BRIEF.stall * 3)
        received = 0
        with suppress(ConnectionError, ssl.SSLError):
            while part := secure.recv(65536):
                received += len(part)
        return received


async def test_a_tls_client_that_does_not_read_is_cut_off(tmp_path: Path) -> None:
    """As one in plain text is."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    async with site(tls=tls(ours.certificate, ours.key)) as one:
        assert await asyncio.to_thread(slow, one, client(authority)) < 8_000_000


async def test_little_is_kept_for_a_tls_client_that_does_not_read(tmp_path: Path) -> None:
    """Some pieces of eight megabytes, here and in what TLS keeps."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    async with site(Limits(), tls=tls(ours.certificate, ours.key)) as one:
        asking = asyncio.create_task(asyncio.to_thread(slow, one, client(authority)))
        async with asyncio.timeout(5):
            while not one.server.waiting():
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert one.server.waiting() <= 4 * PIECE
        assert await asking > 8_000_000


async def test_hands_are_shaken_in_turn() -> None:
    """What takes long has a turn to itself, what takes none is done with others; errors stop nobody."""
    turnstile, turn, taken = Turnstile(), 0, []
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context["exception"]))

    def dear() -> None:
        taken.append(turn)
        time.sleep(2 * SHARE)

    def broken() -> None:
        taken.append(turn)
        raise OSError

    for step in (dear, dear, broken, broken, dear):
        turnstile.take(step)
    while len(taken) < 5:
        turn += 1
        await asyncio.sleep(0)
    assert [later - earlier for earlier, later in pairwise(taken)] == [1] * 4
    assert len(failures) == 2
    for _ in range(20):
        turnstile.take(lambda: taken.append(turn))
    for _ in range(2):
        await asyncio.sleep(0)
    assert len(taken) == 25


async def test_hellos_without_an_end_hold_up_nobody(tmp_path: Path) -> None:
    """Ninety clients that begin a handshake at once: it goes on, and a polite one is served in between."""
    authority = Authority(tmp_path)
    ours = authority.issue("us")
    begun = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        client(authority).wrap_bio(ssl.MemoryBIO(), begun, server_hostname="localhost").do_handshake()
    first = begun.read()
    async with site(Limits(), tls=tls(ours.certificate, ours.key)) as one:
        stalled = [await (await Knock.at(one)).say(first) for _ in range(90)]
        started = asyncio.get_running_loop().time()
        assert (await hello(one, client(authority)))[0] == 200
        assert asyncio.get_running_loop().time() - started < 2
        for knock in stalled[-50:]:
            assert await knock.reader.read(5)
        for knock in stalled:
            await knock.close()


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("missing", "No such file"),
        ("empty", "PEM"),
        ("locked", "has a password"),
        ("unfit", "mismatch"),
        ("ciphers", "cipher"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, what: str, reason: str) -> None:
    """In one line that names the files; nobody is asked for a password."""
    authority = Authority(tmp_path)
    ours, others = authority.issue("us"), authority.issue("others")
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    certificate, key, ciphers = {
        "missing": (ours.certificate, str(tmp_path / "nowhere.key"), ()),
        "empty": (str(empty), ours.key, ()),
        "locked": (ours.certificate, authority.lock(ours), ()),
        "unfit": (ours.certificate, others.key, ()),
        "ciphers": (ours.certificate, ours.key, ("NO-SUCH-CIPHER",)),
    }[what]
    with pytest.raises(OSError, match=reason) as caught:
        tls(certificate, key, ciphers=ciphers)
    assert certificate in str(caught.value)
    assert "\n" not in str(caught.value)
