import json
from collections import Counter
from datetime import timedelta

import pytest

from monitor.simulator.aggregates import WORDS, aggregates
from monitor.simulator.aggregation import parse
from monitor.simulator.centre import Centre
from monitor.simulator.ledger import ROUTINGS
from monitor.simulator.settings import Settings
from monitor.simulator.world import World
from tests.simulator.parts import AGGREGATES, START, Caller, a_centre, any_of, calling, span

CENTRE = Centre.standard()
SUPPORT = CENTRE.named("Support Voice").id
BILLING = CENTRE.named("Billing").id
COUNTS = ["nOffered", "tAnswered", "tAbandon", "tFlowOut", "nOverSla", "tWait", "tHandle", "tAcw"]
HALF = span(0, 30)


def a_query(**changes: object) -> dict[str, object]:
    """A body that is taken, with some fields replaced; those set to None are left out."""
    body = {"interval": HALF, "groupBy": ["queueId", "mediaType"], "metrics": COUNTS, **changes}
    return {name: value for name, value in body.items() if value is not None}


def stats(world: World, options: Settings | None = None, **changes: object) -> dict[str, dict]:
    """The metrics of a query whose answer is one group in one bucket, by name."""
    only = the_bucket(world, options or Settings(), a_query(groupBy=None, **changes))
    return {entry["metric"]: entry["stats"] for entry in only["metrics"]}


def the_bucket(world: World, options: Settings, body: object) -> dict:
    """The only bucket of the only group of an answer."""
    (result,) = json.loads(json.dumps(aggregates(world, parse(body, WORDS), options)))
    (only,) = result["data"]
    return dict(only)


def a_busy_world() -> World:
    """Half an hour of one queue with too few agents."""
    world = World(1, START, a_centre(agents=3, hourly=60), warmup=timedelta())
    world.advance(START + timedelta(minutes=40))
    return world


async def ask(caller: Caller, **changes: object) -> list[dict]:
    """The results of a query put half an hour after the start."""
    caller.clock.now = START + timedelta(minutes=30)
    answer = await caller.post(AGGREGATES, json=a_query(**changes))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


async def test_numbers_are_the_ledgers():
    """Counts and sums of every group are those of the ledger's entries in the interval."""
    async with calling() as caller:
        results = await ask(caller)
        entries = list(caller.running.world.ledger.between(START, START + timedelta(minutes=30)))
    count = Counter((e.queue_id, e.media, e.metric) for e in entries if e.metric in COUNTS)
    total = Counter[tuple[str, str, str]]()
    for e in entries:
        total[e.queue_id, e.media, e.metric] += e.milliseconds or 0
    found = {
        (result["group"]["queueId"], result["group"]["mediaType"], entry["metric"]): entry["stats"]
        for result in results
        for entry in result["data"][0]["metrics"]
    }
    assert {key: value["count"] for key, value in found.items()} == count
    assert all(value["sum"] == total[key] for key, value in found.items() if key[2].startswith("t"))
    assert all(set(value) == {"count"} for key, value in found.items() if key[2].startswith("n"))
    assert {result["data"][0]["interval"] for result in results} == {
        "2026-03-02T09:00:00.000Z/2026-03-02T09:30:00.000Z"
    }


async def test_buckets_add_up_to_the_whole():
    """Five-minute buckets are aligned to the interval, and their counts add up to those of one bucket."""
    async with calling() as caller:
        (whole,) = await ask(caller, groupBy=[])
        (cut,) = await ask(caller, groupBy=[], granularity="PT5M")
        (ragged,) = await ask(caller, groupBy=[], granularity="PT20M")
        (day,) = await ask(caller, groupBy=[], granularity="P1D")
    counts = Counter[str]()
    for bucket in cut["data"]:
        counts.update({entry["metric"]: entry["stats"]["count"] for entry in bucket["metrics"]})
    assert counts == {e["metric"]: e["stats"]["count"] for e in whole["data"][0]["metrics"]}
    assert len(cut["data"]) == 6
    assert [bucket["interval"].split("T")[-1] for bucket in ragged["data"]] == [
        "09:20:00.000Z",
        "09:30:00.000Z",
    ]
    assert day["data"] == whole["data"]


@pytest.mark.parametrize(
    ("group_by", "keys"),
    [
        ([], {frozenset()}),
        (["queueId"], {frozenset({"queueId"})}),
        (["usedRouting"], {frozenset({"usedRouting"})}),
        (["userId"], {frozenset({"userId"}), frozenset()}),
        (["userId", "mediaType"], {frozenset({"userId", "mediaType"}), frozenset({"mediaType"})}),
        (["divisionId", "queueId"], {frozenset({"queueId"})}),
    ],
)
async def test_groups_have_the_dimensions_asked_for(group_by, keys):
    """Groups carry what was asked for; what nobody answered has no user, and no group comes twice."""
    async with calling() as caller:
        results = await ask(caller, groupBy=group_by)
    groups = [result["group"] for result in results]
    assert {frozenset(group) for group in groups} == keys
    assert len({tuple(group.items()) for group in groups}) == len(groups)


