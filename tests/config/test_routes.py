"""Routes, as the file has them."""

from pathlib import Path

import pytest

from monitor.model.route import Grouping, Route, Step
from monitor.model.rule import Matcher, Severity
from monitor.model.settings import Settings
from tests.config.files import SECRET, loaded, mistakes, only

HEAD = """
rules:
  - {name: Rule, metric: queue_waiting, critical: {above: 8}, labels: {team: support}}
  - {name: A, metric: queue_waiting, critical: {above: 8}, labels: {team: a}}
  - {name: B, metric: queue_waiting, critical: {above: 8}, labels: {team: b}}
  - {name: C, metric: queue_waiting, critical: {above: 8}, labels: {team: c}}
  - {name: D, metric: queue_waiting, critical: {above: 8}, labels: {team: d}}
calendars:
  office: {timezone: UTC, hours: {mon-fri: "08:00-18:00"}}
  night: {timezone: UTC, hours: {mon-sun: "22:00-24:00"}}
receivers:
  oncall: {webhook: {url: https://e.com}, ping: {}, log: true}
  lead: {log: true}
  boss: {log: true}
  am: {alertmanager: {urls: [https://a.com, https://b.com]}}
  switch: {ping: {}}
heartbeat: {receivers: [oncall/ping, switch]}
"""
PINGS = {
    **SECRET,
    "QUEUEWATCH_RECEIVERS__ONCALL__PING__URL": "https://hc.example.com",
    "QUEUEWATCH_RECEIVERS__SWITCH__PING__URL": "https://hc.example.com/2",
}
ONCALL = ("oncall/webhook", "oncall/log")


def routes(folder: Path, text: str, **environ: str) -> tuple[Route, ...]:
    """Return the tree that `text`, the items of `routes`, describes."""
    return loaded(folder, f"{HEAD}routes:\n{text}", {**PINGS, **environ}).routes


def test_without_routes_there_are_none(tmp_path: Path):
    """Every receiver is told everything."""
    for text in ("", "routes:", "routes: []"):
        settings: Settings = loaded(tmp_path, HEAD + text, PINGS)
        assert settings.routes == ()


def test_everything_a_route_can_say(tmp_path: Path):
    """Matchers as in for_each, names of receivers or of single ways; ping is for the heartbeat."""
    first, second = routes(
        tmp_path,
        """
  - match: {team: [support, "s*"], queue: {regex: "S.*"}}
    min_severity: critical
    during: office
    not_during: [night]
    receivers: [oncall, am/alertmanager]
    group: {by: [org, queue], wait: 10s, interval: 2m}
    repeat: 4h
    escalate: [{after: 15m, receivers: lead}, {after: 1h, receivers: [boss/log]}]
    continue: true
  - receivers: []
""",
    )
    assert second == Route(name="2")
    assert [calendar.name for calendar in (*first.during, *first.not_during)] == ["office", "night"]
    assert first == Route(
        name="1",
        matchers=(
            Matcher(label="team", globs=("support", "s*")),
            Matcher(label="queue", regex="S.*"),
        ),
        minimum=Severity.CRITICAL,
        during=first.during,
        not_during=first.not_during,
        destinations=(*ONCALL, "am/alertmanager", "am/alertmanager-2"),
        steps=(Step(after=900, destinations=("lead/log",)), Step(after=3600, destinations=("boss/log",))),
        grouping=Grouping(by=("org", "queue"), wait=10, interval=120),
        repeat=4 * 3600,
        goes_on=True,
    )


def test_one_peer_can_be_named(tmp_path: Path):
    """By its number; without one the whole cluster is meant."""
    assert routes(tmp_path, "  - {receivers: am/alertmanager-2}")[0].destinations == ("am/alertmanager-2",)


def test_what_a_route_does_not_say_is_its_parents(tmp_path: Path):
    """Group key by key; `off` and empty lists undo; names are places, or begin with the parent's name."""
    (parent,) = routes(
        tmp_path,
        """
  - name: top
    receivers: [lead]
    group: {by: queue, wait: 1m}
    repeat: 1h
    escalate: {after: 5m, receivers: boss}
    routes:
      - match: {team: a}
      - match: {team: b}
        group: {interval: 10m}
        receivers: oncall
        routes:
          - name: deep
            match: {media: voice}
            repeat: 2h
      - match: {team: c}
        group: off
        repeat: off
        escalate: off
      - match: {team: d}
        receivers: []
""",
    )
    same, own, undone, nobody = parent.routes
    boss = (Step(after=300, destinations=("boss/log",)),)
    assert parent.steps == boss
    assert [one.name for one in parent.routes] == ["top.1", "top.2", "top.3", "top.4"]
    assert same.destinations == ("lead/log",)
    assert (same.grouping, same.repeat, same.steps) == (parent.grouping, 3600, boss)
    assert own.grouping == Grouping(by=("queue",), wait=60, interval=600)
    assert (own.destinations, own.routes[0].destinations) == (ONCALL, ONCALL)
    assert (own.routes[0].name, own.routes[0].repeat, own.routes[0].grouping) == ("deep", 7200, own.grouping)
    assert (undone.grouping, undone.repeat, undone.steps) == (None, None, ())
    assert undone.destinations == ("lead/log",)
    assert (nobody.destinations, nobody.steps) == ((), ())


