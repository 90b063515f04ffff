"""The order of rows: by their labels, worked out once for rows that stay the same."""

from __future__ import annotations

import random
from collections.abc import Iterator

from monitor.model.sample import Rows
from monitor.web.api.sorting import RUN, Orders, behind, place


class Counted(tuple[tuple[str, ...], ...]):  # noqa: SLOT001 - such a tuple can have none
    """Rows' values that count how often all of them, or one, are read."""

    whole = 0
    single = 0

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        self.whole += 1
        return super().__iter__()

    def __getitem__(self, row: int) -> tuple[str, ...]:  # type: ignore[override]  # only what is used
        self.single += 1
        return super().__getitem__(row)


def some(count: int = 10) -> Rows:
    """Return rows in no order, always the same."""
    values = [(f"id-{number}", f"Queue {number % 7}") for number in range(count)]
    random.Random(1).shuffle(values)
    return Rows(("queue_id", "queue"), Counted(values))


def test_rows_stand_by_their_labels() -> None:
    """Each once, also where there are more than are sorted at a stretch."""
    rows = some(2 * RUN + 5)
    order = Orders().of(rows)
    assert sorted(order) == list(range(len(rows)))
    assert [rows.values[row] for row in order] == sorted(rows.values)


def test_a_place_is_found_without_looking_at_every_row() -> None:
    """The first behind it, whether the place itself is there or not."""
    rows = some(1000)
    order = Orders().of(rows)
    values = rows.values
    assert isinstance(values, Counted)
    values.single = 0
    start = place(("id-5", "Queue 5"))
    assert rows.values[order[behind(rows, order, start)]] == ("id-50", "Queue 1")
    assert rows.values[order[behind(rows, order, "id-50\x00")]] == ("id-50", "Queue 1")
    assert behind(rows, order, "id-\U0010ffff") == len(rows)
    assert values.single < 50


def test_the_same_rows_are_sorted_once() -> None:
    """For as long as they are kept; others, however alike, have an order of their own."""
    orders, rows, other = Orders(), some(), some()
    values = rows.values
    assert isinstance(values, Counted)
    first = orders.of(rows)
    orders.keep([rows, other])
    assert orders.of(rows) is first
    assert values.whole == 1
    assert orders.of(other) is not first


def test_rows_that_are_gone_are_forgotten() -> None:
    """Nothing keeps them once a newer answer shows others."""
    orders, rows = Orders(), some()
    first = orders.of(rows)
    orders.keep([some()])
    assert orders.of(rows) is not first


def test_long_labels_have_short_places() -> None:
    """Two that differ at their ends have two."""
    long = "x" * 1000
    one, two = place((long, "a")), place((long, "b"))
    assert one != two
    assert len(one) == len(two) < 500