async def test_methods_of_routing_are_compared():
    """Grouped by used routing there is a group for each method, with what its interactions did."""
    async with calling() as caller:
        results = await ask(caller, groupBy=["usedRouting"], metrics=["tHandle", "tAnswered"])
    assert {result["group"]["usedRouting"] for result in results} == set(ROUTINGS)


async def test_filters_select_entries_not_only_groups():
    """A filter on a dimension that is not grouped by narrows the numbers of the groups."""
    agent = CENTRE.members[SUPPORT][0].id
    async with calling() as caller:
        both = {"type": "and", "clauses": [any_of("queueId", SUPPORT), any_of("userId", agent)]}
        (own,) = await ask(caller, groupBy=["queueId"], filter=both, metrics=["tHandle", "nOffered"])
        (every,) = await ask(caller, groupBy=["queueId"], filter=any_of("queueId", SUPPORT))
        nobody = await ask(
            caller,
            groupBy=[],
            metrics=["nOffered", "tHandle"],
            filter={"type": "and", "predicates": [{"dimension": "userId", "operator": "notExists"}]},
        )
    assert own["group"] == every["group"] == {"queueId": SUPPORT}
    assert [entry["metric"] for entry in own["data"][0]["metrics"]] == ["tHandle"]
    sums = {e["metric"]: e["stats"] for e in every["data"][0]["metrics"]}
    assert own["data"][0]["metrics"][0]["stats"]["count"] < sums["tHandle"]["count"]
    assert [entry["metric"] for entry in nobody[0]["data"][0]["metrics"]] == ["nOffered"]


async def test_what_did_not_happen_is_missing():
    """Unknown queues, spans to come and metrics without events are missing, not zero."""
    async with calling() as caller:
        assert await ask(caller, filter=any_of("queueId", "unknown")) == []
        assert await ask(caller, interval=span(31, 40)) == []
        assert await ask(caller, metrics=["tVoicemail", "nConsult"]) == []
        (mixed,) = await ask(caller, groupBy=[], metrics=["tVoicemail", "nOffered"])
    assert [entry["metric"] for entry in mixed["data"][0]["metrics"]] == ["nOffered"]


