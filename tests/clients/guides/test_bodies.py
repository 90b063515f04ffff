"""What is asked for: lengths, segments, reduced windows, and limits held before sending."""

from __future__ import annotations

import pytest

from monitor.clients.guides import endpoints
from monitor.model.errors import Refused
from monitor.model.interval import Interval
from tests.builders import EPOCH
from tests.clients.guides.gateway import DAY, hours


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1800, "PT30M"), (3600, "PT1H"), (900, "PT15M"), (86400, "P1D"), (7200, "PT2H"), (45, "PT45S")],
)
def test_lengths_are_written_as_iso_8601(seconds: float, text: str) -> None:
    """The largest unit that divides evenly is used."""
    assert endpoints.duration(seconds) == text


def test_thirty_days_are_one_segment() -> None:
    """Exactly the limit is not split."""
    span = Interval(EPOCH, EPOCH + 30 * DAY)
    assert endpoints.segments(span, overlap=3600) == (span,)


def test_longer_spans_overlap_by_a_bucket() -> None:
    """Every segment but the first begins one bucket early, so that no bucket is only seen in part."""
    first, second, third = endpoints.segments(Interval(EPOCH, EPOCH + 31 * DAY), overlap=3600)
    assert first == Interval(EPOCH, EPOCH + 14 * DAY)
    assert second == Interval(EPOCH + 14 * DAY - DAY / 24, EPOCH + 28 * DAY)
    assert third == Interval(EPOCH + 28 * DAY - DAY / 24, EPOCH + 31 * DAY)


@pytest.mark.parametrize(("length", "left"), [(4, 2), (5, 3), (2, 1), (2.5, 1.5)])
def test_the_newest_half_keeps_the_buckets(length: float, left: float) -> None:
    """The newer half, rounded up to whole buckets, ends where the interval ends."""
    assert endpoints.newest_half(hours(length), 3600) == hours(left, start=length - left)


@pytest.mark.parametrize("length", [0.5, 1])
def test_a_single_bucket_has_no_half(length: float) -> None:
    """There is nothing smaller to ask for than one bucket."""
    assert endpoints.newest_half(hours(length), 3600) is None


@pytest.mark.parametrize(("count", "fits"), [(20, True), (21, False)])
def test_work_item_metrics_are_limited(count: int, fits: bool) -> None:
    """Twenty metrics are sent, one more is refused before sending."""
    metrics = [f"m{index}" for index in range(count)]
    if fits:
        assert endpoints.workitems_body(["q"], hours(1), 3600, "UTC", metrics)
    else:
        with pytest.raises(
            Refused, match="work items: 21 metrics, at most 20 are answered: nothing was sent"
        ):
            endpoints.workitems_body(["q"], hours(1), 3600, "UTC", metrics)


@pytest.mark.parametrize(("count", "fits"), [(10, True), (11, False)])
def test_strategy_metrics_are_limited(count: int, fits: bool) -> None:
    """Ten metrics are sent, one more is refused before sending."""
    metrics = [f"m{index}" for index in range(count)]
    if fits:
        assert endpoints.evaluation_body(["s"], hours(1), metrics)
    else:
        with pytest.raises(Refused, match="routing strategies: 11 metrics, at most 10"):
            endpoints.evaluation_body(["s"], hours(1), metrics)


def test_spans_are_limited() -> None:
    """A span of more than 30 days is refused before sending, one of exactly 30 is not."""
    assert endpoints.evaluation_body(["s"], Interval(EPOCH, EPOCH + 30 * DAY))
    with pytest.raises(Refused, match=r"a span of 30\.5 days, at most 30: nothing was sent"):
        endpoints.evaluation_body(["s"], Interval(EPOCH, EPOCH + 30.5 * DAY))


def test_groupings_are_limited() -> None:
    """Only the groupings the guides support are sent; the others are named."""
    assert endpoints.evaluation_body(["s"], hours(1), group_bys=("strategyId", "queueId"))
    with pytest.raises(Refused, match="cannot be grouped by mediaType"):
        endpoints.evaluation_body(["s"], hours(1), group_bys=("strategyId", "mediaType"))
