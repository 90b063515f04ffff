"""Takes commands from the broker one after the other, each at most once, and answers whoever may give one.

A command the broker had kept is from the past and ignored. Which ids were used is known only since we
started, so a command given before that is refused as well. What nobody proved to have sent has no answer, and
whatever is not done is logged by kinds, not one by one: a stranger can neither talk nor fill the log.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from monitor.kit.complaints import QUIET, Complaints
from monitor.kit.secrets import Secret
from monitor.model.errors import StoreError
from monitor.ports import Clock
from monitor.sinks import topics
from monitor.sinks.mqtt.commands import SIZE_LIMIT, TOLERANCE, Command, Refused, read

WAITING = 100
"""Messages that may wait: more come from a fault or an attack, and are dropped."""
REMEMBERED = 10_000
"""Ids remembered within the tolerance: beyond that commands are refused, rather than one done twice."""
BOUND = 10.0
"""Seconds for doing what is asked."""

Answer = Callable[[str, bytes], Awaitable[None]]
"""Publishes on a topic; what fails is dropped."""


class Inbox:
    """The commands of `orgs`; `act` does one and returns why not, or nothing."""

    def __init__(
        self,
        *,
        prefix: str,
        orgs: Sequence[str],
        secret: Secret | None,
        act: Callable[[Command], Awaitable[str]],
        clock: Clock,
        log: structlog.stdlib.BoundLogger,
        remembered: int = REMEMBERED,
    ) -> None:
        self.topics = {topics.command(prefix, org): org for org in orgs}
        """Where commands come in, and about which org."""
        self._prefix = prefix
        self._secret = secret
        self._act = act
        self._clock = clock
        self._log = log
        self._complaints = Complaints()
        self._remembered = remembered
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(WAITING)
        self._used: dict[str, datetime] = {}
        self._started = clock.now().replace(microsecond=0)

    def take(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 - `Received` prescribes it
        """Take a message from one of our topics."""
        org = self.topics[topic]
        if retained:
            self._complain("command.ignored", org=org, problem="the broker had kept it: publish unretained")
            return
        try:
            # One byte more than allowed is enough to see that it is too long.
            self._waiting.put_nowait((org, payload[: SIZE_LIMIT + 1]))
        except asyncio.QueueFull:
            self._complain("command.ignored", org=org, problem="too many are waiting")

    async def run(self, answer: Answer) -> None:
        """Do what is asked, for ever."""
        while True:
            org, payload = await self._waiting.get()
            try:
                id, problem = await self._handle(org, payload)
            except Refused as refusal:
                self._refuse(org, refusal)
                if not refusal.authentic:
                    continue
                id, problem = refusal.id, str(refusal)
            body = json.dumps({"id": id, "ok": not problem, "problem": problem})
            await answer(topics.answer(self._prefix, org), body.encode())

    async def _handle(self, org: str, payload: bytes) -> tuple[str, str]:
        """Return the command's id, and why it was not done. Raises Refused."""
        at, command = read(payload, org, secret=self._secret, now=self._clock.now())
        self._use(command.id, at)
        problem = await self._do(command)
        said = {"org": org, "id": command.id, "action": command.action, "owner": command.owner}
        if problem:
            self._complain("command.failed", problem=problem, **said)
        else:
            self._log.info("command.done", **said)
        return command.id, problem

    def _refuse(self, org: str, refusal: Refused) -> None:
        event = "command.refused" if refusal.authentic else "command.unproven"
        self._complain(event, org=org, id=refusal.id, problem=str(refusal))

    def _complain(self, event: str, *, problem: str, **where: str) -> None:
        # By what we say, not by what was sent, of which there is no end.
        kind = event if event != "command.ignored" else problem
        if self._complaints.may(kind):
            self._log.warning(event, problem=problem, hint=f"said at most once in {QUIET:.0f} s", **where)

    async def _do(self, command: Command) -> str:
        try:
            async with asyncio.timeout(BOUND):
                return await self._act(command)
        except TimeoutError:
            return f"took longer than {BOUND:.0f} s: it may have been done"
        except StoreError as error:
            return f"could not be kept: {error}"

    def _use(self, id: str, at: datetime) -> None:
        now = self._clock.now()
        kept = timedelta(seconds=TOLERANCE)
        self._used = {one: until for one, until in self._used.items() if until >= now}
        if at < self._started:
            raise Refused("was given before queuewatch started: give it again", id)
        if id in self._used:
            raise Refused("this id was used before", id)
        if len(self._used) >= self._remembered:
            raise Refused("too many commands", id)
        self._used[id] = at + kept
