"""PagerDuty, Alertmanagers, pings, and e-mail."""

from pathlib import Path

import pytest

from monitor.model.settings import (
    AlertmanagerSettings,
    DestinationSettings,
    EmailSettings,
    PagerDutySettings,
    PingSettings,
)
from tests.config.files import SECRET, loaded, mistakes, only

KEY = "R0123456789abcdefABCDEF012345678"
MAIL = "host: m.example.com, from: q@example.com, to: a@example.com"


def ways(folder: Path, text: str, **environ: str) -> tuple[DestinationSettings, ...]:
    """Return the destinations of one receiver; `environ` are variables below it."""
    given = {**SECRET, **{f"QUEUEWATCH_RECEIVERS__A__{name}": value for name, value in environ.items()}}
    return loaded(folder, f"receivers: {{a: {{{text}}}}}", given).destinations


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("{}", "https://events.pagerduty.com/v2/enqueue"),
        ("{region: eu}", "https://events.eu.pagerduty.com/v2/enqueue"),
        ("{url: 'http://127.0.0.1:9/x'}", "http://127.0.0.1:9/x"),
    ],
)
def test_pagerduty_is_in_one_of_two_regions(tmp_path: Path, text, url):
    """Or wherever a URL says."""
    way = ways(tmp_path, f"pagerduty: {text}", PAGERDUTY__ROUTING_KEY=KEY)[0]
    assert isinstance(way, PagerDutySettings)
    assert (way.name, way.url, way.routing_key.reveal(), way.coalesce) == ("a/pagerduty", url, KEY, True)


def test_everything_of_pagerduty(tmp_path: Path):
    """A summary is a template."""
    (tmp_path / "key").write_text(KEY)
    text = "pagerduty: {routing_key_file: key, summary: '{{ rule }}', timeout: 2s, coalesce: false}"
    way = ways(tmp_path, text)[0]
    assert isinstance(way, PagerDutySettings)
    assert (way.summary, way.timeout, way.coalesce) == ("{{ rule }}", 2, False)


def test_every_peer_of_a_cluster_gets_our_alerts(tmp_path: Path):
    """Each is a destination of its own, with the same credentials."""
    (tmp_path / "b").write_text("tok")
    text = (
        "alertmanager: {urls: [https://a.com, 'https://b.com/am/'], bearer_file: b, timeout: 4s, tls: true}"
    )
    one, two = ways(tmp_path, text)
    assert isinstance(one, AlertmanagerSettings)
    assert isinstance(two, AlertmanagerSettings)
    assert (one.name, two.name) == ("a/alertmanager", "a/alertmanager-2")
    assert (one.url.reveal(), two.url.reveal()) == ("https://a.com", "https://b.com/am")
    assert one.headers == two.headers
    assert one.headers["Authorization"].reveal() == "Bearer tok"
    assert (two.timeout, two.tls is None) == (4, False)


def test_one_alertmanager(tmp_path: Path):
    """By url, a file of it, or a list of one; a variable holds several with commas."""
    (tmp_path / "url").write_text("https://a.com")
    for text in ("url: https://a.com", "url_file: url", "urls: https://a.com"):
        way = ways(tmp_path, f"alertmanager: {{{text}}}")[0]
        assert isinstance(way, AlertmanagerSettings)
        assert (way.name, way.url.reveal()) == ("a/alertmanager", "https://a.com")
    several = ways(
        tmp_path, "alertmanager: {}", ALERTMANAGER__URLS="https://a.com,https://b.com,https://c.com"
    )
    assert [way.name for way in several] == ["a/alertmanager", "a/alertmanager-2", "a/alertmanager-3"]


def test_a_ping(tmp_path: Path):
    """It needs a heartbeat to go with."""
    (tmp_path / "url").write_text("http://hc.local/x")
    text = "receivers: {a: {ping: {url_file: url, allow_http: true}}}\nheartbeat: {receivers: a}"
    way = loaded(tmp_path, text).destinations[0]
    assert isinstance(way, PingSettings)
    assert (way.name, way.url.reveal(), way.timeout) == ("a/ping", "http://hc.local/x", 10)


@pytest.mark.parametrize(
    ("text", "port", "encryption"),
    [
        ("", 587, "starttls"),
        ("encryption: tls", 465, "tls"),
        ("encryption: none", 25, "none"),
        ("encryption: none, port: 2525", 2525, "none"),
    ],
)
def test_the_port_of_e_mail_follows_its_encryption(tmp_path: Path, text, port, encryption):
    """Unless one is written."""
    way = ways(tmp_path, f"email: {{{MAIL}, {text}}}")[0]
    assert isinstance(way, EmailSettings)
    assert (way.port, way.encryption, way.sender, way.recipients) == (
        port,
        encryption,
        "q@example.com",
        ("a@example.com",),
    )
    assert (way.username, way.password, way.subject, way.body, way.coalesce) == (
        None,
        None,
        None,
        None,
        False,
    )


def test_everything_of_e_mail(tmp_path: Path):
    """Each key arrives."""
    (tmp_path / "ca").write_text("x")
    text = (
        "email: {host: m.example.com, from: q@example.com, "
        "to: [a@example.com, b@example.com, a@example.com], "
        "username: u, ca_file: ca, subject: '{{ rule }}', body: '{{ queue }}', timeout: 5s, coalesce: true}"
    )
    way = ways(tmp_path, text, EMAIL__PASSWORD="pw")[0]
    assert isinstance(way, EmailSettings)
    assert way.password is not None
    assert (way.username, way.password.reveal(), way.ca_file) == ("u", "pw", str(tmp_path / "ca"))
    assert way.recipients == ("a@example.com", "b@example.com")
    assert (way.subject, way.body, way.timeout, way.coalesce) == ("{{ rule }}", "{{ queue }}", 5, True)