def test_views_are_ranges_of_a_timer():
    """A view counts what is at least gte and below lt: one millisecond moves the bound."""
    world = a_busy_world()
    end = START + timedelta(minutes=30)
    waits = [e.milliseconds for e in world.ledger.between(START, end) if e.metric == "tAnswered"]
    bound = sorted(wait for wait in waits if wait is not None)[len(waits) // 2]

    def view(name: str, **limits: float) -> dict[str, object]:
        return {"name": name, "target": "tAnswered", "function": "rangeBound", "range": limits}

    views = [
        view("below", lt=bound),
        view("within", lt=bound + 1),
        view("over", gte=bound + 1),
        view("exactly", gte=bound, lt=bound + 1),
        view("never", gte=10**9),
    ]
    only = the_bucket(world, Settings(), a_query(groupBy=[], metrics=["tAnswered"], views=views))
    found = {view["name"]: view["stats"] for view in only["views"]}
    assert found["within"]["count"] == found["below"]["count"] + found["exactly"]["count"]
    assert found["within"]["count"] + found["over"]["count"] == len(waits)
    assert found["exactly"]["min"] == found["exactly"]["max"] == bound
    assert "never" not in found


def test_service_level_is_answered_in_time_of_all_that_count():
    """Numerator, denominator and target are as the platform defines them, whatever else is asked."""
    world = a_busy_world()
    all_of = stats(world, metrics=[*COUNTS, "oServiceLevel", "oServiceTarget", "tShortAbandon"])
    alone = stats(world, metrics=["oServiceLevel"])
    level = alone["oServiceLevel"]
    assert level == all_of["oServiceLevel"]
    assert level["numerator"] == all_of["tAnswered"]["count"] - all_of["nOverSla"]["count"]
    assert level["denominator"] == all_of["tAnswered"]["count"] + all_of["tAbandon"]["count"]
    assert level["ratio"] == level["numerator"] / level["denominator"]
    assert (level["target"], all_of["oServiceTarget"]) == (0.8, {"current": 0.8})


@pytest.mark.parametrize(
    ("options", "change"),
    [
        (Settings(), {}),
        (Settings(level_flow_outs=True), {"tFlowOut": 1}),
        (Settings(level_short_abandons=False), {"tShortAbandon": -1}),
        (Settings(level_abandons=False), {"tAbandon": -1}),
        (Settings(level_abandons=False, level_short_abandons=False), {"tAbandon": -1}),
    ],
)
def test_the_organization_chooses_what_counts(options, change):
    """The options add flow-outs to the denominator or take abandons, or only the short ones, out of it."""
    world = a_busy_world()
    counted = stats(
        world, options, metrics=["tAnswered", "tAbandon", "tShortAbandon", "tFlowOut", "oServiceLevel"]
    )
    expected = counted["tAnswered"]["count"] + counted["tAbandon"]["count"]
    expected += sum(sign * counted[metric]["count"] for metric, sign in change.items())
    assert counted["oServiceLevel"]["denominator"] == expected


A_VIEW = {"name": "fast", "target": "tAnswered", "function": "rangeBound", "range": {"lt": 1000}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"interval": None}, "[interval]"),
        ({"interval": "PT30M"}, "[interval]"),
        ({"interval": "2026-03-02T09:00:00/2026-03-02T09:30:00"}, "[interval]"),
        ({"interval": "2026-03-02T09:30:00Z/2026-03-02T09:00:00Z"}, "start before it ends"),
        ({"interval": "2026-03-02T09:00:00Z/2026-03-02T09:00:00Z"}, "start before it ends"),
        ({"interval": "0001-01-01T00:00:00+05:00/2026-03-02T09:00:00Z"}, "[interval]"),
        ({"interval": "2026-02-30T09:00:00Z/2026-03-02T09:00:00Z"}, "[interval]"),
        ({"granularity": "15m"}, "[granularity]"),
        ({"granularity": "PT"}, "[granularity]"),
        ({"granularity": "PT0S"}, "[granularity]"),
        ({"granularity": 900}, "[granularity]"),
        ({"granularity": "PT1S", "interval": "2026-03-02T00:00:00Z/2026-03-03T00:00:00Z"}, "too fine"),
        ({"metrics": []}, "At least one metric"),
        ({"metrics": ["tHold"]}, "Value [tHold] is not valid for field type [ConversationMetric]. Allowable"),
        ({"metrics": [["tHandle"]]}, "is not valid for field type [ConversationMetric]"),
        ({"metrics": "tHandle"}, "must hold an array"),
        ({"groupBy": ["queue"]}, "Value [queue] is not valid"),
        ({"filter": {"type": "not", "predicates": []}}, "Value [not] is not valid"),
        ({"filter": any_of("queue", "x")}, "Value [queue] is not valid"),
        ({"queryType": "topN"}, "Value [topN] is not valid"),
        ({"views": [{**A_VIEW, "name": f"v{n}"} for n in range(11)]}, "has 11 views. The maximum is 10"),
        ({"views": [A_VIEW, A_VIEW]}, "must be unique"),
        ({"views": [{**A_VIEW, "name": "tHandle"}]}, "View name [tHandle]"),
        ({"views": [{**A_VIEW, "name": None}]}, "View name [None]"),
        ({"views": [{**A_VIEW, "target": "nOffered"}]}, "Value [nOffered] is not valid"),
        ({"views": [A_VIEW, {**A_VIEW, "name": "slow", "target": "fast"}]}, "Value [fast] is not valid"),
        ({"views": [{**A_VIEW, "function": "top"}]}, "Value [top] is not valid"),
        ({"views": [{**A_VIEW, "range": {}}]}, "at least one of gte and lt"),
        ({"views": [{**A_VIEW, "range": {"lt": "1s"}}]}, "[1s] is not a number"),
        ({"views": [{**A_VIEW, "range": None}]}, "views.range is required"),
    ],
)  # fmt: skip
async def test_flawed_queries_are_refused(change, words):
    """A query the platform would not take is a 400 that names the field."""
    async with calling(centre=a_centre(agents=1, hourly=1)) as caller:
        answer = await caller.post(AGGREGATES, json=a_query(**change))
    error = answer.json()
    assert answer.status_code == error["status"] == 400
    assert words in error["message"]
    assert error["details"][0]["fieldName"]


async def test_a_granularity_of_ages_is_one_bucket():
    """A granularity far longer than the interval gives the interval."""
    async with calling() as caller:
        (only,) = await ask(caller, groupBy=[], granularity="P999999W")
    assert [bucket["interval"] for bucket in only["data"]] == [
        "2026-03-02T09:00:00.000Z/2026-03-02T09:30:00.000Z"
    ]


async def test_ten_views_are_taken():
    """The largest allowed number of views is answered, each by name."""
    async with calling() as caller:
        views = [{**A_VIEW, "name": f"v{n}", "range": {"lt": 10**6}} for n in range(10)]
        (only,) = await ask(caller, groupBy=[], views=views)
    assert [view["name"] for view in only["data"][0]["views"]] == [f"v{n}" for n in range(10)]


def test_a_large_centre_is_answered_at_once():
    """Five thousand queues, unfiltered, come in one answer with every group that had anything to do."""
    world = World(0, START, Centre.sized(queues=5000), warmup=timedelta(minutes=10))
    body = a_query(interval=span(-10, 0), metrics=[*COUNTS, "oServiceLevel"], views=[A_VIEW])
    results = aggregates(world, parse(body, WORDS), Settings())
    entries = world.ledger.between(START - timedelta(minutes=10), START)
    assert len(results) == len({(entry.queue_id, entry.media) for entry in entries}) > 5000
