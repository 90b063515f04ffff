"""`queuewatch report`: figures of any stretch of time, once."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from monitor.cli import asking, configured, once
from monitor.cli.showing import bar, figure, table
from monitor.kit import logs
from monitor.kit.clock import SystemClock
from monitor.model.interval import Interval
from monitor.model.org import Queue, Selection
from monitor.model.servicelevel import Formula
from monitor.model.settings import OrgSettings
from monitor.ports import Platform
from monitor.reports import agents as agents_report
from monitor.reports import levels, writing
from monitor.reports.levels import Level, LevelReport
from monitor.reports.span import check_whole, span
from monitor.sources.selecting import select

DIRECTORY_TIMEOUT = 60.0
"""Seconds to read a whole directory: 50 pages at 5,000 queues."""
STDOUT = Path("-")
"""What stands for standard output in the place of a file."""

FROM = click.option(
    "--from",
    "start",
    required=True,
    envvar="GENESYS_START_DATE",
    show_envvar=True,
    help="ISO 8601 date or date-time; without an offset, in the organisation's zone.",
)
TO = click.option(
    "--to",
    "end",
    required=True,
    envvar="GENESYS_END_DATE",
    show_envvar=True,
    help="The same: the first moment that does not belong to the report.",
)
THRESHOLD = click.option(
    "--threshold",
    "thresholds",
    type=once.Duration(),
    multiple=True,
    required=True,
    help="Such as 30s; may be given several times.",
)
QUEUE = click.option(
    "--queue",
    "globs",
    multiple=True,
    help="Id, or name with * and ?; may be given several times. Without it, the queues that are watched.",
)
BUCKET = click.option(
    "--bucket", type=once.Duration(), default="30m", show_default=True, help="The length of one row."
)


@click.group("report")
def command() -> None:
    """Report on any stretch of time, in both dialects.

    Example: queuewatch report sla --from 2026-11-01 --to 2026-12-01 --threshold 30s
    """


@command.command("sla")
@FROM
@TO
@THRESHOLD
@QUEUE
@click.option("--csv", type=click.Path(path_type=Path), help="Write a CSV file as well, or - for only CSV.")
@once.JSON
@once.ORG
@once.CONFIG
def sla(  # noqa: PLR0917  (click passes one per option)
    start: str,
    end: str,
    thresholds: tuple[float, ...],
    globs: tuple[str, ...],
    csv: Path | None,
    as_json: bool,  # noqa: FBT001
    name: str | None,
    path: Path,
) -> None:
    """Say how much each queue answered within each threshold.

    The definition `answered` takes it of all that was answered; on the platform, `genesys` takes it of what
    the organisation's formula counts. A queue without traffic is 0.00 of 0; unknown is a question mark, in
    CSV an empty cell.

    Example: queuewatch report sla --from 2026-11-01 --to 2026-12-01 --threshold 20s --csv sla.csv
    """
    if csv is not None:
        _one_place(csv, as_json=as_json)
    org, interval = _prepared(path, name, start, end)

    async def body() -> LevelReport:
        async with asking.connected(org) as connection:
            queues = await _queues(connection.platform, org, globs)
            return await levels.service_levels(
                connection.platform,
                queues,
                interval,
                sorted(set(thresholds)),
                formula=_formula(org),
                progress=progress,
            )

    with _file(csv) as file, bar() as progress:
        report = once.once(body)
        rows = (*report.levels, *report.totals)
        if file is not None:
            writing.write(file, levels.HEADINGS, (row.cells() for row in rows))
    if as_json:
        click.echo(json.dumps(_levels_json(org.name, report), indent=2))
    elif csv != STDOUT:
        _levels_table(org.name, report.interval, rows)
    _tell_levels(report)
    _tell_refused(report.refused)


@command.command("agents")
@FROM
@TO
@click.option(
    "--csv", type=click.Path(path_type=Path), help="The CSV file, or - for standard output; or --json."
)
@BUCKET
@click.option("--active-only", is_flag=True, help="Leave out rows without any activity.")
@click.option(
    "--names", is_flag=True, help="Ask for names, which are personal data; else user_name is empty."
)
@once.JSON
@once.ORG
@once.CONFIG
def agents(
    *,
    start: str,
    end: str,
    csv: Path | None,
    bucket: float,
    active_only: bool,
    names: bool,
    as_json: bool,
    name: str | None,
    path: Path,
) -> None:
    """Write how much of every bucket each person worked: of those configured, else of all.

    utilization_pct is capped at 100, total_active_sec is not. The file appears when it is whole.

    Example: queuewatch report agents --from 2026-11-01 --to 2026-11-08 --csv agents.csv --active-only
    """
    _one_place(csv, as_json=as_json)
    org, interval = _prepared(path, name, start, end)
    try:
        check_whole(interval, bucket)
    except ValueError as error:
        raise once.wrong("--bucket", str(error)) from error

    async def body() -> agents_report.AgentReport:
        async with asking.connected(org) as connection:
            return await agents_report.utilization(
                connection.platform,
                interval,
                bucket,
                progress,
                agents=org.agents.ids if org.agents is not None else (),
                names=names,
                active_only=active_only,
            )

    with _file(csv) as file, bar() as progress:
        report = once.once(body)
        rows = [agents_report.cells(use, report.bucket, names=names) for use in report.uses]
        count = 0 if file is None else writing.write(file, agents_report.HEADINGS, rows)
    if as_json:
        click.echo(json.dumps(_agents_json(org.name, interval, report, rows), indent=2))
    if csv not in {None, STDOUT}:
        once.note(f"{count} rows written to {csv}")
    _tell_refused(report.refused)


def _one_place(csv: Path | None, *, as_json: bool) -> None:
    """Raise ClickException where standard output would get both, or nothing would get anything."""
    if as_json and csv == STDOUT:
        raise once.wrong("--json", "cannot share standard output with --csv -")
    if csv is None and not as_json:
        raise once.wrong("--csv", "is missing", "name a file, - for standard output, or say --json")


def _prepared(path: Path, name: str | None, start: str, end: str) -> tuple[OrgSettings, Interval]:
    """Return which org is asked about which time. Raises ClickException for what is wrong with either."""
    settings = configured.settings(path)
    org = configured.chosen(settings, name)
    now = SystemClock().now()
    try:
        interval = span(start, end, org.zone, now)
    except ValueError as error:
        raise once.wrong("--from, --to", str(error)) from error
    if interval.end > now:
        once.note(f"{end} is still to come: the figures are those up to now")
    logs.configure("warning", settings.log.style)
    return org, interval


def _formula(org: OrgSettings) -> Formula | None:
    """Return the org's formula of a service level; the guides know nothing that it could count."""
    if org.dialect != "platform":
        return None
    return org.service_level.formula if org.service_level is not None else Formula()


