"""Every number in the tables of docs/arithmetic.md, computed again by the code that computes the real ones.

The calls of the example are read off the page, noted in the simulator's ledger, asked for with our own
request and read with our own decoder: what is checked is the page, on the way that a real figure takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitor.clients.platform import bodies
from monitor.clients.platform.decode.service import Asked, service_levels
from monitor.kit import durations
from monitor.model.interval import Interval
from monitor.model.measure import Mean, Ratio, Snapshot
from monitor.model.observation import AgentUse, QueueService, Utilization
from monitor.model.org import Selection
from monitor.model.sample import SampleBatch
from monitor.model.servicelevel import Formula, Window, answered_level
from monitor.rules.burning import factor
from monitor.rules.guarding import really_below, upper
from monitor.simulator.aggregates import WORDS, aggregates
from monitor.simulator.aggregation import parse
from monitor.simulator.centre import Centre
from monitor.simulator.ledger import SHORT_ABANDON
from monitor.simulator.settings import Settings
from monitor.simulator.world import World
from monitor.sources.agents import AgentsSource
from monitor.sources.directory import DirectorySource
from monitor.sources.windows import newest
from tests.builders import FakePlatform, FixedClock, RecordingTelemetry, a_queue, loop_time
from tests.docs.tables import Table, table, text

PAGE = "arithmetic.md"
TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
QUARTER = Interval(TEN, TEN + timedelta(minutes=15))
CENTRE = Centre.standard()
QUEUE = CENTRE.named("Support Voice").id
TARGET = 20.0
CONFIDENCE, BELOW = 0.95, 0.8
HALF_HOUR = 1800.0


def shown(value: float | None) -> str:
    """Return a ratio as the page writes it."""
    assert value is not None
    return f"{value * 100:.1f} %"


def of(ratio: Ratio) -> str:
    """Return the parts of a ratio as the page writes them."""
    return f"{ratio.numerator:g} of {ratio.denominator:g}"


def waits(cell: str) -> list[float]:
    """Return the seconds that a cell lists."""
    return [float(word) for word in cell.split(",") if word.strip()]


def seconds(cell: str) -> float:
    """Return a length in a cell: `20s`, 20 s, with or without code marks."""
    return durations.parse(cell.strip("`").replace(" ", ""))


def happened() -> dict[str, tuple[int, list[float]]]:
    """Return the calls of the page's example: how many, and after which waits."""
    rows = table(PAGE, "what happened", "calls").rows
    return {what: (int(calls), waits(after)) for what, calls, after in rows}


def entries() -> Iterator[dict[str, int | None]]:
    """Yield what the platform emits for each of these calls."""
    story = happened()
    for wait in story["answered"][1]:
        late = {"nOverSla": None} if wait > TARGET else {}
        yield {"nOffered": None, "tAnswered": round(wait * 1000), **late}
    for wait in story["abandoned"][1]:
        short = {"tShortAbandon": round(wait * 1000)} if wait * 1000 < SHORT_ABANDON else {}
        yield {"nOffered": None, "tAbandon": round(wait * 1000), **short}
    for wait in story["left for a flow"][1]:
        yield {"nOffered": None, "tFlowOut": round(wait * 1000)}
    for _ in range(story["offered, waiting still"][0]):
        yield {"nOffered": None}


def counted(
    calls: Iterator[dict[str, int | None]], thresholds: Sequence[float], options: Settings | None = None
) -> QueueService:
    """Return what our decoder makes of the simulated platform's answer about these calls."""
    world = World(1, TEN, CENTRE, warmup=timedelta())
    for metrics in calls:
        world.ledger.emit(metrics, at=TEN, queue_id=QUEUE, media="voice", agent_id=None, routing="Standard")
    (views,) = bodies.views(thresholds)
    query = json.loads(bodies.encoded(bodies.service([QUEUE], QUARTER, views)))
    body = json.dumps({"results": aggregates(world, parse(query, WORDS), options or Settings())}).encode()
    answer = service_levels([body], Asked(queue_ids=frozenset({QUEUE}), interval=QUARTER, views=dict(views)))
    assert not answer.oddities
    (service,) = answer.queues
    return service


def test_the_story_has_as_many_calls_as_it_says() -> None:
    """Every kind of call has as many waits as the page counts, and the story tells every kind."""
    story = happened()
    assert {what: calls for what, (calls, after) in story.items() if after and calls != len(after)} == {}
    assert set(story) == {"answered", "abandoned", "left for a flow", "offered, waiting still"}


