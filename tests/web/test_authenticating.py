"""Who asks: by password, by token, by certificate, or nobody in particular."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import bcrypt
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked
from structlog.testing import capture_logs

from monitor.kit.secrets import Secret
from monitor.kit.serving import CERTIFICATE
from monitor.model.settings import Credential, ServingTls, WebAccess
from monitor.web.access import EVERYBODY, Address, Scope, principal, routes
from monitor.web.authenticating import Authenticating, Doorkeeper
from monitor.web.passwords import EACH, LONGEST, WAITING
from monitor.web.refusals import QUIET
from tests.web.keys import a_token, a_user, basic, bearer, hashed

SCRAPER_TOKEN, SCRAPER = a_token("scraper", "metrics")
PAGE_TOKEN, PAGE = a_token("page", "metrics", "read")
ALICE = a_user("alice", "wonder:land", "metrics", "read", "operate")
BOB = a_user("bob", "builder", "read")
ACCESS = WebAccess(users=(ALICE, BOB), tokens=(SCRAPER, PAGE))
MUTUAL = WebAccess(tls=ServingTls(cert_file="c", key_file="k", ca_file="a", client="required"))


async def who(request: Request) -> Response:
    """Say who asks."""
    found = principal(request)
    return JSONResponse({"name": found.name, "scopes": sorted(found.scopes)})


class _Certified:
    """Stands for the listener, which knows the client's certificate."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self._app, self._name = app, name

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        if self._name:
            scope[CERTIFICATE] = self._name
        await self._app(scope, receive, send)


HERE = "127.0.0.1"


def client(door: Doorkeeper, certificate: str = "", peer: str = HERE) -> httpx.AsyncClient:
    """Return a client at `peer` of an app with one address per scope, and one for everybody."""
    addresses = [
        *(Address(path=f"/{scope}", endpoint=who, scope=scope) for scope in Scope),
        Address(path="/healthz", endpoint=who, scope=EVERYBODY),
    ]
    middleware = [Middleware(_Certified, name=certificate), Middleware(Authenticating, door=door)]
    app = Starlette(routes=routes(addresses), middleware=middleware)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(peer, 1)), base_url="http://site")


async def ask(
    door: Doorkeeper,
    path: str = "/read",
    headers: dict[str, str] | None = None,
    certificate: str = "",
    peer: str = HERE,
) -> httpx.Response:
    """Ask once."""
    async with client(door, certificate, peer) as one:
        return await one.get(path, headers=headers)


async def statuses(door: Doorkeeper, headers: dict[str, str] | None, certificate: str = "") -> list[int]:
    """Return how metrics, read and operate are answered."""
    return [(await ask(door, f"/{scope}", headers, certificate)).status_code for scope in Scope]


@pytest.mark.parametrize(
    ("access", "operate", "headers", "certificate", "expected"),
    [
        (WebAccess(), False, None, "", [200, 200, 403]),
        (WebAccess(), True, None, "", [200, 200, 200]),
        (WebAccess(), True, basic("eve", "x"), "", [200, 200, 200]),
        (MUTUAL, False, None, "grafana", [200, 200, 403]),
        (MUTUAL, True, None, "grafana", [200, 200, 200]),
        (ACCESS, True, None, "", [401, 401, 401]),
        (ACCESS, True, None, "grafana", [401, 401, 401]),
        (ACCESS, False, basic("alice", "wonder:land"), "", [200, 200, 200]),
        (ACCESS, False, basic("bob", "builder"), "", [403, 200, 403]),
        (ACCESS, True, basic("bob", "builder"), "", [403, 200, 403]),
        (ACCESS, True, basic("bob", "wonder:land"), "", [401, 401, 401]),
        (ACCESS, True, basic("eve", "builder"), "", [401, 401, 401]),
        (ACCESS, False, bearer(SCRAPER_TOKEN), "", [200, 403, 403]),
        (ACCESS, False, bearer(PAGE_TOKEN), "", [200, 200, 403]),
        (ACCESS, True, bearer("token-of-eve"), "", [401, 401, 401]),
        (ACCESS, True, bearer(SCRAPER.hash.reveal()), "", [401, 401, 401]),
        (replace(ACCESS, users=()), True, basic("bob", "builder"), "", [401, 401, 401]),
        (replace(ACCESS, tokens=()), True, bearer(PAGE_TOKEN), "", [401, 401, 401]),
    ],
)
async def test_who_may_do_what(
    access: WebAccess, operate: bool, headers: dict[str, str] | None, certificate: str, expected: list[int]
) -> None:
    """For each way of asking, each scope; `operate` is a word about strangers only."""
    assert await statuses(Doorkeeper(access, operate=operate), headers, certificate) == expected


