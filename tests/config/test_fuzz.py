"""Whatever is in the file and the environment: settings or a ConfigError, nothing else."""

from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.loading import load
from monitor.model.errors import ConfigError
from monitor.model.settings import Settings

TEXT = """
instance orgs sources rules receivers web store log acme region api_url login_url dialect platform client_id
client_id_file client_secret guides timezone UTC trusted_hosts directory service_level agents workitems
strategies windows thresholds lag formula abandons weights handled answer bucket span webhook_url 15m 20s
length aligned service_level_ratio window threshold requests_per_minute budget_share queues enabled interval
timeout select ids names name for_each metric queue_waiting queue_target_ratio media regex warning critical
above below clear_below
clear_above for keep_firing_for labels annotations webhook url secret bearer bearer_file mqtt host port prefix
tls ca_file listen series_cap path level style 10s 1h eu-west-1 https://e.com 127.0.0.1:0 globs [key]
.* (a+)+ <<
rule_files calendars inhibitions virtual_queues expr burn outside clear_inside min_volume confidence offered
during not_during exceptions on_no_data action hold alert flap_detection objective period page budget_share
receivers routes heartbeat match min_severity group by repeat escalate after continue off slack teams
pagerduty routing_key eu alertmanager urls email from to encryption none username ping headers
header_files X-Team body {{queue}} proxy batch format coalesce version home_assistant commands
trust_broker a@b.c a a/log external_url
long short definition genesys source target equal queue_waiting>1 . rules/*.yaml hours mon 08:00-18:00
"""
WORDS = st.sampled_from(TEXT.split())
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    WORDS,
    st.text(max_size=8),
    st.just(10**400),
    st.just("9" * 400 + "s"),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=5)),
    max_leaves=30,
)
NAMES = st.lists(WORDS, min_size=1, max_size=5).map(lambda words: "QUEUEWATCH_" + "__".join(words).upper())
ALIASES = st.sampled_from(
    ["GENESYS_ORG_URL", "GENESYS_CLIENT_ID", "GENESYS_QUEUE_IDS", "GENESYS_CLOUD_REGION", "BI_WEBHOOK_URL"]
)
ENVIRONMENTS = st.dictionaries(st.one_of(NAMES, ALIASES), st.one_of(WORDS, st.text(max_size=20)), max_size=4)


