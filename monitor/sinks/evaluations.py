"""Where an evaluation of routing strategies goes: a BI webhook, an audit file, the log."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from monitor.kit.http import Http, HttpError
from monitor.kit.secrets import Secret
from monitor.model.strategy import Evaluation
from monitor.ports import Clock

log = structlog.get_logger(__name__)

LIMIT = 10.0
"""Seconds the BI webhook has (GUIDES.md §5)."""


@dataclass(slots=True)
class EvaluationSink:
    """Posts to `webhook` and appends one JSON line to `audit_path`; either may be None.

    Neither raises: an evaluation that could not be handed on is still shown on `/metrics`, and its audit
    record says what became of it.
    """

    http: Http
    webhook: Secret | None
    audit_path: str | None
    clock: Clock

    async def publish(self, evaluation: Evaluation) -> None:
        """Hand on one evaluation."""
        record = audit(evaluation, await self._post(evaluation))
        log.info("evaluation.recorded", org=evaluation.org, **record)
        if self.audit_path is None:
            return
        line = json.dumps({"org": evaluation.org, **record}, separators=(",", ":")) + "\n"
        try:
            await asyncio.to_thread(_append, Path(self.audit_path), line)
        except OSError as error:
            log.error("audit.failed", path=self.audit_path, error=error.strerror or str(error))

    async def _post(self, evaluation: Evaluation) -> str:
        """Return what became of the webhook, in one word and perhaps a reason."""
        if self.webhook is None:
            return "not_configured"
        body = json.dumps(payload(evaluation, self.clock.now().isoformat()), separators=(",", ":"))
        deadline = asyncio.get_running_loop().time() + LIMIT
        try:
            answer = await self.http.tell(
                "POST",
                self.webhook.reveal(),
                headers={"content-type": "application/json"},
                content=body.encode(),
                deadline=deadline,
            )
        except HttpError as error:
            return f"failed: {error.reason}"
        return "delivered" if 200 <= answer.status < 300 else f"failed: {answer.status}"


def payload(evaluation: Evaluation, timestamp: str) -> dict[str, object]:
    """Return the body of the BI webhook, as the guides spell it."""
    return {
        "timestamp": timestamp,
        "evaluation_type": "routing_strategy_performance",
        "record_count": len(evaluation.rows),
        "data": [
            {"strategyId": row.strategy, **row.metrics, "score": row.score, "percentile_rank": row.rank}
            for row in evaluation.rows
        ],
    }


def audit(evaluation: Evaluation, sync: str) -> Mapping[str, object]:
    """Return the audit record, as the guides spell it.

    The platform's limits are held by every evaluation there is: a request beyond them is never sent.
    """
    return {
        "audit_id": f"EVAL-{int(evaluation.started_at.timestamp())}",
        "strategy_ids": list(evaluation.requested),
        "execution_timestamp": evaluation.started_at.isoformat(),
        "latency_seconds": round(evaluation.seconds, 3),
        "row_count": len(evaluation.rows),
        "data_accuracy_rate": evaluation.accuracy,
        "webhook_sync_status": sync,
        "compliance_flag": evaluation.accuracy == 1.0,
    }


def _append(path: Path, line: str) -> None:
    # Readable by its owner alone, as the store is: it says which strategies an org has, and how they do.
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8"
    ) as file:
        file.write(line)