@pytest.mark.parametrize(
    ("access", "headers", "certificate", "name"),
    [
        (WebAccess(), None, "", ""),
        (MUTUAL, None, "grafana", "grafana"),
        (ACCESS, basic("alice", "wonder:land"), "", "alice"),
        (ACCESS, basic("alice", "wonder:land"), "grafana", "alice"),
        (ACCESS, bearer(PAGE_TOKEN), "", "page"),
    ],
)
async def test_the_name_is_known(
    access: WebAccess, headers: dict[str, str] | None, certificate: str, name: str
) -> None:
    """Of the user, the token or the certificate; of others there is none."""
    assert (await ask(Doorkeeper(access), headers=headers, certificate=certificate)).json()["name"] == name


async def test_what_is_open_asks_nobody() -> None:
    """Not even whoever could say who he is: a probe costs no password."""
    for headers in (None, basic("alice", "wonder:land"), basic("alice", "wrong")):
        answer = await ask(Doorkeeper(ACCESS), "/healthz", headers)
        assert (answer.status_code, answer.json()) == (200, {"name": "", "scopes": []})


@pytest.mark.parametrize(
    ("access", "challenges"),
    [
        (ACCESS, ['Basic realm="queuewatch", charset="UTF-8"', 'Bearer realm="queuewatch"']),
        (replace(ACCESS, tokens=()), ['Basic realm="queuewatch", charset="UTF-8"']),
        (replace(ACCESS, users=()), ['Bearer realm="queuewatch"']),
    ],
)
async def test_whoever_is_not_known_is_told_how_to_be(access: WebAccess, challenges: list[str]) -> None:
    """With the ways there are, and a problem that does not say what was wrong."""
    for headers in (None, basic("alice", "x"), basic("eve", "x"), bearer("x")):
        answer = await ask(Doorkeeper(access), "/nowhere", headers)
        assert answer.status_code == 401
        assert answer.headers.get_list("www-authenticate") == challenges
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"alice").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"alice:" + b"x" * (LONGEST + 1)).decode(),
        "Basic " + base64.b64encode(b"alice:wonder:land\0").decode(),
        "Basic " + base64.b64encode(b":").decode(),
        "Bearer",
        "Bearer  ",
        "Digest username=alice",
        "wonder:land",
        "é",
        "Basic é",
        "Bearer é",
    ],
)
async def test_what_is_not_understood_is_nobody(header: str) -> None:
    """It is answered like any wrong password."""
    async with client(Doorkeeper(ACCESS)) as one:
        answer = await one.get("/read", headers=[(b"authorization", header.encode())])
    assert answer.status_code == 401


async def test_two_headers_are_none() -> None:
    """Who is meant cannot be said."""
    headers = [*basic("alice", "wonder:land").items(), *bearer(PAGE_TOKEN).items()]
    async with client(Doorkeeper(ACCESS)) as one:
        assert (await one.get("/read", headers=headers)).status_code == 401


async def test_a_long_password_that_begins_right_is_wrong() -> None:
    """Of a password bcrypt looks at 72 bytes; the rest is not thrown away."""
    door = Doorkeeper(WebAccess(users=(a_user("carol", "x" * LONGEST, "read"),)))
    assert (await ask(door, headers=basic("carol", "x" * LONGEST))).status_code == 200
    assert (await ask(door, headers=basic("carol", "x" * (LONGEST + 1)))).status_code == 401


