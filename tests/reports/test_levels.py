"""Service levels over a long time: parts are added up, never averaged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from monitor.model.errors import Unavailable
from monitor.model.interval import Interval
from monitor.model.observation import QueueService, ServiceLevels
from monitor.model.servicelevel import Definition, Formula
from monitor.reports.levels import HEADINGS, Level, LevelReport, service_levels
from tests.builders import EPOCH, SALES, SUPPORT, a_queue
from tests.reports.platforms import PiecePlatform, Steps, platform

WEEK = timedelta(days=7)
QUEUES = (a_queue(), a_queue(SALES, "sales"))


def service(
    queue_id: str = SUPPORT,
    media: str = "voice",
    *,
    answered: float | None = 10.0,
    within: Mapping[float, float | None] | None = None,
    abandoned: float | None = None,
) -> QueueService:
    """Return what one queue and media type did."""
    return QueueService(
        queue_id=queue_id, media=media, answered=answered, within=within or {30.0: 5.0}, abandoned=abandoned
    )


def answering(*pieces: tuple[QueueService, ...], unknown: frozenset[str] = frozenset()) -> PiecePlatform:
    """Return a platform that answers one piece after the other; `unknown` belongs to the first."""
    left = list(pieces)

    def answer(interval: Interval) -> ServiceLevels:
        first = len(left) == len(pieces)
        return ServiceLevels(
            interval=interval,
            queues=left.pop(0),
            unknown=unknown if first else frozenset(),
            oddities={("tAnswered", "malformed"): 2},
        )

    return PiecePlatform(levels=answer)


async def reported(
    fake: PiecePlatform,
    *,
    weeks: int = 1,
    thresholds: tuple[float, ...] = (30.0,),
    formula: Formula | None = None,
) -> LevelReport:
    """Return the report over so many weeks."""
    interval = Interval(EPOCH, EPOCH + weeks * WEEK)
    return await service_levels(
        platform(fake), QUEUES, interval, thresholds, formula=formula, progress=Steps()
    )


def row(
    report: LevelReport, queue_id: str, definition: Definition = Definition.ANSWERED, threshold: float = 30.0
) -> Level:
    """Return one row; an empty id is the total."""
    (found,) = (
        level
        for level in (*report.levels, *report.totals)
        if (level.queue_id, level.definition, level.threshold) == (queue_id, definition, threshold)
    )
    return found


async def test_pieces_are_added_up_and_not_averaged() -> None:
    """1 of 1 in one week and 0 of 9 in the next are 10 %, not the mean of 100 % and 0 %."""
    fake = answering(
        (service(answered=1.0, within={30.0: 1.0}),), (service(answered=9.0, within={30.0: 0.0}),)
    )
    report = await reported(fake, weeks=2)
    assert row(report, SUPPORT).percentage == 10.0


async def test_media_types_and_queues_are_added_up() -> None:
    """A queue's row is the sum over its media types, the total the sum over queues."""
    fake = answering(
        (
            service(answered=3.0, within={30.0: 1.0}),
            service(media="chat", answered=1.0, within={30.0: 1.0}),
            service(SALES, answered=4.0, within={30.0: 4.0}),
        )
    )
    report = await reported(fake)
    assert row(report, SUPPORT).percentage == 50.0
    assert row(report, "").percentage == 75.0
    assert row(report, "").queue == "total"


async def test_a_queue_that_answered_nothing_in_time_is_there_with_zero() -> None:
    """Answers, but none within the threshold, are 0 % of those answers."""
    report = await reported(answering((service(answered=7.0, within={30.0: 0.0}),)))
    found = row(report, SUPPORT)
    assert (found.percentage, found.ratio.denominator) == (0.0, 7.0)


async def test_an_idle_queue_is_zero_of_zero() -> None:
    """A queue without a row in a complete answer had no events: 0.0, never NaN and never left out."""
    report = await reported(answering(()))
    assert row(report, SALES).cells() == (SALES, "sales", "30s", "answered", 0.0, 0.0, "0.00")


async def test_what_could_not_be_read_is_unknown_for_good() -> None:
    """A queue unreadable in one piece is unknown in the whole, and so is the total; others are not."""
    fake = answering((service(SALES),), (service(), service(SALES)), unknown=frozenset({SUPPORT}))
    report = await reported(fake, weeks=2)
    assert row(report, SUPPORT).percentage is None
    assert row(report, "").percentage is None
    assert row(report, SALES).percentage == 50.0
    assert report.unknown == (SUPPORT,)
    assert report.refused == 4


async def test_an_unknown_count_is_not_taken_for_zero() -> None:
    """A null within an answer makes its row unknown, with an empty cell."""
    report = await reported(answering((service(within={30.0: None}),)))
    assert row(report, SUPPORT).cells()[-3:] == (None, 10.0, None)


async def test_the_orgs_formula_adds_a_second_row() -> None:
    """With a formula every queue has a row by Genesys' definition, of answers and abandons."""
    report = await reported(answering((service(abandoned=10.0),)), formula=Formula())
    assert row(report, SUPPORT, Definition.ANSWERED).percentage == 50.0
    assert row(report, SUPPORT, Definition.GENESYS).percentage == 25.0


async def test_a_long_time_is_asked_week_by_week() -> None:
    """17 days are asked in three pieces that meet, each about every queue and threshold."""
    fake = answering((), (), ())
    steps = Steps()
    whole = Interval(EPOCH, EPOCH + timedelta(days=17))
    await service_levels(platform(fake), QUEUES, whole, (20.0, 30.0), formula=None, progress=steps)
    assert [piece.seconds / 86400 for piece in fake.pieces] == [7, 7, 3]
    assert (fake.pieces[0].start, fake.pieces[-1].end) == (whole.start, whole.end)
    assert fake.asked == [((SUPPORT, SALES), (20.0, 30.0))] * 3
    assert (steps.pieces, steps.done) == (3, 3)


async def test_rows_come_by_name_then_threshold() -> None:
    """Rows are sorted by queue name whatever its case, then by threshold."""
    report = await reported(answering(()), thresholds=(30.0, 20.0))
    assert [(level.queue, level.threshold) for level in report.levels] == [
        ("sales", 20.0),
        ("sales", 30.0),
        ("Support Voice", 20.0),
        ("Support Voice", 30.0),
    ]
    assert len(HEADINGS) == len(report.levels[0].cells())


async def test_one_failed_piece_is_no_report() -> None:
    """An error in the second piece is raised: a sum over the rest would be false."""
    fake = answering((), ())
    fake.failure, fake.fails_at = Unavailable("gone"), 1
    with pytest.raises(Unavailable, match="gone"):
        await reported(fake, weeks=2)
