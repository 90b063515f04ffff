"""The source `service_level`: numerators and denominators in, ratios by the book out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from monitor.model.errors import Throttled
from monitor.model.interval import Interval
from monitor.model.observation import QueueService, ServiceLevels
from monitor.model.org import Queue, Selection, Target
from monitor.model.rule import Verdict
from monitor.model.sample import SampleBatch, Value
from monitor.model.servicelevel import Formula, Window
from monitor.sources.checking import LASTING, SelfCheck
from monitor.sources.directory import DirectorySource
from monitor.sources.servicelevel import ServiceLevelSource
from monitor.sources.windows import newest
from tests.builders import (
    EPOCH,
    SALES,
    SUPPORT,
    FakePlatform,
    FixedClock,
    RecordingTelemetry,
    a_level,
    a_rule,
    hears,
    loop_time,
)

pytestmark = pytest.mark.looptime

WINDOW = Window(900.0)
OVER = newest(WINDOW, EPOCH, 60.0)
QUEUES = (
    Queue(id=SUPPORT, name="Support", targets=(Target(media="voice", ratio=0.8, seconds=20.0),)),
    Queue(id=SALES, name="Sales"),
)


def a_service(media: str = "voice", queue_id: str = SUPPORT, **figures: float | None) -> QueueService:
    """Return GENESYS.md's example: 36 answered, 29 within 30 s, 27 of 41 by the platform's own count."""
    known: dict[str, float | None] = {
        "offered": 42.0, "answered": 36.0, "abandoned": 5.0, "short_abandoned": 1.0, "flowed_out": 1.0,
        "over_sla": 9.0, "answer_seconds": 894.312, "waited": 42.0, "wait_seconds": 1215.649,
        "handled": 35.0, "handle_seconds": 12903.0, "level_met": 27.0, "level_counted": 41.0,
    }  # fmt: skip
    within = {20.0: 25.0, 30.0: 29.0}
    return QueueService(queue_id=queue_id, media=media, within=within, **{**known, **figures})


def answer(
    *services: QueueService, unknown: frozenset[str] = frozenset(), over: Interval = OVER
) -> ServiceLevels:
    """Return what the platform says about one window."""
    return ServiceLevels(interval=over, queues=services, unknown=unknown)


class Watching:
    """The source over a fake platform, with the thresholds 20 s and 30 s."""

    def __init__(self, *answers: ServiceLevels | Throttled, dialect: str = "platform") -> None:
        self.platform = FakePlatform(QUEUES, levels=list(answers))
        self.telemetry = RecordingTelemetry()
        clock = FixedClock()
        self.directory = DirectorySource("acme", self.platform, Selection(), clock)
        self.source = ServiceLevelSource(
            "acme", dialect, self.platform, self.directory, [WINDOW], [20.0, 30.0], 60.0, Formula(),
            SelfCheck(Formula()), clock, self.telemetry,
        )  # fmt: skip

    async def poll(self) -> SampleBatch:
        """Read the directory once and ask."""
        if self.directory.queues is None:
            await self.directory.poll(deadline=loop_time() + 10)
        return await self.source.poll(deadline=loop_time() + 10)


def values(batch: SampleBatch, metric: str) -> dict[tuple[str, ...], Value]:
    """Return a metric's column by queue, media, window and so on; the queue's name is left out."""
    for table in batch.tables:
        if metric in table.columns:
            keys = [(row[0], *row[2:]) for row in table.rows.values]
            return dict(zip(keys, table.columns[metric], strict=True))
    return {}


def idle(batch: SampleBatch, metric: str) -> set[tuple[str, ...]]:
    """Return which rows of a metric are idle."""
    for table in batch.tables:
        if metric in table.columns:
            places = table.idle.get(metric, frozenset())
            return {(row[0], *row[2:]) for n, row in enumerate(table.rows.values) if n in places}
    return set()


async def test_the_published_example_gives_its_figures() -> None:
    """27 of 41 at the queue's own 20 s, 29 of 41 within 30 s, 29 of the 36 answered, AHT 12903 s over 35."""
    batch = await Watching(answer(a_service())).poll()
    ratio = values(batch, "service_level_ratio")
    assert ratio[SUPPORT, "voice", "15m", "20s", "genesys"] == pytest.approx(27 / 41)
    assert ratio[SUPPORT, "voice", "15m", "30s", "genesys"] == pytest.approx(29 / 41)
    assert ratio[SUPPORT, "all", "15m", "30s", "answered"] == pytest.approx(29 / 36)
    assert values(batch, "service_level_numerator")[SUPPORT, "voice", "15m", "20s", "genesys"] == 27.0
    assert values(batch, "service_level_denominator")[SUPPORT, "voice", "15m", "20s", "genesys"] == 41.0
    key = (SUPPORT, "voice", "15m")
    assert values(batch, "queue_average_handle_seconds")[key] == pytest.approx(12903 / 35)
    assert values(batch, "queue_speed_of_answer_seconds")[key] == pytest.approx(894.312 / 36)
    assert values(batch, "queue_abandon_ratio")[key] == pytest.approx(5 / 42)
    assert values(batch, "queue_over_sla")[key] == 9.0