async def test_the_names_case_and_the_schemes() -> None:
    """A user's name is as it is written; the scheme's word is in any case."""
    door = Doorkeeper(ACCESS)
    (value,) = basic("alice", "wonder:land").values()
    for scheme in ("basic", "BASIC"):
        headers = {"authorization": value.replace("Basic", scheme)}
        assert (await ask(door, headers=headers)).status_code == 200
    assert (await ask(door, headers=basic("Alice", "wonder:land"))).status_code == 401


async def test_rules_are_exchanged_while_it_runs() -> None:
    """A password that was right a moment ago is wrong, another is right, and then nobody is asked."""
    door = Doorkeeper(ACCESS)
    old, new = basic("alice", "wonder:land"), basic("alice", "through the glass")
    assert (await ask(door, headers=old)).status_code == 200
    door.adopt(WebAccess(users=(a_user("alice", "through the glass", "metrics"),)))
    assert (await ask(door, headers=old)).status_code == 401
    assert await statuses(door, new) == [200, 403, 403]
    assert await statuses(door, bearer(PAGE_TOKEN)) == [401, 401, 401]
    door.adopt(WebAccess())
    assert await statuses(door, None) == [200, 200, 403]


def dear(name: str, password: str, cost: int) -> Credential:
    """Return a user whose password takes time."""
    made = bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()
    return Credential(name=name, hash=Secret(made), scopes=("read",))


async def test_the_loop_goes_on_while_a_password_is_looked_at() -> None:
    """Others have their turn hundreds of times."""
    door = Doorkeeper(WebAccess(users=(dear("dora", "explorer", 11),)))
    turns = 0
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(ask(door, headers=basic("dora", "wrong")))
        while not asking.done():
            await asyncio.sleep(0.001)
            turns += 1
    assert asking.result().status_code == 401
    assert turns > 20


async def test_a_flood_of_guesses_is_cut() -> None:
    """Few wait per address, the rest is told to come later; whoever comes from another one gets in."""
    door = Doorkeeper(WebAccess(users=(dear("dora", "explorer", 8), BOB)))
    assert (await ask(door, headers=basic("bob", "builder"))).status_code == 200
    async with client(door) as one, asyncio.TaskGroup() as group:
        guesses = [
            group.create_task(one.get("/read", headers=basic("dora", f"guess {number}")))
            for number in range(50)
        ]
        await asyncio.sleep(0)
        known = await one.get("/read", headers=basic("bob", "builder"))
        elsewhere = group.create_task(ask(door, headers=basic("dora", "explorer"), peer="192.0.2.7"))
        await asyncio.sleep(0)
        assert not all(guess.done() for guess in guesses)
    answers = [guess.result() for guess in guesses]
    assert (known.status_code, elsewhere.result().status_code) == (200, 200)
    assert sorted(answer.status_code for answer in answers) == [401] * EACH + [429] * (50 - EACH)
    assert {answer.headers.get("retry-after") for answer in answers} == {None, "1"}
    assert (await ask(door, headers=basic("dora", "explorer"))).status_code == 200


async def test_a_flood_from_everywhere_is_cut_too() -> None:
    """No more than so many wait in all."""
    door = Doorkeeper(WebAccess(users=(dear("dora", "explorer", 6),)))
    async with asyncio.TaskGroup() as group:
        guesses = [
            group.create_task(ask(door, headers=basic("dora", "guess"), peer=f"192.0.2.{number}"))
            for number in range(100)
        ]
    statuses = sorted(guess.result().status_code for guess in guesses)
    assert statuses == [401] * WAITING + [429] * (100 - WAITING)


async def test_rules_that_change_while_a_password_is_looked_at_hold() -> None:
    """What was right by the rules before is looked at once more by the new ones."""
    old = WebAccess(users=(dear("dora", "explorer", 10),))
    for new, expected in ((ACCESS, 401), (replace(old, users=(a_user("dora", "explorer"),)), 403)):
        door = Doorkeeper(old)
        asking = asyncio.create_task(ask(door, headers=basic("dora", "explorer")))
        await asyncio.sleep(0.01)
        door.adopt(new)
        assert (await asking).status_code == expected