def outcome(content: bytes, environ: dict[str, str]) -> Settings | ConfigError:
    """Load what is in `content`; any other exception is the failure looked for."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "queuewatch.yaml"
        file.write_bytes(content)
        try:
            return load(file, environ)
        except ConfigError as error:
            found = error
    assert found.details
    assert str(found).encode()
    return found


@given(st.binary(max_size=300), ENVIRONMENTS)
@settings(deadline=None)
def test_bytes(content, environ):
    """Noise."""
    assert isinstance(outcome(content, environ), Settings | ConfigError)


@given(st.text(max_size=300), ENVIRONMENTS)
@settings(deadline=None)
def test_text(text, environ):
    """Text with every character there is."""
    assert isinstance(outcome(text.encode("utf-8", "surrogatepass"), environ), Settings | ConfigError)


@given(st.dictionaries(WORDS, TREES, max_size=6), ENVIRONMENTS)
@settings(deadline=None, max_examples=300)
def test_trees_of_our_words(tree, environ):
    """Valid YAML that is almost ours, in wrong places and of wrong types."""
    assert isinstance(
        outcome(yaml.safe_dump(tree).encode("utf-8", "surrogatepass"), environ), Settings | ConfigError
    )


WAYS = ["webhook", "slack", "teams", "pagerduty", "alertmanager", "email", "mqtt", "ping", "log"]
SECTIONS = st.fixed_dictionaries(
    {"orgs": st.dictionaries(WORDS, TREES, max_size=3)},
    optional={
        "rules": st.lists(
            st.dictionaries(
                st.sampled_from(["name", "metric", "critical", "warning", "for_each", "labels"]), TREES
            ),
            max_size=3,
        ),
        "inhibitions": st.lists(
            st.dictionaries(st.sampled_from(["name", "source", "target", "equal"]), TREES), max_size=2
        ),
        "virtual_queues": st.dictionaries(WORDS, TREES, max_size=2),
        "rule_files": TREES,
        "receivers": st.dictionaries(
            WORDS, st.dictionaries(st.sampled_from(WAYS), TREES, max_size=3), max_size=2
        ),
        "heartbeat": TREES,
        "web": TREES,
        "sources": st.dictionaries(
            st.sampled_from(["directory", "queues", "service_level", "agents", "workitems", "strategies"]),
            TREES,
        ),
    },
)


@given(SECTIONS, ENVIRONMENTS)
@settings(deadline=None, max_examples=300)
def test_sections_of_the_right_kind(tree, environ):
    """The same, one level closer."""
    assert isinstance(
        outcome(yaml.safe_dump(tree).encode("utf-8", "surrogatepass"), environ), Settings | ConfigError
    )


LENGTHS: st.SearchStrategy[object] = st.sampled_from(["5m", "15m", "1h", "20s", "1h2m3s", "0s", 5, None, []])
SIDES = st.sampled_from(["above", "below", "outside", "clear_above", "clear_below", "clear_inside", "for"])
EDGES = st.one_of(st.floats(), st.lists(st.floats(), max_size=3), LENGTHS)
LEVELS = st.one_of(st.none(), st.dictionaries(SIDES, EDGES, max_size=3))
PAIR = st.fixed_dictionaries(
    {"budget_share": st.floats(0, 1), "long": LENGTHS, "short": LENGTHS},
    optional={"for": LENGTHS, "x": LENGTHS},
)
PAIRS = st.one_of(st.none(), PAIR, st.lists(PAIR, max_size=2))
RULES = st.fixed_dictionaries(
    {"name": st.sampled_from(["A", "B", "SourceDown"])},
    optional={
        "metric": st.sampled_from(["queue_waiting", "service_level_ratio", "queue_agents"]),
        "expr": st.one_of(st.text(max_size=20), st.sampled_from(["queue_waiting > 1", "queue_waiting + 1"])),
        "burn": st.fixed_dictionaries(
            {"objective": st.floats(0, 1)}, optional={"critical": PAIRS, "page": PAIRS, "ticket": PAIRS}
        ),
        "warning": LEVELS,
        "critical": LEVELS,
        "window": st.one_of(LENGTHS, st.lists(LENGTHS, max_size=2)),
        "min_volume": st.dictionaries(st.sampled_from(["offered", "confidence", "agents"]), st.floats()),
        "during": st.one_of(st.sampled_from(["office", "x"]), st.lists(WORDS, max_size=2)),
        "exceptions": st.lists(
            st.fixed_dictionaries({"during": WORDS}, optional={"warning": LEVELS, "critical": LEVELS}),
            max_size=2,
        ),
        "on_error": st.one_of(WORDS, st.dictionaries(st.sampled_from(["action", "for", "x"]), WORDS)),
    },
)
VALID = {"acme": {"region": "eu-west-1", "client_id": "x"}}


@given(st.lists(RULES, max_size=3), ENVIRONMENTS)
@settings(deadline=None, max_examples=300)
def test_rules_of_almost_the_right_shape(rules, environ):
    """Every key a rule can have, with values that are nearly right, on orgs that are."""
    tree = {"orgs": VALID, "rules": rules}
    assert isinstance(outcome(yaml.safe_dump(tree).encode("utf-8"), environ), Settings | ConfigError)


NAMED: st.SearchStrategy[object] = st.sampled_from(["a", "b/log", "a/ping", "x", [], ["a", "b"], None, 5])
STEPS = st.lists(st.fixed_dictionaries({"after": LENGTHS}, optional={"receivers": NAMED}), max_size=3)
ROUTE: dict[str, st.SearchStrategy[object]] = {
    "name": st.sampled_from(["one", "two", 1, ""]),
    "match": st.dictionaries(st.sampled_from(["rule", "queue", "severity", "x"]), WORDS, max_size=2),
    "min_severity": st.sampled_from(["warning", "critical", "page"]),
    "during": WORDS,
    "receivers": NAMED,
    "group": st.one_of(st.just("off"), st.dictionaries(st.sampled_from(["by", "wait", "interval"]), WORDS)),
    "repeat": LENGTHS,
    "escalate": STEPS,
    "continue": st.booleans(),
}
ROUTES = st.recursive(
    st.lists(st.fixed_dictionaries({}, optional=ROUTE), max_size=2),
    lambda inner: st.lists(st.fixed_dictionaries({"routes": inner}, optional=ROUTE), max_size=2),
    max_leaves=6,
)


@given(ROUTES, st.one_of(st.none(), NAMED), ENVIRONMENTS)
@settings(deadline=None, max_examples=300)
def test_routes_of_almost_the_right_shape(routes, beat, environ):
    """Trees with every key a route can have, to receivers that are there and some that are not."""
    receivers = {"a": {"log": True, "ping": {"url": "https://e.com"}}, "b": {"log": True}}
    tree = {"orgs": VALID, "receivers": receivers, "routes": routes, "heartbeat": {"receivers": beat}}
    assert isinstance(outcome(yaml.safe_dump(tree).encode("utf-8"), environ), Settings | ConfigError)


TEMPLATES = st.one_of(st.text(max_size=20), st.sampled_from(["{{ queue }}", "{% if", "{{ x }}", "{{", 7]))
BODIES = st.recursive(
    st.one_of(TEMPLATES, st.floats(), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(BODIES, TEMPLATES, ENVIRONMENTS)
@settings(deadline=None, max_examples=300)
def test_templates_of_almost_the_right_shape(body, template, environ):
    """Bodies, subjects and annotations."""
    receivers = {
        "a": {"webhook": {"url": "https://e.com", "body": body}},
        "b": {"email": {"host": "m", "from": "a@b.c", "to": "a@b.c", "subject": template, "body": template}},
    }
    level = {"metric": "queue_waiting", "critical": {"above": 1}}
    rules = [{"name": "A", "annotations": {"summary": template}, **level}]
    tree = {"orgs": VALID, "rules": rules, "receivers": receivers}
    content = yaml.safe_dump(tree).encode("utf-8", "surrogatepass")
    assert isinstance(outcome(content, environ), Settings | ConfigError)
