"""The shipped rules, dashboards and configurations beside a running queuewatch: they say what they promise.

One story for the whole module, of less than two minutes; `tests.deploy.picture` has it. What is asked about
the moment when all was running is asked while the story goes on.
"""

import re
from collections.abc import Collection, Iterator
from math import inf, isnan
from typing import Any

import pytest

from tests.deploy.expressions import Expression, expressions
from tests.deploy.picture import BREACH, CRITICAL, Lines, Picture, having, painting
from tests.deploy.promql import relaxed, selectors
from tests.deploy.quiet import CHANCE, HOLES, NAMELESS, QUIET, QUIET_SELECTORS, SIGNED
from tests.deploy.rulefiles import PROMETHEUS, RUNBOOKS, rules
from tests.servers.prometheus import Prometheus

pytestmark = [pytest.mark.servers, pytest.mark.slow, pytest.mark.timeout(300)]

ALL = expressions()
ALERT = {"alert", "grafana-alert"}
RULE = {*ALERT, "record"}
SUMMARY = r"Support Voice \(voice\): (?P<percent>[\d.]+)% answered within 20s, 80% promised\."
COUNTS = r"(?P<part>\d+) of\s+(?P<whole>\d+)\s"
_QUEUE = 'org="demo",queue="Support Voice",media="voice"'
WHOLE = f'genesys_service_level_denominator{{{_QUEUE},window="15m",threshold="20s"}}'
_PART, _ALL = "genesys_service_level_numerator", "genesys_service_level_denominator"
NEVER = [
    f"{_PART} > {_ALL}",
    f"sum by (org, window, threshold) ({_PART}) > sum by (org, window, threshold) ({_ALL})",
    f"genesys_service_level_ratio != {_PART} / {_ALL}",
    '{__name__=~"genesys_.*_ratio|queue:.*_ratio:.*"} > 1.00001',
    '{__name__=~"(genesys|queuewatch)_.*(_ratio|_seconds|_total)|queue:.*"} < 0',
]
"""What holds of no series that Prometheus stored."""
_STEP = 3.0
_SPAN = 45.0
"""Seconds between and over the points of a range query; all of them lie in the time when everything ran."""
_RANGES: dict[str, tuple[float, float]] = {
    "percentunit": (0.0, 1.0),
    "percent": (0.0, 100.0),
    "s": (0.0, inf),
    "ms": (0.0, inf),
    "bytes": (0.0, inf),
}
"""Least and greatest value by unit."""
_ROUNDING = 1e-9


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Picture]:
    """What happened until all was running and the breach was told; by now the platform is silent."""
    with painting(tmp_path_factory.mktemp("picture")) as painted:
        yield painted


@pytest.fixture(scope="module")
def story(picture: Picture) -> Picture:
    """What happened, to its end."""
    picture.end()
    return picture


def none(findings: Collection[str]) -> None:
    """Fail with every finding in a line of its own."""
    assert not findings, "\n".join(["", *sorted(findings)])


def complaint(server: Prometheus, promql: str, at: float) -> str:
    """Why an expression cannot be evaluated; empty if it can."""
    try:
        server.query(promql, at=at)
    except ValueError as error:
        return str(error)
    return ""


def series(picture: Picture, one: Expression) -> Lines:
    """The labels and values of each series that an expression yields when everything ran; asked for once."""
    if one.place not in picture.answers:
        server, at = picture.prometheus, picture.moment
        found = [(line["metric"], [line["value"]]) for line in server.query(one.promql, at=at)]
        if one.ranged:
            found += [(line["metric"], line["values"]) for line in drawn(picture, server, one)]
        picture.answers[one.place] = [
            (labels, [float(text) for _, text in points]) for labels, points in found
        ]
    return picture.answers[one.place]


def drawn(picture: Picture, server: Prometheus, one: Expression) -> list[dict[str, Any]]:
    """What an expression yields over the time when everything ran."""
    return server.query_range(one.promql, start=picture.moment - _SPAN, end=picture.moment, step=_STEP)


