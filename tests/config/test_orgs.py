"""Organisations: where they are, what they may ask."""

from pathlib import Path

import pytest

from monitor.config.describing import describe
from monitor.config.regions import REGIONS
from tests.config.files import SECRET, loaded, mistakes, only

ID = "F6A49350-0000-4000-8000-00000000A001"


def org(text: str) -> str:
    """Return a file's `orgs` with one org."""
    return f"orgs:\n  acme: {{client_id: x, {text}}}\n"


@pytest.mark.parametrize("region", [*REGIONS, *REGIONS.values(), "EU-West-1"])
def test_regions_go_by_name_or_domain(tmp_path: Path, region):
    """Both lead to the same hosts."""
    found = loaded(tmp_path, org=org(f"region: {region}")).orgs[0]
    domain = REGIONS.get(region.lower(), region)
    assert (found.api_url, found.login_url) == (f"https://api.{domain}", f"https://login.{domain}")


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("region: eu-west-9", "region", "is not a Genesys Cloud region (did you mean eu-west-"),
        ("region: mypurecloud.de.", "region", "did you mean mypurecloud.de?"),
        ("dialect: platform", "region", "is missing (such as region: eu-west-1, or api_url and login_url)"),
        ("dialect: guides", "dialect", "should be 'platform'"),
        ("api_url: https://a.example.com", "login_url", "is missing beside api_url"),
        (
            "region: us-east-1, api_url: https://a, login_url: https://b",
            "api_url",
            "cannot stand beside region",
        ),
        ("api_url: http://a.example.com, login_url: https://b", "api_url", "should begin with https://"),
        ("api_url: https://u:p@a, login_url: https://b", "api_url", "should hold no user name or password"),
        ("api_url: 'https://a?x=1', login_url: https://b", "api_url", "should have no query"),
        ("api_url: 'https://a?', login_url: https://b", "api_url", "should have no query"),
        ("api_url: 'https://a#b', login_url: https://b", "api_url", "should be a URL"),
        ("api_url: 'https://[::1', login_url: https://b", "api_url", "should be a URL"),
        ("api_url: 'https://a:99999', login_url: https://b", "api_url", "should be a URL"),
        ('api_url: "https://a\\tb", login_url: https://b', "api_url", "should be a URL"),
        ("api_url: a.example.com, login_url: https://b", "api_url", "should be a URL"),
        (
            "api_url: http://127.0.0.1.example.com, login_url: https://b",
            "api_url",
            "should begin with https://",
        ),
        ("region: us-east-1, budget_share: 0", "budget_share", "should be more than 0"),
        ("region: us-east-1, budget_share: 1.1", "budget_share", "should be at most 1"),
        ("region: us-east-1, requests_per_minute: 300.5", "requests_per_minute", "should be a whole number"),
    ],
)
def test_wrong_orgs_are_mistakes(tmp_path: Path, text, path, words):
    """Each is told at its key."""
    mistake = only(mistakes(tmp_path, org=org(text)))
    assert mistake.path == f"orgs.acme.{path}"
    assert words in str(mistake)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9876", "http://127.8.8.8", "http://[::1]:1/x", "http://localhost", "https://a.b/c"],
)
def test_plain_http_is_for_this_machine(tmp_path: Path, url):
    """Loopback addresses need no TLS."""
    assert loaded(tmp_path, org=org(f"api_url: '{url}/', login_url: '{url}'")).orgs[0].api_url == url


@pytest.mark.parametrize("name", ["Acme", "-a", "a b", "a.b", "a" * 64, "ä"])
def test_names_are_plain(tmp_path: Path, name):
    """An org's name is fit for topics, labels and variables."""
    assert (
        only(
            mistakes(tmp_path, org=f"orgs: {{'{name}': {{region: us-east-1}}}}", environ={}, secrets=False)
        ).problem
        == "is not a name"
    )


def test_an_org_overrides_sources_field_by_field(tmp_path: Path):
    """What an org does not write stays as the defaults have it."""
    own = f"interval: 30s, select: {{ids: [{ID}], names: []}}"
    text = (
        "sources: {queues: {interval: 20s, directory_interval: 1h, select: {names: [A], divisions: [D]}}}\n"
    )
    text += f"orgs:\n  acme: {{client_id: x, region: us-east-1, sources: {{queues: {{{own}}}}}}}\n"
    text += "  beta: {client_id: x, region: us-east-1, sources: {queues: {enabled: false}}}\n"
    acme, beta = loaded(tmp_path, text, {**SECRET, "QUEUEWATCH_ORGS__BETA__CLIENT_SECRET": "x"}, org="").orgs
    assert acme.queues is not None
    assert (acme.queues.interval, acme.queues.directory_interval, acme.queues.timeout) == (30, 3600, 30)
    assert (acme.queues.select.ids, acme.queues.select.names, acme.queues.select.divisions) == (
        (ID.lower(),),
        (),
        ("D",),
    )
    assert beta.queues is None


@pytest.mark.parametrize(("interval", "timeout"), [("1s", 5), ("10s", 10), ("2m", 30)])
def test_a_poll_has_as_long_as_its_interval(tmp_path: Path, interval, timeout):
    """Within five and thirty seconds, unless it is written."""
    queues = loaded(tmp_path, f"sources: {{queues: {{interval: {interval}}}}}").orgs[0].queues
    assert queues is not None
    assert queues.timeout == timeout
    queues = loaded(tmp_path, "sources: {queues: {timeout: 2s}}").orgs[0].queues
    assert queues is not None
    assert queues.timeout == 2


def test_a_cadence_that_cannot_fit_is_refused(tmp_path: Path):
    """The message has the arithmetic, the hint an interval that is accepted."""
    text = "region: us-east-1, requests_per_minute: 100, budget_share: 0.1"
    mistake = only(mistakes(tmp_path, "sources: {queues: {interval: 2s}}", org=org(text)))
    assert (mistake.path, mistake.line) == ("sources.queues.interval", 3)
    assert "acme would send 30.2 requests a minute and may send 10 (0.1 of 100)" in mistake.problem
    assert mistake.hint == "write 7s or longer, or raise requests_per_minute or budget_share"
    assert loaded(tmp_path, "sources: {queues: {interval: 7s}}", org=org(text)).orgs[0].budget == 10
    own = only(mistakes(tmp_path, org=org(text + ", sources: {queues: {interval: 6s}}")))
    assert own.path == "orgs.acme.sources.queues.interval"


def test_named_queues_count_in_batches(tmp_path: Path):
    """A thousand named ids are five requests a poll."""
    ids = ", ".join(f"f6a49350-0000-4000-8000-{number:012d}" for number in range(1000))
    text = f"sources: {{queues: {{interval: 2s, select: {{ids: [{ids}]}}}}}}"
    assert "would send 150.2 requests a minute and may send 150" in only(mistakes(tmp_path, text)).problem


def test_the_description_has_the_arithmetic(tmp_path: Path):
    """An operator sees what polling costs, and how many queues the budget is enough for."""
    lines = describe(loaded(tmp_path))
    assert lines[0] == "acme: https://api.mypurecloud.ie"
    assert (
        "queues every 10s = 6 requests/min of 150 for up to 200 queues, 12 for 400, 30 for 1000" in lines[1]
    )
    assert "at most about 4800 queues fit; the directory every 5m" in lines[1]