def test_a_parent_may_leave_it_to_its_own(tmp_path: Path):
    """It needs no receivers where one of its own routes takes everything; what it says goes down."""
    text = """
  - escalate: [{after: 5m, receivers: boss}]
    routes:
      - {match: {team: a}, receivers: lead}
      - {receivers: oncall, escalate: []}
"""
    (parent,) = routes(tmp_path, text)
    assert parent.destinations == ()
    assert parent.routes[0].steps == (Step(after=300, destinations=("boss/log",)),)
    assert parent.routes[1].steps == ()


def test_variables_change_named_routes(tmp_path: Path):
    """As with rules: by the name, in the tree."""
    text = "  - {name: top, receivers: lead, group: {by: queue}, routes: [{name: in-it, match: {team: a}}]}"
    (top,) = routes(
        tmp_path,
        text,
        QUEUEWATCH_ROUTES__TOP__RECEIVERS="lead,oncall/log",
        QUEUEWATCH_ROUTES__TOP__GROUP="off",
        QUEUEWATCH_ROUTES__TOP__ROUTES__IN_IT__REPEAT="5m",
    )
    assert top.destinations == ("lead/log", "oncall/log")
    assert (top.grouping, top.repeat, top.routes[0].repeat) == (None, None, 300)


def test_catching_all_and_going_on_is_catching_all(tmp_path: Path):
    """It need not be the last one then."""
    assert (
        len(
            routes(tmp_path, "  - {receivers: lead, continue: true}\n  - {match: {team: a}, receivers: boss}")
        )
        == 2
    )


END = "\n  - receivers: lead"


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("- {match: {taem: a}, receivers: lead}" + END, "[0].match.taem", "did you mean team?"),
        (
            "- {match: {rule: Rul}, receivers: lead}" + END,
            "[0].match.rule",
            "no such rule (did you mean Rule?)",
        ),
        (
            "- {match: {team: operation}, receivers: lead}" + END,
            "[0].match.team",
            "there is no such team (there is support, a, b, c, d)",
        ),
        ("- {match: {team: [a, suport]}, receivers: lead}" + END, "[0].match.team", "did you mean support?"),
        (
            "- {match: {rule=SourceDown}, receivers: lead}" + END,
            "[0].match",
            "has a label without a condition (write rule: SourceDown)",
        ),
        (
            "- {match: {org: acmee}, receivers: lead}" + END,
            "[0].match.org",
            "no such org (did you mean acme?)",
        ),
        ("- {match: {severity: page}, receivers: lead}" + END, "[0].match.severity", "no such severity"),
        (
            "- {match: {team: {regex: '('}}, receivers: lead}" + END,
            "[0].match.team.regex",
            "not a regular expression",
        ),
        ("- {receivers: onkall}", "[0].receivers[0]", "no receiver is named onkall (did you mean oncall?)"),
        ("- {receivers: [lead, oncall/email]}", "[0].receivers[1]", "oncall has no email"),
        ("- {receivers: [lead, lead/log]}", "[0].receivers[1]", "is named twice"),
        ("- {receivers: [switch]}", "[0].receivers[0]", "switch has only a ping"),
        ("- {receivers: [oncall/ping]}", "[0].receivers[0]", "oncall/ping has only a ping"),
        ("- {receivers: }", "[0].receivers", "should name receivers ([] for nobody, on purpose)"),
        ("- {during: offices, receivers: lead}" + END, "[0].during", "did you mean office?"),
        ("- {not_during: offices, receivers: lead}" + END, "[0].not_during", "did you mean office?"),
        ("- {receivers: lead, group: {by: [qeue]}}", "[0].group.by.qeue", "did you mean queue?"),
        ("- {receivers: lead, group: {wait: 2h}}", "[0].group.wait", "between"),
        ("- {receivers: lead, group: on}", "[0].group", "should be a mapping"),
        ("- {receivers: lead, group: {group_wait: 1m}}", "[0].group.group_wait", "unknown key (write wait)"),
        ("- {receivers: lead, group_by: [org]}", "[0].group_by", "unknown key (write group: {by: …})"),
        ("- {receivers: lead, repeat_interval: 1h}", "[0].repeat_interval", "unknown key (write repeat)"),
        ("- {receivers: lead, repeat: 59s}", "[0].repeat", "between 1m and 30d"),
        ("- {receivers: lead, repeat: 5}", "[0].repeat", "should be a duration"),
        ("- {receivers: lead, escalate: [{after: 0s, receivers: boss}]}", "[0].escalate[0].after", "between"),
        (
            "- {receivers: lead, escalate: [{after: 5m, receivers: boss}, {after: 5m, receivers: oncall}]}",
            "[0].escalate[1].after",
            "should be more than 5m",
        ),
        ("- {receivers: lead, escalate: [{after: 5m}]}", "[0].escalate[0].receivers", "names nobody"),
        (
            "- {receivers: lead, escalate: [{after: 5m, receivers: lead}]}",
            "[0].escalate[0].receivers",
            "tells nobody",
        ),
        (
            "- {receivers: [], escalate: [{after: 5m, receivers: lead}]}",
            "[0].escalate",
            "this route tells nobody",
        ),
        ("- {repeat: 5m}", "[0]", "tells nobody (name receivers; receivers: []"),
        ("- {match: {team: a}, repeat: 5m}" + END, "[0]", "tells nobody"),
        ("- {match: {team: a}, receivers: lead}", "[0]", "told to nobody (end with a route without match"),
        ("- {min_severity: critical, receivers: lead}", "[0]", "told to nobody"),
        ("- {during: office, receivers: lead}", "[0]", "told to nobody"),
        ("- {not_during: office, receivers: lead}", "[0]", "told to nobody"),
        ("- {receivers: lead}\n  - {match: {team: a}, receivers: boss}", "[1]", "move it before the first"),
        (
            "- {receivers: lead, routes: [{match: {team: a}}, {repeat: 1h}, {match: {team: b}}]}",
            "[0].routes[2]",
            "is never reached: one before it takes everything (move it before the second",
        ),
        (
            "- {name: a, receivers: lead, continue: true}\n  - {name: a, receivers: lead}",
            "[1].name",
            "another one",
        ),
        ("- {name: '1', receivers: lead}", "[0].name", "is not a route's name"),
        ("- {name: a.b, receivers: lead}", "[0].name", "is not a route's name"),
        ("- {reciever: lead, receivers: lead}", "[0].reciever", "did you mean receivers?"),
        ("- {receivers: lead, routes: {a: b}}", "[0].routes", "should be a list"),
    ],
)
def test_wrong_routes_are_mistakes(tmp_path: Path, text, path, words):
    """Each is told once, at its place."""
    mistake = only(mistakes(tmp_path, f"{HEAD}routes:\n  {text}", PINGS))
    assert mistake.path == f"routes{path}"
    assert words in str(mistake)


