"""What `check` says of destinations, routes and the heartbeat."""

from pathlib import Path

import pytest

from monitor.config import describe
from tests.config.files import SECRET, loaded, mistakes, only, rule

KEYS = {
    **SECRET,
    "QUEUEWATCH_RECEIVERS__A__WEBHOOK__SECRET": "x" * 32,
    "QUEUEWATCH_RECEIVERS__A__MQTT__COMMANDS__SECRET": "x" * 32,
    "QUEUEWATCH_RECEIVERS__A__SLACK__URL": "https://e.com/x",
    "QUEUEWATCH_RECEIVERS__A__PING__URL": "https://e.com/x",
    "QUEUEWATCH_RECEIVERS__A__PAGERDUTY__ROUTING_KEY": "x" * 32,
}


def told(folder: Path, text: str, environ: dict[str, str] = SECRET) -> list[str]:
    """Return the lines that `check` prints of `text`."""
    return describe(loaded(folder, text, environ))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("webhook: {url: 'https://e.com/x'}", "a/webhook: to e.com, signed"),
        (
            "webhook: {url: 'https://e.com', batch: 9, allow_private: false, coalesce: true}",
            (
                "a/webhook: to e.com, signed, up to 9 events at once, never to a private address, "
                "of each alert only the newest"
            ),
        ),
        (
            "webhook: {url: 'https://e.com', format: alertmanager-v4}",
            "a/webhook: to e.com, as alertmanager-v4, signed",
        ),
        ("webhook: {url: 'https://e.com', body: x}", "a/webhook: to e.com, with a body of its own, signed"),
        ("slack: {}", "a/slack: to e.com, as slack"),
        ("pagerduty: {region: eu}", "a/pagerduty: to events.eu.pagerduty.com, of each alert only the newest"),
        (
            "alertmanager: {url: 'https://e.com/x'}",
            "a/alertmanager: to e.com, again and again while an alert fires",
        ),
        (
            "email: {host: m, from: a@b.c, to: [a@b.c, b@b.c]}",
            "a/email: to 2 addresses by m:587 with STARTTLS",
        ),
        ("ping: {}", "a/ping: to e.com, at every heartbeat"),
        (
            "mqtt: {host: b, home_assistant: true}",
            (
                "a/mqtt: to b:1883 without TLS, below queuewatch/, discovered below homeassistant/, "
                "takes commands from whoever has the secret"
            ),
        ),
        ("log: true", "a/log: to the log"),
    ],
)
def test_a_destination(tmp_path: Path, text, line):
    """Where it is, and what is worth knowing."""
    way = text.partition(":")[0].upper()
    environ = {name: value for name, value in KEYS.items() if f"__{way}__" in name or "ORGS" in name}
    beat = "\nheartbeat: {receivers: a}" if way == "PING" else ""
    assert line in told(tmp_path, f"receivers: {{a: {{{text}}}}}{beat}", environ)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "webhook: {}",
            "a/webhook: no URL here (set QUEUEWATCH_RECEIVERS__A__WEBHOOK__URL or url_file)",
        ),
        (
            "slack: {url_file: none}",
            "a/slack: no URL here (set QUEUEWATCH_RECEIVERS__A__SLACK__URL or url_file)",
        ),
        (
            "alertmanager: {}",
            "a/alertmanager: no URL here (set QUEUEWATCH_RECEIVERS__A__ALERTMANAGER__URL or",
        ),
        ("ping: {}", "a/ping: no URL here (set QUEUEWATCH_RECEIVERS__A__PING__URL or url_file)"),
    ],
)
def test_a_url_that_is_not_here_is_said(tmp_path: Path, text, line):
    """A check passes without it, and says what a run needs."""
    beat = "\nheartbeat: {receivers: a}" if text.startswith("ping") else ""
    settings = loaded(tmp_path, f"receivers: {{a: {{{text}}}}}{beat}", secrets=False)
    assert any(each.startswith(line) for each in describe(settings))


def test_an_old_broker(tmp_path: Path):
    """The version is said where it is not MQTT 5."""
    lines = told(tmp_path, "receivers: {a: {mqtt: {host: b, version: 3.1.1}}}")
    assert "a/mqtt: to b:1883 without TLS, MQTT 3.1.1, below queuewatch/" in lines


def test_who_is_told(tmp_path: Path):
    """Everybody, nobody, or by routes; and who hears the heartbeat."""
    assert "no destinations: alerts are shown on /metrics and the page only" in told(tmp_path, "")
    plain = told(tmp_path, "receivers: {a: {log: true}}")
    assert "every alert goes to every receiver: there are no routes" in plain
    assert "no heartbeat: nobody notices when queuewatch itself stops" in plain
    beating = told(tmp_path, "receivers: {a: {log: true}}\nheartbeat: {receivers: a}")
    assert "a heartbeat goes every 1m to a/log" in beating


