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
from monitor.cli import asking, configured, once
from monitor.cli.showing import Bar, bar, table
from monitor.kit import logs
from monitor.kit.clock import SystemClock
from monitor.model.settings import OrgSettings
from monitor.sources.selecting import select

_ALWAYS = ("region", "login", "clock", "limits", "directory", "cadence")
"""Checks of every org, whatever it is asked."""
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
    settings = configured.settings(path)
    logs.configure("error", settings.log.style)

    async def body() -> dict[str, list[Finding]]:
        progress.begin(sum(map(_checks, settings.orgs)))
        return {org.name: await _examined(org, progress) for org in settings.orgs}

    with bar() as progress:
        findings = once.once(body)
    bad = any(one.verdict is Verdict.FAILURE for several in findings.values() for one in several)
    if as_json:
        click.echo(json.dumps(_json(findings, ok=not bad), indent=2, ensure_ascii=False))
    else:
        _print(findings)
    if bad:
        raise SystemExit(1)


def _checks(org: OrgSettings) -> int:
    """Return how many things are looked at where nothing is wrong."""
    questions = (org.queues, org.service_level, org.agents, org.workitems, org.strategies)
    return len(_ALWAYS) + sum(one is not None for one in questions)


async def _examined(org: OrgSettings, progress: Bar) -> list[Finding]:
    clock = SystemClock()
    http = DatedHttp(USER_AGENT, clock=clock)
    async with asking.connected(org, http) as connection:
        means = Means(
            login=connection.transport.tokens.get, skew=lambda: http.skew, select=select, clock=clock
        )
        found = list[Finding]()
        async for finding in examine(org, connection.platform, means):
            if finding.check not in {one.check for one in found}:
                progress.advance()
            found.append(finding)
        return found


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
