"""`queuewatch rules`: test them, look for faults in them, and say why an alert is as it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import click
from rich.text import Text

from monitor.cli import configured, once
from monitor.cli.daemon import asked, dumped, plain, reading
from monitor.cli.explained import lines
from monitor.cli.naming import meant
from monitor.cli.showing import Bar, bar, table
from monitor.cli.target import Target, targeted
from monitor.config import rule_file
from monitor.kit import logs
from monitor.kit.clock import SystemClock
from monitor.model.errors import ConfigError
from monitor.model.interval import Interval
from monitor.model.settings import OrgSettings, Settings
from monitor.proving.comparing import Failure, Row, failures
from monitor.proving.covering import Seen, cover
from monitor.proving.linting import Finding, Weight, lint
from monitor.proving.playing import play
from monitor.proving.reading import read
from monitor.sources.selecting import select

DAY = timedelta(days=1)
LAG = timedelta(seconds=60)
"""Before that, interactions that are over may not be in yet (DESIGN.md §9)."""
TIMEOUT = 120.0
"""Seconds for a directory, or for a day of one org's queues."""

_COLOURS = {Weight.ERROR: "bold red", Weight.WARNING: "yellow"}


@click.group("rules")
def command() -> None:
    """Test rules, look for faults in them, and say why an alert is as it is.

    Example: queuewatch rules test config/rules/tests/*.yaml
    """


@command.command("test")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@once.JSON
def test(files: tuple[Path, ...], as_json: bool) -> None:  # noqa: FBT001
    """Play the series of each FILE through its rules, and compare what comes of them.

    Nothing is asked and nothing is sent; time is virtual. Exit code 1 if a test fails, 2 if a file is wrong.

    Example: queuewatch rules test config/rules/tests/servicelevel.yaml
    """
    logs.configure("error")
    code = 0
    said: list[Mapping[str, object]] = []
    for file in files:
        try:
            tests, failed = _played(file)
        except ConfigError as error:
            code = 2
            said.append({"file": str(file), "ok": False, "mistakes": [*map(asdict, error.details)]})
            if not as_json:
                click.echo("\n".join(map(str, error.details)), err=True)
            continue
        code = max(code, 1 if failed else 0)
        said.append({"file": str(file), "ok": not failed, "tests": tests, "failures": [*map(asdict, failed)]})
        if not as_json:
            _report(file, tests, failed)
    if as_json:
        click.echo(json.dumps({"ok": code == 0, "files": said}, indent=2, ensure_ascii=False))
    if code:
        raise SystemExit(code)


@command.command("lint")
@click.option("--online", is_flag=True, help="Ask every organisation once for its queues, too.")
@once.JSON
@once.CONFIG
def lint_(online: bool, as_json: bool, path: Path) -> None:  # noqa: FBT001
    """Look for rules that cannot fire, are there twice, or do not fit the queues.

    What is about queues needs --online: rules about no queue, queues with traffic but no rule, thresholds
    that are not the queue's own target. Exit code 1 if a finding is an error.

    Example: queuewatch rules lint --config config/queuewatch.yaml --online
    """
    logs.configure("error")
    settings = configured.settings(path, secrets=online)
    found = list(lint(settings.rules))
    if online:
        with bar() as progress:
            seen = once.once(lambda: _seen(settings, progress))
        found += cover(settings.rules, seen)
    bad = any(one.level is Weight.ERROR for one in found)
    if as_json:
        click.echo(json.dumps(_json(found, ok=not bad, online=online), indent=2, ensure_ascii=False))
    else:
        _print(found, len(settings.rules), online=online)
    if bad:
        raise SystemExit(1)


@command.command("explain")
@click.argument("alert")
@targeted
@once.JSON
def explain(alert: str, target: Target, as_json: bool) -> None:  # noqa: FBT001
    """Say why ALERT is in its state: its rule and entity as rule/entity, or a part that only it has.

    Example: queuewatch rules explain ServiceLevelLow/Support
    """
    found = asked(target, lambda daemon: meant(daemon, alert))
    if as_json:
        click.echo(dumped(found))
        return
    with reading(target):
        click.echo("\n".join(map(plain, lines(found))))


def _played(file: Path) -> tuple[int, list[Failure]]:
    """Play the tests of a file; return how many there are, and what failed. Raises ConfigError."""
    suite = read(file, rule_file)
    failed = [
        one
        for story in suite.stories
        for one in failures(story, play(story, suite.rules, suite.interval), suite.interval)
    ]
    return len(suite.stories), failed


def _report(file: Path, tests: int, failed: Sequence[Failure]) -> None:
    """Print how a file went, and per failure what was expected and what came."""
    count = f"{tests} test{'s' if tests != 1 else ''}"
    bad = len({one.test for one in failed})
    click.echo(f"{file}: {count}, {f'{bad} failed' if bad else 'ok'}")
    for one in failed:
        click.echo(f"  {one.test}: {one.about}")
        for word, rows in (("expected", one.expected), ("got", one.got)):
            click.echo(f"    {word}:{'' if rows else ' none'}")
            for line in _aligned(rows):
                click.echo(f"      {line}".rstrip())


def _aligned(rows: Sequence[Row]) -> Iterable[str]:
    """Return a small table, its columns as wide as they need to be."""
    headings = list(dict.fromkeys(key for row in rows for key, text in row.items() if text))
    cells = [headings, *([row.get(heading, "") for heading in headings] for row in rows)] if rows else []
    widths = [max(len(line[place]) for line in cells) for place in range(len(headings))]
    return ["  ".join(map(str.ljust, line, widths)) for line in cells]


async def _seen(settings: Settings, progress: Bar) -> list[Seen]:
    progress.begin(len(settings.orgs))
    found: list[Seen] = []
    for org in settings.orgs:
        found.append(replace(await _looked(org), virtual=settings.virtual_queues))
        progress.advance()
    return found


async def _looked(org: OrgSettings) -> Seen:
    """Return what the org shows: its watched queues, and what a day brought each. Raises PlatformError."""
    from monitor.cli.asking import connected  # all rooms, which only this one needs

    async with connected(org) as connection:
        time = asyncio.get_running_loop().time
        found = await connection.platform.directory(deadline=time() + TIMEOUT)
        queues = select(found, org.directory.select)
        end = (SystemClock().now() - LAG).replace(second=0, microsecond=0)
        answer = await connection.platform.service_levels(
            [queue.id for queue in queues], Interval(end - DAY, end), (20.0,), deadline=time() + TIMEOUT
        )
    traffic = dict[str, float]()
    for one in answer.queues:
        had = one.offered if one.offered is not None else one.answered
        traffic[one.queue_id] = traffic.get(one.queue_id, 0.0) + (had or 0.0)
    return Seen(org=org.name, queues=queues, traffic=traffic)


def _json(found: Iterable[Finding], *, ok: bool, online: bool) -> dict[str, object]:
    findings = [
        {"level": one.level.value, "check": one.check, "rule": one.rule or None, "line": one.line}
        for one in found
    ]
    return {"ok": ok, "online": online, "findings": findings}


def _print(found: Sequence[Finding], rules: int, *, online: bool) -> None:
    if found:
        rows = ((Text(one.level.value, _COLOURS[one.level]), one.check, one.rule, one.line) for one in found)
        table("rules", ("level", "check", "rule", "finding"), rows)
    errors = sum(one.level is Weight.ERROR for one in found)
    click.echo(f"{rules} rules: {errors} errors, {len(found) - errors} warnings")
    if not online:
        click.echo("not looked at without --online: whether rules and queues fit each other")
