"""`/api/v1/samples`: every series there is, by source, metric and labels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from monitor.model.board import SourceState
from monitor.model.sample import Rows, SampleBatch, Table
from monitor.web.access import Address
from monitor.web.api.samples import Samples
from tests.builders import EPOCH, a_batch, a_table
from tests.web.api.desk import refusal
from tests.web.api.figures import a_source, get

QUEUE = ("queue_id", "queue", "media")


@dataclass
class Batches:
    """Samples over batches."""

    kept: list[SampleBatch]
    sources: list[SourceState] = field(default_factory=list)

    def addresses(self) -> list[Address]:
        """Return the address of them."""
        return Samples(batches=self._batches, sources=lambda: self.sources).addresses()

    def _batches(self) -> Mapping[tuple[str, str], SampleBatch]:
        return {(one.org, one.source): one for one in self.kept}


def levels(org: str = "acme") -> SampleBatch:
    """Return a batch of two metrics, one of them in two tables; a ratio of it is idle."""
    first = Rows(QUEUE, (("1", "Support", "voice"), ("2", "Billing", "voice")))
    second = Rows(QUEUE, (("1", "Support", "chat"),))
    tables = (
        Table(first, {"offered": [10.0, 0.0], "level_ratio": [0.9, None]}, {"level_ratio": {1}}),
        Table(second, {"offered": [None]}),
    )
    return SampleBatch(
        org=org, source="service_level", observed_at=EPOCH, tables=tables, queues=frozenset({"1", "2"})
    )


def brief(samples: list[dict[str, object]]) -> list[tuple[object, ...]]:
    """Return what tells samples apart, and their values."""
    found: list[tuple[object, ...]] = []
    for one in samples:
        labels = one["labels"]
        assert isinstance(labels, dict)
        found.append((one["org"], one["metric"], labels["queue"], labels["media"], one["value"]))
    return found


EVERY = [
    ("acme", "queue_waiting", "Support", "voice", 3.0),
    ("acme", "level_ratio", "Support", "voice", 0.9),
    ("acme", "level_ratio", "Billing", "voice", None),
    ("acme", "offered", "Support", "chat", None),
    ("acme", "offered", "Support", "voice", 10.0),
    ("acme", "offered", "Billing", "voice", 0.0),
    ("globex", "queue_waiting", "Sales", "voice", 1.0),
]


def batches() -> Batches:
    """Return three batches of two orgs."""
    return Batches(
        [
            levels(),
            a_batch({("9", "Sales", "voice"): 1.0}, org="globex"),
            a_batch({("1", "Support", "voice"): 3.0}),
        ]
    )


async def test_a_sample_is_shown_with_its_labels() -> None:
    """And with when its answer was in; the metric has the name that rules use."""
    answer = await get(Batches([a_batch({("1", "Support", "voice"): 3.0})]), "samples")
    assert answer.json() == {
        "samples": [
            {
                "org": "acme",
                "source": "queues",
                "metric": "queue_waiting",
                "labels": {"queue_id": "1", "queue": "Support", "media": "voice"},
                "value": 3.0,
                "idle": False,
                "stale": False,
                "observed_at": "2026-11-21T09:00:00.000Z",
            }
        ],
        "next": None,
    }


async def test_samples_stand_in_order() -> None:
    """By org, source, metric and labels, over tables."""
    assert brief((await get(batches(), "samples")).json()["samples"]) == EVERY


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
async def test_pages_hold_every_sample_once(size: int) -> None:
    """Wherever a page ends: between sources, between metrics, within one."""
    of, after = batches(), ""
    found: list[tuple[object, ...]] = []
    while len(found) <= len(EVERY):
        page = (await get(of, f"samples?limit={size}{after}")).json()
        assert len(page["samples"]) <= size
        found += brief(page["samples"])
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == EVERY


async def test_the_longest_labels_fit_a_cursor() -> None:
    """Four names of 200 characters of four bytes, alike up to the last, are told apart from page to page."""
    long = "\U00020000" * 199
    rows = {(long, long, long, long + end): 1.0 for end in "abc"}
    table = a_table((*QUEUE, "division"), {"queue_info": rows})
    of = Batches([replace(a_batch({}), tables=(table,))])
    found: list[str] = []
    after = ""
    while len(found) <= len(rows):
        page = (await get(of, f"samples?limit=1{after}")).json()
        found += [one["labels"]["division"] for one in page["samples"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted(found) == sorted(division for *_, division in rows)


async def test_a_page_stays_good_while_rows_come_and_go() -> None:
    """The next page begins behind the last series seen, though that has gone with its whole source."""
    of = batches()
    first = (await get(of, "samples?limit=5")).json()
    of.kept = [one for one in of.kept if one.source != "service_level"]
    second = (await get(of, f"samples?after={first['next']}")).json()
    assert brief(second["samples"]) == EVERY[-1:]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("org=globex", EVERY[-1:]),
        ("source=queues", [EVERY[0], EVERY[-1]]),
        ("metric=offered", EVERY[3:6]),
        ("metric=*_ratio", EVERY[1:3]),
        ("queue=2", [EVERY[2], EVERY[5]]),
        ("queue=Bill*", [EVERY[2], EVERY[5]]),
        ("queue=bill", []),
        ("metric=offered&queue=Support&org=acme", EVERY[3:5]),
        ("org=nobody", []),
    ],
)
async def test_samples_are_filtered(query: str, expected: list[tuple[object, ...]]) -> None:
    """Org and source by name, metric and queue also by a glob, a queue by its id."""
    assert brief((await get(batches(), f"samples?{query}")).json()["samples"]) == expected


async def test_what_is_about_no_queue_fits_no_queue() -> None:
    """A metric without the label is left out where a queue is asked for."""
    table = a_table(("status",), {"agents": {("BUSY",): 4.0}})
    agents = SampleBatch(org="acme", source="agents", observed_at=EPOCH, tables=(table,), queues=frozenset())
    assert len((await get(Batches([agents]), "samples")).json()["samples"]) == 1
    assert (await get(Batches([agents]), "samples?queue=*")).json()["samples"] == []


async def test_idle_is_known_and_stale_is_marked() -> None:
    """A ratio of nothing is not unknown; a source that is too old says so on each of its samples."""
    of = batches()
    of.sources = [a_source("queues", stale=True), a_source("service_level")]
    shown = (await get(of, "samples?org=acme")).json()["samples"]
    assert [one["idle"] for one in shown] == [False, False, True, False, False, False]
    assert [one["stale"] for one in shown] == [True] + [False] * 5


async def test_a_cursor_somebody_made_up_is_refused() -> None:
    """Also a whole number in the place of a name."""
    assert refusal(await get(batches(), "samples?after=WzEsMiwzLDRd"))[0] == 400
    assert refusal(await get(batches(), "samples?limit=1001"))[0] == 400
    assert refusal(await get(batches(), "samples?queue_id=1"))[0] == 400


async def test_nothing_is_sent_again_while_nothing_changes() -> None:
    """304 to who has it; a new answer of a source ends that."""
    etag = (await get(batches(), "samples")).headers["etag"]
    assert (await get(batches(), "samples", if_none_match=etag)).status_code == 304
    changed = Batches([a_batch({("1", "Support", "voice"): 4.0})])
    assert (await get(changed, "samples", if_none_match=etag)).status_code == 200


class Counted(tuple[tuple[str, ...], ...]):  # noqa: SLOT001 - such a tuple can have none
    """Rows' values that count how often one of them is read."""

    read = 0

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        self.read += len(self)
        return super().__iter__()

    def __getitem__(self, row: int) -> tuple[str, ...]:  # type: ignore[override]  # only what is used
        self.read += 1
        return super().__getitem__(row)


