"""200 rules on 500 queues: the time to judge a batch, beside a loop that looks at every value in turn.

One in a hundred values breaches.
"""

from __future__ import annotations

import time
from random import Random

from monitor.model.rule import Level, Matcher, Rule, Severity
from monitor.model.sample import Rows, SampleBatch, Table
from monitor.rules.judging import Judge
from monitor.rules.ranking import Ranks
from tests.benchmarks.table import Row, p50, worst
from tests.builders import EPOCH

RULES, QUEUES, TURNS = 200, 500, 40
COLUMNS = ("queue_waiting", "queue_interacting", "queue_alerting", "queue_longest_wait_seconds")


def _rules() -> list[Rule]:
    """Two levels each, on four metrics in turn; every tenth is about a part of the queues."""
    return [
        Rule(
            name=f"Rule{number}",
            metric=COLUMNS[number % len(COLUMNS)],
            levels=(
                Level(severity=Severity.WARNING, high=99.0, clear_high=80.0),
                Level(severity=Severity.CRITICAL, high=99.8, clear_high=90.0, dwell=10.0),
            ),
            matchers=(Matcher(label="queue", globs=("Queue 1*",)),) if number % 10 == 0 else (),
        )
        for number in range(RULES)
    ]


def _batch(rows: Rows, random: Random) -> SampleBatch:
    columns = {name: [random.uniform(0, 100) for _ in range(len(rows))] for name in COLUMNS}
    ids = frozenset(row[0] for row in rows.values)
    return SampleBatch(
        org="acme", source="queues", observed_at=EPOCH, tables=(Table(rows, columns),), queues=ids
    )


def _naive(rules: list[Rule], batch: SampleBatch) -> int:
    """Judge as one would at first: every rule, every queue, every level, one at a time."""
    (table,) = batch.tables
    found = 0
    for rule in rules:
        for number, row in enumerate(table.rows.values):
            labels = dict(zip(table.rows.names, row, strict=True))
            if rule.matchers and not labels["queue"].startswith("Queue 1"):
                continue
            value = table.columns[rule.metric][number]
            found += any(value is not None and level.breached(value) for level in rule.levels)
    return found


async def measure() -> list[Row]:
    """Judge fresh values on the same queues, in turn."""
    random, rules = Random(1), _rules()
    queues = tuple((f"id-{number}", f"Queue {number}", "voice") for number in range(QUEUES))
    rows = Rows(("queue_id", "queue", "media"), queues)
    judges = [Judge(rule, "acme") for rule in rules]
    ours: list[float] = []
    peer: list[float] = []
    for _ in range(TURNS):
        batch = _batch(rows, random)
        started = time.perf_counter()
        ranks = Ranks()
        found = sum(len(judge.judge(batch, {}, EPOCH, ranks)) for judge in judges)
        middle = time.perf_counter()
        expected = _naive(rules, batch)
        ended = time.perf_counter()
        if found != expected:
            raise AssertionError(f"{found} judgements, not {expected}")
        ours.append(middle - started)
        peer.append(ended - middle)
    name = f"{RULES} rules × {QUEUES} queues judged"
    return [p50(name, ours, peer), worst(name, ours, peer)]
