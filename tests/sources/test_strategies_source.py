"""The source `strategies`, and where its evaluations go."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.errors import Refused
from monitor.model.interval import Interval
from monitor.model.observation import Strategies, StrategyUse
from monitor.model.rule import Verdict
from monitor.model.strategy import Evaluation, Weights
from monitor.sinks.evaluations import EvaluationSink
from monitor.sources.scoring import score
from monitor.sources.strategies import StrategiesSource
from tests.builders import (
    EPOCH,
    FakePlatform,
    FixedClock,
    RecordingTelemetry,
    a_level,
    a_rule,
    hears,
    loop_time,
    streamed,
)

USES = (
    StrategyUse(strategy="Standard", handled=40.0, answer_seconds=12.0, abandoned=3.0),
    StrategyUse(strategy="Bullseye", handled=10.0, answer_seconds=30.0, abandoned=9.0),
)


def source(
    *uses: StrategyUse, ids: tuple[str, ...] = (), error: Refused | None = None
) -> tuple[StrategiesSource, list[Evaluation]]:
    """Return the source over a fake platform, and what it publishes."""
    over = Interval(EPOCH.replace(hour=0), EPOCH)
    platform = FakePlatform(tactics=[error or Strategies(interval=over, strategies=uses)])
    published: list[Evaluation] = []

    async def publish(evaluation: Evaluation) -> None:
        published.append(evaluation)

    made = StrategiesSource(
        "acme", platform, 86400.0, ids, Weights(), publish, FixedClock(), RecordingTelemetry()
    )
    return made, published


async def test_an_evaluation_is_published_and_shown() -> None:
    """Scores, ranks and figures are samples by strategy, after the evaluation was handed on."""
    asked, published = source(*USES)
    (table,) = (await asked.poll(deadline=loop_time() + 10)).tables
    assert table.rows.values == (("Standard",), ("Bullseye",))
    assert table.columns["routing_strategy_score"] == pytest.approx([1.0, 0.0])
    assert table.columns["routing_strategy_abandoned"] == [3.0, 9.0]
    assert [one.accuracy for one in published] == [1.0]


async def test_accuracy_is_the_share_that_came_back_whole() -> None:
    """Of four strategies asked for, one is missing and one has no speed of answer."""
    silent = StrategyUse(strategy="Predictive", handled=0.0, answer_seconds=None, abandoned=0.0)
    asked, published = source(*USES, silent, ids=("Standard", "Bullseye", "Predictive", "Lost"))
    await asked.poll(deadline=loop_time() + 10)
    assert published[0].accuracy == 0.5
    assert published[0].requested == ("Standard", "Bullseye", "Predictive", "Lost")


async def test_a_strategy_that_is_gone_is_idle() -> None:
    """An answer is whole: a firing alert on a strategy without a row resolves, even where there is none."""
    asked, _ = source()
    batch = await asked.poll(deadline=loop_time() + 10)
    rule = a_rule(metric="routing_strategy_handled", level=a_level(above=False, enter=5.0, clear=6.0))
    assert hears(rule, batch, "Lost") is Verdict.IDLE


async def test_an_empty_evaluation_is_a_warning_and_still_published() -> None:
    """Nothing used in the span: one line, an evaluation of no rows, accuracy 0."""
    asked, published = source()
    with capture_logs() as logs:
        await asked.poll(deadline=loop_time() + 10)
    assert [line["event"] for line in logs] == ["evaluation.empty"]
    assert (published[0].rows, published[0].accuracy) == ((), 0.0)


async def test_a_refused_question_publishes_nothing() -> None:
    """An error is not an empty evaluation."""
    asked, published = source(error=Refused("strategy Lost is not active"))
    with pytest.raises(Refused):
        await asked.poll(deadline=loop_time() + 10)
    assert published == []


def an_evaluation(*uses: StrategyUse, accuracy: float = 1.0) -> Evaluation:
    """Return an evaluation of these strategies."""
    return Evaluation(
        org="acme",
        started_at=EPOCH,
        seconds=1.23456,
        requested=tuple(use.strategy for use in uses),
        rows=score(uses, Weights()),
        accuracy=accuracy,
    )


class Bi:
    """A BI system that answers with one status."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.bodies: list[dict[str, object]] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Keep the body."""
        self.bodies.append(json.loads(request.content))
        return httpx.Response(self.status)

    def sink(self, audit: Path | None) -> EvaluationSink:
        """Return a sink that posts here."""
        http = Http("tests", transport=streamed(self.handle))
        return EvaluationSink(
            http, Secret("https://bi.example.org/in?key=s3cr3t"), str(audit) if audit else None, FixedClock()
        )


async def test_the_bi_webhook_gets_the_guides_fields(tmp_path: Path) -> None:
    """Type, count and one entry per strategy with figures, score and rank."""
    bi = Bi(204)
    await bi.sink(tmp_path / "audit.jsonl").publish(an_evaluation(*USES))
    (body,) = bi.bodies
    assert (body["evaluation_type"], body["record_count"]) == ("routing_strategy_performance", 2)
    assert body["data"] == [
        {
            "strategyId": "Standard", "handledCalls": 40.0, "avgSpeedOfAnswer": 12.0, "abandonedCalls": 3.0,
            "score": 1.0, "percentile_rank": 1.0,
        },
        {
            "strategyId": "Bullseye", "handledCalls": 10.0, "avgSpeedOfAnswer": 30.0, "abandonedCalls": 9.0,
            "score": 0.0, "percentile_rank": 0.5,
        },
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "accuracy", "sync", "compliant"),
    [(200, 1.0, "delivered", True), (500, 1.0, "failed: 500", True), (200, 0.5, "delivered", False)],
)
async def test_every_evaluation_leaves_one_audit_record(
    tmp_path: Path, status: int, accuracy: float, sync: str, compliant: bool
) -> None:
    """One JSON line with the guides' fields, one log line; no secret in either."""
    path = tmp_path / "audit.jsonl"
    sink = Bi(status).sink(path)
    with capture_logs() as logs:
        await sink.publish(an_evaluation(*USES, accuracy=accuracy))
        await sink.publish(an_evaluation(accuracy=0.0))
    first, second = [json.loads(line) for line in path.read_text().splitlines()]
    assert first == {
        "org": "acme",
        "audit_id": f"EVAL-{int(EPOCH.timestamp())}",
        "strategy_ids": ["Standard", "Bullseye"],
        "execution_timestamp": EPOCH.isoformat(),
        "latency_seconds": 1.235,
        "row_count": 2,
        "data_accuracy_rate": accuracy,
        "webhook_sync_status": sync,
        "compliance_flag": compliant,
    }
    assert second["row_count"] == 0
    assert [line["event"] for line in logs] == ["evaluation.recorded"] * 2
    assert "s3cr3t" not in path.read_text() + json.dumps(logs, default=str)


async def test_an_audit_file_that_cannot_be_written_is_said_and_stops_nothing(tmp_path: Path) -> None:
    """A missing folder is one error line with the path; the evaluation goes on."""
    with capture_logs() as logs:
        await Bi(200).sink(tmp_path / "missing" / "audit.jsonl").publish(an_evaluation(*USES))
    assert [line["event"] for line in logs] == ["evaluation.recorded", "audit.failed"]