def test_levels_at_every_threshold_by_both_definitions() -> None:
    """What was answered within each threshold, of what counts by either definition."""
    rows = table(PAGE, "threshold", "answered within").rows
    service = counted(entries(), [seconds(row[0]) for row in rows])
    for row in rows:
        genesys = Formula().level(service, seconds(row[0]))
        answered = answered_level(service, seconds(row[0]))
        said = (
            f"{genesys.numerator:g}",
            of(genesys),
            shown(genesys.value),
            of(answered),
            shown(answered.value),
        )
        assert row[1:] == said


def test_the_platforms_own_level_is_ours_at_the_target() -> None:
    """At 20 s the platform's figure and our formula agree, by the default options."""
    service = counted(entries(), [TARGET])
    assert Ratio(service.level_met, service.level_counted) == Formula().level(service, TARGET)


def test_counts_of_the_window() -> None:
    """The other figures of the window, each under the name of its metric."""
    service = counted(entries(), [TARGET])
    left = Ratio(
        service.abandoned, (service.answered or 0) + (service.abandoned or 0) + (service.flowed_out or 0)
    )
    speed = Mean(service.answer_seconds, service.answered).value
    assert speed is not None
    values = {row[0].strip("`"): row[1] for row in table(PAGE, "metric", "value").rows}
    assert values == {
        "queue_offered": f"{service.offered:g}",
        "queue_answered": f"{service.answered:g}",
        "queue_abandoned": f"{service.abandoned:g}",
        "queue_short_abandoned": f"{service.short_abandoned:g}",
        "queue_flowed_out": f"{service.flowed_out:g}",
        "queue_over_sla": f"{service.over_sla:g}",
        "queue_abandon_ratio": shown(left.value),
        "queue_speed_of_answer_seconds": f"{speed:.1f}",
    }
    assert f"{of(left)}: answered, abandoned and flowed out" in str(table(PAGE, "metric", "value").rows)


def test_the_options_of_the_formula() -> None:
    """Each combination of options counts what the page says, by us and by the simulated platform."""
    rows = table(PAGE, "`abandons`", "`short_abandons`", "`flow_outs`").rows
    assert len(rows) >= 4
    for row in rows:
        abandons, short, flow_outs = (word == "true" for word in row[:3])
        options = Settings(level_abandons=abandons, level_short_abandons=short, level_flow_outs=flow_outs)
        service = counted(entries(), [TARGET], options)
        formula = Formula(abandons=abandons, short_abandons=short, flow_outs=flow_outs)
        level = formula.level(service, TARGET)
        assert row[3:] == (f"{level.denominator:g}", shown(level.value))
        assert Ratio(service.level_met, service.level_counted) == level


def test_within_is_inclusive() -> None:
    """One call at the threshold, just before and just after it."""
    rows = table(PAGE, "answered after").rows
    assert len(rows) == 3
    for after, said in rows:
        milliseconds = round(seconds(after) * 1000)
        service = counted(iter([{"tAnswered": milliseconds}]), [TARGET])
        assert (service.within[TARGET] == 1.0) is (said == "yes"), after


@pytest.mark.parametrize("row", table(PAGE, "it is", "`lag`").rows)
def test_windows(row: tuple[str, ...]) -> None:
    """Each moment of the table has the window that the page gives it."""
    moment, lag, what, start, end = row
    length, _, aligned = what.partition(",")
    now = datetime.combine(TEN.date(), datetime.strptime(moment, "%H:%M:%S").time(), UTC)  # noqa: DTZ007
    found = newest(Window(seconds(length), aligned=bool(aligned)), now, seconds(lag))
    assert (f"{found.start:%H:%M}", f"{found.end:%H:%M}") == (start, end)


def test_ratios_are_added_by_their_parts() -> None:
    """The two queues, the average that misleads, and the sum that does not."""
    rows = table(PAGE, "queue", "in time", "of").rows
    queues = [Ratio(float(row[1]), float(row[2])) for row in rows[:2]]
    both = queues[0] + queues[1]
    values = [one.value or 0.0 for one in queues]
    assert [row[3] for row in rows] == [*map(shown, values), shown(sum(values) / 2), shown(both.value)]
    assert rows[3][1:3] == (f"{both.numerator:g}", f"{both.denominator:g}")


@pytest.mark.parametrize("row", table(PAGE, "in time", "of", "level", "could be up to").rows)
def test_the_wilson_bound(row: tuple[str, ...]) -> None:
    """How high the level could be, and whether a rule below 80 % then fires."""
    part, whole = float(row[0]), float(row[1])
    fires = "yes" if really_below(part, whole, BELOW, CONFIDENCE) else "no"
    assert row[2:] == (shown(part / whole), shown(upper(part, whole, CONFIDENCE)), fires)


