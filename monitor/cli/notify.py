"""`queuewatch notify`: does a receiver get what it should?"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import click

from monitor.cli import once
from monitor.cli.daemon import Daemon, Said, asked, dumped, line, local
from monitor.cli.history import DELIVERED, RETRIED, failed, why
from monitor.cli.target import Target, targeted
from monitor.kit import durations, figures
from monitor.model.alert import DRILL, EventKind

WAITING = 3
"""Exit code when the time is over before the last destination has said yes or no."""
SKIPPED = "skipped"
"""Outcome of an event in whose place a newer one was sent."""
FIRED = EventKind.FIRED.value
_BEFORE = 100
"""Letters looked through for what a destination said last."""
_PAUSE = 0.25
"""Seconds between looks at the journal."""
_DRILLS = 100
"""The newest drills that are looked through: nobody sends more at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a drill at one destination: True it has it, False it refused, None not known yet.

    `why` is what it said of the drill itself while it is not known.
    """

    destination: str
    took: bool | None
    line: str
    why: str = ""


@click.group("notify")
def command() -> None:
    """Try receivers out.

    Example: queuewatch notify test oncall
    """


@command.command("test")
@click.argument("receiver")
@click.option(
    "--wait", type=once.Duration(), default="30s", show_default=True, help="How long to wait for an answer."
)
@once.JSON
@targeted
def test(receiver: str, wait: float, as_json: bool, target: Target) -> None:  # noqa: FBT001
    """Send a drill to RECEIVER: a marked event that fires and is over, on the way that every event takes.

    RECEIVER may also be one of its destinations, such as oncall/webhook.

    Exit code 0 if every destination took it, 1 if one refused it, 3 if one has done neither yet.

    Example: queuewatch notify test oncall --wait 1m
    """
    verdicts = asked(target, lambda daemon: _tried(daemon, receiver, wait))
    if as_json:
        click.echo(dumped({"receiver": receiver, "verdicts": [_json(one) for one in verdicts]}))
    else:
        for verdict in verdicts:
            click.echo(verdict.line)
    if any(one.took is False for one in verdicts):
        raise SystemExit(1)
    if any(one.took is None for one in verdicts):
        once.note(f"no answer within {durations.show(wait)}: `queuewatch outbox list` shows what waits")
        raise SystemExit(WAITING)


def _json(verdict: Verdict) -> Mapping[str, object]:
    return {"destination": verdict.destination, "took": verdict.took, "line": verdict.line}


async def _tried(daemon: Daemon, receiver: str, wait: float) -> Sequence[Verdict]:
    """Return what became of a drill, and of what is still waited for, why it may be."""
    verdicts = await _drilled(daemon, receiver, wait)
    return [one if one.took is not None else await _explained(daemon, one) for one in verdicts]


async def _explained(daemon: Daemon, verdict: Verdict) -> Verdict:
    """Return the verdict with what the destination said last, to this or to what waits before it."""
    found = await daemon.get("/api/v1/outbox", destination=verdict.destination, dead="false", limit=_BEFORE)
    letters = found["letters"]
    if any(one["disabled"] for one in letters):
        again = f"`queuewatch outbox retry --destination {line(verdict.destination)}` tries again"
        return replace(verdict, line=f"{verdict.line}; it said that it is gone: {again}")
    # The drill's own try is told already; the oldest one is what the destination stumbled over first.
    last = next((line(one["last"]) for one in letters if one["last"]), "")
    if verdict.why or not last:
        return verdict
    return replace(verdict, line=f"{verdict.line}; what it said last: {last}")


async def _drilled(daemon: Daemon, receiver: str, wait: float) -> Sequence[Verdict]:
    """Send the drill and follow it until every destination has answered, or the time is over."""
    sent = await daemon.post("/api/v1/drill", {"receiver": receiver})
    events, destinations = frozenset(sent["events"]), list(sent["destinations"])
    time = asyncio.get_running_loop().time
    end = time() + wait
    while True:
        told = await daemon.get("/api/v1/history", rule=DRILL, limit=_DRILLS)
        entries = [one for one in told["entries"] if one["event_id"] in events]
        verdicts = [_verdict(name, events, entries) for name in destinations]
        left = end - time()
        if left <= 0 or all(one.took is not None for one in verdicts):
            return verdicts
        await asyncio.sleep(min(_PAUSE, left))


def _verdict(destination: str, events: Collection[str], entries: Sequence[Said]) -> Verdict:
    """Return what became of both events of a drill, told in one line."""
    last = dict[str, tuple[Said, Said]]()
    for entry in entries:
        for one in entry["tries"]:
            if one["destination"] == destination:
                last[entry["event_id"]] = (entry, one)
    name = line(destination)
    for entry, one in last.values():
        if one["outcome"] == SKIPPED and entry["kind"] == FIRED:
            # Nobody was told of it: what came in its place only says that it is over.
            return Verdict(name, False, f"✗ {name} gets its end alone: the drill itself was skipped")
    for _, one in _with(last, refused=True):
        return Verdict(name, False, f"✗ {name} refused it: {failed(one)}")
    taken = {event for event, (_, one) in last.items() if one["outcome"] in (DELIVERED, SKIPPED)}
    delivered = [(entry, one) for entry, one in last.values() if one["outcome"] == DELIVERED]
    if delivered and taken == {*events}:
        longest = max((local(one["at"]) - local(entry["at"])).total_seconds() for entry, one in delivered)
        return Verdict(name, True, f"✓ {name} took it, after {figures.duration(max(0.0, longest))}")
    reasons = [why(one) for _, one in _with(last, refused=False)]
    reason = reasons[-1] if reasons else ""
    return Verdict(
        destination, None, f"… {name} has not taken it yet{f': {reason}' if reason else ''}", why=reason
    )


def _with(last: Mapping[str, tuple[Said, Said]], *, refused: bool) -> Iterator[tuple[Said, Said]]:
    """Yield the tries after which no other comes, though nothing was delivered; else those to be repeated."""
    for entry, one in last.values():
        outcome = one["outcome"]
        if (outcome not in (DELIVERED, SKIPPED, RETRIED)) if refused else outcome == RETRIED:
            yield entry, one
