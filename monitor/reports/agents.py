"""The report `agents`: how much of every bucket each person worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from monitor.model.interval import Interval
from monitor.model.observation import AgentUse, Figure, Utilization, together
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

    Raises:
        PlatformError: a piece was not answered; there is no report of the rest.
    """
    found: dict[str, list[AgentUse]] = {}
    oddities = []

    async def ask(piece: Interval, deadline: float) -> Utilization:
        return await platform.utilization(piece, bucket, agents=agents, names=names, deadline=deadline)

    async for answer in answers(interval, _piece(bucket), ask, progress):
        oddities.append(answer.oddities)
        for use in answer.agents:
            if use.active != 0 or not active_only:
                found.setdefault(use.agent_id, []).append(use)
    uses = (use for agent in sorted(found) for use in sorted(found[agent], key=lambda use: use.start))
    return AgentReport(bucket=bucket, uses=tuple(uses), refused=sum(together(oddities).values()))


def cells(use: AgentUse, bucket: float, *, names: bool) -> tuple[str | float | None, ...]:
    """Return one row under `HEADINGS`; the name only where it was asked for."""
    percentage = percent(use.active, bucket)
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