def total(picture: Picture, server: Prometheus, one: Expression) -> float:
    """The values of an expression added up, of all series and some time: servers look at different times."""
    return sum(abs(float(text)) for line in drawn(picture, server, one) for _, text in line["values"])


def fits(value: float, unit: str) -> bool:
    """Whether a value can be meant in this unit of Grafana's; what is no number fits nowhere."""
    least, most = _RANGES.get(unit, (-inf, inf))
    return least - _ROUNDING <= value <= most + _ROUNDING


def found(picture: Picture, one: Expression) -> bool:
    """Whether an expression yields something; that of an alert, were no comparison to drop anything."""
    if one.kind in ALERT:
        return bool(picture.prometheus.query(relaxed(one.promql), at=picture.moment))
    return bool(series(picture, one))


def test_a_breach_waits_fires_and_arrives(picture: Picture):
    """The service level of one queue falls: pending, firing, and the pager is told which and how low."""
    assert [one["state"] for one in having(picture.seen["pending"], **BREACH)] == ["pending"]
    assert [one["state"] for one in having(picture.seen["firing"], **BREACH)] == ["firing"]
    told = picture.hooks.told(**BREACH)[0]
    assert (told["status"], told["receiver"]) == ("firing", "pager")
    labels = {"severity": "critical", "threshold": "20s", "definition": "genesys"}
    assert labels.items() <= told["labels"].items()
    said = re.fullmatch(SUMMARY, told["annotations"]["summary"])
    counts = re.match(COUNTS, told["annotations"]["description"])
    assert said
    assert counts
    assert int(counts["part"]) / int(counts["whole"]) == pytest.approx(float(said["percent"]) / 100, abs=1e-3)
    (shown,) = picture.prometheus.query_range(
        WHOLE, start=picture.moment - _SPAN, end=picture.moment, step=1.0
    )
    assert counts["whole"] in {text for _, text in shown["values"]}


def test_a_breach_is_told_once(picture: Picture):
    """One alert for the queue, whoever and whatever else Alertmanager tells of; and it is never over."""
    told = picture.hooks.told(**BREACH)
    assert {one["status"] for one in told} == {"firing"}
    assert len({one["fingerprint"] for one in told}) == 1
    assert len({one["startsAt"] for one in told}) == 1


def test_two_daemons_are_one_breach(picture: Picture):
    """Where two daemons watch the same org, the alert of the queue is one."""
    told = picture.twins.query(f'ALERTS{{alertname="{CRITICAL}",{_QUEUE}}}', at=picture.moment)
    assert len(told) == 1


def test_two_daemons_are_one_centre(picture: Picture):
    """Where two daemons watch the same org, no figure of the centre is counted twice."""
    figures = [one for one in ALL if one.kind == "panel" and "genesys_" in one.promql]
    doubled = {
        f"{one.place}: {twice:g} for {once:g}"
        for one in figures
        if (once := total(picture, picture.prometheus, one))
        != pytest.approx(
            twice := total(picture, picture.twins, one), rel=0.4, abs=0.2 * _SPAN / _STEP, nan_ok=True
        )
    }
    none(doubled)


def test_every_expression_can_be_evaluated(picture: Picture):
    """No panel, variable, annotation, alert or record fails, nor where two daemons watch."""
    complaints = {
        f"{one.place}: {said}"
        for one in ALL
        for server in (picture.prometheus, picture.twins)
        if (said := complaint(server, one.promql, picture.moment))
    }
    none(complaints)


def test_every_expression_finds_something(picture: Picture):
    """Each yields series, an alert with relaxed comparisons, but for those listed; and those yield none."""
    empty = {one.place for one in ALL if not found(picture, one)}
    none(empty - QUIET.keys() - CHANCE.keys())
    none(QUIET.keys() - empty)