async def test_no_token_is_nobodys() -> None:
    """Not even where somebody wrote down the digest of an empty variable."""
    empty = Credential(name="oops", hash=Secret(hashlib.sha256(b"").hexdigest()), scopes=("read",))
    for header in ("Bearer", "Bearer ", "Bearer   "):
        answer = await ask(Doorkeeper(WebAccess(tokens=(empty,))), headers={"authorization": header})
        assert answer.status_code == 401


async def test_a_name_that_is_not_there_costs_as_much() -> None:
    """Nobody learns by the time it takes which names there are, nor whose password is hashed cheaply."""
    door = Doorkeeper(WebAccess(users=(dear("dora", "explorer", 9), BOB)))

    async def taken(name: str, number: int) -> float:
        started = time.perf_counter()
        assert (await ask(door, headers=basic(name, f"guess {number}"))).status_code == 401
        return time.perf_counter() - started

    names = ("dora", "bob", "nobody")
    rounds = [[await taken(name, number) for name in names] for number in range(8)]
    dora, bob, nobody = (min(column) for column in zip(*rounds, strict=True))
    # At bcrypt's least cost it would be a thirtieth.
    assert 0.25 < bob / dora < 4
    assert 0.25 < nobody / dora < 4


async def test_nobodys_password_fits_no_name() -> None:
    """What an unknown name is compared with lets nobody in, whatever the password."""
    door = Doorkeeper(ACCESS)
    for password in ("", ".", "\0", "." * 53, hashed("x")):
        for _ in range(2):
            assert (await ask(door, headers=basic("nobody", password))).status_code == 401


def _said(logged: Iterable[Any]) -> list[Any]:
    return [line for line in logged if line["event"] == "login.refused"]


async def test_a_line_names_the_user_whose_password_was_tried() -> None:
    """A name that nobody has is not told, for it may be a password typed too early; a token neither."""
    routes_ = [Address(path="/read", endpoint=who, scope=Scope.READ)]
    for headers, user in (
        (basic("alice", "guess"), "alice"),
        (basic("hunter2", "guess"), "unknown"),
        (bearer("hunter2"), "unknown"),
        ({"authorization": "Basic !"}, "unknown"),
    ):
        app = Starlette(
            routes=routes(routes_), middleware=[Middleware(Authenticating, door=Doorkeeper(ACCESS))]
        )
        with capture_logs() as logged:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://site") as one:
                assert (await one.get("/read", headers=headers)).status_code == 401
        assert [line["user"] for line in _said(logged)] == [user]
        assert "hunter2" not in str(logged)


@pytest.mark.looptime
async def test_wrong_passwords_are_told_and_counted() -> None:
    """The first with where it came from, the rest as a number; without a word of what was sent."""
    door = Doorkeeper(replace(ACCESS, users=()))
    routes_ = [Address(path="/read", endpoint=who, scope=Scope.READ)]
    app = Starlette(routes=routes(routes_), middleware=[Middleware(Authenticating, door=door)])
    with capture_logs() as logged:

        async def guess(peer: str, headers: dict[str, str] | None) -> None:
            transport = httpx.ASGITransport(app, client=(peer, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://site") as one:
                assert (await one.get("/read", headers=headers)).status_code == 401

        await guess("192.0.2.1", None)
        assert _said(logged) == []
        for number in range(10):
            await guess(f"192.0.2.{number % 3}", bearer(f"s3cret{number}"))
        (first,) = _said(logged)
        assert (first["client"], first["path"], first["log_level"]) == ("192.0.2.0", "/read", "warning")
        await asyncio.sleep(QUIET + 1)
        (counted,) = _said(logged)[1:]
        assert (counted["more"], counted["addresses"]) == (9, 3)
        await asyncio.sleep(QUIET + 1)
        assert len(_said(logged)) == 2
        await guess("192.0.2.1", bearer("s3cret"))
        assert len(_said(logged)) == 3
    assert "s3cret" not in str(logged)
