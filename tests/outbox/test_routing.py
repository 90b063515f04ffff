"""Whom the routes give an alert to, when, and why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.route import Grouping, Route, Step, Terms
from monitor.model.rule import Matcher, Severity
from monitor.outbox.routing import Router
from tests.alerts.bench import daily
from tests.builders import EPOCH

LABELS = {"org": "acme", "rule": "ServiceLevelLow", "queue": "Sales", "team": "sales", "severity": "warning"}
WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL


def fits(label: str, *globs: str) -> Matcher:
    """Return a matcher."""
    return Matcher(label=label, globs=globs)


def a_route(name: str, *destinations: str, **changes) -> Route:
    """Return a route to these destinations."""
    return Route(name=name, destinations=destinations, **changes)


def reached(*routes: Route, severity: Severity = WARNING, at=EPOCH, **labels: str) -> list[str]:
    """Return who is told at once."""
    reach = Router(routes, ()).reach({**LABELS, "severity": severity.value, **labels}, severity, at)
    return [name for name, terms in reach.items() if not terms.after]


def test_without_routes_everybody_is_told_everything_once() -> None:
    """No tree means every destination, at once, never again, and in no group."""
    reach = Router((), ("hook", "lamp")).reach(LABELS, WARNING, EPOCH)
    assert reach == {"hook": Terms(), "lamp": Terms()}


def test_the_first_route_that_fits_ends_the_search() -> None:
    """Later ones are not looked at, unless the one that fits goes on."""
    first, second = a_route("1", "a", matchers=(fits("team", "sa*"),)), a_route("2", "b")
    assert reached(first, second) == ["a"]
    assert reached(a_route("1", "a", goes_on=True), second) == ["a", "b"]
    assert reached(first, second, team="support") == ["b"]


def test_the_deepest_route_that_fits_is_taken() -> None:
    """A route is taken itself only where none of its own is."""
    inner = a_route("1.1", "night", matchers=(fits("queue", "Sales"),))
    outer = a_route("1", "day", routes=(inner,))
    assert reached(outer) == ["night"]
    assert reached(outer, queue="Support") == ["day"]


def test_an_inner_route_that_goes_on_lets_its_siblings_have_it_too() -> None:
    """And the search ends behind the outer route all the same."""
    inner = (a_route("1.1", "a", goes_on=True), a_route("1.2", "b"))
    assert reached(a_route("1", "x", routes=inner), a_route("2", "c")) == ["a", "b"]


def test_a_missing_label_is_empty() -> None:
    """A glob that takes anything takes nothing as well, a name does not."""
    assert reached(a_route("1", "a", matchers=(fits("division", "?*"),)), a_route("2", "b")) == ["b"]
    assert reached(a_route("1", "a", matchers=(fits("division", "*"),)), a_route("2", "b")) == ["a"]


def test_a_route_may_ask_for_a_severity() -> None:
    """What is milder goes on to the next."""
    routes = (a_route("1", "pager", minimum=CRITICAL), a_route("2", "chat"))
    assert reached(*routes) == ["chat"]
    assert reached(*routes, severity=CRITICAL) == ["pager"]


def test_a_route_outside_its_hours_is_passed() -> None:
    """EPOCH is ten in the morning in Paris: by day one, by night the other."""
    by_day = a_route("1", "desk", during=(daily("office", 8, 18), daily("never", 3, 4)))
    assert reached(by_day, a_route("2", "night")) == ["desk"]
    assert reached(by_day, a_route("2", "night"), at=EPOCH + timedelta(hours=10)) == ["night"]
    not_by_day = a_route("1", "night", not_during=(daily("office", 8, 18),))
    assert reached(not_by_day, a_route("2", "desk")) == ["desk"]
    assert reached(not_by_day, a_route("2", "desk"), at=EPOCH + timedelta(hours=10)) == ["night"]


def test_a_route_may_be_to_nobody() -> None:
    """It fits, it ends the search, and nobody is told."""
    assert reached(a_route("1"), a_route("2", "a")) == []


def test_steps_come_later_on_the_same_terms() -> None:
    """Whom a step names is told after its time, in the group and as often as the others."""
    route = a_route(
        "1", "a", steps=(Step(after=900.0, destinations=("lead",)),), repeat=3600.0,
        grouping=Grouping(by=("org",), wait=1.0, interval=2.0),
    )  # fmt: skip
    reach = Router((route,), ()).reach(LABELS, WARNING, EPOCH)
    assert [(name, terms.after, terms.repeat) for name, terms in reach.items()] == [
        ("a", 0.0, 3600.0),
        ("lead", 900.0, 3600.0),
    ]
    assert reach["a"].group == reach["lead"].group


def test_a_group_is_what_shares_the_labels_of_its_route() -> None:
    """The same values make the same group, another value or another route another; a missing one is empty."""
    grouping = Grouping(by=("org", "division"), wait=30.0, interval=300.0)
    router = Router((a_route("1", "a", grouping=grouping),), ())
    group = router.reach(LABELS, WARNING, EPOCH)["a"].group
    assert group is not None
    assert (group.labels, group.wait, group.interval) == ({"org": "acme", "division": ""}, 30.0, 300.0)
    assert router.reach({**LABELS, "queue": "Other"}, CRITICAL, EPOCH)["a"].group == group
    assert router.reach({**LABELS, "org": "b"}, WARNING, EPOCH)["a"].group != group
    other = Router((a_route("2", "a", grouping=grouping),), ()).reach(LABELS, WARNING, EPOCH)["a"].group
    assert other != group


def test_whom_two_routes_name_is_told_on_the_soonest_and_most_frequent_terms() -> None:
    """And in the group of the first."""
    first = a_route(
        "1", "b", steps=(Step(after=60.0, destinations=("a",)),), repeat=600.0, goes_on=True,
        grouping=Grouping(),
    )  # fmt: skip
    second = a_route("2", "a", "b", repeat=60.0)
    reach = Router((first, second), ()).reach(LABELS, WARNING, EPOCH)
    assert (reach["a"].after, reach["a"].repeat, reach["b"].repeat) == (0.0, 60.0, 60.0)
    assert reach["a"].group == reach["b"].group is not None


def test_every_route_that_was_looked_at_says_why() -> None:
    """Taken or passed, in order, with the reason a person would give."""
    routes = (
        a_route("1", "a", matchers=(fits("team", "support", "it"),)),
        a_route("2", "b", minimum=CRITICAL),
        a_route("3", "c", during=(daily("night", 20, 22),)),
        a_route("4", "d", not_during=(daily("office", 8, 18),)),
        a_route("5", "e", matchers=(Matcher(label="queue", regex="Supp.*"),)),
        a_route("6", "f", routes=(a_route("6.1", "g", matchers=(fits("team", "sales"),)),)),
        a_route("7", "h"),
    )
    tried = Router(routes, ()).explain(LABELS, WARNING, EPOCH)
    assert [(one.route, one.depth, one.taken) for one in tried] == [
        ("1", 0, False), ("2", 0, False), ("3", 0, False), ("4", 0, False), ("5", 0, False),
        ("6", 0, False), ("6.1", 1, True),
    ]  # fmt: skip
    why = {one.route: one.why for one in tried}
    assert why["1"] == "team is 'sales', not 'support' or 'it'"
    assert why["2"] == "severity warning is below critical"
    assert why["3"].startswith("night: closed")
    assert why["4"].startswith("not during office: open")
    assert why["5"] == "queue is 'Sales', not matching /Supp.*/"
    assert why["6"] == "it takes everything; one of its own routes does, too"
    assert why["6.1"] == "it fits"


def test_a_taken_route_says_everything_it_asked_for() -> None:
    """Its hours and its least severity are reasons, too; a label that is not given is called that."""
    office, lunch = daily("office", 8, 18), daily("lunch", 12, 13)
    routes = (
        a_route("1", "a", matchers=(fits("division", "north"),)),
        a_route("2", "b", minimum=CRITICAL, during=(office,), not_during=(lunch,)),
    )
    passed, taken = Router(routes, ()).explain(LABELS, CRITICAL, EPOCH)
    assert passed.why == "no division given"
    assert taken.why.startswith("severity critical is at least critical; office: open: ")
    assert "; not during lunch: closed: " in taken.why
    assert "everything" not in taken.why


GONE = {"org": "queuewatch", "rule": "DestinationGone", "severity": "critical"}


def gone_reach(router: Router, destination: str) -> dict[str, float]:
    """Return who is told, and after how many seconds, that a destination is gone."""
    reach = router.reach({**GONE, "destination": destination}, CRITICAL, EPOCH)
    return {name: terms.after for name, terms in reach.items()}


def test_a_gone_destination_is_not_told_of_itself() -> None:
    """The others are; whom only a step names is told at once where nobody else would be."""
    steps = (Step(after=900.0, destinations=("b",)), Step(after=1800.0, destinations=("c",)))
    assert gone_reach(Router((a_route("1", "a", "b"),), ("a", "b")), "a") == {"b": 0.0}
    assert gone_reach(Router((a_route("1", "a", steps=steps),), ("a", "b", "c")), "a") == {
        "b": 0.0,
        "c": 1800.0,
    }
    assert gone_reach(Router((), ("a", "b")), "a") == {"b": 0.0}


def test_a_gone_destination_that_alone_would_be_told_is_told_to_all_others() -> None:
    """But a route to nobody stays one, and where there is only one destination nobody is left."""
    assert gone_reach(Router((a_route("1", "a"),), ("a", "b", "c")), "a") == {"b": 0.0, "c": 0.0}
    assert gone_reach(Router((a_route("1"),), ("a", "b")), "a") == {}
    assert gone_reach(Router((a_route("1", "a"),), ("a",)), "a") == {}


def test_who_does_not_run_yet_is_not_told() -> None:
    """After a reload: a fire for a new destination alone reaches nobody, a step steps in for one."""
    steps = (Step(after=900.0, destinations=("lead",)),)
    alone = Router((a_route("1", "new"),), ("new",), frozenset({"old", "lead"}))
    assert alone.reach(LABELS, WARNING, EPOCH) == {}
    both = Router((a_route("1", "new", "old", steps=steps),), (), frozenset({"old", "lead"}))
    assert {name: terms.after for name, terms in both.reach(LABELS, WARNING, EPOCH).items()} == {
        "old": 0.0,
        "lead": 900.0,
    }
    stepped = Router((a_route("1", "new", steps=steps),), (), frozenset({"lead"}))
    assert stepped.reach(LABELS, WARNING, EPOCH)["lead"].after == 0.0


NAMES = st.sampled_from(["sales", "support", "it"])
LEAVES = st.builds(
    lambda team, to, goes_on, least: Route(
        name=f"{team}-{to}", matchers=(fits("team", team),), destinations=(to,), goes_on=goes_on,
        minimum=least,
    ),
    st.one_of(NAMES, st.just("*")), st.sampled_from("abc"), st.booleans(), st.sampled_from(Severity),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda route, routes: Route(
            name=route.name, matchers=route.matchers, destinations=route.destinations,
            goes_on=route.goes_on, minimum=route.minimum, routes=tuple(routes),
        ),
        LEAVES, st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)  # fmt: skip


@given(st.lists(TREES, min_size=1, max_size=4), NAMES, st.sampled_from(Severity))
def test_what_is_explained_is_what_is_done(routes: list[Route], team: str, severity: Severity) -> None:
    """The destinations of the routes that say they were taken are those that are told, in any tree."""
    router = Router(tuple(routes), ())
    labels = {**LABELS, "team": team}
    taken = [one.route.rpartition("-")[2] for one in router.explain(labels, severity, EPOCH) if one.taken]
    assert set(taken) == set(router.reach(labels, severity, EPOCH))


@pytest.mark.parametrize("severity", list(Severity))
def test_matchers_see_the_severity_as_a_label_too(severity: Severity) -> None:
    """`match: {severity: …}` works beside the least severity."""
    routes = (a_route("1", "a", matchers=(fits("severity", "critical"),)), a_route("2", "b"))
    expected = ["a"] if severity is CRITICAL else ["b"]
    assert reached(*routes, severity=severity) == expected
