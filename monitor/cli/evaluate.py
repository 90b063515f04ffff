"""`queuewatch evaluate`: what is evaluated now and then, now."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import Random

import click

from monitor.app.asking import Tools, evaluating
from monitor.cli import asking, configured, once
from monitor.cli.quiet import Quiet
from monitor.cli.showing import bar, figure, table
from monitor.kit import logs
from monitor.kit.clock import SystemClock
from monitor.model.settings import OrgSettings, Settings, StrategiesSettings
from monitor.model.strategy import ABANDONED, ANSWER, HANDLED, Evaluation, Scored

HEADINGS = ("strategy", "handled", "answer seconds", "abandoned", "score", "percentile rank")


@click.group("evaluate")
def command() -> None:
    """Evaluate now what the daemon evaluates at its own pace.

    Example: queuewatch evaluate strategies --org acme
    """


@command.command("strategies")
@once.JSON
@once.ORG
@once.CONFIG
def strategies(as_json: bool, name: str | None, path: Path) -> None:  # noqa: FBT001
    """Compare the routing strategies of every organisation that has them enabled, or of --org.

    Each evaluation is handed on as the daemon's are: to the BI webhook, the audit file and the log.

    Example: queuewatch evaluate strategies --json
    """
    settings = configured.settings(path)
    enabled = _enabled(settings, name)
    logs.configure(settings.log.level, settings.log.style)

    async def body() -> list[Evaluation]:
        progress.begin(len(enabled))
        found: list[Evaluation] = []
        for org, each in enabled:
            found.append(await _evaluated(org, each))
            progress.advance()
        return found

    with bar() as progress:
        evaluations = once.once(body)
    if as_json:
        click.echo(json.dumps([_json(one) for one in evaluations], indent=2))
        return
    for one in evaluations:
        title = f"{one.org}, started at {one.started_at:%Y-%m-%d %H:%M:%S} UTC"
        table(title, HEADINGS, (_cells(row) for row in one.rows), numbers=5)


def _enabled(settings: Settings, name: str | None) -> list[tuple[OrgSettings, StrategiesSettings]]:
    """Return the orgs to evaluate. Raises ClickException where there are none."""
    orgs = settings.orgs if name is None else (configured.chosen(settings, name),)
    enabled = [(org, org.strategies) for org in orgs if org.strategies is not None]
    if not enabled:
        names = ", ".join(org.name for org in orgs)
        raise once.wrong("sources.strategies", f"is not enabled for {names}", "write enabled: true")
    return enabled


async def _evaluated(org: OrgSettings, settings: StrategiesSettings) -> Evaluation:
    """Evaluate one org and hand the evaluation on. Raises PlatformError."""
    async with asking.connected(org) as connection:
        http = connection.transport.http
        source = evaluating(connection, settings, Tools(http, SystemClock(), Quiet(), Random()))
        evaluation = await source.evaluate(deadline=asyncio.get_running_loop().time() + settings.timeout)
        await source.publish(evaluation)
        return evaluation


def _cells(row: Scored) -> tuple[str, ...]:
    return (
        row.strategy,
        figure(row.metrics[HANDLED]),
        figure(row.metrics[ANSWER], 1),
        figure(row.metrics[ABANDONED]),
        figure(row.score, 3),
        figure(row.rank, 3),
    )


def _json(evaluation: Evaluation) -> dict[str, object]:
    return {
        "org": evaluation.org,
        "started_at": evaluation.started_at.isoformat(),
        "seconds": round(evaluation.seconds, 3),
        "accuracy": evaluation.accuracy,
        "strategies": [
            {"strategy": row.strategy, **row.metrics, "score": row.score, "percentile_rank": row.rank}
            for row in evaluation.rows
        ],
    }
