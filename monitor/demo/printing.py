"""What the demo shows on the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.demo.figures import Figures
from monitor.demo.ledger import Arrival, Tally

_COLOURS = {"fired": "bold red", "resolved": "bold green"}


def event_line(arrival: Arrival) -> Text:
    """Return one arrival as a line: when, where, what, the numbers, how fast."""
    media = f" ({arrival.media})" if arrival.media else ""
    org = f"{arrival.org}: " if arrival.org else ""
    return Text.assemble(
        (f"{arrival.at:%H:%M:%S} ", "dim"),
        (f"{arrival.destination:<8}", "cyan"),
        (f"{arrival.kind.upper():<14}", _COLOURS.get(arrival.kind, "bold")),
        f"{arrival.severity:<9}{org}{arrival.rule}: ",
        (f"{arrival.queue or arrival.entity}{media}", "bold"),
        f"{_figures(arrival)}, ",
        (f"{arrival.latency * 1000:.0f} ms after the answer", "dim"),
    )


def called(typed: str, found: str | None) -> str:
    """Return how queuewatch can be called, which was started as `typed`; `found` is the one on the PATH."""
    path = Path(typed)
    if path.name != "queuewatch" or len(path.parts) == 1 or (found and path.absolute() == Path(found)):
        return "queuewatch"
    return shlex.quote(typed)


def _figures(arrival: Arrival) -> str:
    """Return the value and the edge it is beyond; nothing where the alert is about no figure."""
    if arrival.threshold is None:
        return ""
    value = "?" if arrival.value is None else f"{arrival.value:g}"
    return f" value {value}, threshold {arrival.operator} {arrival.threshold:g}"


def summary(
    console: Console, tallies: Sequence[Tally], breaches: int, seen: Figures | None, seconds: float
) -> None:
    """Print the table at the end."""
    table = Table(title=f"queuewatch demo, {seconds:.0f} s", title_justify="left")
    for heading in ("destination", "fired", "resolved", "repeats", "worst latency"):
        table.add_column(heading, justify="left" if heading == "destination" else "right")
    for one in tallies:
        latency = f"{one.worst_latency * 1000:.0f} ms" if one.fired or one.resolved else "-"
        table.add_row(one.destination, str(one.fired), str(one.resolved), str(one.repeats), latency)
    console.print()
    console.print(table)
    if seen is None:
        console.print(f"breaches {breaches} · the daemon's /metrics could not be read at the end")
        return
    console.print(
        f"polls {seen.polls} ({seen.failed_polls} failed) · series {seen.series} · "
        f"breaches {breaches} · deliveries {seen.deliveries}"
    )


def sources_table(seen: Figures) -> Table:
    """Return which source of which org is up, and how old its data are."""
    table = Table(title="sources on /metrics", title_justify="left")
    for heading in ("org", "source", "up", "data age"):
        table.add_column(heading, justify="right" if heading == "data age" else "left")
    for one in seen.sources:
        age = "-" if one.age is None else f"{one.age:.1f} s"
        up = Text("yes", "green") if one.up else Text("no", "bold red")
        table.add_row(one.org, one.source, up, age)
    return table