async def test_nobody_in_time_is_zero_and_nobody_at_all_is_idle() -> None:
    """Answers of which none was in time are 0 %; a queue without any has denominator 0 and no ratio."""
    late = a_service(level_met=0.0, level_counted=6.0, answered=6.0, abandoned=0.0)
    batch = await Watching(answer(replace(late, within={20.0: 0.0, 30.0: 0.0}))).poll()
    ratio = values(batch, "service_level_ratio")
    assert ratio[SUPPORT, "voice", "15m", "30s", "genesys"] == 0.0
    assert ratio[SALES, "all", "15m", "30s", "answered"] is None
    assert (SALES, "all", "15m", "30s", "answered") in idle(batch, "service_level_ratio")
    assert values(batch, "service_level_denominator")[SALES, "all", "15m", "30s", "answered"] == 0.0


async def test_a_media_type_once_seen_stays_and_goes_idle() -> None:
    """After its last call a media type counts 0 and is idle; its rows are the same object as before."""
    watching = Watching(answer(a_service()), answer())
    first, second = await watching.poll(), await watching.poll()
    assert values(second, "queue_answered")[SUPPORT, "voice", "15m"] == 0.0
    assert (SUPPORT, "voice", "15m", "20s", "genesys") in idle(second, "service_level_ratio")
    assert [table.rows for table in first.tables] == [table.rows for table in second.tables]


async def test_media_types_add_up_and_never_average() -> None:
    """One call in time among 1, and none among 9, is 1 of 10 for the queue."""
    few = a_service("voice", answered=1.0)
    many = a_service("chat", answered=9.0)
    services = (
        replace(few, within={20.0: 1.0, 30.0: 1.0}),
        replace(many, within={20.0: 0.0, 30.0: 0.0}),
    )
    batch = await Watching(answer(*services)).poll()
    assert values(batch, "service_level_ratio")[SUPPORT, "all", "15m", "30s", "answered"] == 0.1


async def test_what_is_unknown_spoils_exactly_what_needs_it() -> None:
    """Without the count of answers there is no ratio of them; offered is still there; other queues, too."""
    batch = await Watching(answer(a_service(answered=None), a_service(queue_id=SALES))).poll()
    ratio = values(batch, "service_level_ratio")
    assert ratio[SUPPORT, "voice", "15m", "30s", "genesys"] is None
    assert (SUPPORT, "voice", "15m", "30s", "genesys") not in idle(batch, "service_level_ratio")
    assert values(batch, "queue_offered")[SUPPORT, "voice", "15m"] == 42.0
    assert ratio[SALES, "voice", "15m", "30s", "genesys"] == pytest.approx(29 / 41)