def test_every_rule_asks_for_what_there_is(picture: Picture):
    """Every selector in a rule finds something, but for those listed; and those find nothing."""
    asked = {part.text for one in ALL if one.kind in RULE for part in selectors(one.promql)}
    empty = {part for part in asked if not picture.prometheus.query(part, at=picture.moment)}
    none(empty - QUIET_SELECTORS.keys() - CHANCE.keys())
    none(QUIET_SELECTORS.keys() - empty)


def test_nothing_listed_is_forgotten(picture: Picture):
    """What is listed as found now and then, or as no number at times, is still asked for somewhere."""
    asked = {one.place for one in ALL} | {part.text for one in ALL for part in selectors(one.promql)}
    none((CHANCE.keys() | HOLES.keys()) - asked)


def test_legends_name_labels_that_are_there(picture: Picture):
    """Every label in a legend is on every series of its panel."""
    missing = {
        f"{one.place}: {label}"
        for one in ALL
        for label in re.findall(r"{{\s*(\w+)\s*}}", one.legend)
        for labels, _ in series(picture, one)
        if label not in labels
    }
    none(missing - NAMELESS.keys())
    none(NAMELESS.keys() - missing)


def test_values_fit_their_units(picture: Picture):
    """Shares are between 0 and 1, times are not negative, and no number is missing; but for those listed."""
    odd = {
        one.place: f"{one.place}: {labels} {value} {one.unit}"
        for one in ALL
        for labels, values in series(picture, one)
        for value in values
        if not fits(value, one.unit) and not (isnan(value) and one.place in HOLES)
    }
    none({said for place, said in odd.items() if place not in SIGNED})
    none(SIGNED.keys() - odd.keys())


@pytest.mark.parametrize("never", NEVER)
def test_figures_add_up(picture: Picture, never: str):
    """No share is above 1, no time below 0, and no part greater than the whole, in what Prometheus stored."""
    assert picture.prometheus.query(never, at=picture.moment) == []


def test_silence_of_the_platform_ends_no_alert(story: Picture):
    """Without answers the sources are down, and the alert of the queue goes on: nothing better is known."""
    blind = story.seen["blind"]
    for org in ("demo", "gateway"):
        assert having(blind, alertname="QueuewatchSourceDown", org=org, source="service_level")
    assert [one["state"] for one in having(blind, **BREACH)] == ["firing"]


def test_death_of_the_daemon_ends_no_alert(story: Picture):
    """Without a daemon there is an alert for that, and the alert of the queue goes on."""
    assert having(story.seen["silent"], alertname="QueuewatchDown", severity="critical")
    assert [one["state"] for one in having(story.seen["silent"], **BREACH)] == ["firing"]


def test_rules_are_the_shipped_ones_and_work(story: Picture):
    """Prometheus holds every shipped rule, and evaluates each without error, also where two daemons watch."""
    shipped = {(str(PROMETHEUS / "rules" / one.file), one.alert or one.record) for one in rules()}
    for server in (story.prometheus, story.twins):
        assert {(rule["file"], rule["name"]) for rule in server.rules()} == shipped
    assert story.faults == set()


def test_what_is_told_is_whole(story: Picture):
    """No annotation has a mistake where a figure should be, and while the figures are known, no hole."""
    texts = {
        (chapter, text)
        for chapter, alerts in story.seen.items()
        for one in alerts
        for text in one["annotations"].values()
    }
    assert len(texts) > 10
    none({text for _, text in texts if re.search(r"<error|<no value>|%!|  ", text)})
    none({text for chapter, text in texts if chapter in {"pending", "firing"} and "?" in text})


def test_every_runbook_is_there(story: Picture):
    """Whatever was told leads to a page that is there."""
    told = story.hooks.told()
    links = {one["annotations"]["runbook_url"] for one in told if "runbook_url" in one["annotations"]}
    assert links
    pages = {link.rstrip("/").rsplit("/", 1)[-1] for link in links}
    assert [page for page in pages if not (RUNBOOKS / f"{page}.md").exists()] == []
