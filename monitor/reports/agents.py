"""The report `agents`: how much of every bucket each person worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.model.interval import Interval
from monitor.model.observation import AgentUse, Figure, Oddities, Utilization, together
from monitor.model.sample import ALL_AGENTS
from monitor.ports import Platform
from monitor.reports.pieces import DAY, Progress, answers

HEADINGS = (
    "timestamp", "user_id", "user_name", "t_handle_sec", "t_acw_sec", "t_hold_sec", "total_active_sec",
    "utilization_pct",
)  # fmt: skip
"""The columns of GUIDES.md §3, in its order."""
FULL = 100.0
"""Percent: utilization is capped there (GUIDES.md §3); the active seconds are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReport:
    """Rows sorted by agent and time, buckets of `bucket` seconds; `refused` counts values refused."""

    bucket: float
    uses: tuple[AgentUse, ...]
    refused: int


async def utilization(
    platform: Platform,
    interval: Interval,
    bucket: float,
    progress: Progress,
    *,
    agents: Sequence[str] = (),
    names: bool = False,
    active_only: bool = False,
) -> AgentReport:
    """Ask about every day of `interval`. `active_only` leaves out rows known to hold no activity.

    Where buckets begin on the clock and `interval` does not, two pieces show the bucket between them: of two
    rows about the same agent and start the first stays, and the other counts as refused.

    Raises:
        PlatformError: a piece was not answered; there is no report of the rest.
    """
    found: dict[tuple[str, datetime], AgentUse] = {}
    oddities: list[Oddities] = []
    repeated = 0

    async def ask(piece: Interval, deadline: float) -> Utilization:
        return await platform.utilization(piece, bucket, agents=agents, names=names, deadline=deadline)

    async for answer in answers(interval, _piece(bucket), ask, progress):
        oddities.append(answer.oddities)
        for use in answer.agents:
            repeated += found.setdefault((use.agent_id, use.start), use) is not use
    uses = (found[key] for key in sorted(found) if found[key].active != 0 or not active_only)
    return AgentReport(bucket=bucket, uses=tuple(uses), refused=sum(together(oddities).values()) + repeated)


def cells(use: AgentUse, bucket: float, *, names: bool) -> tuple[str | float | None, ...]:
    """Return one row under `HEADINGS`; the name only where asked for, `ALL_AGENTS` without percentage."""
    percentage = None if use.agent_id == ALL_AGENTS else percent(use.active, bucket)
    return (
        use.start.astimezone(UTC).isoformat().replace("+00:00", "Z"), use.agent_id, use.name if names else "",
        use.handle, use.acw, use.hold, use.active, None if percentage is None else f"{percentage:.2f}",
    )  # fmt: skip


def percent(active: Figure, bucket: float) -> float | None:
    """Return the utilization in percent of `bucket` seconds: at most 100, None where unknown."""
    return None if active is None else min(active / bucket * 100, FULL)


def _piece(bucket: float) -> float:
    """Return the seconds of one question: a day, or the most whole buckets that fit into one."""
    return max(DAY // bucket, 1.0) * bucket