def test_a_password_stays_on_this_machine_without_encryption(tmp_path: Path):
    """To loopback it may go in the clear."""
    text = "email: {host: 127.0.0.1, from: q@e.com, to: a@e.com, username: u, encryption: none}"
    assert ways(tmp_path, text, EMAIL__PASSWORD="pw")


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (
            "pagerduty: {}",
            "pagerduty.routing_key",
            "set QUEUEWATCH_RECEIVERS__A__PAGERDUTY__ROUTING_KEY or write",
        ),
        ("pagerduty: {routing_key_file: t}", "pagerduty.routing_key_file", "should be 32 letters and digits"),
        (
            "pagerduty: {routing_key_file: k, region: us, url: https://e.com}",
            "pagerduty.url",
            "beside region",
        ),
        ("pagerduty: {routing_key_file: k, region: de}", "pagerduty.region", "should be 'us' or 'eu'"),
        (
            "pagerduty: {routing_key_file: k, url: http://e.com}",
            "pagerduty.url",
            "should begin with https://",
        ),
        ("pagerduty: {routing_key_file: k, summary: '{{ x }}'}", "pagerduty.summary", "there is no 'x' here"),
        ("alertmanager: {}", "alertmanager.url", "is missing"),
        ("alertmanager: {url: http://e.com}", "alertmanager.url", "allow_http: true"),
        ("alertmanager: {urls: [http://e.com]}", "alertmanager.urls[0]", "allow_http: true"),
        ("alertmanager: {urls: [https://e.com, https://e.com/]}", "alertmanager.urls[1]", "is given twice"),
        (
            "alertmanager: {url: https://e.com, urls: [https://f.com]}",
            "alertmanager.urls",
            "cannot stand beside url",
        ),
        ("alertmanager: {url: https://e.com/api/v2/alerts}", "alertmanager.url", "should be the base URL"),
        ("alertmanager: {urls: ['https://e.com/?a=b']}", "alertmanager.urls[0]", "should have no query"),
        ("alertmanager: {url: https://e.com, username: u}", "alertmanager.password", "is missing"),
        ("ping: {}", "ping.url", "is missing (set QUEUEWATCH_RECEIVERS__A__PING__URL or write url_file)"),
        ("ping: {url_file: p}", "ping.url_file", "should begin with https://"),
        ("email: {host: m, to: a@b.c}", "email.from", "is required"),
        ("email: {host: m, from: a@b.c}", "email.to", "is required"),
        ("email: {host: m, from: a@b.c, to: []}", "email.to", "should name somebody"),
        ("email: {host: m, from: 'Q <a@b.c>', to: a@b.c}", "email.from", "is not an e-mail address"),
        ("email: {host: m, from: a@b.c, to: [a@b.c, b]}", "email.to[1]", "is not an e-mail address"),
        ("email: {host: m, from: a@b.c, to: 'a@b.c\\r'}", "email.to", "is not an e-mail address"),
        ("email: {host: m, from: a@-b.c, to: a@b.c}", "email.from", "is not an e-mail address"),
        (f"email: {{{MAIL}, subject: '{{{{ x }}}}'}}", "email.subject", "there is no 'x' here"),
        (f"email: {{{MAIL}, body: '{{% set a = 1 %}}'}}", "email.body", "may not use set"),
        (f"email: {{{MAIL}, username: u}}", "email.password", "is missing"),
        (f"email: {{{MAIL}, password_file: t}}", "email.password_file", "needs a username"),
        (
            f"email: {{{MAIL}, username: u, password_file: t, encryption: none}}",
            "email.encryption",
            "everyone on the way",
        ),
        (f"email: {{{MAIL}, encryption: none, ca_file: t}}", "email.ca_file", "is of no use"),
        (f"email: {{{MAIL}, encryption: ssl}}", "email.encryption", "should be 'starttls', 'tls' or 'none'"),
    ],
)
def test_wrong_ways_are_mistakes(tmp_path: Path, text, path, words):
    """Each is told at its key, whether or not a heartbeat goes there."""
    (tmp_path / "t").write_text("x")
    (tmp_path / "k").write_text(KEY)
    (tmp_path / "p").write_text("http://e.com")
    heartbeat = "\nheartbeat: {receivers: a}" if text.startswith("ping") else ""
    mistake = only(mistakes(tmp_path, f"receivers: {{a: {{{text}}}}}{heartbeat}"))
    assert mistake.path == f"receivers.a.{path}"
    assert words in str(mistake)


def test_there_are_limits(tmp_path: Path):
    """Of peers, and of addresses in one message."""
    peers = ", ".join(f"https://am{number}.com" for number in range(17))
    mistake = only(mistakes(tmp_path, f"receivers: {{a: {{alertmanager: {{urls: [{peers}]}}}}}}"))
    assert (mistake.path, mistake.problem) == (
        "receivers.a.alertmanager.urls",
        "should hold at most 16 peers",
    )
    people = ", ".join(f"p{number}@e.com" for number in range(101))
    text = f"receivers: {{a: {{email: {{host: m, from: a@b.c, to: [{people}]}}}}}}"
    mistake = only(mistakes(tmp_path, text))
    assert (mistake.path, mistake.problem) == ("receivers.a.email.to", "should hold at most 100 addresses")
