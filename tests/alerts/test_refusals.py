"""A store that refuses for a while: nothing that was asked for in the meantime is lost, or said to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from monitor.model.alert import DESTINATION_GONE, Alert
from monitor.model.delivery import Dispatch
from monitor.model.errors import StoreError
from monitor.model.rule import Matcher
from monitor.model.silence import Silence
from monitor.store.memory import MemoryStore
from tests.alerts.bench import KEY, Bench, two_levels
from tests.builders import EPOCH

pytestmark = pytest.mark.looptime


class Moody(MemoryStore):
    """A store in memory that refuses while it is `broken`."""

    broken = False

    async def commit(self, alerts: Sequence[Alert], dispatches: Sequence[Dispatch]) -> None:
        if self.broken:
            raise StoreError("disk full")
        await super().commit(alerts, dispatches)


def a_bench(store: Moody) -> Bench:
    """Return a bench on it, with two destinations."""
    bench = Bench((two_levels(),), store=store, audience=("hook", "lamp"))
    bench.manager.destinations = ("hook", "lamp")
    return bench


async def test_a_fate_that_was_not_taken_says_so() -> None:
    """While the store is behind it has to be said again; one that the store refused itself is kept."""
    store = Moody()
    bench = a_bench(store)
    store.broken = True
    await bench.poll(12)
    assert not await bench.manager.destination("lamp", gone=True)
    store.broken = False
    assert await bench.manager.destination("lamp", gone=True)
    assert await bench.manager.destination("hook", gone=False)
    store.broken = True
    assert await bench.manager.destination("lamp", gone=False)
    store.broken = False
    await bench.manager.tick()
    assert [kind for kind in bench.kinds() if DESTINATION_GONE in kind] == [
        f"{DESTINATION_GONE} fired critical",
        f"{DESTINATION_GONE} resolved critical",
    ]


async def test_a_reload_throws_no_refused_turn_away() -> None:
    """What the store refused is committed, then what the reload takes away ends."""
    store = Moody()
    bench = a_bench(store)
    await bench.poll(12)
    store.broken = True
    await bench.manager.destination("lamp", gone=True)
    await bench.adopt(())
    assert bench.manager.rules == ()
    store.broken = False
    await bench.manager.tick()
    assert bench.kinds() == [
        "Waiting fired warning",
        f"{DESTINATION_GONE} fired critical",
        "Waiting resolved warning",
    ]
    assert bench.heard()[-1]["reason"] == "rule_removed"


async def test_a_reload_catches_up_by_itself() -> None:
    """Where the store takes writes again by then, nothing is left to do."""
    store = Moody()
    bench = a_bench(store)
    await bench.poll(12)
    store.broken = True
    await bench.manager.destination("lamp", gone=True)
    store.broken = False
    await bench.adopt(())
    assert bench.kinds()[1:] == [f"{DESTINATION_GONE} fired critical", "Waiting resolved warning"]


async def test_an_acknowledgement_says_what_becomes_of_it() -> None:
    """Refused itself it comes later; asked while the store is behind it is not done."""
    store = Moody()
    bench = a_bench(store)
    await bench.poll(12)
    store.broken = True
    with pytest.raises(StoreError, match="it will be as soon as"):
        await bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann")
    with pytest.raises(StoreError, match="not done"):
        await bench.manager.acknowledge("acme", "Waiting", KEY, owner="bob")
    store.broken = False
    await bench.poll(12)
    assert [one["owner"] for one in bench.heard()] == ["", "ann"]


async def test_silences_that_are_over_are_forgotten() -> None:
    """In memory and in the store: those that ended before, and no others."""
    bench = Bench((two_levels(),))
    matchers = (Matcher(label="queue", globs=("x",)),)
    for hours in (1, 5):
        ends = EPOCH + timedelta(hours=hours)
        await bench.manager.silence(
            Silence(id=str(hours), matchers=matchers, starts_at=EPOCH, ends_at=ends, owner="", comment="")
        )
    assert await bench.manager.forget_silences(EPOCH + timedelta(hours=2)) == 1
    assert [one.id for one in bench.manager.silences] == ["5"]
    assert [one.id for one in await bench.store.silences()] == ["5"]
