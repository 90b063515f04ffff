"""Tables → lines of the Prometheus text format. Pure, and the same bytes serve OpenMetrics.

What depends on labels alone is rendered once per `Rows` and kept; a poll only fills in values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.model.catalogue import METRICS
from monitor.model.metric import Kind, Metric
from monitor.model.sample import Rows, SampleBatch, Table, Value

_REMEMBERED = 65_536
"""Rendered numbers kept: counts repeat all the time, ages hardly ever."""


class _Numbers(dict[float, bytes]):
    """Renders a number once. Whole numbers lose their `.0`, as Prometheus' own clients write them."""

    def __missing__(self, value: float) -> bytes:
        if len(self) >= _REMEMBERED:
            self.clear()
        rendered = (
            b"%d\n" % value if value.is_integer() and abs(value) < 1e15 else b"%s\n" % repr(value).encode()
        )
        self[value] = rendered
        return rendered


@dataclass(frozen=True, slots=True)
class Rendered:
    """One batch as lines: a block of bytes per metric, how many series are in, and how many were left out."""

    blocks: Mapping[str, bytes]
    series: int
    dropped: int


@dataclass(slots=True)
class Renderer:
    """Renders the batches of one org and source.

    `queue_name` keeps the label `queue`; `idle` is what a ratio of nothing shows, None to leave it out.
    """

    queue_name: bool = True
    idle: float | None = None
    _numbers: _Numbers = field(default_factory=_Numbers, init=False)
    _parts: dict[str, tuple[Rows, list[bytes]]] = field(default_factory=dict, init=False)

    def render(self, batch: SampleBatch, room: int) -> Rendered:
        """Return `batch` as lines, at most `room` series of it."""
        blocks: dict[str, bytes] = {}
        series = dropped = 0
        for table in batch.tables:
            width = max(len(table.columns), 1)
            rows = min(len(table.rows), max(room - series, 0) // width)
            for name, column in table.columns.items():
                shown = self._shown(METRICS[name], column, table)
                blocks[name] = self._block(batch.org, METRICS[name], table, shown, rows)
            series += rows * width
            dropped += (len(table.rows) - rows) * width
        return Rendered(blocks, series, dropped)

    def _shown(self, metric: Metric, column: Sequence[Value], table: Table) -> Sequence[Value]:
        """Return the column as the page has it: idle ratios filled in where the user wants them."""
        places = table.idle.get(metric.name)
        if self.idle is None or not places or metric.kind is not Kind.RATIO:
            return column
        return [self.idle if place in places else value for place, value in enumerate(column)]

    def _block(self, org: str, metric: Metric, table: Table, column: Sequence[Value], rows: int) -> bytes:
        parts = self._prefixes(org, metric, table.rows)
        numbers = self._numbers
        if rows == len(table.rows) and None not in column:
            parts[1::2] = [numbers[value] for value in column if value is not None]
            return b"".join(parts)
        return b"".join(
            prefix + numbers[value]
            for prefix, value in zip(parts[: rows * 2 : 2], column, strict=False)
            if value is not None
        )

    def _prefixes(self, org: str, metric: Metric, rows: Rows) -> list[bytes]:
        """Return `name{labels} ` and a place for the value, alternating, one pair per row."""
        known = self._parts.get(metric.name)
        if known is not None and known[0] is rows:
            return known[1]
        shown = [place for place, name in enumerate(rows.names) if self.queue_name or name != "queue"]
        names = [rows.names[place] for place in shown]
        head = f'{metric.exported}{{org="{escaped(org)}"'
        parts: list[bytes] = []
        for values in rows.values:
            labels = "".join(
                f',{name}="{escaped(values[place])}"' for name, place in zip(names, shown, strict=True)
            )
            parts += (f"{head}{labels}}} ".encode(), b"")
        self._parts[metric.name] = (rows, parts)
        return parts


def escaped(text: str) -> str:
    """Return `text` fit to stand between the quotes of a label."""
    if "\\" in text or '"' in text or "\n" in text:
        return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return text


def header(metric: Metric) -> bytes:
    """Return the HELP and TYPE lines of a metric; every figure of a platform is a gauge."""
    return f"# HELP {metric.exported} {metric.help}\n# TYPE {metric.exported} gauge\n".encode()


def page(fragments: Sequence[Mapping[str, bytes]]) -> bytes:
    """Return all fragments as one text, the lines of each metric together, in catalogue order."""
    parts: list[bytes] = []
    for name, metric in METRICS.items():
        blocks = [fragment[name] for fragment in fragments if fragment.get(name)]
        if blocks:
            parts += (header(metric), *blocks)
    return b"".join(parts)