async def _queues(platform: Platform, org: OrgSettings, globs: Sequence[str]) -> tuple[Queue, ...]:
    """Return the queues of the report. Raises ConfigError where there are none."""
    everything = await platform.directory(deadline=asyncio.get_running_loop().time() + DIRECTORY_TIMEOUT)
    if not globs:
        watched = select(everything, org.directory.select)
        if not watched:
            raise once.mistaken("--queue", "is missing: no visible queue fits the configuration's select")
        return watched
    found: dict[str, Queue] = {}
    for glob in globs:
        several = (
            *select(everything, Selection(ids=(glob,))),
            *select(everything, Selection(names=(glob,))),
        )
        if not several:
            raise once.mistaken("--queue", f"{glob!r} is no visible queue's id or name")
        found.update((queue.id, queue) for queue in several)
    return tuple(found.values())


@contextmanager
def _file(path: Path | None) -> Iterator[TextIO | None]:
    """Open the CSV file, which is there when the block has ended well. Raises ClickException."""
    if path is None:
        yield None
        return
    if path == STDOUT:
        yield sys.stdout
        return
    try:
        with writing.replacing(path) as file:
            yield file
    except OSError as error:
        raise click.ClickException(f"cannot write {path}: {error.strerror or error}") from error


def _levels_json(org: str, report: LevelReport) -> dict[str, object]:
    return {
        "org": org,
        "from": report.interval.start.isoformat(),
        "to": report.interval.end.isoformat(),
        "levels": [_level_json(level) for level in report.levels],
        "totals": [_level_json(level) for level in report.totals],
        "unknown": list(report.unknown),
        "refused": report.refused,
    }


def _level_json(level: Level) -> dict[str, object]:
    return {**dict(zip(levels.HEADINGS, level.cells(), strict=True)), "percentage": level.percentage}


def _agents_json(
    org: str, interval: Interval, report: agents_report.AgentReport, rows: Iterable[Sequence[writing.Cell]]
) -> dict[str, object]:
    return {
        "org": org,
        "from": interval.start.isoformat(),
        "to": interval.end.isoformat(),
        "bucket": report.bucket,
        "agents": [_agent_json(row) for row in rows],
        "refused": report.refused,
    }


def _agent_json(row: Sequence[writing.Cell]) -> dict[str, object]:
    said: dict[str, object] = dict(zip(agents_report.HEADINGS, row, strict=True))
    percentage = said["utilization_pct"]
    return {**said, "utilization_pct": None if percentage is None else float(str(percentage))}


def _levels_table(org: str, interval: Interval, rows: Sequence[Level]) -> None:
    cells = (
        (
            *map(str, level.cells()[:4]),
            figure(level.ratio.numerator),
            figure(level.ratio.denominator),
            figure(level.percentage, 2),
        )
        for level in rows
    )
    title = f"{org}, {interval.start:%Y-%m-%d %H:%M} to {interval.end:%Y-%m-%d %H:%M} UTC"
    table(title, [heading.replace("_", " ") for heading in levels.HEADINGS], cells, numbers=3)


def _tell_levels(report: LevelReport) -> None:
    if report.unknown:
        once.note(f"could not be read in full, so unknown: {', '.join(report.unknown)}")


def _tell_refused(count: int) -> None:
    if count:
        once.note(f"{count} values could not be read: unknown or left out")
