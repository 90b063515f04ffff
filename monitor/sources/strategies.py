"""The source `strategies`: how the routing strategies compare over the last hours or days."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from monitor.model.catalogue import METRICS
from monitor.model.observation import Strategies
from monitor.model.sample import SampleBatch
from monitor.model.servicelevel import Window
from monitor.model.strategy import ABANDONED, ANSWER, HANDLED, Evaluation, Weights
from monitor.ports import Clock, Platform, Telemetry
from monitor.sources.laying import Columns, Layout
from monitor.sources.scoring import score
from monitor.sources.windows import newest

log = structlog.get_logger(__name__)

SHOWN = (
    "routing_strategy_score",
    "routing_strategy_percentile_rank",
    "routing_strategy_handled",
    "routing_strategy_answer_seconds",
    "routing_strategy_abandoned",
)
"""The metrics of the one table."""

Publish = Callable[[Evaluation], Awaitable[None]]
"""Hands an evaluation on; must not raise."""


@dataclass(slots=True)
class StrategiesSource:
    """Asks about the last `span` seconds, scores, and hands the evaluation on before it is shown."""

    org: str
    platform: Platform
    span: float
    ids: Sequence[str]
    weights: Weights
    publish: Publish
    clock: Clock
    telemetry: Telemetry
    name: str = "strategies"
    _layout: Layout = field(default_factory=Layout, init=False)

    async def poll(self, *, deadline: float) -> SampleBatch:
        """Evaluate once. Raises PlatformError."""
        evaluation = await self.evaluate(deadline=deadline)
        await self.publish(evaluation)
        columns = Columns.of(*SHOWN)
        for row in evaluation.rows:
            figures = (row.score, row.rank, row.metrics[HANDLED], row.metrics[ANSWER], row.metrics[ABANDONED])
            for metric, value in zip(SHOWN, figures, strict=True):
                columns.add(metric, value)
        keys = [(row.strategy,) for row in evaluation.rows]
        rows = self._layout.same("strategies", METRICS["routing_strategy_score"].labels, keys)
        return SampleBatch(
            org=self.org,
            source=self.name,
            observed_at=self.clock.now(),
            tables=(columns.table(rows),),
            queues=frozenset(),
            whole=True,
        )

    async def evaluate(self, *, deadline: float) -> Evaluation:
        """Ask and score; nothing is published. Raises PlatformError."""
        loop = asyncio.get_running_loop()
        started, began = self.clock.now(), loop.time()
        interval = newest(Window(self.span), started, 0.0)
        answer = await self.platform.strategies(self.ids, interval, deadline=deadline)
        for (place, reason), count in answer.oddities.items():
            self.telemetry.refused(self.org, self.name, place, reason, count)
        if not answer.strategies:
            log.warning(
                "evaluation.empty", org=self.org, hint="no routing strategy was used in the evaluated span"
            )
        return Evaluation(
            org=self.org,
            started_at=started,
            seconds=loop.time() - began,
            requested=tuple(self.ids) or tuple(use.strategy for use in answer.strategies),
            rows=score(answer.strategies, self.weights),
            accuracy=self._accuracy(answer),
        )

    def _accuracy(self, answer: Strategies) -> float:
        """Return the share of the requested strategies that came back with every metric; 0 of none."""
        whole = {
            use.strategy
            for use in answer.strategies
            if None not in (use.handled, use.answer_seconds, use.abandoned)
        }
        asked = set(self.ids) or {use.strategy for use in answer.strategies}
        return len(whole & asked) / len(asked) if asked else 0.0