def test_the_tree(tmp_path: Path):
    """A route a line: what it takes, who is told, and what else."""
    text = """
calendars: {office: {timezone: UTC, hours: {mon: "08:00-18:00"}}}
receivers: {a: {log: true}, b: {log: true}}
routes:
  - match: {queue: "S*"}
    min_severity: critical
    during: office
    receivers: a
    group: {by: [org, queue]}
    repeat: 4h
    escalate: [{after: 15m, receivers: b}]
    continue: true
  - receivers: []
    routes: [{name: x, match: {media: voice}, receivers: [a, b], group: {wait: 0s}}]
"""
    lines = told(tmp_path, text)
    first = lines.index("alerts go by the first route that takes them:")
    assert lines[first + 1 : first + 4] == [
        (
            "  1: queue: S*, at least critical, during office → a/log; grouped by org, queue after 30s, "
            "then every 5m; again every 4h; after 15m b/log; and goes on"
        ),
        "  2: everything → nobody; unless one of these takes it:",
        "    x: media: voice → a/log, b/log; grouped by nothing at once, then every 5m",
    ]


def test_who_may_ask_is_said(tmp_path: Path):
    """Where people have to say who they are: how many can."""
    (tmp_path / "web.yaml").write_text(f"bearer_tokens: [{{name: wall, sha256: {'a' * 64}, scopes: [read]}}]")
    lines = told(tmp_path, "web: {config_file: web.yaml}")
    assert "listens on 127.0.0.1:9877: 0 users and 1 token may ask" in lines


def test_the_listener_and_the_store(tmp_path: Path):
    """Where links lead, whether requests may change anything, and how far back the journal goes."""
    lines = told(
        tmp_path, "web: {external_url: 'https://q.example.com/x/', operate: true}\nstore: {journal: 7d}"
    )
    assert "listens on 127.0.0.1:9877: whoever reaches it may ask, and change what they like" in lines
    assert "links lead to https://q.example.com/x" in lines
    assert "keeps its state in queuewatch.db, what was told for 7d" in lines
    settings = loaded(tmp_path, "")
    assert (settings.web.external_url, settings.web.operate, settings.retention) == ("", False, 30 * 86400)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("web: {external_url: 'ftp://e.com'}", "web.external_url", "should be a URL"),
        ("web: {external_url: 'https://u:p@e.com'}", "web.external_url", "no user name or password"),
        ("web: {external_url: 'https://e.com/?a'}", "web.external_url", "should have no query"),
        ("web: {operate: 1}", "web.operate", "should be true or false"),
        ("store: {journal: 59m}", "store.journal", "between 1h and 3650d"),
    ],
)
def test_wrong_words_of_them_are_mistakes(tmp_path: Path, text, path, words):
    """Each at its key; plain http is fine for a link."""
    mistake = only(mistakes(tmp_path, text))
    assert mistake.path == path
    assert words in str(mistake)
    assert loaded(tmp_path, "web: {external_url: 'http://e.com'}").web.external_url == "http://e.com"


def test_annotations_are_templates(tmp_path: Path):
    """Checked where they are written; they cannot speak of what they make."""
    good = rule(
        "critical: {above: 8}, annotations: {summary: '{{queue}} at {{value | percent}}', plain: 5 % off}"
    )
    assert loaded(tmp_path, good).rules[0].annotations["plain"] == "5 % off"
    for text, words in (
        ("{{qeue}}", "there is no 'qeue' here (did you mean 'queue'?)"),
        ("{{annotations}}", "there is no 'annotations' here"),
        ("{{value | percents}}", "did you mean 'percent'?"),
        ("{{value", "is no template"),
    ):
        wrong = rule(f"critical: {{above: 8}}, annotations: {{summary: '{text}'}}")
        mistake = only(mistakes(tmp_path, wrong))
        assert (mistake.path, mistake.line) == ("rules[0].annotations.summary", 7)
        assert words in str(mistake)


@pytest.mark.parametrize("name", ["SourceDown", "DestinationGone", "Watchdog", "Drill"])
def test_names_of_our_own_rules_are_taken(tmp_path: Path, name):
    """Nobody could tell them from ours."""
    text = f"rules: [{{name: {name}, metric: queue_waiting, critical: {{above: 1}}}}]"
    assert only(mistakes(tmp_path, text)).problem == f"{name} is queuewatch's own rule"
