import pytest

from monitor.simulator.settings import Settings
from tests.simulator.parts import QUEUES, any_of, calling

ME = "/api/v2/tokens/me"


async def test_token_is_issued_for_a_day():
    """Client credentials by HTTP Basic bring a bearer token with the platform's usual lifetime."""
    async with calling() as caller:
        answer = (await caller.login()).json()
    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 86_399
    assert len(answer["access_token"]) > 40


async def test_wrong_secret_is_told_so():
    """A wrong secret is the token endpoint's own 401, and grants nothing."""
    async with calling() as caller:
        answer = await caller.login("wrong")
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"
    assert {"description", "error_description"} <= set(answer.json())


@pytest.mark.parametrize("header", ["Basic", "Basic ???", "Basic /w==", "Bearer abc", ""])
async def test_malformed_credentials_are_refused(header):
    """Whatever is no proper Basic header counts as wrong credentials."""
    async with calling() as caller:
        answer = await caller.post(
            "/oauth/token", headers={"Authorization": header}, data={"grant_type": "x"}
        )
    assert answer.status_code == 401


@pytest.mark.parametrize(("secret", "status"), [("demo-secret", 200), ("wrong", 401)])
async def test_credentials_may_stand_in_the_form(secret, status):
    """Without a Basic header the form's fields are the credentials, as the guides send them."""
    form = {"grant_type": "client_credentials", "client_id": "demo-client", "client_secret": secret}
    async with calling() as caller:
        answer = await caller.post("/oauth/token", headers={"Authorization": ""}, data=form)
        del caller.headers["Authorization"]
        bare = await caller.post("/oauth/token", data=form)
    assert (answer.status_code, bare.status_code) == (401, status)


async def test_other_grants_are_refused():
    """Only client credentials are served."""
    async with calling() as caller:
        answer = await caller.post(
            "/oauth/token", auth=("demo-client", "demo-secret"), data={"grant_type": "password"}
        )
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "authentication.required"),
        ("Bearer nonsense", "bad.credentials"),
        ("Basic YTpi", "authentication.required"),
    ],
)
async def test_api_wants_a_live_token(header, code):
    """No token and a wrong token are 401 with different codes."""
    async with calling() as caller:
        answer = await caller.get(ME, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_tokens_expire():
    """A token is good until its lifetime has passed, and not a moment longer."""
    async with calling(settings=Settings(token_seconds=300)) as caller:
        caller.clock.move(299)
        before = await caller.get(ME)
        caller.clock.move(1)
        after = await caller.get(ME)
    assert before.status_code == 200
    assert (after.status_code, after.json()["code"]) == (401, "credentials.expired")


async def test_revocation_hits_live_tokens_only():
    """Revoking turns the tokens issued so far into 401, a new one is fine."""
    async with calling() as caller:
        caller.running.faults.revoke()
        revoked = await caller.get(ME)
        await caller.login()
        renewed = await caller.get(ME)
    assert (revoked.status_code, revoked.json()["code"]) == (401, "bad.credentials")
    assert renewed.status_code == 200


async def test_the_limit_is_per_token_and_minute():
    """Request 301 of a minute is a 429 worded like the platform's; the next minute is free again."""
    async with calling() as caller:
        answers = [await caller.get(ME) for _ in range(301)]
        first, last, over = answers[0], answers[299], answers[300]
        caller.clock.move(18)
        later = await caller.get(ME)
        caller.clock.move(42)
        free = await caller.get(ME)
        caller.running.faults.clear()
    assert (first.headers["inin-ratelimit-count"], first.headers["inin-ratelimit-allowed"]) == ("1", "300")
    assert (last.status_code, over.status_code, later.status_code, free.status_code) == (200, 429, 429, 200)
    assert later.headers["Retry-After"] == later.headers["inin-ratelimit-reset"] == "42"
    assert later.json() == {
        "message": "Rate limit exceeded the maximum. Retry the request in [42] seconds",
        "code": "too.many.requests.retry.after",
        "status": 429,
        "contextId": later.headers["ININ-Correlation-Id"],
        "details": [],
        "errors": [],
    }


async def test_a_second_token_has_its_own_limit():
    """The limit counts per token, as the platform's does."""
    async with calling(settings=Settings(requests_per_minute=2)) as caller:
        statuses = [(await caller.get(ME)).status_code for _ in range(3)]
        await caller.login()
        statuses.append((await caller.get(ME)).status_code)
    assert statuses == [200, 200, 429, 200]


async def test_limits_can_be_asked():
    """The effective limit is served under its namespace; an unknown namespace is not found."""
    async with calling(settings=Settings(requests_per_minute=150)) as caller:
        known = (await caller.get("/api/v2/organizations/limits/namespaces/platform.api")).json()
        unknown = await caller.get("/api/v2/organizations/limits/namespaces/nothing")
    assert {
        "key": "client.credentials.token.rate.per.minute",
        "namespace": "platform.api",
        "value": 150,
    } in known["entities"]
    assert unknown.status_code == 404


async def test_organization_is_the_same_everywhere():
    """Token and organization endpoints name the same organization."""
    async with calling(settings=Settings(organization="Café Org")) as caller:
        token = (await caller.get(ME)).json()
        organization = (await caller.get("/api/v2/organizations/me")).json()
    assert organization["name"] == "Café Org"
    assert token["organization"] == {"id": organization["id"], "name": "Café Org"}
    assert token["OAuthClient"]["authorizedGrantType"] == "CLIENT-CREDENTIALS"


async def test_long_answers_are_gzipped_on_demand():
    """Gzip is used for long bodies where the client takes it, and only there."""
    async with calling() as caller:
        packed = await caller.get(QUEUES)
        plain = await caller.get(QUEUES, headers={"Accept-Encoding": "identity"})
        short = await caller.get(ME)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(packed.content)
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in short.headers
    assert packed.json() == plain.json()


async def test_every_request_is_logged():
    """The log knows endpoint, time, status, token and sizes, so that tests can count."""
    async with calling() as caller:
        caller.clock.move(5)
        answer = await caller.observe(any_of("queueId", "x"), ["oWaiting"])
        faults = caller.running.faults
    assert faults.count("token") == 1
    (seen,) = faults.requests("observations")
    assert seen.at == caller.clock.now
    assert seen.status == 200
    assert f"Bearer {seen.token}" == answer.request.headers["Authorization"]
    assert seen.received == len(answer.request.content)
    assert seen.sent == len(answer.content)
    assert faults.count() == 2
