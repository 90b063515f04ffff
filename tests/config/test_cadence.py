"""What asking costs, and that it fits."""

from pathlib import Path

import pytest

from monitor.config.describing import describe
from monitor.model.cadence import capacity, costs, demand
from tests.config.files import ORG, loaded, mistakes, only

ALL = "agents: {enabled: true}, workitems: {enabled: true}, strategies: {enabled: true}"
GUIDES = ORG + "    dialect: guides\n"
TIGHT = ORG + "    requests_per_minute: 100\n    budget_share: 0.1\n"


@pytest.mark.parametrize(
    ("org", "queues", "expected"),
    [
        (ORG, 0, {"directory": 0.2, "queues": 6, "service_level": 6, "agents": 0.4, "workitems": 2}),
        (ORG, 20, {"directory": 0.2, "queues": 6, "service_level": 6, "agents": 0.4, "workitems": 21}),
        (ORG, 450, {"directory": 1, "queues": 18, "service_level": 6, "agents": 0.4, "workitems": 31}),
        (GUIDES, 0, {"directory": 0.2, "queues": 6, "service_level": 12, "agents": 0.2, "workitems": 4}),
        (GUIDES, 450, {"directory": 1.0, "queues": 18, "service_level": 36, "agents": 0.2, "workitems": 12}),
    ],
)
def test_each_question_has_its_price(tmp_path: Path, org, queues, expected):
    """Requests a minute with the defaults, by dialect and number of queues."""
    settings = loaded(tmp_path, f"sources: {{{ALL}}}", org=org).orgs[0]
    strategies = 4 / 60 if org == GUIDES else 1 / 60
    assert demand(settings, queues) == pytest.approx({**expected, "strategies": strategies})


def test_thresholds_cost_by_tens_or_by_one(tmp_path: Path):
    """Ten views fit into one query of the platform; the guides take one query each."""
    several = ", ".join(f"{seconds}s" for seconds in range(1, 12))
    text = f"sources: {{service_level: {{thresholds: [{several}], windows: [5m, 15m], interval: 1m}}}}"
    assert demand(loaded(tmp_path, text).orgs[0], 1)["service_level"] == 2 * 2
    assert demand(loaded(tmp_path, text, org=GUIDES).orgs[0], 1)["service_level"] == 2 * 12


def test_what_is_not_asked_costs_nothing(tmp_path: Path):
    """Only the directory is always read."""
    text = "sources: {queues: {enabled: false}, service_level: {enabled: false}}"
    assert list(demand(loaded(tmp_path, text).orgs[0], 1)) == ["directory"]


def test_named_people_and_queues_are_counted(tmp_path: Path):
    """A hundred people fit into one question; the named queues of work items are looked at one by one."""
    ids = ", ".join(f"f6a49350-0000-4000-8000-{number:012d}" for number in range(101))
    few = ", ".join(f"f6a49350-0000-4000-8000-{number:012d}" for number in range(3))
    text = f"sources: {{agents: {{enabled: true, interval: 1m, ids: [{ids}]}}, "
    text += f"workitems: {{enabled: true, select: {{ids: [{few}]}}}}}}"
    asked = demand(loaded(tmp_path, text).orgs[0], 50)
    assert (asked["agents"], asked["workitems"]) == (3, 4)


@pytest.mark.parametrize(
    ("text", "question", "requests"),
    [
        ("agents: {enabled: true, interval: 1m, include_names: true}", "agents", 3),
        ("strategies: {enabled: true, interval: 30m, span: 1d}", "strategies", 1),
        ("strategies: {enabled: true, interval: 30m, span: 2d}", "strategies", 3),
    ],
)
def test_the_least_is_what_is_really_asked(tmp_path: Path, text, question, requests):
    """Names are a question of their own, and a span of more than a day is a job."""
    org = loaded(tmp_path, f"sources: {{{text}}}").orgs[0]
    cost = next(one for one in costs(org, 1) if one.question == question)
    assert cost.requests == requests