def test_every_mistake_is_told_at_once(tmp_path: Path):
    """A step that nobody comes before is one even where another route is wrong."""
    text = """routes:
  - {match: {team: x}, receivers: lead}
  - {receivers: [], escalate: {after: 5m, receivers: boss}}
"""
    found = [mistake.path for mistake in mistakes(tmp_path, HEAD + text, PINGS)]
    assert found == ["routes[0].match.team", "routes[1].escalate"]


def test_labels_that_figures_have_may_be_anything(tmp_path: Path):
    """A rule's word for one is not all there is; and a glob fits what it fits."""
    more = "  - {name: Media, metric: queue_waiting, critical: {above: 8}, labels: {media: chat, queue: x}}\n"
    text = HEAD.replace("calendars:", f"{more}calendars:")
    tree = "routes:\n  - {match: {media: voice, queue: y, team: 'z*'}, receivers: lead}\n  - receivers: lead"
    assert loaded(tmp_path, text + tree, PINGS).routes


def nested(depth: int) -> str:
    """Return one route with others within each other."""
    return (
        "{receivers: lead}"
        if depth == 1
        else f"{{receivers: lead, match: {{}}, routes: [{nested(depth - 1)}]}}"
    )


def test_depth_is_limited(tmp_path: Path):
    """Ten within each other are enough."""
    assert loaded(tmp_path, f"{HEAD}routes: [{nested(10)}]", PINGS).routes
    mistake = only(mistakes(tmp_path, f"{HEAD}routes: [{nested(11)}]", PINGS))
    assert mistake.problem == "is deeper than 10 routes within each other"


def test_steps_are_limited(tmp_path: Path):
    """Nobody is left to be told after ten."""
    steps = ", ".join(f"{{after: {number}m, receivers: r{number}}}" for number in range(1, 12))
    more = "".join(f"  r{number}: {{log: true}}\n" for number in range(1, 12))
    text = f"receivers:\n  lead: {{log: true}}\n{more}routes: [{{receivers: lead, escalate: [{steps}]}}]"
    assert only(mistakes(tmp_path, text)).problem == "should hold at most 10 steps"


ONE = "receivers: {a: {log: true}}\n"
WRONG = "receivers: {a: {log: 1}}\n"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (WRONG + "routes: [{receivers: [a, a/mqtt]}]", "receivers.a.log"),
        (WRONG + "routes: [{receivers: a, escalate: [{after: 1m, receivers: a}]}]", "receivers.a.log"),
        (
            ONE
            + "calendars: {office: {timezone: x}}\nroutes: [{receivers: a, during: office}, {receivers: []}]",
            "calendars.office.timezone",
        ),
        (
            ONE + "rules: [{name: 1}]\nroutes: [{match: {rule: A, team: b}, receivers: a}, {receivers: a}]",
            "rules[0].name",
        ),
    ],
)
def test_what_is_wrong_elsewhere_is_not_missing_here(tmp_path: Path, text, path):
    """A receiver, calendar or rule that was not understood makes no mistake of a route."""
    found = [mistake.path for mistake in mistakes(tmp_path, text)]
    assert path in found
    assert not [one for one in found if one.startswith("routes")]