@pytest.mark.parametrize("row", table(PAGE, "`budget_share`", "`long`").rows)
def test_burn_rates(row: tuple[str, ...]) -> None:
    """The rate of each share and window, the level it stands for, and what is refused."""
    share, long = float(row[0]), seconds(row[1])
    assert float(row[2]) == pytest.approx(share * 86400 / long)
    try:
        rate = factor(0.8, share, long, 86400)
    except ValueError:
        assert row[3] == "refused"
    else:
        assert row[2:] == (f"{rate:g}", f"{shown(1 - rate * 0.2)} or less")


@pytest.mark.parametrize("row", table(PAGE, "objective", "budget").rows)
def test_the_fastest_burn_rate(row: tuple[str, ...]) -> None:
    """The bound of each objective is refused, and a hair below it is not."""
    objective, bound = float(row[0].rstrip(" %")) / 100, float(row[2])
    assert row[1] == f"{(1 - objective) * 100:g} %"
    window = 86400 / bound
    assert factor(objective, 1.0, 1.001 * window, 86400) < bound
    with pytest.raises(ValueError, match="can never be exceeded"):
        factor(objective, 1.0, window, 86400)


async def polled(use: AgentUse, status: Mapping[str, float]) -> SampleBatch:
    """Poll the source `agents` about one agent's half-hour."""
    interval = Interval(use.start, use.start + timedelta(seconds=HALF_HOUR))
    said = Utilization(
        interval=interval, bucket=HALF_HOUR, agents=(use,), queues=(), status={use.agent_id: dict(status)}
    )
    platform, clock = FakePlatform([a_queue()], uses=[said]), FixedClock()
    directory = DirectorySource("acme", platform, Selection(), clock)
    source = AgentsSource(
        "acme", "platform", platform, directory, HALF_HOUR, 60.0, (), False, 10, clock, RecordingTelemetry()
    )
    await directory.poll(deadline=loop_time() + 10)
    return await source.poll(deadline=loop_time() + 10)


@pytest.mark.looptime
async def test_utilization_and_occupancy() -> None:
    """Each half-hour of the long call, through the source that shows agents."""
    begin, end = TEN + timedelta(minutes=20), TEN + timedelta(minutes=70)
    for clock, completed, utilization, at_work, occupancy in table(PAGE, "half-hour", "completed").rows:
        start = datetime.combine(TEN.date(), datetime.strptime(clock, "%H:%M").time(), UTC)  # noqa: DTZ007
        until = start + timedelta(seconds=HALF_HOUR)
        busy = max(0.0, (min(end, until) - max(begin, start)).total_seconds())
        whole = (end - begin).total_seconds() if start <= end < until else 0.0
        assert (completed, at_work) == (f"{whole:g} s", f"{busy:g} s")
        use = AgentUse(agent_id="a1", start=start, active=whole, name="", handle=whole, acw=0.0, hold=0.0)
        batch = await polled(use, {"INTERACTING": busy, "IDLE": HALF_HOUR - busy})
        columns = batch.tables[0].columns
        assert shown(columns["agent_utilization_ratio"][0]) == utilization
        assert shown(columns["agent_occupancy_ratio"][0]) == occupancy


def test_work_items() -> None:
    """The level of the day and the backlog, by the arithmetic of their kinds."""
    for row in table(PAGE, "met", "missed").rows:
        met, missed, unassigned, assigned = (float(row[place]) for place in (0, 1, 3, 4))
        level = Ratio(met, met + missed)
        backlog = Snapshot.across([Snapshot(unassigned, TEN), Snapshot(assigned, TEN)])
        assert row[2] == ("idle" if level.idle else shown(level.value))
        assert row[5] == f"{backlog.value:g}"


def test_numbers_in_the_text_are_those_of_the_tables() -> None:
    """What the prose repeats is what the tables say."""
    prose = (line for line in text(PAGE).splitlines() if not line.startswith("|"))
    page = " ".join(" ".join(prose).split())
    levels = table(PAGE, "threshold", "answered within").rows[0]
    apart = float(levels[5].rstrip(" %")) - float(levels[3].rstrip(" %"))
    assert f"misses it by {apart:.0f} points" in page
    queues: Table = table(PAGE, "queue", "in time", "of")
    assert f"{queues.rows[3][3]} of the callers were answered in time" in page
    assert f"needs an objective of more than {(1 - 1 / 14.4) * 100:.0f} %" in page
