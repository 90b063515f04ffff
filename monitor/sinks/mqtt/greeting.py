"""What is said to a broker after each connect: it may have forgotten all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog

from monitor.model.delivery import StateRecord
from monitor.sinks.mqtt.client import WINDOW, StrictClient
from monitor.sinks.mqtt.refusals import PublishRejected
from monitor.sinks.mqtt.states import States

Thing = TypeVar("Thing")


class Greeting:
    """Says online, shows what was told last of everything, and subscribes to `followed`.

    One topic the broker refuses does not keep the others from being shown. The first refusal is logged, and
    again only after a greeting without any. A part of the greeting may take `bound` seconds.
    """

    def __init__(
        self, availability: str, followed: Sequence[str], *, bound: float, log: structlog.stdlib.BoundLogger
    ) -> None:
        self._availability = availability
        self._followed = followed
        self._bound = bound
        self._log = log
        self._refused = False

    async def greet(
        self, client: StrictClient, topics: States, states: Callable[[], Awaitable[list[StateRecord]]]
    ) -> None:
        """Do it. Raises MqttError, TimeoutError, and what `states` raises."""
        topics.forget()
        taken = await self._all([self._availability], partial(client.post, payload=b"online", retain=True))
        taken &= await self._all(await states(), partial(topics.show, client))
        taken &= await self._all(self._followed, client.follow)
        self._refused = not taken

    async def _all(self, things: Sequence[Thing], publish: Callable[[Thing], Awaitable[None]]) -> bool:
        """Publish these, so many at once; return whether the broker took them all."""
        taken = True
        for start in range(0, len(things), WINDOW):
            async with asyncio.timeout(self._bound):
                for answer in [publish(thing) for thing in things[start : start + WINDOW]]:
                    taken &= await self._tolerate(answer)
        return taken

    async def _tolerate(self, answer: Awaitable[None]) -> bool:
        try:
            await answer
        except PublishRejected as error:
            if not self._refused:
                self._log.warning("greeting.refused", error=str(error))
            self._refused = True
            return False
        return True