async def test_a_page_costs_what_is_on_it() -> None:
    """However many rows a metric has: they are sorted once, for all pages and metrics, while they stay."""
    values = Counted((str(number), "Support", "voice") for number in range(3000))
    columns = {name: [1.0] * len(values) for name in ("waiting", "interacting")}
    batch = replace(levels(), tables=(Table(Rows(QUEUE, values), columns),))
    of = Samples(batches=lambda: {("acme", "service_level"): batch}, sources=lambda: ())
    page = (await get(of, "samples?limit=10")).json()
    values.read = 0
    for _ in range(5):
        page = (await get(of, f"samples?limit=10&after={page['next']}")).json()
    assert (await get(of, "samples?metric=waiting&limit=10")).json()["next"] is not None
    assert values.read < 6 * 50


async def test_rows_that_changed_are_sorted_anew() -> None:
    """An answer that shows other queues is listed as it is, by who listed the one before."""
    kept = {("globex", "queues"): a_batch({("9", "Sales", "voice"): 1.0}, org="globex")}
    of = Samples(batches=lambda: kept, sources=lambda: ())
    assert brief((await get(of, "samples")).json()["samples"]) == EVERY[-1:]
    rows = {("9", "Sales", "voice"): 1.0, ("8", "Claims", "voice"): 2.0}
    kept["globex", "queues"] = a_batch(rows, org="globex")
    shown = brief((await get(of, "samples")).json()["samples"])
    assert [one[2] for one in shown] == ["Claims", "Sales"]
