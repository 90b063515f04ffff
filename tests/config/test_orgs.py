"""Organisations: where they are, what they may ask."""

from pathlib import Path

import pytest

from monitor.config.regions import REGIONS
from monitor.model.org import Selection
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
        ("dialect: guide", "dialect", "should be 'platform' or 'guides'"),
        (
            "region: us-east-1, timezone: Europe/Pariss",
            "timezone",
            "a time zone (did you mean Europe/Paris?)",
        ),
        ("region: us-east-1, timezone: ../etc", "timezone", "is not a time zone"),
        ("region: us-east-1, timezone: Europe", "timezone", "is not a time zone"),
        ("region: us-east-1, trusted_hosts: [a.example.com]", "trusted_hosts", "are for the dialect guides"),
        (
            "region: us-east-1, dialect: guides, trusted_hosts: ['https://a']",
            "trusted_hosts[0]",
            "should be a host name",
        ),
        ("login_url: https://b, dialect: guides", "api_url", "is missing beside login_url"),
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
    own = f"queues: {{interval: 30s}}, directory: {{select: {{ids: [{ID}], names: []}}}}"
    text = "sources: {queues: {interval: 20s}, "
    text += "directory: {interval: 1h, select: {names: [A], divisions: [D]}}}\n"
    text += f"orgs:\n  acme: {{client_id: x, region: us-east-1, sources: {{{own}}}}}\n"
    text += "  beta: {client_id: x, region: us-east-1, sources: {queues: {enabled: false}}}\n"
    acme, beta = loaded(tmp_path, text, {**SECRET, "QUEUEWATCH_ORGS__BETA__CLIENT_SECRET": "x"}, org="").orgs
    assert acme.queues is not None
    assert (acme.queues.interval, acme.directory.interval, acme.queues.timeout) == (30, 3600, 30)
    assert acme.directory.select == Selection(ids=(ID.lower(),), divisions=("D",))
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


def test_what_the_guides_speak_of_arrives(tmp_path: Path):
    """One URL is enough for tokens and questions; hosts that may get the token are named in small letters."""
    text = "dialect: guides, api_url: https://gw.example.com/"
    text += ", timezone: Europe/Paris, trusted_hosts: [CDN.e.com]"
    found = loaded(tmp_path, org=org(text)).orgs[0]
    assert (found.dialect, found.zone, found.trusted_hosts) == ("guides", "Europe/Paris", ("cdn.e.com",))
    assert (found.api_url, found.login_url) == ("https://gw.example.com",) * 2


def test_the_limit_is_what_the_platform_says_unless_it_is_written(tmp_path: Path):
    """None until then; the budget is a share of 300 meanwhile."""
    unsaid, said = (
        loaded(tmp_path, org=org(f"region: us-east-1{more}")).orgs[0]
        for more in ("", ", requests_per_minute: 900")
    )
    assert (unsaid.limit, unsaid.budget, unsaid.zone) == (None, 150, "UTC")
    assert (said.limit, said.budget) == (900, 450)
