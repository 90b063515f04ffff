"""What /metrics shows of the platforms: exact, complete, and gone when stale."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from monitor.exposition.packing import followed, pack
from monitor.exposition.snapshot import Snapshot, stale_limit
from monitor.exposition.text import Renderer, page
from monitor.model.catalogue import METRICS
from monitor.model.sample import Rows, SampleBatch, SourceFailure, Table, Value
from tests.builders import EPOCH, SALES, SUPPORT, a_batch

KEY = ("acme", "queues")
ROW = (SUPPORT, "Support", "voice")


def parsed(text: bytes) -> dict[tuple[str, ...], float]:
    """Return every sample the official parser finds, by name and sorted label values."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def snapshot(*, cap: int = 1000, queue_name: bool = True) -> tuple[Snapshot, list[int]]:
    """Return a snapshot of one source polled every 10 s, and what it dropped."""
    dropped: list[int] = []
    return Snapshot({KEY: 30.0}, queue_name, cap, lambda _org, _source, count: dropped.append(count)), dropped


def rendered(waiting: Mapping[tuple[str, str, str], Value], renderer: Renderer | None = None) -> bytes:
    """Return the page of one batch."""
    return page([(renderer or Renderer()).render(a_batch(waiting), 1000).blocks])


def test_a_sample_is_one_line() -> None:
    """Name, labels in catalogue order and value, with HELP and TYPE above."""
    assert rendered({ROW: 3.0}).decode().splitlines() == [
        "# HELP genesys_queue_waiting Interactions waiting in the queue.",
        "# TYPE genesys_queue_waiting gauge",
        f'genesys_queue_waiting{{org="acme",queue_id="{SUPPORT}",queue="Support",media="voice"}} 3',
    ]


@pytest.mark.parametrize(("idle", "lines"), [(None, []), (0.0, ["0"])])
def test_an_idle_ratio_is_absent_or_zero_as_configured(idle: float | None, lines: list[str]) -> None:
    """A ratio of nothing has no line by default; with `idle_ratio: zero` it is 0, and unknown never is."""
    rows = Rows(METRICS["queue_abandon_ratio"].labels, ((*ROW, "15m"), (SALES, "Sales", "voice", "15m")))
    table = Table(rows, {"queue_abandon_ratio": [None, None]}, {"queue_abandon_ratio": {0}})
    batch = SampleBatch(
        org="acme", source="service_level", observed_at=EPOCH, tables=(table,), queues=frozenset()
    )
    text = page([Renderer(idle=idle).render(batch, 10).blocks]).decode()
    assert [line.split()[-1] for line in text.splitlines() if line[0] != "#"] == lines
    assert "Sales" not in text


def test_unknown_is_left_out() -> None:
    """A value that is not known has no line; its neighbours have theirs."""
    text = rendered({ROW: None, (SALES, "Sales", "voice"): 0.0})
    assert b"Support" not in text
    assert b'queue="Sales",media="voice"} 0\n' in text


NAMES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r"), max_size=20)
VALUES = st.none() | st.floats(min_value=-1e18, max_value=1e18)


@given(st.dictionaries(st.tuples(NAMES, NAMES, NAMES), VALUES, max_size=8))
def test_the_official_parser_reads_back_what_was_put_in(waiting: dict[tuple[str, str, str], Value]) -> None:
    """Whatever the names hold, the page parses to exactly the known values."""
    expected = {
        ("genesys_queue_waiting", media, "acme", queue, queue_id): value
        for (queue_id, queue, media), value in waiting.items()
        if value is not None
    }
    assert parsed(rendered(waiting)) == expected


def test_a_second_poll_changes_only_values() -> None:
    """Rows kept from the poll before give the new values, not the old ones."""
    renderer, rows = Renderer(), Rows(("queue_id", "queue", "media"), (ROW,))
    for value in (3.0, 4.5, None, 0.0):
        batch = SampleBatch(
            org="acme", source="queues", observed_at=EPOCH, tables=(Table(rows, {"queue_waiting": [value]}),),
            queues=frozenset(),
        )  # fmt: skip
        found = parsed(page([renderer.render(batch, 10).blocks]))
        assert list(found.values()) == ([] if value is None else [value])


def test_two_orgs_share_one_family() -> None:
    """The lines of one metric stand together, whichever org they are from: OpenMetrics insists."""
    blocks = [Renderer().render(a_batch({ROW: 1.0}, org=org), 10).blocks for org in ("acme", "beta")]
    text = page(blocks)
    assert text.count(b"# TYPE") == 1
    assert len(list(parse_openmetrics(text.decode() + "# EOF\n"))) == 1


def test_the_queue_name_can_be_left_out() -> None:
    """With queue_name off, the id alone labels the series."""
    assert b"Support" not in rendered({ROW: 1.0}, Renderer(queue_name=False))


@pytest.mark.looptime
async def test_a_vanished_queue_vanishes() -> None:
    """The next batch replaces the source whole."""
    shot, _ = snapshot()
    await shot.accept(a_batch({ROW: 1.0, (SALES, "Sales", "voice"): 2.0}))
    await shot.accept(a_batch({ROW: 1.0}))
    assert b"Sales" not in shot.text()


@pytest.mark.looptime
async def test_values_of_a_failing_source_go_away_after_the_stale_limit() -> None:
    """A failure keeps the values, 30 s without a good poll remove them, a good one brings them back."""
    shot, _ = snapshot()
    await shot.accept(a_batch({ROW: 1.0}))
    failure = SourceFailure(org="acme", source="queues", failed_at=EPOCH, reason="auth", message="refused")
    await asyncio.sleep(29)
    await shot.accept(failure)
    assert b"Support" in shot.text()
    await asyncio.sleep(2)
    assert shot.text() == b""
    assert (shot.standings[KEY].up, shot.standings[KEY].good_at) != (True, None)
    await shot.accept(a_batch({ROW: 1.0}))
    assert b"Support" in shot.text()


@pytest.mark.looptime
async def test_the_series_cap_is_kept_and_counted() -> None:
    """Series beyond the cap are left out and counted."""
    shot, dropped = snapshot(cap=3)
    await shot.accept(a_batch({(str(number), "Q", "voice"): 1.0 for number in range(5)}))
    assert len(parsed(shot.text())) == 3
    assert dropped == [2]


@pytest.mark.parametrize(("interval", "limit"), [(1.0, 30.0), (10.0, 30.0), (60.0, 180.0)])
def test_the_stale_limit_is_three_intervals_but_half_a_minute(interval: float, limit: float) -> None:
    """DESIGN.md §9: max(3 × interval, 30 s)."""
    assert stale_limit(interval) == limit


@given(st.binary(max_size=5000), st.binary(max_size=500))
def test_the_two_halves_are_one_gzip_member(head: bytes, tail: bytes) -> None:
    """A packed head and a fresh tail unpack to head + tail, checksum and size included."""
    assert gzip.decompress(b"".join(followed(pack(head), tail))) == head + tail


@pytest.mark.looptime
async def test_readiness_needs_a_first_word_from_every_source() -> None:
    """Settled is false until each source has answered or failed once."""
    shot, _ = snapshot()
    assert not shot.settled()
    await shot.accept(
        SourceFailure(org="acme", source="queues", failed_at=EPOCH, reason="auth", message="no")
    )
    assert shot.settled()
