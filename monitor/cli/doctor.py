"""`queuewatch doctor`: will this configuration work, there?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.text import Text

from monitor.app.connecting import USER_AGENT
from monitor.checkup.dating import DatedHttp
from monitor.checkup.examining import Means, examine
from monitor.checkup.finding import Finding, Verdict
from monitor.cli import once
from monitor.cli.showing import table
from monitor.kit import logs
from monitor.kit.clock import SystemClock
from monitor.model.settings import OrgSettings
from monitor.sources.selecting import select

_COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAILURE: "bold red"}


@click.command("doctor")
@once.JSON
@once.CONFIG
def command(as_json: bool, path: Path) -> None:  # noqa: FBT001
    """Ask every organisation everything that is enabled, once, and say what would not work.

    Looks at credentials, region, clock, request limits, directory and selections, each question's
    permission, and whether the cadence fits the budget. Exit code 1 if anything is a failure. Webhooks and
    brokers are NOT contacted, and no secret is printed.

    Example: queuewatch doctor --config /etc/queuewatch/queuewatch.yaml
    """
    settings = once.settings(path)
    logs.configure("error", settings.log.style)

    async def body() -> dict[str, list[Finding]]:
        return {org.name: await _examined(org) for org in settings.orgs}

    findings = once.once(body)
    bad = any(one.verdict is Verdict.FAILURE for several in findings.values() for one in several)
    if as_json:
        click.echo(json.dumps(_json(findings, ok=not bad), indent=2, ensure_ascii=False))
    else:
        _print(findings)
    if bad:
        raise SystemExit(1)


async def _examined(org: OrgSettings) -> list[Finding]:
    clock = SystemClock()
    http = DatedHttp(USER_AGENT, clock=clock)
    async with once.connected(org, http) as connection:
        means = Means(
            login=connection.transport.tokens.get, skew=lambda: http.skew, select=select, clock=clock
        )
        return [finding async for finding in examine(org, connection.platform, means)]


def _json(findings: Mapping[str, Sequence[Finding]], *, ok: bool) -> dict[str, object]:
    return {
        "ok": ok,
        "orgs": {
            org: [{"check": one.check, "verdict": one.verdict.value, "line": one.line} for one in several]
            for org, several in findings.items()
        },
    }


def _print(findings: Mapping[str, Sequence[Finding]]) -> None:
    for org, several in findings.items():
        rows = ((one.check, Text(one.verdict.value, _COLOURS[one.verdict]), one.line) for one in several)
        table(org, ("check", "verdict", "finding"), rows)