@pytest.mark.parametrize(
    ("seconds", "labels"), [(20.0004, ["20s", "30s"]), (20.4, ["20s", "30s", "20s400ms"])]
)
async def test_no_two_rows_have_the_same_labels(seconds: float, labels: list[str]) -> None:
    """A queue's own target beside a configured threshold is a series of its own, or the same one."""
    watching = Watching(answer(a_service()))
    own = Target(media="voice", ratio=0.8, seconds=seconds)
    watching.platform.queues_known = (replace(QUEUES[0], targets=(own,)),)
    batch = await watching.poll()
    rows = batch.tables[0].rows.values
    assert [row[4] for row in rows if row[5] == "genesys"] == labels
    assert len(set(rows)) == len(rows)


async def test_an_unknown_queue_is_not_answered_for() -> None:
    """After a restart its media types have no rows: a firing alert must not take that for idle."""
    batch = await Watching(answer(unknown=frozenset({SUPPORT}))).poll()
    assert batch.queues == {SALES}
    rule = a_rule(metric="service_level_ratio", level=a_level(above=False, enter=0.8, clear=0.85))
    key = f"{SUPPORT}/voice/15m/20s/genesys"
    assert hears(rule, batch, key, SUPPORT) is Verdict.NO_DATA


async def test_an_unchanged_directory_keeps_the_rows() -> None:
    """Reading the same queues again leaves tuple and rows the same objects; a new name makes new ones."""
    watching = Watching(answer(a_service()))
    before, known = await watching.poll(), watching.directory.queues
    first = await watching.directory.poll(deadline=loop_time() + 10)
    watching.platform.queues_known = tuple(replace(queue) for queue in QUEUES)
    second = await watching.directory.poll(deadline=loop_time() + 10)
    after = await watching.poll()
    assert watching.directory.queues is known
    assert [table.rows for table in before.tables] == [table.rows for table in after.tables]
    assert [table.rows for table in first.tables] == [table.rows for table in second.tables]
    watching.platform.queues_known = (replace(QUEUES[0], name="Renamed"),)
    await watching.directory.poll(deadline=loop_time() + 10)
    assert (await watching.poll()).tables[0].rows is not after.tables[0].rows


async def test_a_queue_of_which_nothing_could_be_read_is_not_idle() -> None:
    """No row for a queue that is named unknown means nothing: no zero, no idle."""
    watching = Watching(answer(a_service()), answer(unknown=frozenset({SUPPORT})))
    await watching.poll()
    batch = await watching.poll()
    assert values(batch, "queue_answered")[SUPPORT, "voice", "15m"] is None
    assert values(batch, "service_level_denominator")[SUPPORT, "all", "15m", "30s", "answered"] is None
    assert not [key for key in idle(batch, "service_level_ratio") if key[0] == SUPPORT]


async def test_the_guides_know_answers_only() -> None:
    """In the guides' dialect there is one row per queue, by the definition `answered`, and no abandons."""
    service = QueueService(queue_id=SUPPORT, media="all", answered=36.0, within={20.0: 25.0, 30.0: 29.0})
    batch = await Watching(answer(service), dialect="guides").poll()
    assert {key[-1] for key in values(batch, "service_level_ratio")} == {"answered"}
    assert values(batch, "queue_answered") == {(SUPPORT, "all", "15m"): 36.0, (SALES, "all", "15m"): 0.0}
    assert values(batch, "queue_offered") == {}


async def test_a_failed_window_publishes_nothing() -> None:
    """All windows or an error: half an answer would let half the rules judge old figures."""
    watching = Watching(Throttled("slow down", retry_after=3.0))
    with pytest.raises(Throttled):
        await watching.poll()


async def test_refused_values_are_counted_by_field() -> None:
    """What the decoder could not use is reported with the field it stood in."""
    watching = Watching(ServiceLevels(interval=OVER, queues=(), oddities={("tAnswered", "negative"): 2}))
    await watching.poll()
    assert watching.telemetry.refusals == [("tAnswered", "negative", 2)]


async def test_a_lasting_difference_to_the_platform_is_one_log_line() -> None:
    """An org that counts flow-outs is named once, with what to write."""
    watching = Watching(answer(a_service(level_counted=42.0)))
    with capture_logs() as logs:
        for _ in range(LASTING + 2):
            await watching.poll()
    told = [line for line in logs if line["event"] == "service_level.differs"]
    assert len(told) == 1
    assert "flow_outs: true" in told[0]["hint"]
