"""The manager: batches in, one transaction out, and nothing advanced that the store refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from monitor.alerts.manager import AlertManager
from monitor.model.alert import SOURCE_DOWN, Alert, AlertState
from monitor.model.catalogue import METRICS
from monitor.model.delivery import Dispatch, Envelope, StateRecord
from monitor.model.errors import StoreError
from monitor.model.pace import Pace
from monitor.model.route import Terms
from monitor.model.rule import Rule
from monitor.model.sample import Rows, SampleBatch, SourceFailure, Table, Value
from monitor.model.silence import Silence
from tests.builders import EPOCH, SUPPORT, LoopClock, a_batch, a_level, a_rule
from tests.outbox.making import a_dispatcher

pytestmark = pytest.mark.looptime

ROW = (SUPPORT, "Support Voice", "voice")
LEVEL_ROW = (*ROW, "15m", "20s", "genesys")


class Store:
    """Keeps commits in memory; `broken` makes it refuse."""

    def __init__(self) -> None:
        self.alerts: dict[tuple[str, str, str], Alert] = {}
        self.envelopes: list[Envelope] = []
        self.kept: list[Silence] = []
        self.commits = 0
        self.broken = False

    async def load(self) -> list[Alert]:
        return list(self.alerts.values())

    async def commit(self, alerts: Sequence[Alert], dispatches: Sequence[Dispatch]) -> None:
        if self.broken:
            raise StoreError("disk full")
        self.commits += 1
        self.alerts.update({(alert.org, alert.rule, alert.entity.key): alert for alert in alerts})
        self.envelopes.extend(envelope for one in dispatches for envelope in one.envelopes)

    async def silences(self) -> list[Silence]:
        return list(self.kept)

    async def put_silence(self, silence: Silence) -> None:
        self.kept.append(silence)

    async def forget_silences(self, *, before: datetime) -> int:
        old = [one for one in self.kept if one.ends_at < before]
        self.kept = [one for one in self.kept if one.ends_at >= before]
        return len(old)

    async def states(self) -> list[StateRecord]:
        return []


class Bench:
    """A manager on a store, polled every ten seconds of virtual time."""

    def __init__(self, *rules: Rule, store: Store | None = None) -> None:
        self.store = store or Store()
        self.woken = 0
        self.manager = AlertManager(
            rules=rules or (a_rule(),),
            store=self.store,
            prepare=a_dispatcher("hook").dispatch,
            committed=self._wake,
            clock=LoopClock(),
            route=lambda _labels, _severity, _now: {"hook": Terms()},
            paces={("acme", "queues"): Pace(10.0), ("acme", "service_level"): Pace(10.0)},
        )

    def _wake(self) -> None:
        self.woken += 1

    async def poll(self, *values: float | None) -> None:
        """Publish one batch per value, ten seconds apart."""
        for value in values:
            await self.manager.accept(a_batch({ROW: value}))
            await asyncio.sleep(10)

    async def fail(self, times: int = 1) -> None:
        """Publish failures of the source instead."""
        for _ in range(times):
            await self.manager.accept(
                SourceFailure(org="acme", source="queues", failed_at=EPOCH, reason="auth", message="refused")
            )
            await asyncio.sleep(10)

    def states(self, rule: str) -> list[AlertState]:
        """Return the state of every alert of a rule."""
        return [alert.state for alert in self.manager.alerts() if alert.rule == rule]

    def sent(self) -> list[tuple[str, int]]:
        """Return kind and sequence of every envelope committed."""
        return [
            (envelope.kind.value, envelope.sequence)
            for envelope in self.store.envelopes
            if envelope.rule != SOURCE_DOWN
        ]


async def test_a_breach_is_committed_with_its_envelope_then_the_relay_is_woken() -> None:
    """Alert and envelope are in one commit, and the wake-up comes after it."""
    bench = Bench()
    await bench.poll(12.0)
    assert (bench.store.commits, bench.woken, bench.sent()) == (1, 1, [("fired", 1)])


async def test_a_lasting_breach_writes_nothing_more() -> None:
    """While an alert fires and only its value changes, the disk is left alone."""
    bench = Bench()
    await bench.poll(12.0, 13.0, 14.0, 15.0)
    assert bench.store.commits == 1
    assert [alert.value for alert in bench.manager.alerts()] == [15.0]


async def test_a_refused_commit_advances_nothing() -> None:
    """When the store refuses, no event exists; the next batch derives it again, with the same id."""
    bench = Bench()
    bench.store.broken = True
    with capture_logs() as lines:
        await bench.poll(12.0, 12.0, 12.0)
        bench.store.broken = False
        await bench.poll(12.0)
    assert bench.sent() == [("fired", 1)]
    assert [line["event"] for line in lines] == ["commit.failed", "commit.recovered", "alert.published"]


async def test_a_failing_source_neither_fires_nor_clears() -> None:
    """Failures between good polls move no alert, and their time counts for no dwell."""
    bench = Bench(a_rule(level=a_level(dwell=20.0)))
    await bench.poll(12.0)
    await bench.fail(30)
    await bench.poll(12.0, 12.0)
    assert bench.sent() == []
    await bench.poll(12.0)
    assert bench.sent() == [("fired", 1)]
    await bench.fail(30)
    assert bench.states("QueueWaitingHigh") == [AlertState.FIRING]


async def test_unknown_values_hold() -> None:
    """A null neither resolves a firing alert nor starts one."""
    bench = Bench()
    await bench.poll(None, 12.0, None, None)
    assert bench.sent() == [("fired", 1)]


async def test_a_restart_continues_dwell_and_firing() -> None:
    """A pending alert needs only the rest of its dwell after a restart; a firing one still resolves, once."""
    store = Store()
    rule = a_rule(level=a_level(dwell=20.0))
    first = Bench(rule, store=store)
    await first.poll(12.0, 12.0)
    await asyncio.sleep(7200)
    second = Bench(rule, store=store)
    await second.manager.load()
    await second.poll(12.0, 12.0)
    assert second.sent() == [("fired", 1)]
    third = Bench(rule, store=store)
    await third.manager.load()
    await third.poll(12.0, 1.0)
    assert third.sent() == [("fired", 1), ("resolved", 2)]


async def test_the_same_history_gives_the_same_ids() -> None:
    """Two replicas fed the same batches derive the same event ids."""
    ids = []
    for _ in range(2):
        bench = Bench()
        await bench.poll(12.0, 1.0, 12.0)
        ids.append([envelope.event_id for envelope in bench.store.envelopes])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3


async def test_the_event_says_what_it_is_about() -> None:
    """A fired event carries the enter level, a resolved one the clear level, both the value judged."""
    bench = Bench()
    await bench.poll(12.0, 2.0)
    fired, resolved = (envelope.body for envelope in bench.store.envelopes)
    assert b'"value":12.0' in fired
    assert b'"threshold":8.0' in fired
    assert b'"operator":">"' in fired
    assert b'"value":2.0' in resolved
    assert b'"threshold":3.0' in resolved
    assert b'"operator":"<="' in resolved


def a_level_batch(ratio: float | None, denominator: float) -> SampleBatch:
    """Return one service level, idle where its denominator is 0."""
    rows = Rows(METRICS["service_level_ratio"].labels, (LEVEL_ROW,))
    columns: dict[str, list[Value]] = {
        "service_level_ratio": [ratio],
        "service_level_denominator": [denominator],
    }
    idle = {} if denominator else {"service_level_ratio": {0}}
    return SampleBatch(
        org="acme",
        source="service_level",
        observed_at=EPOCH,
        tables=(Table(rows, columns, idle),),
        queues=frozenset({SUPPORT}),
    )


async def test_a_queue_gone_idle_resolves_its_service_level_alert_as_idle() -> None:
    """The last call leaves the window: the alert resolves, its reason is idle, its value 0 of 0."""
    rule = a_rule(metric="service_level_ratio", level=a_level(above=False, enter=0.8, clear=0.85))
    bench = Bench(rule)
    await bench.manager.accept(a_level_batch(None, 0.0))
    assert bench.sent() == []
    await bench.manager.accept(a_level_batch(0.5, 8.0))
    await bench.manager.accept(a_level_batch(None, 0.0))
    fired, resolved = (json.loads(envelope.body)["data"] for envelope in bench.store.envelopes)
    assert (fired["reason"], fired["value"]) == ("threshold", 0.5)
    assert (resolved["reason"], resolved["value"]) == ("idle", 0.0)