def test_a_cadence_that_cannot_fit_is_refused(tmp_path: Path):
    """The message has the arithmetic and the costliest question, the hint an interval that is accepted."""
    only_queues = "service_level: {enabled: false}, queues: {interval: %s}"
    mistake = only(mistakes(tmp_path, "sources: {" + only_queues % "2s" + "}", org=TIGHT))
    assert (mistake.path, mistake.line) == ("sources.queues.interval", 8)
    assert mistake.problem == (
        "is too short: acme would send 30.2 requests a minute, 30.0 of them for queues, "
        "and may send 10 (0.1 of 100)"
    )
    assert mistake.hint == "write 7s or longer, or raise requests_per_minute or budget_share"
    assert loaded(tmp_path, "sources: {" + only_queues % "7s" + "}", org=TIGHT).orgs[0].budget == 10
    own = "    sources: {" + only_queues % "6s" + "}"
    assert only(mistakes(tmp_path, own, org=TIGHT)).path == "orgs.acme.sources.queues.interval"


def test_the_costliest_question_is_blamed_in_the_sum(tmp_path: Path):
    """No question is over the budget alone; the suggested interval makes all of them fit."""
    text = "sources: {service_level: {interval: %s}, queues: {interval: 20s}}"
    mistake = only(mistakes(tmp_path, text % "20s", org=TIGHT))
    assert mistake.path == "sources.service_level.interval"
    assert "acme would send 12.2 requests a minute, 9.0 of them for service_level" in mistake.problem
    assert mistake.hint.startswith("write 27s or longer, or ")
    assert loaded(tmp_path, text % "27s", org=TIGHT).orgs[0].budget == 10
    assert mistakes(tmp_path, text % "26s", org=TIGHT)


def test_no_interval_is_suggested_where_none_would_fit(tmp_path: Path):
    """Two questions that are each over the budget cannot be mended by one interval."""
    text = "sources: {service_level: {interval: 5s}, queues: {interval: 5s}}"
    mistake = only(mistakes(tmp_path, text, org=TIGHT))
    assert mistake.hint.endswith("or ask less: no interval of this question alone would fit")


def test_named_queues_count_in_batches(tmp_path: Path):
    """A thousand named ids are five requests a poll."""
    ids = ", ".join(f"f6a49350-0000-4000-8000-{number:012d}" for number in range(1000))
    text = "sources: {service_level: {enabled: false}, queues: {interval: 2s}, "
    text += f"directory: {{select: {{ids: [{ids}]}}}}}}"
    assert "would send 152.0 requests a minute, 150.0" in only(mistakes(tmp_path, text)).problem


def test_the_description_has_the_arithmetic(tmp_path: Path):
    """An operator sees what each question costs, the sum, and how many queues the budget is enough for."""
    lines = describe(loaded(tmp_path, "sources: {workitems: {enabled: true, interval: 10m}}"))
    limit = "0.5 of 300, until the platform tells its limit"
    assert lines[:7] == [
        "acme: https://api.mypurecloud.ie, dialect platform, days begin in UTC",
        "acme: directory: 2 requests every 5m = 0.4 requests/min",
        "acme: queues: 1 request every 10s = 6 requests/min",
        "acme: service_level: 3 requests every 30s = 6 requests/min",
        "acme: workitems: 31 requests every 10m = 3.1 requests/min",
        f"acme: together 15.5 of 150 requests/min ({limit}) for 200 queues",
        "acme: at most about 4400 queues fit",
    ]
    assert lines[7] == "acme: not asked: agents, strategies"


def test_the_description_knows_named_queues_and_a_written_limit(tmp_path: Path):
    """The arithmetic is about what the file says where it says it."""
    text = "    requests_per_minute: 400\nsources: {directory: {select: {ids: [%s]}}}"
    lines = describe(loaded(tmp_path, text % "f6a49350-0000-4000-8000-00000000a001"))
    assert "acme: together 12.2 of 200 requests/min (0.5 of 400) for 1 named queue" in lines


def test_a_budget_too_small_for_a_batch_is_told(tmp_path: Path):
    """It may still be enough for fewer queues, which nobody knows before the directory is read."""
    text = "sources: {workitems: {enabled: true}}"
    settings = loaded(tmp_path, text, org=ORG + "    requests_per_minute: 40\n")
    assert capacity(settings.orgs[0]) == 0
    assert "acme: fewer than 200 queues fit" in describe(settings)
